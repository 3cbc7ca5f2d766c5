"""The compact JWE of a delivery (RFC 7516): RSA-OAEP-256, A256GCM, and nothing else."""

from dataclasses import dataclass, field
from typing import Any, Dict, Iterable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from . import _base64url, _json
from ._errors import KayleError
from ._keys import PrivateKey

_IV_BYTES, _TAG_BYTES, _CONTENT_KEY_BYTES = 12, 16, 32


@dataclass(frozen=True)
class Jwe:
    kid: str
    header: bytes = field(repr=False)
    wrapped_key: bytes = field(repr=False)
    iv: bytes = field(repr=False)
    content_and_tag: bytes = field(repr=False)


def parse(body: bytes) -> Jwe:
    """Reads the form first, then what the header asks for."""
    try:
        parts = body.decode("ascii").split(".")
        head, wrapped_key, iv, content, tag = (_base64url.decode(part) for part in parts)
        header = _json.parse(head)
        formed = isinstance(header, dict) and len(iv) == _IV_BYTES and len(tag) == _TAG_BYTES
    except ValueError:
        formed = False
    if not formed:
        raise KayleError("jwe_malformed")
    return Jwe(_supported_kid(header), parts[0].encode(), wrapped_key, iv, content + tag)


def _supported_kid(header: Dict[str, Any]) -> str:
    """The header's `kid`. Unknown members are passed over, as RFC 7516 (4) wants."""
    kid = header.get("kid")
    supported = (
        header.get("alg") == "RSA-OAEP-256"
        and header.get("enc") == "A256GCM"
        and "zip" not in header
        and "crit" not in header
    )
    if not supported or not isinstance(kid, str):
        raise KayleError("jwe_unsupported")
    return kid


def decrypt(jwe: Jwe, keys: Iterable[PrivateKey]) -> bytes:
    """Decrypts with the first of the keys that opens it. One error for every cause."""
    for key in keys:
        try:
            content_key = key.unwrap(jwe.wrapped_key)
            if len(content_key) == _CONTENT_KEY_BYTES:
                return AESGCM(content_key).decrypt(jwe.iv, jwe.content_and_tag, jwe.header)
        except (ValueError, InvalidTag):
            continue
    raise KayleError("decryption_failed")
