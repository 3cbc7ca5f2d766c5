"""Looks for a request that two receiver libraries answer differently.

    cargo xtask receivers fuzz --for 10m

Takes good deliveries and damages them: the signature header, the JWE, its header, the event inside,
the private key; mostly signed and encrypted rightly around the damage, so that it is met by the check that it is
for. Every library runs every case; the first difference ends the search and is printed as a case.
"""

import argparse
import base64
import json
import math
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


KEY_PIECES = ["-", "--", "-----", "RSA ", " ", "\n", "\r\n", "\r", "\t", "\x0b", "\x0c", "\u00a0", "\ufeff", "\\n", "\\r",
              "\\r\\n", "\\", '"', "'", "=", "==", "A", "AA==", "-_", "+/", ".", "x", "é", "{", "}", "-----BEGIN PRIVATE KEY-----",
              "-----END PRIVATE KEY-----", "-----END RSA PRIVATE KEY-----", "Proc-Type: 4,ENCRYPTED\n\n"]
KEY_FORMS = ["rsa2048a", "pkcs1", "crlf", "escaped", "quoted"]


def damaged_key(rng):
    """The text of a private key: its frame, its JSON, or its numbers."""
    kind = rng.randrange(4)
    if kind == 0:
        return damaged_pem(rng, make.KEYS[rng.choice(KEY_FORMS)])
    if kind == 1:
        return damaged_json(rng, make.KEYS["jwk"].encode()).decode("utf-8", "replace")
    numbers = damaged_numbers(rng)
    if kind == 2:
        members = {name: make.b64u(digits) for name, digits in numbers.items()}
        return json.dumps({"kty": "RSA", **members})
    return pem_of(rng, list(numbers.values()))


def damaged_pem(rng, text):
    """Mostly where a line ends, since all else is a wall of symbols."""
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        edges = [0, len(text), *(index for index in range(len(text)) if not text[index].isalnum())]
        at = rng.choice(edges) if rng.random() < 0.8 else rng.randrange(len(text) + 1)
        cut = at + rng.choice([0, 0, 0, 1, 1, 2, 5])
        text = text[:at] + rng.choice([*KEY_PIECES, ""]) + text[cut:]
    return text


def damaged_numbers(rng):
    """The eight numbers, of which one may be another, or be written in another way."""
    members = json.loads(make.KEYS["jwk"])
    names = ["n", "e", "d", "p", "q", "dp", "dq", "qi"]
    numbers = {name: make.from_b64u(members[name]) for name in names}
    value = {name: int.from_bytes(digits, "big") for name, digits in numbers.items()}
    phi = (value["p"] - 1) * (value["q"] - 1)
    carmichael = phi // math.gcd(value["p"] - 1, value["q"] - 1)
    name = rng.choice(names)
    changed = {
        "more": value[name] + rng.choice([1, 2, 256]),
        "less": value[name] - 1,
        "none": 0,
        "one": 1,
        "even": value[name] * 2,
        "all_ones": 2 ** value[name].bit_length() - 1,
        "d_of_carmichael": pow(value["e"], -1, carmichael),
        "d_beyond": value["d"] + phi,
        "same": value[name],
    }
    how = rng.choice([*changed, "zeros", "whole"])
    if how == "whole":
        # A key like any other, but for its exponent.
        p, q = rng.sample([value["p"], value["q"]], 2)
        e = rng.choice([1, 3, 5, 17, 257, 65537, 65539, 2**31 - 1, 2**31 + 11, 2**32 + 15, 2**33 + 17, 2**65 + 131])
        if math.gcd(e, phi) == 1:
            d = pow(e, -1, carmichael)
            numbers = dict(n=numbers["n"], e=make.to_bytes(e), d=make.to_bytes(d), p=make.to_bytes(p), q=make.to_bytes(q),
                           dp=make.to_bytes(d % (p - 1)), dq=make.to_bytes(d % (q - 1)), qi=make.to_bytes(pow(q, -1, p)))  # fmt: skip
    elif how == "zeros":
        numbers[name] = bytes(rng.randrange(1, 3)) + numbers[name]
    else:
        numbers["d" if how.startswith("d_") else name] = make.to_bytes(changed[how])
    return numbers


def pem_of(rng, numbers):
    """A PEM of these numbers, and a DER that may have more or less than it should."""
    version = rng.choice([b"\0"] * 8 + [b"\1", b"", b"\0\0"])
    integers = [make.element(2, version), *map(make.integer, numbers)]
    if rng.random() < 0.1:
        integers = integers[:-1] if rng.random() < 0.5 else [*integers, make.integer(b"\1")]
    der = make.element(0x30, b"".join(integers)) + rng.choice([b""] * 9 + [b"\0"])
    label = "RSA PRIVATE KEY"
    if rng.random() < 0.6:
        label = "PRIVATE KEY"
        version = rng.choice([b"\0"] * 9 + [b"\1"])
        algorithm = rng.choice([make.RSA_ENCRYPTION] * 9 + [make.RSA_ENCRYPTION[:-2], make.RSA_PSS])
        more = rng.choice([b""] * 9 + [make.element(0xA0, b"")])
        der = make.pkcs8(der, version, algorithm, more)
    return make.pem_block(label, der, rng.choice([64, 64, 64, 76, 10_000]))


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
    key = damaged_key(rng) if rng.random() < 0.1 else "rsa2048a"
    name = rng.choice(["X-Kayle-Signature"] * 9 + ["x-kayle-signature", "X-KAYLE-SIGNATURE"])
    all_headers = [[name, value]]
    if rng.random() < 0.1:
        all_headers.append(["X-Kayle-Event", rng.choice(["later", "", "verification.session.expired"])])
    return {
        "options": {
            "secrets": [make.SECRET],
            "keys": [{"kid": make.KID, "key": key}],
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


if __name__ == "__main__":
    main()
