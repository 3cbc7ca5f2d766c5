"""For Flask: `app.post("/kayle")(flask_view(receiver, handle))`."""

from typing import Any, Callable, Optional

from ._handlers import Handle, OnRefused, answer, read_limited
from ._receiver import Receiver


def flask_view(
    receiver: Receiver, handle: Handle, on_refused: Optional[OnRefused] = None
) -> Callable[[], Any]:
    """A view. Nothing may read the body before it without keeping it (`cache=False`)."""
    import flask

    def kayle_view() -> Any:
        body = _read(flask.request, receiver.body_bytes_max)
        status, headers = answer(receiver, flask.request.headers, body, handle, on_refused)
        return flask.Response(status=status, headers=headers)

    return kayle_view


def _read(request: Any, bytes_max: int) -> Optional[bytes]:
    """The body, or one byte more than may be; None if it broke off."""
    from werkzeug.exceptions import ClientDisconnected

    try:
        # What somebody has read and kept is not in the stream.
        body: bytes = read_limited(request.stream, bytes_max + 1) or request.get_data()
    except ClientDisconnected:
        return None
    return body
