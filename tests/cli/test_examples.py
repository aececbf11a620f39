"""Values that stand in an example of a call."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator

from iii_asgi.cli.examples import example_of

UPLOAD = {"properties": {"base64": {"contentEncoding": "base64"}}}
DEFINITIONS = {
    "Node": {
        "type": "object",
        "properties": {"next": {"$ref": "#/$defs/Node"}, "name": {"type": "string"}},
        "required": ["next", "name"],
    },
    "Itself": {"$ref": "#/$defs/Itself"},
}


@pytest.mark.parametrize(
    ("schema", "shown"),
    [
        ({"type": "string"}, "text"),
        ({"type": "string", "examples": ["7"]}, '"7"'),
        ({"type": "string", "examples": ["@ada"]}, '"@ada"'),
        ({"enum": ["tea", "coffee"]}, "tea"),
        ({"anyOf": [{"type": "null"}, {"type": "boolean"}]}, "false"),
        ({"anyOf": [{"type": "string", "format": "uuid"}, {"type": "null"}]}, "0000"),
        ({"type": "integer", "exclusiveMinimum": 4, "maximum": 9}, "5"),
        ({"type": "number", "exclusiveMaximum": 0}, "-1"),
        ({"type": "array", "items": {"type": "integer"}}, "[1]"),
        ({"type": "array"}, "[]"),
        ({"const": None}, "null"),
        (UPLOAD, "@PATH"),
        ({"type": "array", "items": UPLOAD}, "@PATH"),
        ({"$ref": "#/$defs/Node"}, '{"name":"text","next":{"name":"text"'),
        ({"$ref": "#/$defs/Itself"}, "text"),
        (True, "text"),
    ],
)
def test_example(schema: Any, shown: str) -> None:
    """It is the schema's own example, or something of the right type."""
    assert example_of(schema, DEFINITIONS).startswith(shown)


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "integer", "minimum": 10},
        {"type": ["integer", "null"], "maximum": -3},
        {"type": "object", "properties": {"a": {"enum": [2]}}, "required": ["a"]},
        {"type": "array", "items": {"type": "array", "items": {"type": "boolean"}}},
    ],
)
def test_it_fits(schema: Any) -> None:
    """What is shown can be sent as it is."""
    value = msgspec.json.decode(example_of(schema, {}))
    Draft202012Validator(schema).validate(value)
