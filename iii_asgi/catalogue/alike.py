"""Whether schemas are the same, with the definitions that they refer to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from iii_asgi.catalogue.parts import name_of_reference
from iii_asgi.catalogue.schemas import mapped

__all__ = ["canonical", "definitions_of", "references", "same_definitions"]


def canonical(schema: Any) -> bytes:
    """Return what is equal for equal JSON; in Python 1 is True."""
    return msgspec.json.encode(schema, order="deterministic")


def definitions_of(schema: Any) -> Mapping[str, Any]:
    """Return what a schema brings for its references."""
    found: Mapping[str, Any] = schema.get("$defs", {}) if isinstance(schema, Mapping) else {}
    return found


def same_definitions(wide: Mapping[str, Any], narrow: Mapping[str, Any]) -> frozenset[str]:
    """Return the definitions that say the same on both sides, with all that they refer to."""
    names = {
        name
        for name, one in wide.items()
        if name in narrow and canonical(narrow[name]) == canonical(one)
    }
    while others := {name for name in names if not names.issuperset(references(wide[name]))}:
        names -= others
    return frozenset(names)


def references(schema: Any) -> set[str]:
    """Return the names of the definitions that a schema refers to."""
    found: set[str] = set()

    def look(one: Any) -> Any:
        if isinstance(one, Mapping):
            if "$ref" in one:
                found.add(name_of_reference(one["$ref"]))
            mapped(one, look)
        return one

    look(schema)
    return found
