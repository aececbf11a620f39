"""One way to write a JSON Schema."""

from __future__ import annotations

from typing import Any

import pytest

from iii_asgi.catalogue.normal import normal

REFERENCE = {"$ref": "#/$defs/A"}


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"title": "A", "properties": {"title": {"title": "B"}}}, {"properties": {"title": {}}}),
        ({"enum": [1]}, {"const": 1}),
        ({"enum": [1], "const": 1.0}, {"const": 1.0}),
        ({"enum": [1], "const": True}, {"enum": [1], "const": True}),
        ({"allOf": [REFERENCE], "default": 1}, {**REFERENCE, "default": 1}),
        ({"allOf": [{"type": "string"}]}, {"allOf": [{"type": "string"}]}),
        ({"additionalProperties": True, "type": "object"}, {"type": "object"}),
        (
            {"additionalProperties": True, "properties": {}},
            {"additionalProperties": True, "properties": {}},
        ),
        ({"type": ["null", "integer"], "default": None}, {"type": ["integer", "null"]}),
        ({"$defs": {"A": {"title": "A", "required": ["b", "a"]}}},
         {"$defs": {"A": {"required": ["a", "b"]}}}),
        (True, True),
    ],
)  # fmt: skip
def test_normal(schema: Any, said: Any) -> None:
    """What versions of Pydantic write differently is written in one way."""
    assert normal(schema) == said
