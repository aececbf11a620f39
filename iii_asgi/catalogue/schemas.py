"""JSON Schema of an OpenAPI document: converted, and of its components only what is needed.

OpenAPI 3.1 is JSON Schema 2020-12 with a few keywords more; 3.0 has its own ``nullable``
and boolean ``exclusiveMinimum``. What comes out is plain JSON Schema 2020-12.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeAlias
from urllib.parse import unquote

__all__ = ["Components", "Json", "SchemaError", "is_null", "mapped", "plain", "variants_of"]

Json: TypeAlias = dict[str, Any]

_COMPONENTS = "#/components/schemas/"
_DEFINITIONS = "#/$defs/"

# Keywords whose value is a schema, a list of schemas, or names with a schema each. All other
# values are data, in which "$ref" or "nullable" would mean nothing.
_ONE = frozenset(
    {
        "additionalProperties",
        "contains",
        "contentSchema",
        "else",
        "if",
        "items",
        "not",
        "propertyNames",
        "then",
        "unevaluatedItems",
        "unevaluatedProperties",
    }
)
_SOME = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
_NAMED = frozenset({"$defs", "definitions", "dependentSchemas", "patternProperties", "properties"})
_DEFINED = frozenset({"$defs", "definitions"})
# Of OpenAPI alone. The variants of a discriminated union tell themselves apart by constants.
_DROPPED = frozenset({"discriminator", "example", "externalDocs", "nullable", "xml"})


class SchemaError(ValueError):
    """A schema that cannot be made; the text says why."""


class Components:
    """The schemas of one OpenAPI document. Each is converted once, when first needed.

    Args:
        raw: ``components.schemas`` of the document.
    """

    def __init__(self, raw: Mapping[str, Any]) -> None:
        self._raw = raw
        self._converted: dict[str, tuple[Any, frozenset[str]]] = {}
        self._reachable: dict[str, frozenset[str]] = {}

    def resolve(self, schema: Any) -> Json:
        """Return a raw schema itself where it is only a reference (or an ``allOf`` of one).

        What stands beside the reference is kept. Raises `SchemaError` for one in a circle.
        """
        seen: set[str] = set()
        beside: Json = {}
        while isinstance(schema, Mapping):
            only = schema.get("allOf")
            if "$ref" in schema:
                name = _name_of(schema["$ref"])
                if name in seen:
                    raise SchemaError(f"{name} is defined by itself")
                seen.add(name)
                inner = self._get(name)
            elif isinstance(only, list) and len(only) == 1 and "properties" not in schema:
                inner = only[0]
            else:
                return {**schema, **beside}
            rest = {key: value for key, value in schema.items() if key not in ("$ref", "allOf")}
            beside = {**rest, **beside}
            schema = inner
        return beside  # true, false, or what no schema can be

    def variants(self, schema: Any) -> Iterator[Json]:
        """Yield what a raw schema can be: the members of unions in unions, all resolved."""
        resolved = self.resolve(schema)
        for one in variants_of(resolved):
            if one is resolved:
                yield resolved
            elif isinstance(one, Mapping):
                yield from self.variants(one)

    def is_json_text(self, schema: Any) -> bool:
        """Whether the value is a text that holds JSON (Pydantic's ``Json``)."""
        return any(
            one.get("contentMediaType") == "application/json" for one in self.variants(schema)
        )

    def convert(self, schema: Any) -> tuple[Any, frozenset[str]]:
        """Return a raw schema as JSON Schema, and the names that it refers to.

        Raises:
            SchemaError: it refers to what is not there.
        """
        names: set[str] = set()
        return _convert(schema, names), frozenset(names)

    def definitions(self, names: Iterable[str]) -> Json:
        """Return ``$defs`` for schemas that refer to these names: all that can be reached."""
        reached = frozenset[str]().union(*map(self._reach, names))
        return {name: self._definition(name)[0] for name in sorted(reached)}

    def _reach(self, name: str) -> frozenset[str]:
        if name not in self._reachable:
            reached, ahead = {name}, [name]
            while ahead:
                new = self._definition(ahead.pop())[1] - reached
                reached |= new
                ahead += new
            self._reachable[name] = frozenset(reached)
        return self._reachable[name]

    def _definition(self, name: str) -> tuple[Any, frozenset[str]]:
        if name not in self._converted:
            self._converted[name] = self.convert(self._get(name))
        return self._converted[name]

    def _get(self, name: str) -> Any:
        try:
            return self._raw[name]
        except KeyError:
            raise SchemaError(f"{name} is not defined") from None


def _name_of(reference: Any) -> str:
    if not isinstance(reference, str) or not reference.startswith(_COMPONENTS):
        raise SchemaError(f"{reference!r} refers to something outside of the components")
    # RFC 6901 section 3, in a URI fragment.
    return unquote(reference[len(_COMPONENTS) :]).replace("~1", "/").replace("~0", "~")


def _convert(schema: Any, names: set[str]) -> Any:
    if isinstance(schema, bool):
        return schema
    if not isinstance(schema, Mapping):
        raise SchemaError(f"{schema!r} is no schema")
    converted: Json = {}
    for key, value in schema.items():
        if key == "$ref":
            names.add(_name_of(value))
            converted[key] = _DEFINITIONS + value[len(_COMPONENTS) :]
        elif key in _ONE:
            converted[key] = _convert(value, names)
        elif key in _SOME:
            converted[key] = [_convert(one, names) for one in value]
        elif key in _NAMED:
            converted[key] = {name: _convert(one, names) for name, one in value.items()}
        elif key not in _DROPPED:
            converted[key] = value
    _mend(schema, converted)
    return with_null(converted) if schema.get("nullable") is True else converted


def _mend(schema: Mapping[str, Any], converted: Json) -> None:
    """Write in today's words what OpenAPI 3.0 and hand-written extras say in others."""
    for word, bound in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        exclusive = converted.get(word)
        if isinstance(exclusive, bool):
            del converted[word]
            if exclusive and bound in converted:
                converted[word] = converted.pop(bound)
    if "example" in schema:
        converted.setdefault("examples", [schema["example"]])
    examples = converted.get("examples")
    if examples is not None and not isinstance(examples, list):
        converted["examples"] = [examples]
    if isinstance(converted.get("required"), bool):  # an old way to say it of a property
        del converted["required"]


def with_null(schema: Json) -> Json:
    """Return a schema that also takes null, as one type list where that says the same."""
    kind = schema.get("type")
    if isinstance(kind, str) and not schema.keys() & {"const", "enum", "$ref", *_SOME}:
        return {**schema, "type": [kind, "null"]}
    return {"anyOf": [schema, {"type": "null"}]}


def plain(schema: Any) -> Json:
    """Return a schema as an object, which ``true`` and ``false`` are short for."""
    if isinstance(schema, Mapping):
        return dict(schema)
    return {"not": {}} if schema is False else {}


def is_null(schema: Any) -> bool:
    """Whether a schema takes null and nothing else."""
    return isinstance(schema, Mapping) and schema.get("type") == "null"


def variants_of(schema: Mapping[str, Any]) -> Iterator[Any]:
    """Yield the members of a union, null apart; the schema itself where it is none."""
    for key in ("anyOf", "oneOf"):
        members = schema.get(key)
        if isinstance(members, list):
            yield from (one for one in members if not is_null(one))
            return
    yield schema


def mapped(schema: Mapping[str, Any], change: Callable[[Any], Any]) -> Json:
    """Return a schema with each schema directly within it changed; definitions are left."""
    new = dict(schema)
    for key, value in schema.items():
        if key in _ONE:
            new[key] = change(value)
        elif key in _SOME and isinstance(value, list):
            new[key] = [change(one) for one in value]
        elif key in _NAMED and key not in _DEFINED and isinstance(value, Mapping):
            new[key] = {name: change(one) for name, one in value.items()}
    return new
