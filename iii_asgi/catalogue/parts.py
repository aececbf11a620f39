"""The parts that a JSON Schema consists of, where its references lead, and what says nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import unquote

from iii_asgi.catalogue.schemas import Json, mapped

__all__ = ["UnjudgedError", "judging", "name_of_reference", "parts_of", "stripped"]

_ANNOTATIONS = frozenset(
    {
        "$comment",
        "$id",
        "$defs",
        "$schema",
        "default",
        "definitions",
        "deprecated",
        "description",
        "discriminator",
        "examples",
        "readOnly",
        "title",
        "writeOnly",
    }
)
"""Keywords that no value has to fit."""

# What they mean depends on where they stand.
_FAR_REACHING = frozenset(
    {"$anchor", "$dynamicRef", "$recursiveRef", "unevaluatedItems", "unevaluatedProperties"}
)
_REFERENCE = "#/$defs/"
NEVER: Json = {"not": {}}


class UnjudgedError(ValueError):
    """A schema that cannot be taken apart; the text says why."""


@contextmanager
def judging() -> Iterator[None]:
    """Raise whatever goes wrong with a schema as an `UnjudgedError`."""
    try:
        yield
    except UnjudgedError:
        raise
    except RecursionError:
        raise UnjudgedError("it is nested too deeply") from None
    except (ArithmeticError, AttributeError, KeyError, TypeError, ValueError):
        raise UnjudgedError("it is no JSON Schema") from None


def parts_of(
    schema: Any, definitions: Mapping[str, Any], within: frozenset[str] = frozenset()
) -> Iterator[Json]:
    """Yield what a schema says, without references, ``allOf`` and annotations: all of it holds.

    Args:
        schema: any JSON.
        definitions: what it refers to.
        within: names of definitions that it is a part of.

    Raises:
        UnjudgedError: it is no schema, or refers to what is not there, or to itself.
    """
    if isinstance(schema, bool):
        yield {} if schema else NEVER
        return
    if not isinstance(schema, Mapping):
        raise UnjudgedError(f"{schema!r} is no schema")
    if strange := _FAR_REACHING & schema.keys():
        raise UnjudgedError(f"{sorted(strange)[0]} cannot be judged")
    dropped = {"$ref", "allOf"} | _ANNOTATIONS
    yield {key: value for key, value in schema.items() if key not in dropped}
    if "$ref" in schema:
        name = name_of_reference(schema["$ref"])
        if name in within:
            raise UnjudgedError(f"{name} is defined by itself")
        if name not in definitions:
            raise UnjudgedError(f"{schema['$ref']} leads nowhere")
        yield from parts_of(definitions[name], definitions, within | {name})
    for one in schema.get("allOf", ()):
        yield from parts_of(one, definitions, within)


def name_of_reference(reference: Any) -> str:
    """Return which definition is referred to.

    Raises:
        UnjudgedError: none is.
    """
    if not isinstance(reference, str) or not reference.startswith(_REFERENCE):
        raise UnjudgedError(f"{reference!r} leads out of the definitions")
    # RFC 6901 section 3, in a URI fragment.
    return unquote(reference[len(_REFERENCE) :]).replace("~1", "/").replace("~0", "~")


def stripped(schema: Any, *kept: str) -> Any:
    """Return a schema without what no value has to fit, and in one order.

    Args:
        schema: one with its ``$defs``, or a part of it.
        kept: annotations that are left in it.
    """
    if not isinstance(schema, Mapping):
        return schema
    dropped = _ANNOTATIONS - set(kept)
    said = {
        key: value
        for key, value in schema.items()
        if key not in dropped and not key.startswith("x-")
    }
    for key in ("required", "type"):
        if isinstance(said.get(key), list):
            said[key] = sorted(said[key])
    if "$defs" in schema:
        said["$defs"] = {name: stripped(one, *kept) for name, one in schema["$defs"].items()}
    return mapped(said, lambda one: stripped(one, *kept))
