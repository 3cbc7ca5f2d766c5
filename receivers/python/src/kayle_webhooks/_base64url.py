"""base64url without padding (RFC 7515, appendix C), in one spelling only."""

import base64


def encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    """Raises ValueError at foreign symbols, padding, and bits left over."""
    if "+" in text or "/" in text or "=" in text:
        raise ValueError("another alphabet")
    data = base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)
    if encode(data[-3:] if len(data) % 3 == 0 else data[-(len(data) % 3) :]) != _end(text, data):
        raise ValueError("bits left over")
    return data


def _end(text: str, data: bytes) -> str:
    """The symbols that spell the last one to three bytes."""
    if not data:
        return text
    return text[-4:] if len(text) % 4 == 0 else text[-(len(text) % 4) :]
