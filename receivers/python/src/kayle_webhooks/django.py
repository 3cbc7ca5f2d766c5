"""For Django: `path("kayle", django_view(receiver, handle))`."""

from typing import Any, Callable, Optional

from ._handlers import Handle, OnRefused, answer
from ._receiver import Receiver


def django_view(
    receiver: Receiver, handle: Handle, on_refused: Optional[OnRefused] = None
) -> Callable[[Any], Any]:
    """A view that needs no CSRF token. Raise DATA_UPLOAD_MAX_MEMORY_SIZE (2.5 MB) if you subscribe
    to portraits."""
    from django.http import HttpResponse
    from django.http.request import RawPostDataException, UnreadablePostError
    from django.views.decorators.csrf import csrf_exempt
    from django.views.decorators.http import require_POST

    def kayle_view(request: Any) -> Any:
        try:
            body = request.body
        except (RawPostDataException, UnreadablePostError):
            # Somebody has read the stream, or it broke off.
            body = None
        status, headers = answer(receiver, request.headers, body, handle, on_refused)
        return HttpResponse(status=status, headers=headers)

    view: Callable[[Any], Any] = csrf_exempt(require_POST(kayle_view))
    return view
