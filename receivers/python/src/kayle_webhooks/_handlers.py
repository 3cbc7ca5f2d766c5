"""Whole handlers for the two interfaces of Python's servers, and what frameworks share."""

import re
from typing import Any, Awaitable, Callable, Dict, Iterable, List, Optional, Tuple, Union

from ._errors import KayleError
from ._events import Event
from ._receiver import Headers, Receiver

Handle = Callable[[Event], object]
OnRefused = Callable[[KayleError], object]


def answer_headers(event: Event) -> Dict[str, str]:
    """The headers to answer an event with: the proof, if it is a test."""
    return {"X-Kayle-Proof": event.proof} if event.type == "test" else {}


def answer(
    receiver: Receiver,
    headers: Headers,
    body: Any,
    handle: Handle,
    on_refused: Optional[OnRefused] = None,
) -> Tuple[int, Dict[str, str]]:
    """Unwraps, handles, and says with which status and headers to answer, without a body. What
    `handle` raises is yours."""
    try:
        event = receiver.unwrap(headers, body)
    except KayleError as error:
        if on_refused is not None:
            on_refused(error)
        return error.status, {}
    handle(event)
    return 204, answer_headers(event)


_REASONS = {204: "No Content", 400: "Bad Request", 413: "Content Too Large"}


def wsgi(
    receiver: Receiver, handle: Handle, on_refused: Optional[OnRefused] = None
) -> Callable[[Dict[str, Any], Callable[..., Any]], Iterable[bytes]]:
    """A WSGI application that takes deliveries at whatever path it is mounted."""

    def application(
        environ: Dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        headers = [
            (name[5:].replace("_", "-"), value)
            for name, value in environ.items()
            if name.startswith("HTTP_")
        ]
        status, answered = answer(
            receiver, headers, _read_wsgi(environ, receiver.body_bytes_max), handle, on_refused
        )
        reason = _REASONS.get(status, "Internal Server Error")
        start_response(f"{status} {reason}", list(answered.items()))
        return []

    return application


_LENGTH = re.compile("[0-9]{1,18}")


def _read_wsgi(environ: Dict[str, Any], bytes_max: int) -> Optional[bytes]:
    """The body, or one byte more than may be; None if it cannot be read whole."""
    length = environ.get("CONTENT_LENGTH") or "0"
    if not _LENGTH.fullmatch(length):
        return None
    wanted = min(int(length), bytes_max + 1)
    try:
        body = read_limited(environ["wsgi.input"], wanted) if wanted else b""
    except OSError:
        # The connection ended.
        return None
    return body if len(body) == wanted else None


def read_limited(stream: Any, bytes_wanted: int) -> bytes:
    """Reads this many bytes, or to the stream's end: one call may give less."""
    body = bytearray()
    while len(body) < bytes_wanted:
        chunk = stream.read(bytes_wanted - len(body))
        if not chunk:
            break
        body += chunk
    return bytes(body)


Scope = Dict[str, Any]
Send = Callable[[Dict[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[Dict[str, Any]]]


def asgi(
    receiver: Receiver,
    handle: Callable[[Event], Union[object, Awaitable[object]]],
    on_refused: Optional[OnRefused] = None,
) -> Callable[[Scope, Receive, Send], Awaitable[None]]:
    """An ASGI application that takes deliveries at whatever path it is mounted. `handle` may be
    async."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        pending: List[Any] = []
        body = await _read_asgi(receive, receiver.body_bytes_max)
        status, answered = answer(
            receiver, scope["headers"], body, lambda event: pending.append(handle(event)), on_refused
        )
        for result in pending:
            if hasattr(result, "__await__"):
                await result
        headers = [(name.lower().encode(), value.encode()) for name, value in answered.items()]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    return application


async def _read_asgi(receive: Receive, bytes_max: int) -> Optional[bytes]:
    """The body, or the first chunks that are more than may be; None if it broke off."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        if not message.get("more_body", False) or len(body) > bytes_max:
            return bytes(body)
