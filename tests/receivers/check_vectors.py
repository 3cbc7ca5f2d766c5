"""Checks with jwcrypto and Python's own hmac that the cases of receivers/vectors.json are good or
bad for the reason that they give.

    python check_vectors.py < receivers/vectors.json
"""

import base64
import hashlib
import hmac
import json
import sys

from jwcrypto import jwe, jwk

# Keys of other names are forms of this one, of which jwcrypto does not read all.
FORMS_OF = "rsa2048a"
# jwcrypto checks its primes for ten seconds; jose has the case.
SLOW = {"rsa8192"}
# What jwcrypto must open, although we refuse what is inside or beside it.
OPENS = {"event_invalid", "event_mismatch", "timestamp_out_of_range", "signature_mismatch"}
ALGORITHMS = ["RSA-OAEP-256", "A256GCM"]


def is_signed(case, body):
    """Whether one of the secrets signed the body, whatever the header's form."""
    headers = {name.lower(): value for name, value in case["headers"]}
    header = headers.get("x-kayle-signature", "")
    fields = dict(field.partition("=")[::2] for field in header.split(","))
    message = fields.get("t", "").encode() + b"." + body
    tags = [
        hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()
        for secret in case["options"]["secrets"]
    ]
    return fields.get("v1") in tags


def opened(keys, case, body):
    """The plaintext by whichever key opens it; None if none does."""
    for key in case["options"]["keys"]:
        token = jwe.JWE(algs=ALGORITHMS)
        try:
            token.deserialize(body.decode(), keys.get(key["key"], keys[FORMS_OF]))
            return token.payload
        except Exception:
            # jwcrypto reports an empty plaintext as a failure.
            if getattr(token, "decryptlog", None) == ["Success"]:
                return b""
    return None


def check(keys, case):
    body = base64.b64decode(case["body_base64"])
    error = case["expect"].get("error")
    if error is None:
        assert json.loads(opened(keys, case, body))["metadata"]
        assert is_signed(case, body)
    elif error == "signature_mismatch":
        assert not is_signed(case, body)
    elif error in {"decryption_failed", "jwe_unsupported"}:
        assert is_signed(case, body)
        assert opened(keys, case, body) is None or error == "jwe_unsupported"
    elif error in OPENS:
        assert is_signed(case, body)
        assert opened(keys, case, body) is not None


def main():
    vectors = json.load(sys.stdin)
    keys = {
        name: jwk.JWK.from_pem(pem.encode())
        for name, pem in vectors["keys"].items()
        if name.startswith("rsa") and name not in SLOW
    }
    cases = [
        case
        for case in vectors["cases"]
        if not case["id"].startswith("C")
        and not any(key["key"] in SLOW for key in case["options"]["keys"])
    ]
    for case in cases:
        try:
            check(keys, case)
        except Exception as error:
            sys.exit(f"{case['id']} ({case['why']}): {error!r}")
    print(f"jwcrypto agrees with {len(cases)} cases")


main()
