"""Looks for a request that two receiver libraries answer differently.

    cargo xtask receivers fuzz --for 10m

Takes good deliveries and damages them: the signature header, the JWE, its header, the event inside;
mostly signed and encrypted rightly around the damage, so that it is met by the check that it is
for. Every library runs every case; the first difference ends the search and is printed as a case.
"""

import argparse
import base64
import json
import os
import random
import subprocess
import sys
import time

import generate as make

LETTERS = ["t", "v1", "v2", "=", ",", " ", "\t", "\n", "\x00", "\x7f", "0", "9", "a", "f", "A", "+", "-",
           "_", ".", "é", "١", "\u00a0", "%", '"', "/"]
JSON_PIECES = [
    b"0", b"-0", b"-0.0", b"3.0", b"3e0", b"1e400", b"-1e400", b"1e-400", b"01", b"1.", b".5", b"+1", b"1E5",
    b"9007199254740991", b"9007199254740992", b"9007199254740993", b"-9007199254740991",
    b"9007199254740990.5", b"0.99999999999999999999", b"2.9999999999999999999", b"1.7976931348623157e308",
    b"1.7976931348623158e308", b"1.7976931348623159e308", b"5e-324", b"1" * 310, b"1" * 309, b"123456789012345678901234567890",
    b"NaN", b"Infinity", b"null", b"true", b"false", b"nul", b'""', b'"x"', b"[]", b"{}", b"[1,]", b"{,}",
    b'"\\ud800"', b'"\\udc00\\ud800"', b'"\\ud83d\\ude00"', b'"\\u0000"', b'"\\uD83D\\uDE00"', b'"\\u12"',
    b'"\\ud800\\u0041"', b'"\\x"', b'"\\/"', b'"\\\'"', b'"\x7f"', b'"\x1f"', b'"\xff"', b'"\xed\xa0\x80"',
    b'"\xc0\x80"', b'"\xf4\x90\x80\x80"', b'"\xe2\x80\xa8"', b"\xef\xbb\xbf", b"\xc2\xa0", b"\x0b", b"\x0c", b"\r\n\t ",
    b"/**/", b"//", b"'", b'"', b"\\", b",", b":", b"{", b"}", b"[", b"]", b" ", b"\x00", b"e", b"E", b".",
    b'"a":1,', b'"type":"later",', b'"data":{},', b'"__proto__":1,', b'"event_id":"evt_2",', b'"test":true,',
    b'"test":false,', b'"test":null,', b'"test":1,', b'"contract_version":1e0,', b'"\\u0074ype":"x",', b'"challenge":"c",',
    b'"age_over_18":true,', b'"age_over_18":"x",', b'"age_over_x":"x",', b'"age_over_":"x",',
    b'"age_over_\xd9\xa1":"x",', b'"age_over_18\\n":"x",', b'"family_name":true,', b'"family_name":null,', b'"constructor":"x",',
    b'"hasOwnProperty":null,', b'"zip":null,', b'"crit":[],', b'"kid":"customer-key-1",', b'"":"",',
    b"[" * 30, b"[" * 31 + b"]" * 31, b"[" * 32 + b"]" * 32, b"[" * 200,
]
EVENTS = [
    make.succeeded(),
    make.succeeded({"family_name": "Zoé 李 😀", "age_over_18": None}),
    make.session("failed", make.FAILED_DATA),
    make.EXPIRED,
    make.session("cancelled", make.CANCELLED_DATA),
    make.attempt("succeeded", make.claims_data(make.CLAIMS)),
    make.attempt("failed", {"failure_code": "x"}),
    make.TEST,
    {"type": "later", "metadata": make.metadata(), "data": [1, {"a": 2.5}]},
]


def damaged_text(rng, text):
    """A few symbols inserted, removed, replaced, or moved."""
    symbols = list(text)
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        at = rng.randrange(len(symbols) + 1)
        kind = rng.randrange(5)
        if kind == 0:
            symbols.insert(at, rng.choice(LETTERS))
        elif kind == 1 and symbols:
            del symbols[min(at, len(symbols) - 1)]
        elif kind == 2 and symbols:
            symbols[min(at, len(symbols) - 1)] = rng.choice(LETTERS)
        elif kind == 3:
            end = rng.randrange(at, len(symbols) + 1)
            symbols[at:at] = symbols[at:end]
        else:
            symbols = symbols[:at]
    return "".join(symbols)


