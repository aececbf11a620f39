"""One way to write a JSON Schema, of the several that versions of Pydantic and FastAPI have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from iii_asgi.catalogue.pieces import identity
from iii_asgi.catalogue.schemas import Json, mapped

__all__ = ["normal"]

_SORTED = ("required", "type")
_BESIDE_OTHERS = frozenset({"patternProperties", "properties", "unevaluatedProperties"})


def normal(schema: Any) -> Any:
    """Return a schema that says the same, without titles: those are made of names."""
    if not isinstance(schema, Mapping):
        return schema
    said = mapped({key: value for key, value in schema.items() if key != "title"}, normal)
    if isinstance(said.get("$defs"), Mapping):
        said["$defs"] = {name: normal(one) for name, one in said["$defs"].items()}
    _use_const(said)
    _use_reference(said)
    for key in _SORTED:
        if isinstance(said.get(key), list):
            said[key] = sorted(said[key])
    if said.get("additionalProperties") is True and not said.keys() & _BESIDE_OTHERS:
        del said["additionalProperties"]
    if said.get("default", ...) is None:  # it is left out, which is what null says
        del said["default"]
    return said


def _use_const(said: Json) -> None:
    values = said.get("enum")
    if not isinstance(values, list) or len(values) != 1:
        return
    if identity(said.setdefault("const", values[0])) == identity(values[0]):
        del said["enum"]


def _use_reference(said: Json) -> None:
    """Write a reference beside other keywords as itself; it had to be in an ``allOf`` once."""
    parts = said.get("allOf")
    if isinstance(parts, list) and len(parts) == 1 and "$ref" not in said:
        only = parts[0]
        if isinstance(only, Mapping) and only.keys() == {"$ref"}:
            del said["allOf"]
            said["$ref"] = only["$ref"]
