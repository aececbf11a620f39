"""The properties that a piece of a schema names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from iii_asgi.catalogue.pieces import Piece

__all__ = ["listed_in", "required_in", "together"]

_ANNOTATIONS = ("default", "description", "examples")


def listed_in(piece: Piece) -> dict[str, Any]:
    """Return name → schema of the properties that it lists, whichever of its parts does."""
    found: dict[str, list[Any]] = {}
    for properties in piece.all("properties"):
        for name, schema in properties.items():
            found.setdefault(name, []).append(schema)
    return {name: together(schemas) for name, schemas in found.items()}


def required_in(piece: Piece) -> dict[str, Any]:
    """Return name → schema of those that must be there, in the order that it gives."""
    listed, other = listed_in(piece), together(list(piece.all("additionalProperties")))
    names = (name for names in piece.all("required") for name in names)
    return {name: listed.get(name, other) for name in names}


def together(schemas: Sequence[Any]) -> Any:
    """Return a schema of what fits all of some, with what they tell of it."""
    if len(schemas) < 2:
        return schemas[0] if schemas else True
    told = {
        key: one[key]
        for one in schemas
        for key in _ANNOTATIONS
        if isinstance(one, Mapping) and key in one
    }
    return {**told, "allOf": list(schemas)}
