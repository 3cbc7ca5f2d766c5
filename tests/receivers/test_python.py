"""kayle-webhooks as it is installed: every case of receivers/vectors.json, and the frameworks that it
has helpers for."""

import asyncio
import base64
import io
import json
import os
import sqlite3
import threading
import time
import traceback
import warnings
from typing import Annotated

import django
import pytest
from django.conf import settings
from django.test import Client
from django.urls import path
from fastapi import Depends, FastAPI, Request
from flask import Flask
from kayle_webhooks import Event, InMemoryOnce, PrivateKey, Receiver, SqlOnce, asgi, wsgi
from kayle_webhooks.django import django_view
from kayle_webhooks.fastapi import fastapi_event
from kayle_webhooks.flask import flask_view
from kayle_webhooks.testing import delivery, generate_key
from runner import open_case, run

VECTORS = json.load(open(os.environ["KAYLE_VECTORS"]))
MARKERS = ["Curie", "Marie", "1995-04-12", "kdoc_1", "0123456789abcdefghijklmnopqrstuv"]


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["id"])
def test_every_case_ends_as_it_must(case):
    assert run(case, VECTORS["keys"]) == case["expect"], case["why"]


def test_nothing_that_is_printed_holds_a_claim_a_secret_or_a_body():
    for case in VECTORS["cases"]:
        try:
            printed = repr(open_case(case, VECTORS["keys"]))
        except Exception as error:
            # The innermost frames show source lines, not values.
            printed = "".join(traceback.format_exception(error)) + repr(error)
        body = base64.b64decode(case["body_base64"])[:24].decode(errors="replace")
        for marker in MARKERS + ([body] if len(body) == 24 else []):
            assert marker not in printed, f"{case['id']} shows {marker}"


SECRET = "whsec_0123456789abcdefghijklmnopqrstuv"
KEY = generate_key("customer-key-1")
RECEIVER = Receiver(secrets=[SECRET], private_keys=[KEY])
METADATA = {
    "contract_version": 1,
    "event_id": "evt_1",
    "verification_session_id": "vs_" + "1" * 64,
}
EXPIRED = {"type": "verification.session.expired", "metadata": METADATA, "data": {}}
PHOTO = "A" * 1_500_000
PORTRAIT = {
    "type": "verification.attempt.succeeded",
    "metadata": {**METADATA, "verification_attempt_id": "va_1"},
    "data": {"claims": {"document_photo": PHOTO}, "selected_field_keys": ["document_photo"]},
}
MARKS = {"test": True, "challenge": "c", "verification_session_id": "vs_" + "0" * 64}
TRIAL = {**EXPIRED, "metadata": {**METADATA, **MARKS}}


def check(post, events):
    """What a helper is asked, and what must come of it. `post` gives status, headers and body."""
    assert post(*delivery(EXPIRED, secret=SECRET, key=KEY))[0] == 204
    assert events[-1].type == EXPIRED["type"]
    assert post(*delivery(PORTRAIT, secret=SECRET, key=KEY))[0] == 204
    assert events[-1].data.claims.text("document_photo") == PHOTO
    _, headers, _ = post(*delivery(TRIAL, secret=SECRET, key=KEY))
    assert {name.lower(): value for name, value in headers.items()}["x-kayle-proof"] == events[-1].proof
    status, _, body = post(*delivery(EXPIRED, secret=SECRET + "x", key=KEY))
    assert status == 400
    assert body in (b"", b'{"detail":"Bad Request"}')
    assert len(events) == 3


def test_wsgi():
    events = []
    application = wsgi(RECEIVER, events.append)

    def post(headers, body):
        environ = {"HTTP_" + name.upper().replace("-", "_"): value for name, value in headers.items()}
        environ |= {"CONTENT_LENGTH": str(len(body)), "wsgi.input": io.BytesIO(body)}
        started = []
        answered = b"".join(application(environ, lambda *start: started.append(start)))
        [(status, given)] = started
        return int(status[:3]), dict(given), answered

    check(post, events)


