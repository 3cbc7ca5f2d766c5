"""The one thing to call: from a request to an event."""

import re
import time
from typing import Any, Callable, Iterable, List, Mapping, Sequence, Tuple, Union

from . import _events, _jwe, _signature
from ._errors import KayleError
from ._events import Event
from ._keys import PrivateKey
from ._unverified import Unverified

HeaderValue = Union[str, bytes, Sequence[Union[str, bytes]]]
Headers = Union[Mapping[str, HeaderValue], Iterable[Tuple[Union[str, bytes], HeaderValue]]]
Secrets = Union[Sequence[str], Callable[[], Sequence[str]]]

_SECRETS_MAX = 8
_PRIVATE_KEYS_MAX = 16
_TOLERANCE_S = 300
_TOLERANCE_S_MAX = 3600
# A portrait makes a body of 2.8 MB.
_BODY_BYTES_MAX = 4 * 1024 * 1024
_BLANK = re.compile("[\\s\x00-\x20\x7f-\xa0\ufeff]")


class Receiver:
    """Opens requests. One is enough for a process.

    `secrets` are the endpoint's signing secrets: one, or the next and the current during a
    rotation; or a function that reads them for each request. `tolerance_s` is how far a signature
    may lie from this machine's time, both ways: 1 to 3600. `now` gives seconds since 1970, for
    tests.
    """

    def __init__(
        self,
        *,
        secrets: Secrets,
        private_keys: Sequence[PrivateKey],
        tolerance_s: int = _TOLERANCE_S,
        body_bytes_max: int = _BODY_BYTES_MAX,
        now: Callable[[], float] = time.time,
    ) -> None:
        if not callable(secrets):
            _check_secrets(secrets)
        if not 1 <= len(private_keys) <= _PRIVATE_KEYS_MAX:
            raise KayleError("key_invalid")
        if not 1 <= tolerance_s <= _TOLERANCE_S_MAX or body_bytes_max < 1:
            raise KayleError("option_invalid")
        self._secrets = secrets
        self._keys = list(private_keys)
        self._tolerance_s = tolerance_s
        self.body_bytes_max = body_bytes_max
        self._now = now

    def unwrap(self, headers: Headers, body: Union[bytes, bytearray, memoryview, str]) -> Event:
        """Verifies, decrypts and reads a request. Raises KayleError: answer with its `status`."""
        data = _bytes_of(body)
        if len(data) > self.body_bytes_max:
            raise KayleError("body_too_large")
        pairs = _pairs(headers)
        self._verify(_values(pairs, _signature.HEADER), data)
        jwe = _jwe.parse(data)
        plaintext = _jwe.decrypt(jwe, self._keys_for(jwe.kid))
        delivery_ids = _values(pairs, "X-Kayle-Delivery-Id")
        unverified = Unverified(delivery_ids[0] if delivery_ids else None)
        try:
            name, event = _events.read(plaintext, unverified)
        except ValueError:
            # The cause holds what was decrypted.
            raise KayleError("event_invalid") from None
        if any(named != name for named in _values(pairs, "X-Kayle-Event")):
            raise KayleError("event_mismatch")
        return event

    def _verify(self, values: List[str], body: bytes) -> None:
        seconds, tag = _signature.parse(values)
        secrets = self._secrets() if callable(self._secrets) else self._secrets
        _check_secrets(secrets)
        if not _signature.is_signed(seconds, tag, secrets, body):
            raise KayleError("signature_mismatch")
        skew_s = int(self._now()) - int(seconds)
        if abs(skew_s) > self._tolerance_s:
            raise KayleError("timestamp_out_of_range", skew_s)

    def _keys_for(self, kid: str) -> List[PrivateKey]:
        """The keys of this label, which may be several, or else those without label."""
        keys = [key for key in self._keys if key.kid == kid]
        keys = keys or [key for key in self._keys if key.kid is None]
        if not keys:
            raise KayleError("key_unknown")
        return keys


def _check_secrets(secrets: Any) -> None:
    counted = isinstance(secrets, (list, tuple)) and 1 <= len(secrets) <= _SECRETS_MAX
    if not counted or not all(
        isinstance(secret, str) and secret and not _BLANK.search(secret) for secret in secrets
    ):
        raise KayleError("secret_invalid")


def _bytes_of(body: Any) -> bytes:
    if isinstance(body, (bytes, bytearray, memoryview)):
        return bytes(body)
    # A JWE is ASCII: a framework that hands over text has not damaged it.
    if isinstance(body, str) and body.isascii():
        return body.encode()
    raise KayleError("body_unavailable")


def _pairs(headers: Headers) -> List[Tuple[str, str]]:
    """Every value of every header."""
    items: Any = headers.items() if hasattr(headers, "items") else headers
    pairs: List[Tuple[str, str]] = []
    for name, value in items:
        values = [value] if isinstance(value, (str, bytes)) else value
        pairs.extend((_plain(name).lower(), _plain(one)) for one in values)
    return pairs


def _plain(text: Union[str, bytes]) -> str:
    return text if isinstance(text, str) else text.decode("latin-1")


def _values(pairs: List[Tuple[str, str]], name: str) -> List[str]:
    return [value for found, value in pairs if found == name.lower()]
