"""The little of DER that takes the numbers out of a PKCS#8 or PKCS#1 private key."""

from typing import List, Tuple

_INTEGER, _OCTETS, _SEQUENCE = 0x02, 0x04, 0x30
# A tag whose number stands in further bytes, which no key has.
_LONG_TAG = 0x1F
# No key has 16 MB.
_LENGTH_BYTES_MAX = 3
# `rsaEncryption` with its NULL parameters (RFC 8017, A.1).
_RSA_ENCRYPTION = bytes.fromhex("06092a864886f70d0101010500")


def pkcs8(der: bytes) -> List[int]:
    """n, e, d, p, q, dp, dq, qi of a PrivateKeyInfo (RFC 5208, 5), which may have attributes. Raises
    ValueError if it is none."""
    version, algorithm, key, *_ = _elements(_whole(der))
    if _number(version) != 0 or algorithm != (_SEQUENCE, _RSA_ENCRYPTION) or key[0] != _OCTETS:
        raise ValueError("no RSA key")
    return pkcs1(key[1])


def pkcs1(der: bytes) -> List[int]:
    """The same numbers of an RSAPrivateKey (RFC 8017, A.1.2)."""
    version, *numbers = [_number(element) for element in _elements(_whole(der))]
    if version != 0 or len(numbers) != 8:
        raise ValueError("not of two primes")
    return numbers


def _number(element: Tuple[int, bytes]) -> int:
    """A whole number that is not negative: no leading zeros, but one before a high bit."""
    tag, content = element
    value = int.from_bytes(content, "big")
    if tag != _INTEGER or len(content) != value.bit_length() // 8 + 1:
        raise ValueError("no number")
    return value


def _whole(der: bytes) -> bytes:
    """What is in the one sequence that the bytes are."""
    ((tag, content),) = _elements(der)
    if tag != _SEQUENCE:
        raise ValueError("no sequence")
    return content


def _elements(rest: bytes) -> List[Tuple[int, bytes]]:
    """Elements that lie one after another, with their tags."""
    found = []
    while rest:
        tag, length, at = rest[0], rest[1], 2
        if length >= 0x80:
            at += length - 0x80
            size = rest[2:at]
            length = int.from_bytes(size, "big")
            if length < 0x80 or size[0] == 0 or len(size) > _LENGTH_BYTES_MAX:
                raise ValueError("not the shortest length")
        if tag & _LONG_TAG == _LONG_TAG or len(rest) < at + length:
            raise ValueError("no element")
        found.append((tag, rest[at : at + length]))
        rest = rest[at + length :]
    return found
