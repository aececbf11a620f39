"""Values that stand in an example of a call."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import msgspec

from iii_asgi.catalogue.pieces import Piece, UnjudgedError
from iii_asgi.cli.file_values import is_upload

__all__ = ["example_of"]

_DEEPEST = 3
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

    It is what the schema gives as an example, or something of the right type.

    Args:
        schema: of the argument.
        definitions: what it refers to.
    """
    if is_upload(schema) or (isinstance(schema, Mapping) and is_upload(schema.get("items"))):
        return "@PATH"
    try:
        value = _value(schema, definitions, _DEEPEST)
    except (UnjudgedError, RecursionError):
        value = "text"
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


def _value(schema: Any, definitions: Mapping[str, Any], depth: int) -> Any:
    given = schema.get("examples") if isinstance(schema, Mapping) else None
    if isinstance(given, list) and given:
        return given[0]
    piece = Piece.of([schema], definitions)
    while piece.has_union:
        branches = piece.branches()
        piece = next((one for one in branches if one.types - {"null"}), branches[0])
    if piece.values:
        return next((one for one in piece.values if one is not None), None)
    if "string" in piece.types:
        return _TEXTS.get(next(piece.all("format"), None), "text")
    if "integer" in piece.types or "fraction" in piece.types:
        return _number(piece)
    return _within(piece, definitions, depth)


def _number(piece: Piece) -> int:
    least = [math.ceil(one) for one in piece.all("minimum")]
    least += [math.floor(one) + 1 for one in piece.all("exclusiveMinimum")]
    most = [math.floor(one) for one in piece.all("maximum")]
    most += [math.ceil(one) - 1 for one in piece.all("exclusiveMaximum")]
    return int(min([max([1, *least]), *most]))


def _within(piece: Piece, definitions: Mapping[str, Any], depth: int) -> Any:
    """Return an array of one item, or an object of what it must have."""
    if "array" in piece.types:
        items = next(piece.all("items"), None)
        return [_value(items, definitions, depth - 1)] if depth and items is not None else []
    if not depth:
        return {}
    properties = {name: one for some in piece.all("properties") for name, one in some.items()}
    return {
        name: _value(properties.get(name, True), definitions, depth - 1)
        for name in sorted(piece.required)
    }
