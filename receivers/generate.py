"""Writes what all receiver libraries share: vectors.json and events.schema.json.

    cargo xtask receivers generate

Every byte follows from the keys, which are kept from the file that is there: running it again
changes nothing. RSA-OAEP is written out here (RFC 8017, 7.1.1), because no library lets its
randomness be chosen, and because some cases must be wrong in ways that no library writes.
"""

import base64
import functools
import hashlib
import hmac
import json
import math
import sys
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

FOLDER = Path(__file__).parent
OPENAPI = FOLDER.parent / "docs" / "openapi.json"

SECRET = "whsec_0123456789abcdefghijklmnopqrstuv"
OTHER_SECRET = "whsec_zyxwvutsrqponmlkjihgfedcba987654"
NOW = 1742404800
KID = "customer-key-1"
EVENT_ID = "evt_01jtfs0w3n6v8q2k4r5x7y9z1b"
SESSION_ID = "vs_" + "4b7e" * 16
ATTEMPT_ID = "va_01jtfs0w3n6v8q2k4r5x7y9z1c"
NOBODY = "vs_" + "0" * 64
CHALLENGE = "q6ur3q2-78rerb7v3q2-78rerb7v3q2-78rerb7v3q0"


# Keys


def pem(key, form=serialization.PrivateFormat.PKCS8, password=None):
    encryption = (
        serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    )
    return key.private_bytes(serialization.Encoding.PEM, form, encryption).decode()


@functools.cache
def load(text):
    return serialization.load_pem_private_key(
        text.encode(), None, unsafe_skip_rsa_key_validation=True
    )


