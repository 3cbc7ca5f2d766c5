"""Writes jwcrypto.json: what this crate must read, made by jwcrypto and Python's own hmac.

    python3 -m venv venv && venv/bin/pip install jwcrypto==1.6.1 cryptography==50.0.2
    venv/bin/python make_with_jwcrypto.py > jwcrypto.json
"""

import hashlib
import hmac
import json
import sys
from importlib.metadata import version

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from jwcrypto import jwe, jwk, jws

SECRET_KEY = bytes(range(32))
ISSUED_AT = 1_777_978_800
EXPIRES_AT = ISSUED_AT + 3600
USER = "7f0c1f6e-6a55-4d1c-9a3b-0d8a6a0e6f11"
ORGANIZATION = "0b8f5b1e-3a55-4a0e-8a3b-5d8a6a0e6f22"


def compact_json(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def subkey(label):
    """HKDF-SHA256 (RFC 5869) by hand, one block of output."""
    root = hmac.new(b"kayle-webhooks", SECRET_KEY, hashlib.sha256).digest()
    return hmac.new(root, label.encode() + b"\x01", hashlib.sha256).digest()


def keyed_hash(label, message):
    return hmac.new(subkey(label), message.encode(), hashlib.sha256).hexdigest()


def rsa_key(bits):
    return jwk.JWK.generate(kty="RSA", size=bits)


def private_pem(key):
    return key.export_to_pem(private_key=True, password=None).decode()


def encrypted(key_name, key, key_id, plaintext):
    token = jwe.JWE(
        plaintext,
        protected=compact_json({"alg": "RSA-OAEP-256", "enc": "A256GCM", "kid": key_id}),
        recipient=key,
    )
    return {
        "key": key_name,
        "key_id": key_id,
        "plaintext_hex": plaintext.hex(),
        "compact": token.serialize(compact=True),
    }


def signed(key, algorithm, claims):
    token = jws.JWS(compact_json(claims).encode())
    token.add_signature(key, None, compact_json({"alg": algorithm, "typ": "JWT"}), None)
    return token.serialize(compact=True)


def symmetric(label):
    return jwk.JWK(kty="oct", k=jwk.base64url_encode(subkey(label)))


def session_token(key, algorithm, organization, identity_pem):
    times = {"exp": EXPIRES_AT, "iat": ISSUED_AT}
    claims = {"sub": USER, "org": organization, "role": "owner,admin", **times}
    return {
        "secret_key_hex": SECRET_KEY.hex(),
        "identity_pem": identity_pem,
        "user": USER,
        "organization": organization,
        "role": "owner,admin",
        "expires_at_s": EXPIRES_AT,
        "token": signed(key, algorithm, claims),
    }


def service_token():
    times = {"exp": EXPIRES_AT, "iat": ISSUED_AT}
    claims = {"aud": "kayle-internal", "sub": "verify", **times}
    return {
        "secret_key_hex": SECRET_KEY.hex(),
        "subject": "verify",
        "expires_at_s": EXPIRES_AT,
        "token": signed(symmetric("service tokens"), "HS256", claims),
    }


def identity_sessions():
    kinds = [
        ("RS256", rsa_key(2048)),
        ("ES256", jwk.JWK.generate(kty="EC", crv="P-256")),
        ("EdDSA", jwk.JWK.generate(kty="OKP", crv="Ed25519")),
    ]
    for algorithm, key in kinds:
        yield session_token(key, algorithm, ORGANIZATION, key.export_to_pem().decode())


def signature(secret, at_s, body):
    tag = hmac.new(secret.encode(), f"{at_s}.".encode() + body, hashlib.sha256).hexdigest()
    return {"secret": secret, "at_s": at_s, "body_hex": body.hex(), "header": f"t={at_s},v1={tag}"}


def at_rest():
    nonce = bytes(range(12))
    aad = b"kayle-webhooks|signing secret|v1|whe_row"
    sealed = AESGCM(subkey("signing secrets")).encrypt(nonce, b"whsec_stored", aad)
    return {
        "secret_key_hex": SECRET_KEY.hex(),
        "key_id": subkey("key id")[:8].hex(),
        "row_id": "whe_row",
        "signing_secret": "whsec_stored",
        "sealed_hex": (nonce + sealed).hex(),
        "api_key": "kk_0123456789abcdefghijklmnopqrstuv",
        "api_key_hash": keyed_hash("API keys", "kk_0123456789abcdefghijklmnopqrstuv"),
        "cancel_token": "token",
        "cancel_token_hash": keyed_hash("cancel tokens", "verify_cancel_token_v1|token"),
        "attempt_report": "{}",
        "attempt_report_fingerprint": keyed_hash("attempt reports", "{}"),
    }


def main():
    keys = {f"rsa-{bits}": rsa_key(bits) for bits in (2048, 3072, 4096)}
    jwes = []
    for name, key in keys.items():
        jwes.append(encrypted(name, key, f"key for {name}", b'{"type":"verification"}'))
        jwes.append(encrypted(name, key, "schlüssel-鍵-🔑", "Łukasz 🪪".encode() * 200))
        jwes.append(encrypted(name, key, 'a"b\\c/', b""))
    json.dump(
        {
            "made_by": f"jwcrypto {version('jwcrypto')}",
            "keys": {name: private_pem(key) for name, key in keys.items()},
            "jwes": jwes,
            "signatures": [
                signature("whsec_test_secret", ISSUED_AT, b"encrypted-payload"),
                signature("whsec_schlüssel", ISSUED_AT, b""),
            ],
            "service_tokens": [service_token()],
            "session_tokens": [
                session_token(symmetric("session tokens"), "HS256", None, None),
                *identity_sessions(),
            ],
            "at_rest": at_rest(),
        },
        sys.stdout,
        indent=2,
        ensure_ascii=False,
    )
    print()


main()
