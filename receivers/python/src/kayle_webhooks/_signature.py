"""`X-Kayle-Signature`: `t=<Unix seconds>,v1=<64 lower-case hex digits>`.

The signed message is the text of `t`, a full stop, and the body's bytes. The key is the whole
secret as text.
"""

import hashlib
import hmac
import re
from typing import Dict, Sequence, Tuple

from ._errors import KayleError

HEADER = "X-Kayle-Signature"

_VISIBLE = re.compile(r"[!-~]*")
_SECONDS = re.compile(r"[0-9]{1,12}")
_TAG = re.compile(r"[0-9a-f]{64}")


def parse(values: Sequence[str]) -> Tuple[str, str]:
    """The time's text and the tag, of the header that there must be one of."""
    if not values:
        raise KayleError("signature_missing")
    if len(values) > 1 or not _VISIBLE.fullmatch(values[0]):
        raise KayleError("signature_malformed")
    found: Dict[str, str] = {}
    for element in values[0].split(","):
        name, equals, value = element.partition("=")
        if not equals or name in found:
            raise KayleError("signature_malformed")
        if name in ("t", "v1"):
            found[name] = value
    seconds, tag = found.get("t", ""), found.get("v1", "")
    if not _SECONDS.fullmatch(seconds) or not _TAG.fullmatch(tag):
        raise KayleError("signature_malformed")
    return seconds, tag


def is_signed(seconds: str, tag: str, secrets: Sequence[str], body: bytes) -> bool:
    """Whether one of the secrets signed the body. Each is tried, so that time does not tell which."""
    message = seconds.encode() + b"." + body
    signed = False
    for secret in secrets:
        expected = hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()
        signed = hmac.compare_digest(expected, tag) or signed
    return signed
