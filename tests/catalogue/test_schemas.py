"""Tests of turning the schemas of OpenAPI documents into JSON Schema."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from iii_asgi.catalogue.schemas import Components, SchemaError, plain

REF = "#/components/schemas/"


def convert(schema: Any, **components: Any) -> Any:
    """Return a schema as JSON Schema, checked against the meta-schema."""
    converted, _ = Components(components).convert(schema)
    Draft202012Validator.check_schema(converted)
    return converted


@pytest.mark.parametrize(
    ("schema", "converted"),
    [
        ({"type": "string", "maxLength": 3}, {"type": "string", "maxLength": 3}),
        ({"$ref": REF + "A"}, {"$ref": "#/$defs/A"}),
        ({"items": {"$ref": REF + "A"}}, {"items": {"$ref": "#/$defs/A"}}),
        ({"anyOf": [{"$ref": REF + "A"}, True]}, {"anyOf": [{"$ref": "#/$defs/A"}, True]}),
        # OpenAPI 3.0
        ({"type": "string", "nullable": True}, {"type": ["string", "null"]}),
        (
            {"type": "string", "enum": ["a"], "nullable": True},
            {"anyOf": [{"type": "string", "enum": ["a"]}, {"type": "null"}]},
        ),
        (
            {"allOf": [{"$ref": REF + "A"}], "nullable": True},
            {"anyOf": [{"allOf": [{"$ref": "#/$defs/A"}]}, {"type": "null"}]},
        ),
        ({"nullable": False, "type": "string"}, {"type": "string"}),
        (
            {"type": "number", "minimum": 0, "exclusiveMinimum": True},
            {"type": "number", "exclusiveMinimum": 0},
        ),
        (
            {"type": "number", "maximum": 9, "exclusiveMaximum": False},
            {"type": "number", "maximum": 9},
        ),
        ({"type": "integer", "example": 3}, {"type": "integer", "examples": [3]}),
        # what users write by hand
        ({"type": "integer", "examples": {"a": 1}}, {"type": "integer", "examples": [{"a": 1}]}),
        ({"type": "integer", "required": True}, {"type": "integer"}),
        # of OpenAPI alone
        (
            {"oneOf": [{"$ref": REF + "A"}], "discriminator": {"propertyName": "kind"}},
            {"oneOf": [{"$ref": "#/$defs/A"}]},
        ),
        ({"type": "string", "xml": {}, "externalDocs": {"url": "x"}}, {"type": "string"}),
    ],
)
def test_convert(schema: Any, converted: Any) -> None:
    """What OpenAPI says in its own way is said as JSON Schema does."""
    assert convert(schema, A={}) == converted


def test_names_are_no_keywords() -> None:
    """A property may be called like a keyword, and data may look like a schema."""
    schema = {
        "properties": {"nullable": {"type": "boolean"}, "$ref": {"type": "string"}, "xml": {}},
        "default": {"$ref": "x", "nullable": True},
        "enum": [{"discriminator": 1}],
    }
    assert convert(schema) == schema


@pytest.mark.parametrize(
    ("schema", "problem"),
    [
        ({"$ref": "other.json#/A"}, "outside of the components"),
        ({"$ref": 3}, "outside of the components"),
        ({"items": [{"type": "string"}]}, "is no schema"),
    ],
)
def test_what_cannot_be_converted(schema: Any, problem: str) -> None:
    """A reference to elsewhere, and what is no schema, are said to be so."""
    with pytest.raises(SchemaError, match=problem):
        convert(schema)


def test_definitions() -> None:
    """Of the components only what can be reached is there, recursive ones and odd names too."""
    components = Components(
        {
            "Node": {"properties": {"next": {"$ref": REF + "Node"}, "x": {"$ref": REF + "a~1b"}}},
            "a/b": {"type": "string", "nullable": True},
            "Other": {"$ref": REF + "Missing"},
        }
    )
    _, names = components.convert({"$ref": REF + "Node"})
    assert components.definitions(names) == {
        "Node": {"properties": {"next": {"$ref": "#/$defs/Node"}, "x": {"$ref": "#/$defs/a~1b"}}},
        "a/b": {"type": ["string", "null"]},
    }
    assert components.definitions([]) == {}


def test_missing_definition() -> None:
    """A reference to nothing is an error that names it."""
    with pytest.raises(SchemaError, match="Missing is not defined"):
        Components({"A": {"$ref": REF + "Missing"}}).definitions(["A"])


@pytest.mark.parametrize(
    ("schema", "resolved"),
    [
        ({"$ref": REF + "A", "title": "Mine"}, {"type": "string", "title": "Mine"}),
        ({"allOf": [{"$ref": REF + "A"}], "default": 1}, {"type": "string", "default": 1}),
        ({"$ref": REF + "B"}, {"type": "string", "title": "B"}),
        ({"allOf": [{}, {}]}, {"allOf": [{}, {}]}),
        (True, {}),
    ],
)
def test_resolve(schema: Any, resolved: Any) -> None:
    """A schema that is nothing but a reference is what it refers to."""
    components = {"A": {"type": "string"}, "B": {"$ref": REF + "A", "title": "B"}}
    assert Components(components).resolve(schema) == resolved


def test_resolve_in_circles() -> None:
    """A component that is itself is an error, and no endless loop."""
    with pytest.raises(SchemaError, match="A is defined by itself"):
        Components({"A": {"$ref": REF + "A"}}).resolve({"$ref": REF + "A"})


def test_variants() -> None:
    """A union is what its members are, through references and other unions, null apart."""
    components = Components({"U": {"oneOf": [{"type": "string"}, {"type": "integer"}]}})
    union = {"anyOf": [{"$ref": REF + "U"}, {"type": "array"}, {"type": "null"}, True]}
    kinds = [one.get("type") for one in components.variants(union)]
    assert kinds == ["string", "integer", "array"]


@pytest.mark.parametrize(
    ("schema", "expected"), [(True, {}), (False, {"not": {}}), (None, {}), ({"a": 1}, {"a": 1})]
)
def test_plain(schema: Any, expected: Any) -> None:
    """The short forms of schemas are written out."""
    assert plain(schema) == expected
