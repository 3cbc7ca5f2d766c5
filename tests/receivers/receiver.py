"""A customer's webhook receiver, written from the contract alone.

Usage: receiver.py PRIVATE_KEY_PEM

Prints {"listening": PORT}, reads its signing secret from the first line of its standard input,
then prints one line of JSON for each request: the decrypted event, or why it was refused.
"""

import hashlib
import hmac
import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from jwcrypto import jwe, jwk

TOLERANCE_S = 300

with open(sys.argv[1], "rb") as pem:
    private_key = jwk.JWK.from_pem(pem.read())

signing_secret = None
secret_is_known = threading.Event()


class Refused(Exception):
    """The request is not one to believe."""


def verify(header, body):
    """Checks the signature over the bytes as they arrived, and its age."""
    parts = [part.partition("=") for part in header.split(",")]
    times = [value for scheme, _, value in parts if scheme == "t"]
    signatures = [value for scheme, _, value in parts if scheme == "v1"]
    if len(times) != 1 or len(signatures) != 1 or not times[0].isdecimal():
        raise Refused("malformed signature header")
    if abs(time.time() - int(times[0])) > TOLERANCE_S:
        raise Refused("signature too old")
    message = times[0].encode() + b"." + body
    expected = hmac.new(signing_secret.encode(), message, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected.encode(), signatures[0].encode()):
        raise Refused("signature mismatch")


def decrypt(body):
    """Gives the key's label and the event."""
    token = jwe.JWE(algs=["RSA-OAEP-256", "A256GCM"])
    try:
        token.deserialize(body.decode("ascii"), private_key)
    except (ValueError, jwe.InvalidJWEData) as error:
        raise Refused("not decryptable") from error
    header = json.loads(token.objects["protected"])
    if set(header) != {"alg", "enc", "kid"}:
        raise Refused("unexpected members in the JWE header")
    return header["kid"], json.loads(token.payload)


def open_request(headers, body):
    """Verifies first, then decrypts."""
    if headers.get_all("Content-Type") != ["application/jose"]:
        raise Refused("content type")
    verify(headers.get("X-Kayle-Signature", ""), body)
    key_id, event = decrypt(body)
    if event["type"] != headers.get("X-Kayle-Event"):
        raise Refused("the event header names another event")
    delivery_id = headers.get("X-Kayle-Delivery-Id", "")
    if not delivery_id.startswith("whd_"):
        raise Refused("no delivery id")
    return {"delivery_id": delivery_id, "key_id": key_id, "event": event}


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        secret_is_known.wait()
        try:
            said, status = open_request(self.headers, body), 204
        except Refused as refused:
            said, status = {"refused": str(refused)}, 400
        self.send_response(status)
        if status != 204:
            self.send_header("Content-Length", "0")
        self.end_headers()
        print(json.dumps(said), flush=True)

    def log_message(self, *_):
        """Prints nothing but the lines above."""


server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(json.dumps({"listening": server.server_port}), flush=True)
signing_secret = sys.stdin.readline().strip()
secret_is_known.set()
sys.stdin.read()
