"""Schemas that somebody else has written."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from iii_asgi.cli.call import arguments_of
from iii_asgi.cli.described import Described
from tests.cli.test_examples import SIMPLE

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
    """The fields are found wherever they are."""
    described = Described(schema)

    assert [(one.name, one.words, one.is_required) for one in described.fields] == [
        ("age", "integer", True),
        ("name", "string", True),
    ]


def test_field() -> None:
    """What is told of a field in a part of its schema is known."""
    note = {"properties": {"age": {"description": "In years", "default": 30}}}
    [age, name] = Described({"allOf": [USER, note]}).fields

    assert (age.words, age.description, age.default) == ("integer", "In years", "30")
    assert (name.description, name.default) == ("", "")


@pytest.mark.parametrize(
    ("schema", "typed"),
    [
        (USER, ["name=text", "age=18"]),
        ({"$ref": "#/definitions/User", "definitions": {"User": USER}}, ["name=text", "age=18"]),
        ({"anyOf": [{"type": "null"}, USER]}, ["name=text", "age=18"]),
        ({"type": "array", "items": USER}, ['--json=[{"age":18,"name":"text"}]']),
        ({"required": [""]}, ['--json={"":"text"}']),
        ({"required": 7}, []),
        (None, []),
    ],
)
def test_example(schema: Any, typed: list[str]) -> None:
    """What must be there is given as key=value, or as JSON where that cannot be."""
    assert Described(schema).example == typed


@pytest.mark.parametrize(
    ("schema", "words", "is_empty"),
    [
        ({"type": "object", "properties": {}}, "object", True),
        ({"type": "object", "additionalProperties": False}, "object", True),
        ({"type": ["object", "null"], "properties": {}}, "object | null", True),
        ({"type": "object"}, "object", False),
        ({"type": "object", "properties": None}, "object", False),
        (False, "", False),
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


@given(st.dictionaries(st.sampled_from("abcdef"), SIMPLE, min_size=1))
def test_the_whole_example_fits(properties: dict[str, Any]) -> None:
    """The line that can be pasted is a call that the schema takes."""
    schema = {"type": "object", "properties": properties, "required": [*properties]}
    sent = arguments_of(Described(schema).example, None)
    Draft202012Validator(schema).validate(sent)