def asgi_post(application):
    """Calls an ASGI application, the body in two chunks."""

    def post(headers, body):
        sent = []
        chunks = iter([(body[:9], True), (body[9:], False)])

        async def receive():
            chunk, more = next(chunks)
            return {"type": "http.request", "body": chunk, "more_body": more}

        async def send(message):
            sent.append(message)

        raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST",
            "path": "/kayle", "raw_path": b"/kayle", "query_string": b"", "root_path": "",
            "scheme": "http", "headers": raw, "server": ("x", 80), "client": ("x", 1),
        }  # fmt: skip
        asyncio.run(application(scope, receive, send))
        given = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        return sent[0]["status"], given, b"".join(part.get("body", b"") for part in sent[1:])

    return post


def test_asgi():
    events = []

    async def handle(event):
        events.append(event)

    check(asgi_post(asgi(RECEIVER, handle)), events)


def test_fastapi():
    events = []
    app = FastAPI()
    dependency = Depends(fastapi_event(RECEIVER))

    @app.post("/kayle", status_code=204)
    async def kayle(event: Annotated[Event, dependency]) -> None:
        events.append(event)

    check(asgi_post(app), events)


def test_flask():
    events = []
    app = Flask(__name__)
    app.post("/kayle")(flask_view(RECEIVER, events.append))

    def post(headers, body):
        answered = app.test_client().post("/kayle", headers=headers, data=body)
        return answered.status_code, dict(answered.headers), answered.data

    check(post, events)


urlpatterns = []


def test_django():
    events = []
    settings.configure(
        ROOT_URLCONF=__name__,
        DATA_UPLOAD_MAX_MEMORY_SIZE=4 * 1024 * 1024,
        ALLOWED_HOSTS=["*"],
        MIDDLEWARE=["django.middleware.csrf.CsrfViewMiddleware"],
    )
    django.setup()
    urlpatterns.append(path("kayle", django_view(RECEIVER, events.append)))
    client = Client(enforce_csrf_checks=True)

    def post(headers, body):
        kind = headers.pop("Content-Type")
        answered = client.post("/kayle", data=body, content_type=kind, headers=headers)
        return answered.status_code, dict(answered.headers), answered.content

    check(post, events)


SMALL = Receiver(secrets=[SECRET], private_keys=[KEY], body_bytes_max=1000)


class Endless(io.RawIOBase):
    """A body without end, of which is known how much was read."""

    def __init__(self):
        self.bytes_read = 0

    def readable(self):
        return True

    def readall(self):
        raise AssertionError("the whole body is asked for")

    def readinto(self, into):
        self.bytes_read += len(into)
        into[:] = b"e" * len(into)
        return len(into)


def flask_of(receiver, on_refused):
    app = Flask(__name__)
    app.post("/kayle")(flask_view(receiver, print, on_refused))
    return app


@pytest.mark.parametrize("framework", ["wsgi", "flask"])
@pytest.mark.parametrize(
    "length, code",
    [
        ("-1", "body_unavailable"),
        ("\u0661\u0662", "body_unavailable"),
        ("1_0", "body_unavailable"),
        ("many", "body_unavailable"),
        ("1001", "body_too_large"),
        ("99999999", "body_too_large"),
    ],
)
def test_a_wsgi_body_is_read_by_its_length_and_no_further_than_may_be(framework, length, code):
    codes = []
    told = lambda error: codes.append(error.code)
    application = wsgi(SMALL, print, told) if framework == "wsgi" else flask_of(SMALL, told)
    stream = Endless()
    environ = {
        "REQUEST_METHOD": "POST", "PATH_INFO": "/kayle", "SERVER_NAME": "x", "SERVER_PORT": "80",
        "wsgi.url_scheme": "http", "wsgi.input": stream, "wsgi.errors": io.StringIO(), "CONTENT_LENGTH": length,
    }  # fmt: skip
    started = []
    list(application(environ, lambda *start: started.append(start)))
    if framework == "wsgi" or code == "body_too_large":
        assert codes == [code]
    assert not started[0][0].startswith("2")
    assert stream.bytes_read <= 1001


@pytest.mark.parametrize("framework", ["wsgi", "flask"])
def test_a_wsgi_body_that_breaks_off_is_unavailable(framework):
    codes = []
    told = lambda error: codes.append(error.code)
    application = wsgi(RECEIVER, print, told) if framework == "wsgi" else flask_of(RECEIVER, told)
    environ = {
        "REQUEST_METHOD": "POST", "PATH_INFO": "/kayle", "SERVER_NAME": "x", "SERVER_PORT": "80",
        "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(b"ey"), "wsgi.errors": io.StringIO(), "CONTENT_LENGTH": "9",
    }  # fmt: skip
    started = []
    list(application(environ, lambda *start: started.append(start)))
    assert codes == ["body_unavailable"]
    assert started[0][0].startswith("500")


