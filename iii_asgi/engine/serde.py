"""JSON as the engine re-writes it: everything that passes the engine is parsed and printed.

What that loses, and this module loses too: object keys come back sorted, a duplicate key
keeps its last value, ``2.50`` becomes ``2.5``, ``1e2`` becomes ``100.0``, integers beyond
64 bits become floats, and a double of 16 or 17 digits can change its last bit.
"""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

import msgspec
from msgspec import Raw

__all__ = ["dumps", "loads", "rewrite"]

dumps = msgspec.json.Encoder(order="sorted").encode
"""Print a value; floats that `loads` read are printed as the engine prints them."""

# Integers that msgspec reads otherwise than the engine: beyond 64 bits, and -0.
_ODD_INTEGER = re.compile(rb"[0-9]{19}|(?:^|[\[,:\s])-0(?![.0-9eE])")
_NUMBER = re.compile(r"(-?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?")
_MAX_SIGNIFICAND = 2**64 - 1
MAX_DEPTH = 127
_ALL_ALIKE = bytes.maketrans(b"{}", b"[]")
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_NESTING = re.compile(rb'"(?:[^"\\]|\\.)*"|([\[{])|([\]}])')


def loads(text: bytes) -> Any:
    """Parse JSON text; floats become `Raw` text in the engine's spelling.

    Raises:
        ValueError: no JSON, nested deeper than the engine reads, or a number beyond the
            range of a double.
    """
    if _is_too_deep(text):
        raise ValueError(f"nested deeper than {MAX_DEPTH}")
    try:
        if _ODD_INTEGER.search(text) is None:
            return _decode(text)
        return json.loads(
            text.decode(), parse_int=_integer, parse_float=_number, parse_constant=_refuse
        )
    except (msgspec.DecodeError, RecursionError) as error:
        raise ValueError(str(error)) from error


def rewrite(text: bytes) -> Raw:
    """Return JSON text as it leaves the engine.

    Raises:
        ValueError: see `loads`.
    """
    return Raw(dumps(loads(text)))


def _is_too_deep(text: bytes) -> bool:
    """Whether arrays and objects are nested deeper than the engine reads."""
    brackets = text.translate(_ALL_ALIKE, _NO_BRACKETS)
    for _ in range(MAX_DEPTH):
        if not brackets:
            return False
        brackets = brackets.replace(b"[]", b"")  # the innermost level
    # Something is left, perhaps only since a string has brackets, too.
    return bool(brackets) and _depth(text) > MAX_DEPTH


def _depth(text: bytes) -> int:
    depth = deepest = 0
    for match in _NESTING.finditer(text):
        depth += 1 if match[1] else -1 if match[2] else 0
        deepest = max(deepest, depth)
    return deepest


def _number(text: str) -> Raw:
    """Read a float as the engine does: 64 bits of digits, then one multiplication."""
    match = _NUMBER.fullmatch(text)
    assert match is not None, "a parser has found this number"
    sign, whole, fraction, exponent = match.groups(default="")
    significand, dropped = _leading(whole + fraction)
    value = _scale(significand, int(exponent or 0) - len(fraction) + dropped)
    return Raw(_print(-value if sign else value).encode())


def _leading(digits: str) -> tuple[int, int]:
    """Return as many leading digits as 64 bits hold, and how many were dropped."""
    value = int(digits)
    if value <= _MAX_SIGNIFICAND:
        return value, 0
    digits = digits.lstrip("0")
    kept = 20 if int(digits[:20]) <= _MAX_SIGNIFICAND else 19
    return int(digits[:kept]), len(digits) - kept


def _scale(significand: int, exponent: int) -> float:
    value = float(significand)
    while exponent < -308 and value:
        value /= 1e308
        exponent += 308
    if not value:
        return 0.0
    if exponent < 0:
        return value / float(f"1e{-exponent}")
    value *= float(f"1e{exponent}")
    if value == float("inf"):
        raise ValueError("number out of range")
    return value


def _print(value: float) -> str:
    """Print the shortest digits, as Python does but for the exponent (``1e-7``, ``1e+16``)."""
    digits, _, exponent = repr(value).partition("e")
    if not exponent:
        return digits
    if exponent == "-05":  # the one that Python prints with an exponent and the engine without
        return f"{value:.{len(digits.strip('-').replace('.', '')) + 4}f}"
    return f"{digits}e{int(exponent):+d}"


def _integer(text: str) -> int | Raw:
    value = int(text)
    if text == "-0" or not -(2**63) <= value <= _MAX_SIGNIFICAND:
        return _number(text)
    return value


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


_decode = msgspec.json.Decoder(float_hook=_number).decode
