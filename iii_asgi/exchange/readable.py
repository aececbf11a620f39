"""Which JSON the engine can read: it drops an answer that it cannot, and nobody hears of it."""

from __future__ import annotations

import math
import re

import msgspec

from iii_asgi.protocol.messages import UNREADABLE

__all__ = ["DEEPEST", "is_readable"]

DEEPEST = 120
"""Levels of arrays and objects. The engine gives up at 128, the message around included."""

_strings = re.compile(rb'"(?:[^"\\]|\\.)*"')
# What may be beyond the range of a double; only a look, since it may stand in a string.
_looks_large = re.compile(rb"[0-9]{300}|[eE]\+?[0-9]{3}").search
_numbers = re.compile(rb"[0-9]+(?:\.[0-9]+)?(?:[eE]\+?[0-9]+)?")
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_TO_SQUARE = bytes.maketrans(b"{}", b"[]")


def is_readable(body: bytes) -> bool:
    """Whether the engine can read this JSON text."""
    try:
        msgspec.json.decode(body)
    except UNREADABLE:
        return False
    may_be_large = _looks_large(body) is not None
    if not may_be_large and body.count(b"[") + body.count(b"{") <= DEEPEST:
        return True
    bare = _strings.sub(b"", body)
    return not (may_be_large and _has_infinity(bare)) and not _is_deeper(bare, DEEPEST)


def _has_infinity(bare: bytes) -> bool:
    """Whether JSON text without strings has a number that a double cannot hold."""
    return any(math.isinf(float(number)) for number in _numbers.findall(bare))


def _is_deeper(bare: bytes, levels: int) -> bool:
    """Whether JSON text without strings has more levels; each round takes the innermost off."""
    brackets = bare.translate(_TO_SQUARE, _NOT_BRACKETS)
    for _ in range(levels):
        if not brackets:
            return False
        brackets = brackets.replace(b"[]", b"")
    return bool(brackets)