def fastapi_of(receiver, on_refused):
    app = FastAPI()

    @app.post("/kayle", status_code=204)
    async def kayle(event: Annotated[Event, Depends(fastapi_event(receiver, on_refused))]) -> None:
        raise AssertionError(event)

    return app


@pytest.mark.parametrize("make", [lambda receiver, told: asgi(receiver, print, told), fastapi_of])
def test_an_asgi_body_is_read_no_further_than_may_be_and_may_break_off(make):
    codes = []
    for last, status, code in [("http.request", 413, "body_too_large"), ("http.disconnect", 500, "body_unavailable")]:
        received, sent = [], []

        async def receive():
            received.append(1)
            if len(received) == 2 and last == "http.disconnect":
                return {"type": last}
            assert len(received) < 9, "the whole body is read"
            return {"type": "http.request", "body": b"e" * 400, "more_body": True}

        async def send(message):
            sent.append(message)

        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST",
            "path": "/kayle", "raw_path": b"/kayle", "query_string": b"", "root_path": "",
            "scheme": "http", "headers": [], "server": ("x", 80), "client": ("x", 1),
        }  # fmt: skip
        application = make(SMALL, lambda error: codes.append(error.code))
        asyncio.run(application(scope, receive, send))
        assert (sent[0]["status"], codes.pop()) == (status, code)


def test_fastapi_tells_of_a_body_that_somebody_has_read():
    codes = []
    app = FastAPI()
    event = fastapi_event(RECEIVER, lambda error: codes.append(error.code))

    async def read_before(request: Request):
        async for _ in request.stream():
            pass

    @app.post("/kayle", status_code=204, dependencies=[Depends(read_before)])
    async def kayle(event: Annotated[Event, Depends(event)]) -> None:
        raise AssertionError(event)

    status, _, _ = asgi_post(app)(*delivery(EXPIRED, secret=SECRET, key=KEY))
    assert (status, codes) == (500, ["body_unavailable"])


def simultaneously(repeat):
    """Runs it in fifty threads at once, and returns what each gave."""
    outcomes = []
    threads = [threading.Thread(target=lambda: outcomes.append(repeat())) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def test_of_fifty_simultaneous_repeats_in_memory_one_is_handled():
    with warnings.catch_warnings(record=True):
        once = InMemoryOnce()
    done = []
    outcomes = simultaneously(lambda: once.run("evt_1", lambda: done.append(1)))
    assert (len(done), outcomes.count("handled"), len(outcomes)) == (1, 1, 50)


def test_of_fifty_simultaneous_repeats_on_sqlite_one_is_handled(tmp_path):
    file = tmp_path / "events.db"

    def connect():
        return sqlite3.connect(file, timeout=60)

    connection = connect()
    connection.execute("CREATE TABLE kayle_events (event_id text PRIMARY KEY)")
    connection.execute("CREATE TABLE done (event_id text)")
    connection.commit()
    once = SqlOnce()
    with pytest.raises(ZeroDivisionError):
        once.run(connection, "evt_1", lambda _: 1 / 0)

    def repeat():
        own = connect()
        try:
            return once.run(own, "evt_1", lambda tx: tx.execute("INSERT INTO done VALUES ('evt_1')"))
        finally:
            own.close()

    outcomes = simultaneously(repeat)
    assert outcomes.count("handled") == 1 and outcomes.count("repeated") == 49
    assert connection.execute("SELECT count(*) FROM done").fetchone() == (1,)


def test_secrets_may_be_read_for_each_request():
    secrets = ["whsec_old"]
    receiver = Receiver(secrets=lambda: secrets, private_keys=[PrivateKey(KEY.key)])
    secrets[0] = SECRET
    headers, body = delivery(EXPIRED, secret=SECRET, key=KEY, signed_at=time.time())
    assert receiver.unwrap(headers, body).metadata.event_id == "evt_1"
