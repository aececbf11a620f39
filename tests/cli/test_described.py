"""Schemas that somebody else has written."""

from __future__ import annotations

from typing import Any

import pytest

from iii_asgi.cli.described import Described

USER = {
    "type": "object",
    "properties": {"age": {"type": "integer", "minimum": 18}, "name": {"type": "string"}},
    "required": ["name", "age"],
}


@pytest.mark.parametrize(
    "schema",
    [
        USER,
        {"allOf": [USER]},
        {"$ref": "#/definitions/User", "definitions": {"User": USER}},
        {"$ref": "#/$defs/User", "$defs": {"User": USER}, "definitions": 7},
        {"type": "array", "items": USER},
        {"anyOf": [{"type": "array", "items": USER}, {"type": "null"}]},
    ],
)
def test_fields(schema: Any) -> None:
    """The fields are found wherever they are, and those that must be there in their order."""
    described = Described(schema)

    assert {one.name: described.words_of(one) for one in described.fields} == {
        "age": "integer",
        "name": "string",
    }
    assert [(one.name, described.example_of(one)) for one in described.required] == [
        ("name", "text"),
        ("age", "18"),
    ]


@pytest.mark.parametrize(
    ("schema", "words", "is_empty"),
    [
        ({"type": "object", "properties": {}}, "object", True),
        ({"type": "object", "additionalProperties": False}, "object", True),
        ({"type": "object"}, "object", False),
        ({}, "anything", False),
        ({"$ref": "#/$defs/Nobody"}, "", False),
        ({"anyOf": 7}, "", False),
        (None, "", False),
    ],
)
def test_whole(schema: Any, words: str, is_empty: bool) -> None:
    """What takes nothing is told from what does not say what it takes."""
    described = Described(schema)

    assert not described.fields
    assert (described.words, described.is_empty) == (words, is_empty)
