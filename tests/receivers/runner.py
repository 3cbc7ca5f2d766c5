"""Runs cases of receivers/vectors.json by kayle-webhooks: a case a line in, an outcome a line out.
The first line holds the keys; a key that it does not name is its own text.
"""

import base64
import dataclasses
import functools
import hashlib
import json
import sys

from kayle_webhooks import Claims, KayleError, PrivateKey, Receiver

LONG = 200


def run(case, keys):
    try:
        return {"event": view(open_case(case, keys))}
    except KayleError as error:
        return {"error": error.code}


def open_case(case, keys):
    options = case["options"]
    limits = {name: options[name] for name in ["tolerance_s", "body_bytes_max"] if name in options}
    receiver = Receiver(
        secrets=options["secrets"],
        private_keys=[load(keys.get(key["key"], key["key"]), key.get("kid")) for key in options["keys"]],
        now=lambda: options["now_s"],
        **limits,
    )
    headers = case["headers"]
    if case.get("headers_as") == "lists":
        headers = {name: [value] for name, value in headers}
    body = base64.b64decode(case["body_base64"])
    if case.get("body_as") == "text":
        body = body.decode()
    elif case.get("body_as") == "object":
        body = json.loads(body)
    return receiver.unwrap(headers, body)


@functools.lru_cache(maxsize=64)
def load(text, kid):
    """A key, whose primes are checked once: that takes seconds for one of 8192 bits."""
    return PrivateKey(text, kid)


def view(event):
    metadata = dataclasses.asdict(event.metadata)
    if event.type == "test":
        return {
            "variant": "test",
            "event_id": event.metadata.event_id,
            "proof": event.proof,
            "sample": view(event.sample),
        }
    if event.type == "unknown":
        return {"variant": "unknown", "type": event.name, **metadata}
    names = [field.name for field in dataclasses.fields(event.data)]
    data = {name: shown(getattr(event.data, name)) for name in names}
    return {"variant": event.type, "type": event.type, **metadata, **data}


def shown(value):
    if isinstance(value, Claims):
        return {key: shown_claim(claim) for key, claim in value.expose().items()}
    return list(value) if isinstance(value, tuple) else value


def shown_claim(value):
    if isinstance(value, str) and len(value) > LONG:
        return "sha256:" + hashlib.sha256(value.encode()).hexdigest()
    return value


if __name__ == "__main__":
    keys = json.loads(sys.stdin.readline())
    for line in sys.stdin:
        print(json.dumps(run(json.loads(line), keys)), flush=True)
