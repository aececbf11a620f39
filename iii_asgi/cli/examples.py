"""Values that stand in an example of a call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from math import lcm
from typing import Any

import msgspec

from iii_asgi.catalogue.pieces import Piece, item_of
from iii_asgi.cli.file_values import is_upload
from iii_asgi.cli.properties import required_in, together

__all__ = ["example_of", "value_of"]

_SHOWN = 3  # levels in which there is what may be left out
_DEEPEST = 8  # levels in which there is what must be there: it may want itself
_MOST = 300  # values
_LONGEST = 1000  # characters
_TEXT = "text"
_TEXTS: Mapping[Any, str] = {
    "date": "2030-01-31",
    "date-time": "2030-01-31T12:00:00Z",
    "email": "ada@example.com",
    "time": "12:00:00",
    "uri": "https://example.com",
    "uuid": "00000000-0000-4000-8000-000000000000",
}


def example_of(schema: Any, definitions: Mapping[str, Any]) -> str:
    """Return what one would type for an argument: text, JSON, or ``@PATH`` of a file.

    Args:
        schema: of the argument.
        definitions: what it refers to.

    Raises:
        UnjudgedError: it cannot be understood. What is no schema at all has to be asked
            within `judging`.
    """
    if is_upload(schema) or (isinstance(schema, Mapping) and is_upload(schema.get("items"))):
        return "@PATH"
    value = value_of(schema, definitions)
    if isinstance(value, str) and _is_plain(value):
        return value
    return msgspec.json.encode(value).decode()


def value_of(schema: Any, definitions: Mapping[str, Any]) -> Any:
    """Return what a schema gives as an example, or what fits it, where that is simple.

    Args and errors are those of `example_of`.
    """
    return _Maker(definitions).value(schema)


def _is_plain(text: str) -> bool:
    """Whether a text is taken for text as it is."""
    try:
        msgspec.json.decode(text)
    except msgspec.DecodeError:
        return not text.startswith("@")
    return False


class _Maker:
    """Makes one example; where that has many values, the last arrays and objects are empty."""

    def __init__(self, definitions: Mapping[str, Any]) -> None:
        self._definitions = definitions
        self._left = _MOST

    def value(self, schema: Any, depth: int = 0, nth: int = 0) -> Any:
        """Return a value so many levels below the whole, and for each `nth` another one."""
        self._left -= 1
        given = schema.get("examples") if isinstance(schema, Mapping) else None
        if isinstance(given, list) and given:
            return given[nth % len(given)]
        whole = Piece.of([schema], self._definitions)
        some = (one for one in whole.members() if one.types - {"null"})
        piece = next(some, None) or next(whole.members(), whole)
        if piece.values:
            values = [one for one in piece.values if one is not None] or [None]
            return values[nth % len(values)]
        if "string" in piece.types:
            return _text(piece, nth)
        if "integer" in piece.types or "fraction" in piece.types:
            return _number(piece, nth)
        if depth >= _SHOWN and any("null" in one.types for one in whole.members()):
            return None
        make = self._items if "array" in piece.types else self._object
        return make(piece, depth, nth)

    def _items(self, piece: Piece, depth: int, nth: int) -> list[Any]:
        """Return an array: of one item, where none has to be there."""
        parts = [one for one in piece.parts if "items" in one or "prefixItems" in one]
        wanted = [0, *piece.all("minItems"), *(len(one.get("prefixItems", ())) for one in parts)]
        if parts and depth < _SHOWN:
            wanted.append(1)
        count = int(min(max(wanted), *piece.all("maxItems"), self._room(depth)))
        is_set = any(piece.all("uniqueItems"))
        return [
            self.value(together([item_of(one, at) for one in parts]), depth + 1, nth + at * is_set)
            for at in range(count)
        ]

    def _object(self, piece: Piece, depth: int, nth: int) -> dict[str, Any]:
        """Return an object of what it must have."""
        wanted = required_in(piece) if self._room(depth) else {}
        return {name: self.value(wanted[name], depth + 1, nth) for name in sorted(wanted)}

    def _room(self, depth: int) -> int:
        """Return how many values may still be within one so many levels down."""
        return max(0, self._left) if depth < _DEEPEST else 0


def _text(piece: Piece, nth: int) -> str:
    if known := _TEXTS.get(next(piece.all("format"), None)):
        return known
    end = str(nth) if nth else ""
    least = max(piece.all("minLength"), default=0)
    most = min(piece.all("maxLength"), default=_LONGEST)
    size = int(min(max(least, min(len(_TEXT + end), most)), _LONGEST))
    return (_TEXT * size)[: max(0, size - len(end))] + end[:size]


# -- numbers, as they are written: 0.1 is a tenth ------------------------------------------


def _number(piece: Piece, nth: int) -> int | float:
    fitting = dict.fromkeys(one for one in _numbers(piece, nth) if _fits(one, piece))
    value = next((one for at, one in enumerate(fitting) if at == nth), Fraction(1))
    return int(value) if value.denominator == 1 else float(value)


def _numbers(piece: Piece, nth: int) -> Iterator[Fraction]:
    """Yield what might fit: 1, what is near the bounds, and what is between them."""
    low = max(_exactly(piece, "minimum", "exclusiveMinimum"), default=None)
    high = min(_exactly(piece, "maximum", "exclusiveMaximum"), default=None)
    step = _step(piece)
    yield Fraction(1)
    for edge in (one for one in (low, high, Fraction(0)) if one is not None):
        yield edge
        for away in range(nth + 2):
            yield (edge // step + away) * step
            yield (edge // step - away) * step
    if low is not None and high is not None:
        yield from (low + (high - low) * part / (nth + 2) for part in range(1, nth + 2))


def _step(piece: Piece) -> Fraction:
    """Return what all that fit are multiples of, or 1."""
    steps = _exactly(piece, "multipleOf")
    if "fraction" not in piece.types or not steps:
        steps.append(Fraction(1))
    whole = lcm(*(one.denominator for one in steps))
    return Fraction(lcm(*(int(one * whole) for one in steps)), whole)


def _exactly(piece: Piece, *keywords: str) -> list[Fraction]:
    # A text cannot be added to 0, so that it is not taken for a number.
    return [Fraction(str(one + 0)) for keyword in keywords for one in piece.all(keyword)]


def _fits(value: Fraction, piece: Piece) -> bool:
    return (
        ("fraction" in piece.types or value.denominator == 1)
        and all(one <= value for one in _exactly(piece, "minimum"))
        and all(one < value for one in _exactly(piece, "exclusiveMinimum"))
        and all(one >= value for one in _exactly(piece, "maximum"))
        and all(one > value for one in _exactly(piece, "exclusiveMaximum"))
        and all(value % one == 0 for one in _exactly(piece, "multipleOf"))
    )
