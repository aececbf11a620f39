"""Whether one JSON Schema takes all that fits another."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from iii_asgi.catalogue.compatibility import accepts
from tests.catalogue.random_schemas import pairs, values

INTEGER = {"type": "integer"}
NUMBER = {"type": "number"}
STRING = {"type": "string"}
NULL = {"type": "null"}


def model(required: str = "", /, **properties: Any) -> dict[str, Any]:
    """Return the schema of a model, as Pydantic makes it."""
    return {"type": "object", "properties": properties, "required": required.split()}


def closed(required: str = "", /, **properties: Any) -> dict[str, Any]:
    """Return a schema that takes no other fields."""
    return {**model(required, **properties), "additionalProperties": False}


def tagged(kind: str, **properties: Any) -> dict[str, Any]:
    """Return a member of a discriminated union."""
    return model("kind", kind={"const": kind, "type": "string"}, **properties)


def node(**properties: Any) -> dict[str, Any]:
    """Return a schema that is defined by itself."""
    following = {"anyOf": [{"$ref": "#/$defs/Node"}, NULL]}
    node = model("", next=following, **properties)
    return {"$ref": "#/$defs/Node", "$defs": {"Node": node}}


WIDER: dict[str, tuple[Any, Any]] = {
    "number for integer": (NUMBER, INTEGER),
    "anything": ({}, model(a=STRING)),
    "null as well": ({"type": ["string", "null"]}, STRING),
    "a union for its members": ({"anyOf": [STRING, NULL]}, {"type": ["string", "null"]}),
    "an enum for a part of it": ({"enum": ["a", "b", 1]}, {"enum": [1.0, "a"]}),
    "a type for an enum": ({"type": "string", "maxLength": 2}, {"enum": ["a", "b"]}),
    "both truths": ({"enum": [True, False]}, {"type": "boolean"}),
    "looser bounds": ({"minimum": 0, "maxLength": 9}, {"type": "integer", "exclusiveMinimum": 0}),
    "a new optional field": (model("a", a=STRING, b=INTEGER), model("a", a=STRING)),
    "a new optional field of a closed one": (closed(a=STRING, b=INTEGER), closed(a=STRING)),
    "fewer required": (model("a", a=STRING), model("a b", a=STRING, b=STRING)),
    "longer arrays": ({"items": NUMBER, "maxItems": 3}, {"prefixItems": [INTEGER], "maxItems": 1}),
    "other words": ({**STRING, "title": "A", "default": 1}, {**STRING, "description": "B"}),
    "the same, unjudged": ({"not": STRING, "x-a": 1}, {"title": "B", "not": STRING}),
    "the same pattern": ({"pattern": "^a"}, {"type": "string", "pattern": "^a", "minLength": 1}),
    "more members of a union": (
        {"oneOf": [tagged("a", x=INTEGER), tagged("b"), tagged("c")]},
        {"oneOf": [tagged("b"), tagged("a", x=INTEGER)]},
    ),
    "a recursive model": (node(value=NUMBER), node(value=INTEGER)),
    "names of definitions": (
        {"$ref": "#/$defs/A~1B", "$defs": {"A/B": STRING}},
        {"$ref": "#/$defs/C", "$defs": {"C": STRING}},
    ),
    "a mapping": (
        {"additionalProperties": NUMBER},
        {"type": "object", "additionalProperties": INTEGER},
    ),
}


@pytest.mark.parametrize("name", WIDER)
def test_wider(name: str) -> None:
    """What takes all that the other one takes is accepted."""
    wide, narrow = WIDER[name]
    assert accepts(wide, narrow) == []


NARROWER: dict[str, tuple[Any, Any, str]] = {
    "a type": (INTEGER, NUMBER, ": number → integer"),
    "null": (INTEGER, {"type": ["integer", "null"]}, ": integer | null → integer"),
    "a member": (INTEGER, {"anyOf": [INTEGER, NULL]}, ": integer | null → integer"),
    "anything but a union": ({"anyOf": [INTEGER, NULL]}, {}, ": anything → integer | null"),
    "a member with a tag": (
        {"oneOf": [tagged("a"), tagged("b")]},
        {"oneOf": [tagged("a"), tagged("b"), tagged("c")]},
        'kind: "c" → "a" | "b"',
    ),
    "a union within a union": (
        {"anyOf": [{"anyOf": [INTEGER, STRING]}, NULL]},
        {"type": "boolean"},
        ": boolean → integer | string | null",
    ),
    "a value": ({"enum": ["a"]}, {"enum": ["a", "b"]}, ': "a" | "b" → "a"'),
    "an enum": ({"enum": ["a"]}, STRING, ': string → "a"'),
    "null itself": ({"const": None}, {}, ": anything → null"),
    "a truth": ({"const": 1}, {"const": True}, ": true → 1"),
    "a bound": ({"minimum": 1}, {**INTEGER, "minimum": 0}, ": minimum 0 → minimum 1"),
    "a new bound": ({"maxLength": 1}, STRING, ": no maxLength → maxLength 1"),
    "required": (model("a", a=STRING), model(a=STRING), "a: optional → required"),
    "new and required": (model("b", b=STRING), closed(), "b: none → required"),
    "a field that is gone": (closed(), closed(a=STRING), "a: string → none"),
    "closed": (closed(a=STRING), model(a=STRING), ": other fields → no other fields"),
    "far within": (
        model(item=model(prices={"type": "array", "items": INTEGER})),
        model(item=model(prices={"type": "array", "items": NUMBER})),
        "item.prices[]: number → integer",
    ),
    "items beside names": (
        {"patternProperties": {"^a": STRING}, "items": INTEGER},
        {"patternProperties": {"^a": STRING}, "items": NUMBER, "type": ["array", "object"]},
        "[]: number → integer",
    ),
    "recursive": (node(value=INTEGER), node(value=NUMBER), "value: number → integer"),
    "one of a union": (
        {"oneOf": [tagged("a", x=INTEGER), tagged("b")]},
        {"oneOf": [tagged("a", x=NUMBER), tagged("b")]},
        "x: number → integer",
    ),
}


@pytest.mark.parametrize("name", NARROWER)
def test_narrower(name: str) -> None:
    """What takes less is told with its place, and both sides."""
    wide, narrow, told = NARROWER[name]
    found = [f"{one.place}: {one.narrow} → {one.wide}" for one in accepts(wide, narrow)]
    assert told in found


UNJUDGED: dict[str, tuple[Any, Any]] = {
    "pattern": ({"pattern": "^a"}, {"type": "string", "pattern": "^ab"}),
    "format": ({**STRING, "format": "uuid"}, STRING),
    "overlapping alternatives": ({"oneOf": [STRING, {"minLength": 1}]}, STRING),
    "not": ({"not": {"required": ["a"]}}, model(b=STRING)),
    "a reference to nothing": ({"$ref": "#/$defs/A"}, STRING),
    "a reference elsewhere": ({"$ref": "https://example.com"}, STRING),
    "itself": ({"$ref": "#/$defs/A", "$defs": {"A": {"$ref": "#/$defs/A"}}}, STRING),
    "itself in a union": (
        INTEGER,
        {"$ref": "#/$defs/A", "$defs": {"A": {"anyOf": [{"$ref": "#/$defs/A"}, INTEGER]}}},
    ),
    "names by pattern": (
        {"patternProperties": {"^a": INTEGER}, "additionalProperties": False},
        {"type": "object", "patternProperties": {"^a": INTEGER}},
    ),
    "unevaluated": ({"unevaluatedProperties": False}, model(a=STRING)),
    "no schema": ({"items": 3}, {"type": "array"}),
    "no schema at all": ("text", STRING),
}


@pytest.mark.parametrize("name", UNJUDGED)
def test_unjudged(name: str) -> None:
    """What cannot be judged is a difference with a reason."""
    wide, narrow = UNJUDGED[name]
    assert any(one.reason for one in accepts(wide, narrow))


@settings(
    max_examples=400,
    deadline=None,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)
@given(st.data())
def test_what_is_accepted_fits(data: st.DataObject) -> None:
    """Where there is no difference, each value that fits the one schema fits the other."""
    schemas = data.draw(pairs())
    wide, narrow = schemas if data.draw(st.booleans()) else reversed(schemas)
    assume(not accepts(wide, narrow))
    old, new = Draft202012Validator(narrow), Draft202012Validator(wide)
    for _ in range(5):
        value = data.draw(values(narrow))
        if old.is_valid(value):
            assert new.is_valid(value), value
