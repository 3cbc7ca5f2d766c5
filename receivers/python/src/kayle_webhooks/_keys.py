"""RSA private keys, from the forms in which people have one."""

import base64
import re
from dataclasses import dataclass, field
from typing import Any, Dict, Mapping, Optional, Union

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from . import _der, _json
from ._base64url import decode, encode
from ._errors import KayleError

_PEM = re.compile(
    r"-----BEGIN (RSA )?PRIVATE KEY-----[A-Za-z0-9+/= \t\n\r\f]*-----END (RSA )?PRIVATE KEY-----"
)
# Blanks are those of ASCII, around a key and inside a PEM, in every library.
_BLANKS = " \t\n\r\f"
_BITS_MIN, _BITS_MAX = 2048, 8192
# Go takes public exponents of 31 bits.
_PUBLIC_EXPONENT_MAX = 2**31 - 1
_OAEP = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)

Key = Union[str, Mapping[str, Any], rsa.RSAPrivateKey]


@dataclass(frozen=True)
class PrivateKey:
    """A private key, and the `key_id` that its public half was registered under.

    `key` is a PEM (PKCS#8 or PKCS#1; line breaks may be the two characters `\\n`), a JWK as text or
    mapping, or a key of `cryptography`. Without `kid`, it is tried for every delivery that no
    `kid` fits.
    """

    key: Key = field(repr=False)
    kid: Optional[str] = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", _load(self.key))

    @property
    def _rsa(self) -> rsa.RSAPrivateKey:
        assert isinstance(self.key, rsa.RSAPrivateKey)
        return self.key

    def unwrap(self, wrapped: bytes) -> bytes:
        """Decrypts a content key. Raises ValueError if it is not one for this key."""
        return self._rsa.decrypt(wrapped, _OAEP)

    def public_jwk(self) -> Dict[str, Any]:
        """The public half."""
        numbers = self._rsa.public_key().public_numbers()
        return {
            "kty": "RSA",
            "n": _number(numbers.n),
            "e": _number(numbers.e),
            "alg": "RSA-OAEP-256",
            "key_ops": ["encrypt"],
        }


def registration(key: PrivateKey) -> Dict[str, Any]:
    """The body of `POST /v1/webhooks/endpoints/{id}/keys` that registers the public half."""
    if key.kid is None:
        raise KayleError("key_invalid")
    return {
        "key_id": key.kid,
        "algorithm": "RSA-OAEP-256",
        "key_type": "RSA",
        "jwk": key.public_jwk(),
    }


def _load(key: Key) -> rsa.RSAPrivateKey:
    try:
        loaded = key if isinstance(key, rsa.RSAPrivateKey) else _parse(key)
    except Exception:
        # Causes are not told: they may hold parts of the key.
        loaded = None
    if loaded is None or not _BITS_MIN <= loaded.key_size <= _BITS_MAX:
        raise KayleError("key_invalid")
    return loaded


def _parse(key: Union[str, Mapping[str, Any]]) -> Optional[rsa.RSAPrivateKey]:
    if isinstance(key, str) and key.strip(_BLANKS).startswith("{"):
        key = _json.parse(key.strip(_BLANKS).encode())
    if isinstance(key, Mapping):
        return _from_jwk(key)
    text = key.strip(_BLANKS).strip("\"'").replace("\\r", "").replace("\\n", "\n").strip(_BLANKS)
    block = _PEM.fullmatch(text)
    if block is None or block[1] != block[2]:
        return None
    body = re.sub(r"-----[A-Z ]+-----|[ \t\n\r\f]", "", text)
    der = base64.b64decode(body, validate=True)
    if base64.b64encode(der).decode() != body:
        # Python passes over bits that are left over.
        return None
    return _of_numbers(*(_der.pkcs8(der) if block[1] is None else _der.pkcs1(der)))


def _from_jwk(jwk: Mapping[str, Any]) -> Optional[rsa.RSAPrivateKey]:
    if jwk["kty"] != "RSA":
        return None
    names = ("n", "e", "d", "p", "q", "dp", "dq", "qi")
    return _of_numbers(*(int.from_bytes(decode(jwk[name]), "big") for name in names))


def _of_numbers(
    n: int, e: int, d: int, p: int, q: int, dp: int, dq: int, qi: int
) -> Optional[rsa.RSAPrivateKey]:
    if e > _PUBLIC_EXPONENT_MAX or d >= n:
        return None
    numbers = rsa.RSAPrivateNumbers(p, q, d, dp, dq, qi, rsa.RSAPublicNumbers(e, n))
    return numbers.private_key()


def _number(value: int) -> str:
    return encode(value.to_bytes((value.bit_length() + 7) // 8, "big"))
