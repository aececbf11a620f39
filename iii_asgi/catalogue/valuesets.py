"""The values that pieces of JSON Schemas have: in words, split up, apart from others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from iii_asgi.catalogue.pieces import Piece, identity, types_of

__all__ = ["are_disjoint", "is_listed", "split", "words", "words_of"]

_ANYTHING = "anything"
_MOST_WORDS = 6
_FEW: Mapping[str, int] = {"null": 1, "boolean": 2}


def words(piece: Piece) -> str:
    """Return a few words on what a piece takes: ``integer | null``."""
    return words_of([piece])


def words_of(pieces: Iterable[Piece]) -> str:
    """Return a few words on what one of several pieces takes."""
    members = (one for piece in pieces for one in piece.members())
    some = dict.fromkeys(_words(one) for one in members if not one.is_never)
    return _ANYTHING if _ANYTHING in some else " | ".join(some) or "none"


def _words(piece: Piece) -> str:
    """Return words on what is no union."""
    values = piece.values
    # Of a type with few values all may be meant.
    if values is not None and len(values) != sum(_FEW.get(one, -1) for one in piece.types):
        texts = [msgspec.json.encode(value).decode() for value in values]
        more = [f"… {len(texts) - _MOST_WORDS} more"] if len(texts) > _MOST_WORDS else []
        return " | ".join(texts[:_MOST_WORDS] + more)
    types = set(piece.types)
    if len(types) == len(types_of("any")):
        return _ANYTHING
    if "fraction" in types:
        types = (types - {"fraction", "integer"}) | {"number"}
    return " | ".join(sorted(types, key=lambda one: (one == "null", one)))


def is_listed(values: Sequence[Any], piece: Piece) -> bool:
    """Whether a piece has no other values than these."""
    listed = set(map(identity, values))
    return piece.values is not None and all(identity(one) in listed for one in piece.values)


def split(piece: Piece) -> list[Piece]:
    """Return pieces that a piece consists of; empty where it has one type and many values."""
    if piece.values is not None and len(piece.values) > 1:
        return [piece.also({"const": value}) for value in piece.values]
    types = set(piece.types)
    if "fraction" in types:
        types = (types - {"fraction", "integer"}) | {"number"}
    return [piece.also({"type": one}) for one in sorted(types)] if len(types) > 1 else []


def are_disjoint(one: Piece, other: Piece, depth: int = 3) -> bool:
    """Whether it is plain that no value fits both."""
    if one.is_never or other.is_never or not one.types & other.types:
        return True
    if one.values is not None and other.values is not None:
        return set(map(identity, one.values)).isdisjoint(map(identity, other.values))
    if not depth:
        return False
    for first, second in ((one, other), (other, one)):
        if first.has_union:
            return all(are_disjoint(piece, second, depth - 1) for piece in first.branches())
    if one.types & other.types != {"object"}:
        return False
    return any(
        are_disjoint(one.at_name(name), other.at_name(name), depth - 1)
        for name in one.required & other.required
    )
