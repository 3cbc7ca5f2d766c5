"""JSON as RFC 8259 has it, and stricter where readers differ: no member twice, no number that a
double cannot hold, no text that is not Unicode, and a limit of depth."""

import json
import math
from typing import Any, Dict, List, Tuple

# How deep arrays and objects may lie in one another. Events have a depth of three.
DEPTH_MAX = 32


def parse(data: bytes) -> Any:
    """The one value that the bytes are. Raises ValueError if they are none."""
    text = data.decode("utf-8")
    if text.startswith("\ufeff"):
        raise ValueError("a BOM")
    try:
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_float=_number,
            parse_int=_whole,
            parse_constant=_constant,
        )
    except RecursionError:
        raise ValueError("too deep") from None
    _check(value, DEPTH_MAX)
    return value


def _object(pairs: List[Tuple[str, Any]]) -> Dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member stands twice")
    return members


def _number(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError("no double")
    return number


def _whole(digits: str) -> "int | float":
    number = _number(digits)
    return int(digits) if abs(number) < 2**53 else number


def _constant(_: str) -> None:
    raise ValueError("NaN and Infinity are no JSON")


def _check(value: Any, depth_left: int) -> None:
    """Refuses lone surrogates, and what lies too deep."""
    if isinstance(value, str):
        value.encode("utf-8")
    elif isinstance(value, (dict, list)):
        if depth_left == 0:
            raise ValueError("too deep")
        if isinstance(value, dict):
            for name in value:
                name.encode("utf-8")
            value = list(value.values())
        for item in value:
            _check(item, depth_left - 1)
