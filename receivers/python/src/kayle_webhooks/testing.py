"""For your own tests: creates deliveries like those of the service."""

import hashlib
import hmac
import json
import os
import time
from typing import Any, Dict, Mapping, Optional, Tuple

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ._base64url import encode
from ._keys import PrivateKey


def generate_key(kid: Optional[str] = None) -> PrivateKey:
    """A throw-away key of 2048 bits."""
    return PrivateKey(rsa.generate_private_key(65537, 2048), kid)


def delivery(
    event: Mapping[str, Any], *, secret: str, key: PrivateKey, signed_at: Optional[float] = None
) -> Tuple[Dict[str, str], bytes]:
    """Encrypts and signs an event as the service does: headers and body."""
    body = _encrypt(json.dumps(event).encode(), key)
    seconds = str(int(time.time() if signed_at is None else signed_at))
    message = seconds.encode() + b"." + body
    tag = hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()
    headers = {
        "Content-Type": "application/jose",
        "X-Kayle-Signature": f"t={seconds},v1={tag}",
    }
    return headers, body


def _encrypt(plaintext: bytes, key: PrivateKey) -> bytes:
    header = encode(json.dumps({"alg": "RSA-OAEP-256", "enc": "A256GCM", "kid": key.kid}).encode())
    content_key, iv = os.urandom(32), os.urandom(12)
    sealed = AESGCM(content_key).encrypt(iv, plaintext, header.encode())
    oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
    assert isinstance(key.key, rsa.RSAPrivateKey)
    wrapped = key.key.public_key().encrypt(content_key, oaep)
    parts = [wrapped, iv, sealed[:-16], sealed[-16:]]
    return ".".join([header, *map(encode, parts)]).encode()
