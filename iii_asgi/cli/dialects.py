"""Schemas of older drafts, in the words of JSON Schema 2020-12."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from iii_asgi.catalogue.schemas import Json, mapped

__all__ = ["modern"]

_DEEPEST = 40  # schemas within schemas
_OLD, _NEW = "#/definitions/", "#/$defs/"
_BOUNDS = (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum"))
# They cannot be judged where they stand, and nothing that is shown depends on them.
_UNSHOWN = frozenset({"$anchor", "unevaluatedItems", "unevaluatedProperties"})


def modern(schema: Any) -> Any:
    """Return a schema of any draft since 4 as `iii_asgi.catalogue` understands it, to be shown.

    Its definitions are in ``$defs``. What is nested too deeply becomes true, so that a walk
    ends. What is no schema is left as it is.
    """
    if not isinstance(schema, Mapping):
        return schema
    definitions: Json = {}
    for key in ("definitions", "$defs"):
        found = schema.get(key)
        definitions |= found if isinstance(found, Mapping) else {}
    said = {key: value for key, value in schema.items() if key != "definitions"}
    known = {name: _modern(one, _DEEPEST) for name, one in definitions.items()}
    return {**_modern(said, _DEEPEST), "$defs": known}


def _modern(schema: Any, depth: int) -> Any:
    if not isinstance(schema, Mapping):
        return schema
    if not depth:
        return True
    said = {key: value for key, value in schema.items() if key not in _UNSHOWN}
    reference = said.get("$ref")
    if isinstance(reference, str) and reference.startswith(_OLD):
        said["$ref"] = _NEW + reference.removeprefix(_OLD)
    for bound, exclusive in _BOUNDS:  # of draft 4
        if isinstance(said.get(exclusive), bool) and said.pop(exclusive) and bound in said:
            said[exclusive] = said.pop(bound)
    if isinstance(said.get("items"), list):  # until draft 2019-09
        said["prefixItems"] = said["items"]
        said["items"] = said.pop("additionalItems", True)
    return mapped(said, lambda one: _modern(one, depth - 1))
