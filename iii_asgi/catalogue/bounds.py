"""Keywords of JSON Schema that bound one value: sizes, lengths, counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from iii_asgi.catalogue.pieces import Piece, name_of_type

__all__ = ["SCOPES", "is_bounded"]

_NUMBERS = frozenset({"integer", "fraction"})
_OF: Mapping[frozenset[str], tuple[str, ...]] = {
    _NUMBERS: ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    frozenset({"string"}): ("minLength", "maxLength", "pattern"),
    frozenset({"array"}): (
        "contains", "items", "maxItems", "minItems", "prefixItems", "uniqueItems",
    ),
    frozenset({"object"}): (
        "additionalProperties", "dependentRequired", "dependentSchemas", "maxProperties",
        "minProperties", "patternProperties", "properties", "propertyNames", "required",
    ),
}  # fmt: skip
SCOPES: Mapping[str, frozenset[str]] = {key: kinds for kinds, keys in _OF.items() for key in keys}
"""Keyword → the types of values that it says something of; all others pass."""

# What bounds from the same side: the keyword, and the one that excludes its bound.
_LOWER = ("minimum", "exclusiveMinimum")
_UPPER = ("maximum", "exclusiveMaximum")
_LEAST = frozenset({"minLength", "minItems", "minProperties"})
_MOST = frozenset({"maxLength", "maxItems", "maxProperties"})


def is_bounded(keyword: str, bound: Any, piece: Piece) -> bool | None:
    """Return whether all values of a piece keep a bound; None where it is no bound.

    False means that it is not plain: nothing is concluded from several keywords together.
    """
    if keyword not in {*_LOWER, *_UPPER, "multipleOf", *_LEAST, *_MOST}:
        return None
    if piece.values is not None:
        return all(_keeps(keyword, bound, value) for value in piece.values)
    if keyword in _LEAST:
        return bound <= 0 or any(one >= bound for one in piece.all(keyword))
    if keyword in _MOST:
        return any(one <= bound for one in piece.all(keyword))
    if keyword == "multipleOf":
        return _is_multiple(bound, piece)
    if keyword in _LOWER:
        return _is_within(keyword, bound, piece, _LOWER, lambda value, least: value >= least)
    return _is_within(keyword, bound, piece, _UPPER, lambda value, most: value <= most)


def _is_within(
    keyword: str,
    bound: float,
    piece: Piece,
    names: tuple[str, str],
    keeps: Callable[[float, float], bool],
) -> bool:
    including, excluding = names
    if any(keeps(one, bound) for one in piece.all(excluding)):
        return True
    is_strict = keyword == excluding
    return any(
        keeps(one, bound) and not (is_strict and one == bound) for one in piece.all(including)
    )


def _is_multiple(step: Any, piece: Piece) -> bool:
    if step == 1 and "fraction" not in piece.types:
        return True
    # Fractions have no exact multiples here: only those of integers are judged.
    return any(
        one == step or (isinstance(one, int) and isinstance(step, int) and one % step == 0)
        for one in piece.all("multipleOf")
    )


def _keeps(keyword: str, bound: Any, value: Any) -> bool:
    """Return whether one value keeps a bound."""
    if not SCOPES[keyword] & {name_of_type(value)}:
        return True
    if keyword in _LEAST or keyword in _MOST:
        return bool(len(value) >= bound if keyword in _LEAST else len(value) <= bound)
    tests: Mapping[str, Callable[[Any], bool]] = {
        "minimum": lambda one: one >= bound,
        "maximum": lambda one: one <= bound,
        "exclusiveMinimum": lambda one: one > bound,
        "exclusiveMaximum": lambda one: one < bound,
        "multipleOf": lambda one: (
            isinstance(one, int) and isinstance(bound, int) and one % bound == 0
        ),
    }
    return tests[keyword](value)
