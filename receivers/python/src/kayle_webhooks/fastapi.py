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
            body = await request.body()
        except RuntimeError:
            # Somebody has read the stream.
            raise HTTPException(KayleError("body_unavailable").status) from None
        try:
            event = receiver.unwrap(request.headers.items(), body)
        except KayleError as error:
            if on_refused is not None:
                on_refused(error)
            raise HTTPException(error.status) from None
        response.headers.update(answer_headers(event))
        return event

    return kayle_event