def damaged_json(rng, data):
    """A few pieces inserted, put in place of others, or removed; seldom a single byte."""
    for _ in range(rng.choice([1, 1, 1, 1, 2, 3])):
        at = rng.choice(places(data)) if rng.random() < 0.8 else rng.randrange(len(data) + 1)
        kind = rng.randrange(8)
        if kind < 4:
            data = data[:at] + rng.choice(JSON_PIECES) + data[at:]
        elif kind < 7:
            ends = [place for place in places(data) if place > at] or [len(data)]
            data = data[:at] + rng.choice(JSON_PIECES) + data[ends[0] :]
        else:
            data = data[:at] + bytes([rng.randrange(256)]) + data[at + 1 :]
    return data


def to_whole_again(rng, event):
    """A member more, or another value: mostly still an event."""
    value = rng.choice([piece for piece in JSON_PIECES if is_json(piece)])
    parsed = json.loads(event)
    members = rng.choice([parsed, parsed["metadata"], parsed.get("data"), parsed])
    if isinstance(members, dict):
        names = [*members, "later", "__proto__", "age_over_21", "sex_marker"]
        members[rng.choice(names)] = json.loads(value)
        if isinstance(members.get("claims"), dict) and rng.random() < 0.5:
            members["claims"][rng.choice(["age_over_18", "sex_marker", "later", "toString"])] = json.loads(value)
    return json.dumps(parsed, ensure_ascii=rng.random() < 0.5).encode("utf-8", "surrogatepass")


def is_json(piece):
    try:
        json.loads(piece)
    except ValueError:
        return False
    return True


def places(data):
    """Where tokens begin."""
    return [0] + [index + 1 for index, byte in enumerate(data) if byte in b'{}[],:"'] + [len(data)]


def made_case(rng):
    event = make.to_json(rng.choice(EVENTS))
    kind = rng.randrange(10)
    header, all_headers, t = None, None, str(make.NOW)
    if kind < 4:
        event = damaged_json(rng, event)
    elif kind < 5:
        event = to_whole_again(rng, event)
    elif kind < 7:
        header = damaged_json(rng, make.to_json(make.header_of()))
    parts = make.encrypt(event, raw_header=header)
    body = ".".join(parts)
    if kind == 7:
        body = damaged_text(rng, body)
    if rng.random() < 0.1:
        t = str(make.NOW + rng.choice([-301, -300, 300, 301]))
    raw = body.encode()
    value = make.signature(raw, t=t)
    if kind == 8:
        t = damaged_text(rng, t)
        value = f"t={t},v1={make.sign(make.SECRET, t, raw)}"
    elif kind == 9:
        value = damaged_text(rng, value)
    name = rng.choice(["X-Kayle-Signature"] * 9 + ["x-kayle-signature", "X-KAYLE-SIGNATURE"])
    all_headers = [[name, value]]
    if rng.random() < 0.1:
        all_headers.append(["X-Kayle-Event", rng.choice(["later", "", "verification.session.expired"])])
    return {
        "options": {
            "secrets": [make.SECRET],
            "keys": [{"kid": make.KID, "key": "rsa2048a"}],
            "now_s": make.NOW,
        },
        "headers": all_headers,
        "body_base64": base64.b64encode(raw).decode(),
    }


class Library:
    """A runner: a case a line in, an outcome a line out."""

    def __init__(self, name, command, keys):
        self.name = name
        environment = {**os.environ, "KAYLE_LINES": "1"}
        self.process = subprocess.Popen(
            command, text=True, env=environment, encoding="utf-8",
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        self.give(keys)

    def give(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def take(self):
        line = self.process.stdout.readline()
        return json.loads(line) if line else {"crash": self.name}


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--seconds", type=float, required=True)
    arguments.add_argument("--seed", type=int, default=int(time.time()))
    arguments.add_argument(
        "--library", action="append", nargs="+", required=True, metavar="TEXT", help="NAME PROGRAM ARGUMENT…"
    )
    options = arguments.parse_args()
    file = make.FOLDER / "vectors.json"
    make.KEYS.update(json.loads(file.read_text())["keys"])
    keys = json.dumps(make.KEYS)
    libraries = [Library(name, command, keys) for name, *command in options.library]
    rng = random.Random(options.seed)
    ends = time.monotonic() + options.seconds
    outcomes = {}
    while time.monotonic() < ends:
        line = json.dumps(made_case(rng))
        for library in libraries:
            library.give(line)
        answers = [(library.name, library.take()) for library in libraries]
        first = answers[0][1]
        if any(answer != first for _, answer in answers):
            for name, answer in answers:
                print(f"{name}: {json.dumps(answer)[:300]}")
            sys.exit(f"the libraries disagree about this case (seed {options.seed}):\n{line}")
        code = first.get("error", "opened")
        outcomes[code] = outcomes.get(code, 0) + 1
    print(f"{sum(outcomes.values())} cases, no difference (seed {options.seed})")
    for code, count in sorted(outcomes.items(), key=lambda item: -item[1]):
        print(f"{count:8} {code}")


main()
