"""For Flask: `app.post("/kayle")(flask_view(receiver, handle))`."""

from typing import Any, Callable, Optional

from ._handlers import Handle, OnRefused, answer
from ._receiver import Receiver


def flask_view(
    receiver: Receiver, handle: Handle, on_refused: Optional[OnRefused] = None
) -> Callable[[], Any]:
    """A view. Nothing may read the body before it without keeping it (`cache=False`)."""
    import flask

    def kayle_view() -> Any:
        body = flask.request.get_data()
        status, headers = answer(receiver, flask.request.headers, body, handle, on_refused)
        return flask.Response(status=status, headers=headers)

    return kayle_view
