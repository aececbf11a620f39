"""Values that stand in an example of a call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

import msgspec

from iii_asgi.catalogue.pieces import Piece, item_of
from iii_asgi.cli.file_values import is_upload

__all__ = ["example_of"]

_DEEPEST = 3
_LONGEST = 1000  # characters, or items: an example is to be read
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

    It is what the schema gives as an example, or something that fits, where that is simple.

    Args:
        schema: of the argument.
        definitions: what it refers to.

    Raises:
        UnjudgedError: it cannot be understood. What is no schema at all has to be asked
            within `iii_asgi.catalogue.pieces.judging`.
    """
    if is_upload(schema) or (isinstance(schema, Mapping) and is_upload(schema.get("items"))):
        return "@PATH"
    value = _value(schema, definitions, _DEEPEST)
    if isinstance(value, str):
        return value if _is_plain(value) else msgspec.json.encode(value).decode()
    return msgspec.json.encode(value).decode()


def _is_plain(text: str) -> bool:
    """Whether a text is taken for text as it is."""
    try:
        msgspec.json.decode(text)
    except msgspec.DecodeError:
        return not text.startswith("@")
    return False


def _value(schema: Any, definitions: Mapping[str, Any], depth: int, nth: int = 0) -> Any:
    """Return a value, and for each `nth` another one."""
    given = schema.get("examples") if isinstance(schema, Mapping) else None
    if isinstance(given, list) and given:
        return given[nth % len(given)]
    piece = Piece.of([schema], definitions)
    while piece.has_union:
        branches = piece.branches()
        piece = next((one for one in branches if one.types - {"null"}), branches[0])
    if piece.values:
        values = [one for one in piece.values if one is not None] or [None]
        return values[nth % len(values)]
    if "string" in piece.types:
        return _text(piece, nth)
    if "integer" in piece.types or "fraction" in piece.types:
        return _number(piece, nth)
    return _items(piece, depth, nth) if "array" in piece.types else _object(piece, depth, nth)


def _text(piece: Piece, nth: int) -> str:
    if known := _TEXTS.get(next(piece.all("format"), None)):
        return known
    end = str(nth) if nth else ""
    least = max(piece.all("minLength"), default=0)
    most = min(piece.all("maxLength"), default=_LONGEST)
    size = int(min(max(least, min(len(_TEXT + end), most)), _LONGEST))
    return (_TEXT * size)[: max(0, size - len(end))] + end[:size]


def _number(piece: Piece, nth: int) -> int | float:
    fitting = dict.fromkeys(one for one in _numbers(piece, nth) if _fits(one, piece))
    value = next((one for at, one in enumerate(fitting) if at == nth), Fraction(1))
    return int(value) if value.denominator == 1 else float(value)


def _numbers(piece: Piece, nth: int) -> Iterator[Fraction]:
    """Yield what might fit: 1, what is near the bounds, and what is between them."""
    low, high = (
        max(_exactly(piece, *_LOWS), default=None),
        min(_exactly(piece, *_HIGHS), default=None),
    )
    step = max(_exactly(piece, "multipleOf"), default=Fraction(1))
    yield Fraction(1)
    for edge in (one for one in (low, high, Fraction(0)) if one is not None):
        yield edge
        for away in range(nth + 2):
            yield (edge // step + away) * step
            yield (edge // step - away) * step
    if low is not None and high is not None:
        yield from (low + (high - low) * part / (nth + 2) for part in range(1, nth + 2))


_LOWS = ("minimum", "exclusiveMinimum")
_HIGHS = ("maximum", "exclusiveMaximum")


def _exactly(piece: Piece, *keywords: str) -> list[Fraction]:
    """Return numbers as they are written: 0.1 is a tenth."""
    return [Fraction(str(one)) for keyword in keywords for one in piece.all(keyword)]


def _fits(value: Fraction, piece: Piece) -> bool:
    return (
        ("fraction" in piece.types or value.denominator == 1)
        and all(one <= value for one in _exactly(piece, "minimum"))
        and all(one < value for one in _exactly(piece, "exclusiveMinimum"))
        and all(one >= value for one in _exactly(piece, "maximum"))
        and all(one > value for one in _exactly(piece, "exclusiveMaximum"))
        and all(value % one == 0 for one in _exactly(piece, "multipleOf"))
    )


def _items(piece: Piece, depth: int, nth: int) -> list[Any]:
    """Return an array: of one item, where none has to be there."""
    known = next((one for one in piece.parts if "items" in one or "prefixItems" in one), {})
    wanted = [*piece.all("minItems"), len(known.get("prefixItems", ())), 1 if known else 0]
    count = min(max(wanted), *piece.all("maxItems"), _LONGEST)
    is_set = any(piece.all("uniqueItems"))
    return [
        _value(item_of(known, at), piece.definitions, depth - 1, nth + at if is_set else nth)
        for at in range(int(count) if depth else 0)
    ]


def _object(piece: Piece, depth: int, nth: int) -> dict[str, Any]:
    """Return an object of what it must have."""
    properties = {name: one for some in piece.all("properties") for name, one in some.items()}
    return {
        name: _value(properties.get(name, True), piece.definitions, depth - 1, nth)
        for name in (sorted(piece.required) if depth else ())
    }