def b64u(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from_b64u(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def jwk(key):
    numbers = key.private_numbers()
    public = numbers.public_numbers
    members = {
        "n": public.n,
        "e": public.e,
        "d": numbers.d,
        "p": numbers.p,
        "q": numbers.q,
        "dp": numbers.dmp1,
        "dq": numbers.dmq1,
        "qi": numbers.iqmp,
    }
    encoded = {
        name: b64u(value.to_bytes((value.bit_length() + 7) // 8, "big"))
        for name, value in members.items()
    }
    return {"kty": "RSA", **encoded}


def make_keys(kept):
    """The keys of the file that is there, and fresh ones for what it lacks."""
    keys = dict(kept)
    for name, bits in [
        ("rsa2048a", 2048),
        ("rsa2048b", 2048),
        ("rsa3072", 3072),
        ("rsa4096", 4096),
        ("rsa8192", 8192),
        ("rsa1024", 1024),
    ]:
        if name not in keys:
            keys[name] = pem(rsa.generate_private_key(65537, bits))
    if "ec" not in keys:
        keys["ec"] = pem(ec.generate_private_key(ec.SECP256R1()))
    main = load(keys["rsa2048a"])
    if "encrypted" not in keys:
        keys["encrypted"] = pem(main, password=b"password")
    keys["pkcs1"] = pem(main, serialization.PrivateFormat.TraditionalOpenSSL)
    keys["crlf"] = keys["rsa2048a"].replace("\n", "\r\n")
    keys["escaped"] = keys["rsa2048a"].replace("\n", "\\n")
    keys["quoted"] = '"' + keys["pkcs1"].strip().replace("\n", "\\n") + '"'
    keys["jwk"] = json.dumps(jwk(main))
    public = {name: jwk(main)[name] for name in ["n", "e"]}
    keys["public_jwk"] = json.dumps({"kty": "RSA", **public})
    keys["public"] = (
        main.public_key()
        .public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        .decode()
    )
    keys["cut"] = keys["rsa2048a"][:400]
    keys.update(bad_jwks(jwk(main)))
    keys.update(bad_pems(keys["rsa2048a"], keys["rsa2048b"]))
    keys.update(bad_ders(jwk(main)))
    keys.update(odd_keys(keys["pkcs1"], jwk(main)))
    keys["nothing"] = ""
    return keys


def bad_jwks(good):
    """Keys that some reader of JSON or base64 takes, and another does not."""

    def with_member(name, value):
        return json.dumps({**good, name: value})

    def changed(name):
        """A number that is another one, in canonical base64url."""
        return good[name][:9] + ("A" if good[name][9] != "A" else "B") + good[name][10:]

    text = json.dumps(good)
    primes = {name: int.from_bytes(from_b64u(good[name]), "big") for name in ["p", "q"]}
    last = good["n"][-1]
    stray = chr(ord(last) + 1)
    return {
        "jwk_line_break": with_member("n", good["n"][:64] + "\n" + good["n"][64:]),
        "jwk_padded": with_member("n", good["n"] + "=="),
        "jwk_base64": with_member("d", good["d"].replace("-", "+").replace("_", "/")),
        "jwk_stray_bits": with_member("n", good["n"][:-1] + stray),
        "jwk_member_twice": text[:-1] + f', "e": "{good["e"]}"}}',
        "jwk_comma": text[:-1] + ",}",
        "jwk_number": with_member("e", 65537),
        "jwk_list": with_member("e", [good["e"]]),
        "jwk_ec": with_member("kty", "EC"),
        "jwk_without_qi": json.dumps({name: value for name, value in good.items() if name != "qi"}),
        "jwk_empty_qi": with_member("qi", ""),
        **{f"jwk_other_{name}": with_member(name, changed(name)) for name in ["d", "p", "dp", "dq", "qi"]},
        "jwk_no_break_space": "\u00a0" + text,
        "jwk_bom": "\ufeff" + text,
        "jwk_d_beyond_n": with_member("d", b64u(beyond(good))),
        "jwk_exponent_one": jwk_of(1, **primes),
        "jwk_exponent_of_33_bits": jwk_of(2**32 + 15, **primes),
    }


def beyond(good):
    """Another exponent that decrypts, longer than the modulus."""
    p, q, d = (int.from_bytes(from_b64u(good[name]), "big") for name in ["p", "q", "d"])
    return to_bytes(d + (p - 1) * (q - 1) * 2)


def jwk_of(e, p, q):
    """A key of any exponent."""
    d = pow(e, -1, (p - 1) * (q - 1) // math.gcd(p - 1, q - 1))
    numbers = dict(n=p * q, e=e, d=d, p=p, q=q, dp=d % (p - 1), dq=d % (q - 1), qi=pow(q, -1, p))
    return json.dumps({"kty": "RSA", **{name: b64u(to_bytes(value)) for name, value in numbers.items()}})


def bad_pems(text, other):
    lines = text.strip().splitlines()
    body = "".join(lines[1:-1])
    return {
        "pem_text_before": "Bag Attributes\n" + text,
        "pem_text_behind": text + "x",
        "pem_twice": text + other,
        "pem_no_break_space": "\n".join([*lines[:3], "\u00a0" + lines[3], *lines[4:]]),
        "pem_bom": "\ufeff" + text,
        "pem_headers": "\n".join([lines[0], "Proc-Type: 4,ENCRYPTED", "", *lines[1:]]),
        "pem_unpadded": "\n".join([lines[0], body[:-4] + body[-4:].rstrip("="), lines[-1]]),
        "pem_other_end": text.replace("END PRIVATE", "END RSA PRIVATE"),
    }


def bad_ders(good):
    """PEMs of what is not quite a key."""
    numbers = [from_b64u(good[name]) for name in ["n", "e", "d", "p", "q", "dp", "dq", "qi"]]
    integers = list(map(integer, numbers))
    version = integer(b"")
    right = element(0x30, version + b"".join(integers))
    size = right[2:4]
    one_more = to_bytes(int.from_bytes(numbers[5], "big") + 1)
    negative = element(2, numbers[0])

    def pkcs1(*parts):
        return pem_block("RSA PRIVATE KEY", element(0x30, b"".join(parts)))

    return {
        "pem_der_behind": pem_block("RSA PRIVATE KEY", right + b"\5\0"),
        "pem_der_long_length": pem_block("RSA PRIVATE KEY", b"\x30\x83\0" + size + right[4:]),
        "pem_der_endless": pem_block("RSA PRIVATE KEY", b"\x30\x80" + right[4:] + b"\0\0"),
        "pem_der_cut": pem_block("RSA PRIVATE KEY", right[:-1]),
        "pem_number_with_zeros": pkcs1(version, *integers[:5], element(2, b"\0\0" + numbers[5]), *integers[6:]),
        "pem_number_negative": pkcs1(version, negative, *integers[1:]),
        "pem_number_other": pkcs1(version, *integers[:5], integer(one_more), *integers[6:]),
        "pem_number_missing": pkcs1(version, *integers[:-1]),
        "pem_number_more": pkcs1(version, *integers, integer(b"\1")),
        "pem_octets_for_a_number": pkcs1(version, *integers[:-1], element(4, numbers[-1])),
        "pem_version_1": pkcs1(integer(b"\1"), *integers),
        "pem_pkcs8_version_1": pem_block("PRIVATE KEY", pkcs8(right, version=b"\1")),
        "pem_without_null": pem_block("PRIVATE KEY", pkcs8(right, algorithm=RSA_ENCRYPTION[:-2])),
        "pem_for_pss": pem_block("PRIVATE KEY", pkcs8(right, algorithm=RSA_PSS)),
        "pem_pkcs8_as_pkcs1": pem_block("RSA PRIVATE KEY", pkcs8(right)),
    }


def odd_keys(pkcs1, good):
    """What is a key all the same."""
    p, q, e, d = (int.from_bytes(from_b64u(good[name]), "big") for name in ["p", "q", "e", "d"])
    der = base64.b64decode("".join(pkcs1.split("-----")[2].split()))
    least = (p - 1) * (q - 1) // math.gcd(p - 1, q - 1)
    return {
        "swapped": jwk_of(e, p=q, q=p),
        "longer": json.dumps({**good, "d": b64u(to_bytes(d % least + least))}),
        "zeros": json.dumps({**good, "p": b64u(b"\0\0" + from_b64u(good["p"]))}),
        "attributes": pem_block("PRIVATE KEY", pkcs8(der, more=element(0xA0, b""))),
        "one_line": '"' + pem_block("PRIVATE KEY", pkcs8(der), width=9999).replace("\n", " ") + '"',
    }


# The little of DER that a key is


RSA_ENCRYPTION = bytes.fromhex("06092a864886f70d0101010500")
RSA_PSS = bytes.fromhex("06092a864886f70d01010a0500")


def to_bytes(value):
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


def element(tag, content):
    size = len(content)
    sizes = bytes([size]) if size < 128 else to_bytes(size)
    return bytes([tag]) + (b"" if size < 128 else bytes([0x80 + len(sizes)])) + sizes + content


def integer(digits):
    """A number; zeros that it already has are kept."""
    return element(2, digits if b"" < digits[:1] < b"\x80" else b"\0" + digits)


def pkcs8(key, version=b"\0", algorithm=RSA_ENCRYPTION, more=b""):
    return element(0x30, element(2, version) + element(0x30, algorithm) + element(4, key) + more)


def pem_block(label, der, width=64):
    symbols = base64.b64encode(der).decode()
    lines = [symbols[at : at + width] for at in range(0, len(symbols), width)]
    return "\n".join([f"-----BEGIN {label}-----", *lines, f"-----END {label}-----"])


KEYS = {}


# Encryption, deterministic


def drawn(label, length):
    """Bytes that depend on the label alone."""
    blocks = (hashlib.sha256(f"{label}/{index}".encode()).digest() for index in range(99))
    return b"".join(blocks)[:length]


def mgf1(seed, length, hashed):
    blocks = (hashed(seed + count.to_bytes(4, "big")).digest() for count in range(99))
    return b"".join(blocks)[:length]


def xor(left, right):
    return bytes(a ^ b for a, b in zip(left, right))


def oaep(public, message, seed, label=b"", mgf_hash=hashlib.sha256):
    size = (public.n.bit_length() + 7) // 8
    padding = b"\0" * (size - len(message) - 66)
    block = hashlib.sha256(label).digest() + padding + b"\x01" + message
    masked_block = xor(block, mgf1(seed, len(block), mgf_hash))
    masked_seed = xor(seed, mgf1(masked_block, 32, mgf_hash))
    number = int.from_bytes(b"\0" + masked_seed + masked_block, "big")
    return pow(number, public.e, public.n).to_bytes(size, "big")


def header_of(kid=KID, **members):
    return {"alg": "RSA-OAEP-256", "enc": "A256GCM", "kid": kid, **members}


def encrypt(
    plaintext,
    key="rsa2048a",
    header=None,
    raw_header=None,
    header_part=None,
    aad=None,
    iv_bytes=12,
    cek_bytes=32,
    tag_bytes=16,
    **oaep_options,
):
    """The five parts of a JWE."""
    if isinstance(plaintext, (dict, list)):
        plaintext = to_json(plaintext)
    if isinstance(plaintext, str):
        plaintext = plaintext.encode()
    if raw_header is None:
        raw_header = to_json(header or header_of())
    head = header_part or b64u(raw_header)
    seed = hashlib.sha256(head.encode() + plaintext).hexdigest()
    cek = drawn("cek" + seed, cek_bytes)
    iv = drawn("iv" + seed, iv_bytes)
    public = load(KEYS[key]).public_key().public_numbers()
    wrapped = oaep(public, cek, drawn("seed" + seed, 32), **oaep_options)
    sealed = AESGCM(cek).encrypt(iv, plaintext, (aad or head).encode())
    content, tag = sealed[:-16], sealed[-16:][:tag_bytes]
    return [head, b64u(wrapped), b64u(iv), b64u(content), b64u(tag)]


def to_json(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def sign(secret, t, body):
    message = t.encode() + b"." + body
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


def signature(body, secret=SECRET, t=str(NOW)):
    return f"t={t},v1={sign(secret, t, body)}"


# Events


def metadata(**more):
    return {
        "contract_version": 1,
        "event_id": EVENT_ID,
        "verification_session_id": SESSION_ID,
        **more,
    }


CLAIMS = {
    "age_over_18": True,
    "date_of_birth": "1995-04-12",
    "family_name": "Curie",
    "given_names": "Marie",
    "kayle_document_id": "kdoc_1",
    "kayle_human_id": None,
}


def session(name, data, **more):
    return {"type": f"verification.session.{name}", "metadata": metadata(**more), "data": data}


def attempt(name, data):
    of_attempt = {**metadata(), "verification_attempt_id": ATTEMPT_ID}
    return {"type": f"verification.attempt.{name}", "metadata": of_attempt, "data": data}


def claims_data(claims):
    return {"claims": claims, "selected_field_keys": sorted(claims)}


def succeeded(claims=None):
    return session("succeeded", claims_data(CLAIMS if claims is None else claims))


FAILED_DATA = {
    "failure_code": "document_chip_authentication_failed",
    "liveness_tries_used": 0,
    "nfc_tries_used": 3,
}
CANCELLED_DATA = {
    "liveness_tries_used": 0,
    "nfc_tries_used": 1,
    "outcome": "not_verified",
    "reason": "cancelled_after_failed_check",
}
EXPIRED = session("expired", {})
TEST = {
    "type": "verification.session.succeeded",
    "metadata": metadata(test=True, challenge=CHALLENGE, verification_session_id=NOBODY),
    "data": claims_data(CLAIMS),
}

LONG = 200


def shown(value):
    """Long texts by their hash, as every runner shows them."""
    if isinstance(value, str) and len(value) > LONG:
        return "sha256:" + hashlib.sha256(value.encode()).hexdigest()
    return value


KNOWN = {
    "verification.session.succeeded",
    "verification.session.failed",
    "verification.session.expired",
    "verification.session.cancelled",
    "verification.attempt.succeeded",
    "verification.attempt.failed",
}
DATA_MEMBERS = {
    "succeeded": ["claims", "selected_field_keys"],
    "failed": ["failure_code", "nfc_tries_used", "liveness_tries_used"],
    "attempt.failed": ["failure_code"],
    "cancelled": ["outcome", "reason", "nfc_tries_used", "liveness_tries_used"],
    "expired": [],
}


def view(event):
    """What a runner prints of an event: its variant, and every member that the types have."""
    name, meta, data = event["type"], event["metadata"], event.get("data")
    out = {
        "type": name,
        "event_id": meta["event_id"],
        "verification_session_id": meta["verification_session_id"],
    }
    if meta.get("test"):
        message = f"kayle-proof.{meta['event_id']}.{meta['challenge']}"
        proof = hashlib.sha256(message.encode()).hexdigest()
        sample = view({**event, "metadata": {**meta, "test": False}})
        return {"variant": "test", "event_id": meta["event_id"], "proof": proof, "sample": sample}
    if name not in KNOWN:
        return {"variant": "unknown", **out}
    out = {"variant": name, **out, "contract_version": int(meta["contract_version"])}
    if ".attempt." in name:
        out["verification_attempt_id"] = meta["verification_attempt_id"]
    members = DATA_MEMBERS.get(name.split(".", 1)[1]) or DATA_MEMBERS[name.split(".")[-1]]
    for member in members:
        value = data[member]
        if member == "claims":
            value = {key: shown(claim) for key, claim in value.items()}
        elif isinstance(value, float):
            value = int(value)
        out[member] = value
    return out


# Cases


CASES = []


def case(id, why, body, expect, **options):
    """One case. Options: t, secret (signed with), signature (whole), secrets, keys, tolerance_s,
    now_s, body_bytes_max, headers (further), all_headers, body_as, headers_as."""
    if isinstance(body, list):
        body = ".".join(body)
    if isinstance(body, str):
        body = body.encode()
    signed = options.get("signed", body)
    value = options.get("signature") or signature(
        signed, options.get("secret", SECRET), options.get("t", str(NOW))
    )
    headers = options.get("all_headers")
    if headers is None:
        headers = [["X-Kayle-Signature", value], *options.get("headers", [])]
    configured = {
        "secrets": options.get("secrets", [SECRET]),
        "keys": options.get("keys", [{"kid": KID, "key": "rsa2048a"}]),
        "now_s": options.get("now_s", NOW),
    }
    for name in ["tolerance_s", "body_bytes_max"]:
        if name in options:
            configured[name] = options[name]
    made = {"id": id, "why": why, "options": configured, "headers": headers}
    for name in ["headers_as", "body_as"]:
        if name in options:
            made[name] = options[name]
    made["body_base64"] = base64.b64encode(body).decode()
    made["expect"] = {"error": expect} if isinstance(expect, str) else {"event": view(expect)}
    CASES.append(made)


def good(id, why, event, **options):
    plaintext = options.pop("plaintext", event)
    encryption = {
        name: options.pop(name)
        for name in ["key", "header", "raw_header"]
        if name in options
    }
    case(id, why, encrypt(plaintext, **encryption), event, **options)


def delivery_headers(name):
    return [
        ["Content-Type", "application/jose"],
        ["X-Kayle-Event", name],
        ["X-Kayle-Delivery-Id", "whd_01jtfs0w3n6v8q2k4r5x7y9z1b"],
    ]


def documented(id, event):
    name = event["type"]
    good(id, f"{name}, as documented", event, headers=delivery_headers(name))


def good_cases():
    documented("P01", succeeded())
    documented("P02", session("failed", FAILED_DATA))
    documented("P03", EXPIRED)
    documented("P04", session("cancelled", CANCELLED_DATA))
    documented("P05", attempt("succeeded", claims_data({**CLAIMS, "document_photo": "iVBORw0KGgo="})))
    documented("P06", attempt("failed", {"failure_code": "selfie_face_mismatch"}))
    good("P07", "a test delivery", TEST, headers=delivery_headers(TEST["type"]))
    unknown = {"type": "verification.session.paused", "metadata": metadata(), "data": [1, {"a": 2.5}]}
    good("P08", "a type that nobody knows yet", unknown, headers=delivery_headers(unknown["type"]))
    more = succeeded({**CLAIMS, "__proto__": "a name like any other", "constructor": None})
    more["later"] = {"__proto__": {"type": "x"}}
    more["metadata"]["later"] = [None, 1e300, -0.5]
    more["data"]["later"] = "x"
    good("P09", "unknown members everywhere, a claim named __proto__ among them", more)
    later = session("failed", {**FAILED_DATA, "failure_code": "document_too_new"})
    good("P10", "an unknown failure code", later)
    for id, key in [("P11", "rsa2048b"), ("P12", "rsa3072"), ("P13", "rsa4096"), ("P14", "rsa8192")]:
        good(id, f"a key of {key[3:7]} bits", EXPIRED, key=key, keys=[{"kid": KID, "key": key}])
    odd = ('a"b\\c/\n 🔑 é' * 13)[:128]
    good("P15", "a kid of 128 characters with quotes, backslash and emoji", EXPIRED,
         header=header_of(odd), keys=[{"kid": odd, "key": "rsa2048a"}])
    good("P16", "signed with the second of two secrets", EXPIRED, secrets=[OTHER_SECRET, SECRET])
    two = [{"kid": "old", "key": "rsa2048b"}, {"kid": KID, "key": "rsa2048a"}]
    good("P17", "the second of two keys by its kid", EXPIRED, keys=two)
    same = [{"kid": KID, "key": "rsa2048b"}, {"kid": KID, "key": "rsa2048a"}]
    good("P18", "two keys of one kid, of which the second opens", EXPIRED, keys=same)
    unlabelled = [{"kid": "other", "key": "rsa2048b"}, {"key": "rsa2048b"}, {"key": "rsa2048a"}]
    good("P19", "keys without kid, since no label fits", EXPIRED, keys=unlabelled)
    good("P20", "one secret begins like the other", EXPIRED, secrets=[SECRET[:-1], SECRET])
    good("P21", "signed exactly 300 seconds ago", EXPIRED, t=str(NOW - 300))
    good("P22", "signed exactly 300 seconds ahead", EXPIRED, t=str(NOW + 300))
    body = ".".join(encrypt(EXPIRED))
    tag = sign(SECRET, str(NOW), body.encode())
    case("P23", "other schemes beside, in another order", body, EXPIRED,
         signature=f"v0={'0' * 64},v1={tag},v2=,t={NOW},x=y=z")
    case("P24", "header names in odd case", body, EXPIRED,
         all_headers=[["x-KAYLE-signature", f"t={NOW},v1={tag}"], ["X-KAYLE-EVENT", EXPIRED["type"]]])
    case("P25", "header values as lists", body, EXPIRED, headers_as="lists",
         headers=delivery_headers(EXPIRED["type"]))
    case("P26", "the body as text", body, EXPIRED, body_as="text")
    case("P27", "only the signature header", body, EXPIRED)
    good("P28", "claims that are null", succeeded({key: None for key in CLAIMS}))
    good("P29", "no claims, and an empty one", succeeded({"mrz_optional_data": "", "family_name": ""}))
    good("P30", "combining characters and right-to-left text",
         succeeded({"family_name": "e\u0301\u200f\u05d0\u05d1 \u0627\u0644 李", "given_names": "\u202ex"}))
    portrait = base64.b64encode(drawn("portrait", 3168) * 261).decode()
    good("P31", "a portrait of 1.1 MB", attempt("succeeded", claims_data({"document_photo": portrait})))
    turned = b'{"kid":"customer-key-1", "enc":"A256GCM","alg":"RSA-OAEP-256"}'
    good("P32", "the JWE's header in another order, with a blank", EXPIRED, raw_header=turned)
    good("P33", "the JWE's header with an unknown member", EXPIRED,
         header=header_of(typ="JWE", later={"a": [1]}))
    for id, key, why in [
        ("P34", "pkcs1", "a private key as PKCS#1"),
        ("P35", "crlf", "a private key with CRLF"),
        ("P36", "escaped", "a private key with the two characters \\n for line breaks"),
        ("P37", "jwk", "a private key as JWK"),
        ("P38", "quoted", "a private key as PKCS#1 with \\n and quotes around it"),
    ]:
        good(id, why, EXPIRED, keys=[{"kid": KID, "key": key}])
    wide = to_json(session("failed", FAILED_DATA)).decode().replace(':3', ':3.0').replace(':1', ' :\t1e0\n')
    good("P39", "whole numbers written with a point and an exponent, blanks between",
         session("failed", FAILED_DATA), plaintext=wide)
    escaped = to_json(succeeded({"family_name": "X"})).decode().replace('"X"', '"\\ud83d\\ude00\\u0000\\/"')
    good("P40", "escapes: a pair of surrogates, zero, a solidus", succeeded({"family_name": "😀\0/"}),
         plaintext=escaped)
    good("P41", "not a test, and says so", session("expired", {}, test=False))
    deep = "[" * 31 + "]" * 31
    good("P42", "a depth of 32", EXPIRED,
         plaintext=to_json(EXPIRED).decode().replace('"data":{}', '"data":{},"later":' + deep))
    good("P43", "a time of twelve digits", EXPIRED, t="999999999999", now_s=999999999999)
    good("P44", "the type named twice outside, rightly", EXPIRED,
         headers=[["X-Kayle-Event", EXPIRED["type"]], ["x-kayle-event", EXPIRED["type"]]])
    unknown_test = {"type": "verification.session.paused", "data": 1, "metadata": TEST["metadata"]}
    good("P45", "a test of a type that nobody knows yet", unknown_test)
    good("P46", "eight secrets and sixteen keys", EXPIRED, secrets=[f"whsec_{i}" for i in range(7)] + [SECRET],
         keys=[{"kid": f"k{i}", "key": "rsa2048b"} for i in range(15)] + [{"kid": KID, "key": "rsa2048a"}])
    good("P47", "a tolerance of an hour", EXPIRED, t=str(NOW - 3600), tolerance_s=3600)
    limit = len(body)
    case("P48", "a body exactly as long as may be", body, EXPIRED, body_bytes_max=limit)
    for number, (why, key) in enumerate({
        "a key whose first prime is the lesser": "swapped",
        "a key whose private exponent is not the least": "longer",
        "a JWK in which a number has leading zeros": "zeros",
        "a PKCS#8 with attributes": "attributes",
        "a PEM on one line, with blanks for line breaks": "one_line",
    }.items()):
        good(f"P{50 + number}", why, EXPIRED, keys=[{"kid": KID, "key": key}])
    other_claim = succeeded({"later_claim": "text", "later_flag": False})
    good("P49", "claims of names that nobody knows yet", other_claim)


def bad_signatures():
    body = ".".join(encrypt(EXPIRED)).encode()
    now = str(NOW)
    tag = sign(SECRET, now, body)
    whole = f"t={now},v1={tag}"

    def malformed(id, why, value):
        case(id, why, body, "signature_malformed", all_headers=[["X-Kayle-Signature", value]])

    case("N01", "no signature header", body, "signature_missing",
         all_headers=[["X-Kayle-Event", EXPIRED["type"]]])
    malformed("N02", "an empty signature header", "")
    malformed("N03", "only t", f"t={now}")
    malformed("N04", "only v1", f"v1={tag}")
    malformed("N05", "two t", f"t={now},{whole}")
    malformed("N06", "two v1", f"{whole},v1={tag}")
    case("N07", "the header twice, equal", body, "signature_malformed",
         all_headers=[["X-Kayle-Signature", whole], ["x-kayle-signature", whole]])
    malformed("N08", "two headers joined by comma and blank", f"{whole}, {whole}")
    malformed("N09", "upper-case hex", f"t={now},v1={tag.upper()}")
    malformed("N10", "63 digits", whole[:-1])
    malformed("N10b", "65 digits", whole + "0")
    malformed("N11", "no hex", f"t={now},v1={'g' * 64}")
    malformed("N12", "a digit that is not ASCII", whole + ",é=é")
    malformed("N12b", "v1 with a full-width digit", f"t={now},v1={tag[:-1]}\uff11")
    malformed("N13", "something after a second equals sign", whole + "=x")
    malformed("N14", "a blank after the comma", f"t={now}, v1={tag}")
    malformed("N14b", "a blank before the end", whole + " ")
    malformed("N14c", "a tab in an element of another scheme", whole + ",v2=a\tb")
    malformed("N14d", "a control character in another scheme", whole + ",v2=\x01")
    malformed("N15", "an element without equals sign", whole + ",x")
    malformed("N15b", "a comma at the end", whole + ",")
    for id, why, t in [
        ("N16", "empty t", ""),
        ("N17", "t with a plus", f"+{now}"),
        ("N18", "negative t", "-1"),
        ("N19", "t with an underscore", "1_742404800"),
        ("N20", "t with an exponent", "1e9"),
        ("N21", "t in hex", "0x67dafb40"),
        ("N22", "t in Arabic digits", "١٧٤٢٤٠٤٨٠٠"),
        ("N23", "t with 13 digits", "0001742404800"),
    ]:
        malformed(id, why + ", rightly signed", f"t={t},v1={sign(SECRET, t, body)}")
    case("N24", "signed 301 seconds ago", body, "timestamp_out_of_range", t=str(NOW - 301))
    case("N25", "signed 301 seconds ahead", body, "timestamp_out_of_range", t=str(NOW + 301))
    case("N26", "another secret", body, "signature_mismatch", secret=OTHER_SECRET)
    case("N27", "a secret without whsec_", body, "signature_mismatch", secret=SECRET[6:])
    decoded = base64.b64decode(SECRET[6:])
    by_bytes = hmac.new(decoded, now.encode() + b"." + body, hashlib.sha256).hexdigest()
    case("N28", "a secret decoded from base64", body, "signature_mismatch",
         signature=f"t={now},v1={by_bytes}")
    case("N29", "t changed after signing", body, "signature_mismatch",
         signature=f"t={NOW + 1},v1={tag}")
    for id, why, changed in [
        ("N30", "a byte of the body changed", body[:-1] + (b"A" if body[-1:] != b"A" else b"B")),
        ("N31", "a newline added", body + b"\n"),
        ("N32", "CRLF added", body + b"\r\n"),
        ("N33", "the body in quotes, as JSON", b'"' + body + b'"'),
        ("N34", "an empty body under another's signature", b""),
    ]:
        case(id, why, changed, "signature_mismatch", signed=body)
    case("N35", "old and signed with another secret: the signature comes first", body,
         "signature_mismatch", t=str(NOW - 9999), secret=OTHER_SECRET)
    case("N35b", "the last of 64 digits changed", body, "signature_mismatch",
         signature=whole[:-1] + ("0" if whole[-1] != "0" else "1"))
    case("N36", "a byte over the limit", body, "body_too_large", body_bytes_max=len(body) - 1)
    case("N36b", "over the limit and not signed: the size comes first", b"AA", "body_too_large",
         all_headers=[], body_bytes_max=1)
    case("N37", "a body that a framework has parsed", b"{}", "body_unavailable", body_as="object")
    case("N37b", "a body as text that is not ASCII", "é.é".encode(), "body_unavailable", body_as="text")


def bad_forms():
    parts = encrypt(EXPIRED)

    def check(id, why, body, code):
        case(id, why, body, code, keys=[{"kid": KID, "key": "rsa2048a"}, {"key": "rsa2048a"}])

    def malformed(id, why, body):
        check(id, why, body, "jwe_malformed")

    malformed("N38", "four parts", parts[:4])
    malformed("N39", "six parts", parts + [""])
    malformed("N40", "an empty body, rightly signed", "")
    malformed("N41", "padding", parts[:4] + [parts[4] + "=="])
    event = succeeded({"family_name": "+/" * 50})
    standard = encrypt(event)
    standard[3] = standard[3].replace("-", "+").replace("_", "/")
    malformed("N42", "the alphabet of plain base64", standard)
    symbols = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    stray = symbols[symbols.index(parts[4][-1]) + 1]
    malformed("N43", "stray bits at the end of a part", parts[:4] + [parts[4][:-1] + stray])
    malformed("N44", "a blank inside", [*parts[:3], parts[3][:8] + " " + parts[3][8:], parts[4]])
    malformed("N45", "a newline at the end", ".".join(parts) + "\n")
    malformed("N45b", "a newline inside", [*parts[:3], parts[3][:8] + "\n" + parts[3][8:], parts[4]])
    malformed("N45c", "a part of impossible length", [*parts[:3], parts[3] + "AAAAA"[: (5 - len(parts[3]) % 4) % 4 or 4], parts[4]])
    malformed("N46", "a header that is not base64url", encrypt(EXPIRED, header_part=parts[0] + "!"))
    malformed("N47", "a header that is not JSON", encrypt(EXPIRED, raw_header=b"{alg}"))
    malformed("N48", "a header that is an array", encrypt(EXPIRED, raw_header=b"[]"))
    twice = b'{"alg":"none","alg":"RSA-OAEP-256","enc":"A256GCM","kid":"customer-key-1"}'
    malformed("N49", "alg twice", encrypt(EXPIRED, raw_header=twice))
    malformed("N49b", "a header with a BOM", encrypt(EXPIRED, raw_header=b"\xef\xbb\xbf" + to_json(header_of())))
    malformed("N49c", "a header that is not UTF-8",
              encrypt(EXPIRED, raw_header=to_json(header_of(x="Q")).replace(b"Q", b"\xff")))
    malformed("N50", "an IV of 16 bytes", encrypt(EXPIRED, iv_bytes=16))
    malformed("N51", "a tag of 12 bytes", encrypt(EXPIRED, tag_bytes=12))
    malformed("N52", "no tag", parts[:4] + [""])
    members = dict(zip(["protected", "encrypted_key", "iv", "ciphertext", "tag"], parts))
    malformed("N65", "the JSON serialization", to_json(members))

    for number, alg in enumerate(["none", "dir", "RSA1_5", "RSA-OAEP", "RSA-OAEP-512", "ECDH-ES"]):
        check(f"N{53 + number}", f"alg {alg}", encrypt(EXPIRED, header={**header_of(), "alg": alg}),
              "jwe_unsupported")
    for number, enc in enumerate(["A128GCM", "A256CBC-HS512"]):
        check(f"N{59 + number}", f"enc {enc}", encrypt(EXPIRED, header={**header_of(), "enc": enc}),
              "jwe_unsupported")
    check("N60b", "alg in lower case", encrypt(EXPIRED, header={**header_of(), "alg": "rsa-oaep-256"}),
          "jwe_unsupported")
    check("N61", "zip", encrypt(EXPIRED, header=header_of(zip="DEF")), "jwe_unsupported")
    check("N62", "crit", encrypt(EXPIRED, header=header_of(crit=["exp"])), "jwe_unsupported")
    check("N62b", "crit and zip null", encrypt(EXPIRED, header=header_of(crit=None)), "jwe_unsupported")
    check("N62c", "zip null", encrypt(EXPIRED, header=header_of(zip=None)), "jwe_unsupported")
    check("N63", "no kid", encrypt(EXPIRED, raw_header=b'{"alg":"RSA-OAEP-256","enc":"A256GCM"}'),
          "jwe_unsupported")
    check("N64", "a kid that is a number", encrypt(EXPIRED, header=header_of(7)), "jwe_unsupported")
    case("N66", "a kid that no key has", encrypt(EXPIRED, header=header_of("unknown")), "key_unknown")
    case("N66b", "a kid named like a member of every object", encrypt(EXPIRED, header=header_of("__proto__")),
         "key_unknown")
    case("N67", "a kid that is known, of another key", encrypt(EXPIRED, key="rsa2048b"),
         "decryption_failed")

    def altered(index):
        part = parts[index]
        changed = "A" if part[5] != "A" else "B"
        return [*parts[:index], part[:5] + changed + part[6:], *parts[index + 1:]]

    def failing(id, why, body):
        case(id, why, body, "decryption_failed")

    other_head = encrypt(EXPIRED, header=header_of(typ="JWE"))[0]
    failing("N68", "the header altered", [other_head, *parts[1:]])
    failing("N69", "the encrypted key altered", altered(1))
    failing("N69b", "the encrypted key cut", [parts[0], parts[1][:-4], *parts[2:]])
    failing("N69c", "no encrypted key", [parts[0], "", *parts[2:]])
    failing("N70", "the IV altered", altered(2))
    failing("N71", "the ciphertext altered", altered(3))
    failing("N71b", "the tag altered", altered(4))
    failing("N72", "MGF1 with SHA-1", encrypt(EXPIRED, mgf_hash=hashlib.sha1))
    failing("N73", "an OAEP label", encrypt(EXPIRED, label=b"label"))
    failing("N74", "a content key of 16 bytes", encrypt(EXPIRED, cek_bytes=16))


def bad_events():
    def invalid(id, why, plaintext):
        case(id, why, encrypt(plaintext), "event_invalid")

    def edited(event, before, after):
        text = to_json(event).decode()
        assert before in text, before
        return text.replace(before, after, 1)

    expired = to_json(EXPIRED)
    one = succeeded({"family_name": "Curie"})
    invalid("N75", "bad UTF-8", to_json(one).replace(b"Curie", b"Cur\xffie"))
    invalid("N75b", "surrogates encoded as UTF-8", to_json(one).replace(b"Curie", b"\xed\xa0\x80"))
    invalid("N76", "a BOM", b"\xef\xbb\xbf" + expired)
    invalid("N77", "a text", b'"verification.session.expired"')
    invalid("N77b", "nothing", b"")
    invalid("N77c", "two values", expired + b"{}")
    invalid("N78", "an array", b"[" + expired + b"]")
    later = '"data":{},"later":'
    for id, why, value in [
        ("N79", "NaN", "NaN"),
        ("N79b", "Infinity", "-Infinity"),
        ("N80", "a number that no double holds", "1e400"),
        ("N80b", "a whole number that no double holds", "1" * 400),
        ("N80c", "a number with a leading zero", "01"),
        ("N80d", "a number with a plus", "+1"),
        ("N80e", "a number that ends in a point", "1."),
        ("N80f", "a comma before the end", "[1,]"),
        ("N80g", "a comment", "1/**/"),
        ("N80h", "single quotes", "'a'"),
        ("N80i", "a line break inside a text", '"a\nb"'),
        ("N80j", "an unknown escape", '"\\x41"'),
        ("N80k", "a no-break space between", "\u00a01"),
        ("N81", "a lone surrogate", '"\\ud800"'),
        ("N81b", "a lone second surrogate in a name", '{"\\udc00":1}'),
        ("N81c", "surrogates in the wrong order", '"\\udc00\\ud800"'),
    ]:
        invalid(id, why, edited(EXPIRED, '"data":{}', later + value))
    invalid("N82", "event_id twice", edited(EXPIRED, '"event_id"', '"event_id":"evt_x","event_id"'))
    invalid("N82b", "a member twice deep inside, once escaped",
            edited(EXPIRED, '"data":{}', later + '[{"a":1,"\\u0061":2}]'))
    invalid("N82c", "__proto__ twice", edited(EXPIRED, '"data":{}', later + '{"__proto__":1,"__proto__":2}'))
    invalid("N83", "a depth of 33", edited(EXPIRED, '"data":{}', later + "[" * 32 + "]" * 32))
    invalid("N83b", "a depth of 100,000", "[" * 100000 + "]" * 100000)
    invalid("N84", "no metadata", {"type": EXPIRED["type"], "data": {}})
    invalid("N85", "an event_id that is a number", edited(EXPIRED, f'"{EVENT_ID}"', "7"))
    invalid("N86", "TYPE", edited(EXPIRED, '"type"', '"TYPE"'))
    failed = session("failed", FAILED_DATA)
    invalid("N87", "tries of 1.5", edited(failed, '"nfc_tries_used":3', '"nfc_tries_used":1.5'))
    invalid("N87b", "tries as text", edited(failed, '"nfc_tries_used":3', '"nfc_tries_used":"3"'))
    invalid("N87c", "tries beyond 53 bits",
            edited(failed, '"nfc_tries_used":3', '"nfc_tries_used":9007199254740993'))
    invalid("N87d", "tries that are true", edited(failed, '"nfc_tries_used":3', '"nfc_tries_used":true'))
    invalid("N87e", "no tries", edited(failed, '"nfc_tries_used":3', '"NFC_tries_used":3'))
    invalid("N88", "a claim that is an object", edited(one, '"Curie"', '{"a":"b"}'))
    invalid("N88b", "a claim that is a number", edited(one, '"Curie"', "7"))
    invalid("N88c", "a text claim that is a boolean", edited(one, '"Curie"', "true"))
    invalid("N88d", "an age claim that is a text",
            edited(succeeded({"age_over_18": True}), '"age_over_18":true', '"age_over_18":"true"'))
    invalid("N89", "claims as an array", edited(one, '{"family_name":"Curie"}', "[]"))
    invalid("N89b", "claims null", edited(one, '{"family_name":"Curie"}', "null"))
    invalid("N89c", "a selected key that is a number", edited(one, '["family_name"]', "[7]"))
    invalid("N89d", "data as an array", edited(EXPIRED, '"data":{}', '"data":[]'))
    invalid("N89e", "no data", {"type": EXPIRED["type"], "metadata": metadata()})
    invalid("N89f", "an attempt without its id",
            {**attempt("failed", {"failure_code": "x"}), "metadata": metadata()})
    invalid("N89g", "a contract version that is a text", edited(EXPIRED, '"contract_version":1', '"contract_version":"1"'))
    invalid("N89h", "no contract version", edited(EXPIRED, '"contract_version":1,', ""))
    invalid("N89i", "an unknown type without a session",
            {"type": "later", "metadata": {"event_id": EVENT_ID}})
    invalid("N89j", "a type that is null", edited(EXPIRED, f'"{EXPIRED["type"]}"', "null"))
    invalid("N89k", "metadata as an array", {"type": "later", "metadata": [EVENT_ID, SESSION_ID]})
    invalid("N89l", "a failure code that is null",
            edited(failed, '"document_chip_authentication_failed"', "null"))
    invalid("N89m", "an unknown type whose event_id is a number",
            {"type": "later", "metadata": metadata(event_id=7)})
    invalid("N90", "a test with a real-looking session",
            {**TEST, "metadata": {**TEST["metadata"], "verification_session_id": SESSION_ID}})
    without = {key: value for key, value in TEST["metadata"].items() if key != "test"}
    invalid("N91", "the session of tests without the mark", {**TEST, "metadata": without})
    invalid("N91b", "the mark as text", {**TEST, "metadata": {**TEST["metadata"], "test": "true"}})
    invalid("N91c", "a test without challenge",
            {**TEST, "metadata": {k: v for k, v in TEST["metadata"].items() if k != "challenge"}})
    case("N92", "another type outside", encrypt(EXPIRED), "event_mismatch",
         headers=[["X-Kayle-Event", "verification.session.succeeded"]])
    case("N92b", "an empty type outside", encrypt(EXPIRED), "event_mismatch",
         headers=[["X-Kayle-Event", ""]])
    case("N92c", "an invalid event under another type: the event comes first", encrypt(b"[]"),
         "event_invalid", headers=[["X-Kayle-Event", "x"]])


DOCUMENTED = [
    session("cancelled", CANCELLED_DATA),
    EXPIRED,
    session("failed", FAILED_DATA),
    attempt("failed", {"failure_code": "selfie_face_mismatch"}),
    attempt("succeeded", claims_data({"family_name": "Curie"})),
    succeeded({"family_name": "Curie"}),
]


def schema_cases():
    """Every member that the schemas require is missed, and its type is checked; every claim of text is
    text. So the tables of all languages are those of the service."""
    assert {event["type"] for event in DOCUMENTED} == set(payloads()), "DOCUMENTED has every type"
    number = 200
    for event in DOCUMENTED:
        for part, members in shapes(payloads()[event["type"]]).items():
            for name, kind in members.items():
                rest = {key: value for key, value in event[part].items() if key != name}
                wrong = 7 if kind != "integer" else "7"
                for why, changed in [("no", rest), ("another type of", {**event[part], name: wrong})]:
                    case(f"N{number}", f"{event['type']}: {why} {part}.{name}",
                         encrypt({**event, part: changed}), "event_invalid")
                    number += 1
    for claim in text_claims():
        case(f"N{number}", f"{claim} is a boolean", encrypt(succeeded({claim: True})), "event_invalid")
        number += 1


def configuration_cases():
    def check(id, why, code, **options):
        case(id, why, encrypt(EXPIRED), code, **options)

    check("C01", "no secret", "secret_invalid", secrets=[])
    check("C02", "nine secrets", "secret_invalid", secrets=[SECRET] * 9)
    check("C03", "an empty secret", "secret_invalid", secrets=[SECRET, ""])
    check("C04", "a secret with a line break", "secret_invalid", secrets=[SECRET + "\n"])
    check("C05", "a secret with a blank", "secret_invalid", secrets=[" " + SECRET])
    check("C06", "a secret with a no-break space", "secret_invalid", secrets=[SECRET + "\u00a0"])
    check("C07", "a secret with a BOM", "secret_invalid", secrets=["\ufeff" + SECRET])
    check("C10", "no key", "key_invalid", keys=[])
    check("C11", "seventeen keys", "key_invalid", keys=[{"key": "rsa2048a"}] * 17)
    for number, key in enumerate(["rsa1024", "ec", "encrypted", "public", "public_jwk", "cut", "nothing"]):
        check(f"C{12 + number}", f"a key that is none: {key}", "key_invalid", keys=[{"key": key}])
    names = [name for name in KEYS if name.startswith(("jwk_", "pem_"))]
    for number, key in enumerate(names):
        why = key.replace("_", " ")
        check(f"C{30 + number}", f"a key that is none: {why}", "key_invalid", keys=[{"key": key}])
    check("C20", "no tolerance", "option_invalid", tolerance_s=0)
    check("C21", "a tolerance of more than an hour", "option_invalid", tolerance_s=3601)
    check("C22", "no body", "option_invalid", body_bytes_max=0)


def write_vectors():
    file = FOLDER / "vectors.json"
    kept = json.loads(file.read_text())["keys"] if file.exists() else {}
    KEYS.update(make_keys(kept))
    good_cases()
    bad_signatures()
    bad_forms()
    bad_events()
    schema_cases()
    configuration_cases()
    CASES.sort(key=lambda made: ("PNC".index(made["id"][0]), int(made["id"][1:].rstrip("abcdefghijklm")), made["id"]))
    ids = [made["id"] for made in CASES]
    assert len(set(ids)) == len(ids)
    lines = ",\n".join(json.dumps(made, ensure_ascii=True) for made in CASES)
    text = f'{{"keys": {json.dumps(KEYS, indent=0)},\n"cases": [\n{lines}\n]}}\n'
    return file, text


# Types


def payloads():
    """The payloads by type, as the service's OpenAPI document has them."""
    schemas = json.loads(OPENAPI.read_text())["components"]["schemas"]
    return {
        schema["properties"]["type"]["enum"][0]: schema
        for name, schema in sorted(schemas.items())
        if name.endswith("Payload")
    }


def write_schema():
    text = json.dumps({"oneOf": payloads()}, indent=1, ensure_ascii=False) + "\n"
    return FOLDER / "events.schema.json", text


def shape(name, schema):
    """Which of the four kinds of members this is."""
    if name == "claims":
        return "claims"
    return {"string": "text", "integer": "integer", "array": "texts"}[schema["type"]]


def shapes(schema):
    """Kind by name, of metadata and data."""
    return {
        part: {
            name: shape(name, schema["properties"][part]["properties"][name])
            for name in schema["properties"][part].get("required", [])
        }
        for part in ["metadata", "data"]
    }


def class_name(event_type):
    return "".join(word.capitalize() for word in event_type.split(".")[1:])


def text_claims():
    names = {
        name
        for schema in payloads().values()
        for name in schema["properties"]["data"].get("properties", {}).get("claims", {}).get("properties", {})
    }
    return sorted(names)


def enum_values(member):
    """The values that are documented for a member, in any payload."""
    for schema in payloads().values():
        values = schema["properties"]["data"].get("properties", {}).get(member, {}).get("enum")
        if values:
            return values
    return []


ENUMS = {"failure_code": "FailureCode", "reason": "CancelReason"}
NOTICE = "Written by `cargo xtask receivers generate` from the schemas in docs/openapi.json."


def write_typescript():
    def member(name, kind):
        types = {"text": "string", "integer": "number", "texts": "string[]", "claims": "Claims"}
        return f"{name}: {ENUMS.get(name, types[kind])}"

    def members(shapes_of_part):
        listed = "; ".join(member(name, kind) for name, kind in shapes_of_part.items())
        return f"{{ {listed} }}" if listed else "Record<string, never>"

    def union(values):
        return " | ".join(json.dumps(value) for value in values)

    lines = [f"// {NOTICE}", "", 'import type { Claims } from "./claims.js";', ""]
    lines += [f"export type TextClaim = {union(text_claims())};"]
    lines += ["export type AgeClaim = `age_over_${number}`;"]
    for name, alias in ENUMS.items():
        lines += ["/** New values may appear. */"]
        lines += [f"export type {alias} = {union(enum_values(name))} | (string & {{}});"]
    for event_type, schema in payloads().items():
        parts = shapes(schema)
        lines += ["", f"export interface {class_name(event_type)} {{", f'  type: "{event_type}";']
        lines += [f"  metadata: {members(parts['metadata'])};", f"  data: {members(parts['data'])};", "}"]
    names = " | ".join(class_name(event_type) for event_type in payloads())
    lines += ["", f"export type KnownEvent = {names};", 'export type EventType = KnownEvent["type"];']
    lines += ["", "/** What JSON a member is. */"]
    lines += ['export type Shape = "text" | "integer" | "texts" | "claims";', ""]
    lines += [f"export const TEXT_CLAIMS: ReadonlySet<string> = new Set({json.dumps(text_claims())});", ""]
    lines += ["type Shapes = Readonly<Record<string, Shape>>;"]
    table = {event_type: shapes(schema) for event_type, schema in payloads().items()}
    lines += ["export const SHAPES: Record<EventType, { metadata: Shapes; data: Shapes }> ="]
    lines += [json.dumps(table, indent=2) + ";"]
    return FOLDER / "javascript/src/generated.ts", "\n".join(lines) + "\n"


def write_python():
    types = {"text": "str", "integer": "int", "texts": "Tuple[str, ...]", "claims": "Claims"}

    def fields(shapes_of_part):
        return [f"    {name}: {types[kind]}" for name, kind in shapes_of_part.items()]

    lines = [f'"""{NOTICE}"""', "", "from dataclasses import dataclass"]
    lines += ["from typing import Dict, FrozenSet, Literal, Optional, Tuple, Union", ""]
    lines += ["from ._claims import Claims", "from ._unverified import Unverified", ""]
    for event_type, schema in payloads().items():
        name, parts = class_name(event_type), shapes(schema)
        for part in ["metadata", "data"]:
            lines += ["", "@dataclass(frozen=True)", f"class {name}{part.capitalize()}:"]
            lines += [f'    """The {part} of {event_type}."""', "", *fields(parts[part]), ""]
        lines += ["", "@dataclass(frozen=True)", f"class {name}:", f'    """{event_type}"""', ""]
        lines += [f"    metadata: {name}Metadata", f"    data: {name}Data"]
        lines += ["    unverified: Unverified = Unverified()"]
        lines += [f'    type: Literal["{event_type}"] = "{event_type}"', ""]
    names = ", ".join(class_name(event_type) for event_type in payloads())
    lines += ["", f"KnownEvent = Union[{names}]", ""]
    lines += [f"TEXT_CLAIMS: FrozenSet[str] = frozenset({json.dumps(text_claims())})", ""]
    lines += ["# Class by part, and the kind of each member."]
    table = [
        f'    "{event_type}": ({class_name(event_type)}, {class_name(event_type)}Metadata, '
        f"{class_name(event_type)}Data, {json.dumps(shapes(schema))}),"
        for event_type, schema in payloads().items()
    ]
    lines += ["SHAPES: Dict[str, Tuple[type, type, type, Dict[str, Dict[str, str]]]] = {", *table, "}"]
    text = "\n".join(lines).replace("Literal, Optional, Tuple", "Literal, Tuple") + "\n"
    return FOLDER / "python/src/kayle_webhooks/_generated.py", text


def write_example():
    """A delivery for the example of kayle-receiver."""
    body = ".".join(encrypt(succeeded()))
    text = json.dumps(
        {
            "private_key": KEYS["rsa2048a"],
            "signing_secret": SECRET,
            "signature": signature(body.encode()),
            "body": body,
        },
        indent=1,
    )
    return FOLDER.parent / "crates/kayle-receiver/examples/delivery.json", text + "\n"


def main():
    files = [
        write_vectors(),
        write_schema(),
        write_typescript(),
        write_python(),
        write_example(),
    ]
    if sys.argv[1:] == ["--check"]:
        stale = [str(file) for file, text in files if file.read_text() != text]
        if stale:
            sys.exit(f"run `cargo xtask receivers generate`: {', '.join(stale)}")
        return
    for file, text in files:
        file.write_text(text)


if __name__ == "__main__":
    main()
