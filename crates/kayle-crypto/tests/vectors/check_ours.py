"""Checks with jwcrypto and Python's own hmac what this crate wrote.

    cargo run -p kayle-crypto --example make_vectors > ours.json
    venv/bin/python check_ours.py < ours.json    (see make_with_jwcrypto.py for venv)
"""

import hashlib
import hmac
import json
import sys

from jwcrypto import jwe, jwk, jws


def subkey(secret_key, label):
    root = hmac.new(b"kayle-webhooks", secret_key, hashlib.sha256).digest()
    return hmac.new(root, label.encode() + b"\x01", hashlib.sha256).digest()


def decrypted(compact, key):
    token = jwe.JWE()
    token.deserialize(compact)
    try:
        token.decrypt(key)
    except jwe.InvalidJWEData:
        # jwcrypto 1.6.1 decrypts an empty plaintext and then reports it as a failure.
        assert token.decryptlog == ["Success"]
    return token.plaintext


def check_jwe(vectors, vector):
    key = jwk.JWK.from_pem(vectors["keys"][vector["key"]].encode())
    assert decrypted(vector["compact"], key).hex() == vector["plaintext_hex"]
    kid = json.dumps(vector["key_id"], ensure_ascii=False)
    header = '{"alg":"RSA-OAEP-256","enc":"A256GCM","kid":' + kid + "}"
    written = vector["compact"].split(".")[0]
    assert jwk.base64url_decode(written).decode() == header


def check_signature(vector):
    body = bytes.fromhex(vector["body_hex"])
    message = f"{vector['at_s']}.".encode() + body
    tag = hmac.new(vector["secret"].encode(), message, hashlib.sha256).hexdigest()
    assert vector["header"] == f"t={vector['at_s']},v1={tag}"


def claims_of(vector, label):
    secret = subkey(bytes.fromhex(vector["secret_key_hex"]), label)
    token = jws.JWS()
    token.deserialize(vector["token"])
    token.verify(jwk.JWK(kty="oct", k=jwk.base64url_encode(secret)), alg="HS256")
    claims = json.loads(token.payload)
    assert claims["exp"] == vector["expires_at_s"]
    assert claims["iat"] < claims["exp"]
    return claims


def check_service_token(vector):
    claims = claims_of(vector, "service tokens")
    assert claims["aud"] == "kayle-internal"
    assert claims["sub"] == vector["subject"]


def check_session_token(vector):
    claims = claims_of(vector, "session tokens")
    names = {"user": "sub", "organization": "org", "role": "role"}
    for ours, theirs in names.items():
        assert claims[theirs] == vector[ours]


def main():
    vectors = json.load(sys.stdin)
    for vector in vectors["jwes"]:
        check_jwe(vectors, vector)
    for vector in vectors["signatures"]:
        check_signature(vector)
    for vector in vectors["service_tokens"]:
        check_service_token(vector)
    for vector in vectors["session_tokens"]:
        check_session_token(vector)
    names = ("jwes", "signatures", "service_tokens", "session_tokens")
    print("jwcrypto agrees with", {name: len(vectors[name]) for name in names})


main()
