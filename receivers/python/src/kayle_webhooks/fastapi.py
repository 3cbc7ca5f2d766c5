"""For FastAPI and Starlette.

    @app.post("/kayle", status_code=204)
    async def kayle(event: Annotated[Event, Depends(fastapi_event(receiver))]) -> None:
        ...
"""

from typing import Any, Awaitable, Callable, Optional

from ._errors import KayleError
from ._events import Event
from ._handlers import OnRefused, answer_headers
from ._receiver import Receiver


def fastapi_event(
    receiver: Receiver, on_refused: Optional[OnRefused] = None
) -> Callable[[Any, Any], Awaitable[Event]]:
    """A dependency that gives the event. A parameter that is a model would answer 422 and repeat
    the body. A refusal is answered with its status; FastAPI's body says the status's name only."""
    from fastapi import HTTPException, Request, Response

    async def kayle_event(request: Request, response: Response) -> Event:
        try:
            body = await _read(request, receiver.body_bytes_max)
            event = receiver.unwrap(request.headers.items(), body)
        except KayleError as error:
            if on_refused is not None:
                on_refused(error)
            raise HTTPException(error.status) from None
        response.headers.update(answer_headers(event))
        return event

    return kayle_event


async def _read(request: Any, bytes_max: int) -> bytes:
    """The body, or the first chunks that are more than may be."""
    from starlette.requests import ClientDisconnect

    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > bytes_max:
                break
    except (RuntimeError, ClientDisconnect):
        # Somebody has read the stream, or it broke off.
        raise KayleError("body_unavailable") from None
    return bytes(body)
