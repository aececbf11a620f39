"""Values that stand in an example of a call."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from iii_asgi.catalogue.parts import UnjudgedError, judging
from iii_asgi.cli.call import arguments_of
from iii_asgi.cli.examples import example_of

UPLOAD = {"properties": {"base64": {"contentEncoding": "base64"}}}
DEFINITIONS = {
    "Node": {
        "type": "object",
        "properties": {"next": {"$ref": "#/$defs/Node"}, "name": {"type": "string"}},
        "required": ["next", "name"],
    },
    "List": {
        "type": "object",
        "properties": {"next": {"anyOf": [{"$ref": "#/$defs/List"}, {"type": "null"}]}},
        "required": ["next"],
    },
    "Union": {"anyOf": [{"$ref": "#/$defs/Union"}, {"type": "null"}]},
    "Itself": {"$ref": "#/$defs/Itself"},
}
NUMBER = {"type": "number"}
LISTS: dict[str, Any] = NUMBER
for _ in range(3):
    LISTS = {"type": "array", "minItems": 1000, "items": LISTS}


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
        ({"type": "number", "exclusiveMinimum": 0, "maximum": 0.5}, "0.5"),
        ({"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 0.5}, "0.25"),
        ({"type": "number", "minimum": 1.25, "multipleOf": 0.1}, "1.3"),
        ({"type": "integer", "multipleOf": 7}, "0"),
        ({"type": "string", "minLength": 6}, "textte"),
        ({"type": "string", "maxLength": 2}, "te"),
        ({"type": "string", "maxLength": 0}, ""),
        ({"type": "array", "minItems": 2, "items": {"type": "integer"}}, "[1,1]"),
        ({"type": "array", "minItems": 2, "uniqueItems": True}, '["text","text1"]'),
        ({"type": "array", "prefixItems": [True, {"type": "null"}]}, '["text",null]'),
        ({"type": "string", "minLength": 10**9}, "text"),
        ({"type": "integer", "minimum": 1.5, "multipleOf": 2.5}, "5"),
        ({"allOf": [{"multipleOf": 4}, {"multipleOf": 6}, {"minimum": 1}]}, "text"),
        (
            {"type": "number", "allOf": [{"multipleOf": 4}, {"multipleOf": 6}, {"minimum": 1}]},
            "12",
        ),
        ({"type": "array", "allOf": [{"items": {"minimum": 3}}, {"items": NUMBER}]}, "[3]"),
        ({"type": "object", "required": ["x"], "additionalProperties": NUMBER}, '{"x":1}'),
        ({"$ref": "#/$defs/List"}, '{"next":{"next":{"next":null}}}'),
        ({"$ref": "#/$defs/Union"}, "text"),
        (LISTS, "[[[1,1,1"),
        ({"const": None}, "null"),
        (UPLOAD, "@PATH"),
        ({"type": "array", "items": UPLOAD}, "@PATH"),
        ({"$ref": "#/$defs/Node"}, '{"name":"text","next":{"name":"text"'),
        (True, "text"),
    ],
)
def test_example(schema: Any, shown: str) -> None:
    """It is the schema's own example, or something of the right type."""
    assert example_of(schema, DEFINITIONS).startswith(shown)


def test_it_is_short() -> None:
    """Where very much is wanted, not all of it is shown."""
    assert len(example_of(LISTS, {})) < 5000
    assert len(example_of({"type": "string", "minLength": 10**9}, {})) < 5000


@pytest.mark.parametrize("bound", ["1", "1e999999999", None, [], float("inf"), float("nan")])
def test_bound_that_is_no_number(bound: Any) -> None:
    """What is no number bounds none."""
    with pytest.raises(UnjudgedError), judging():
        example_of({"type": "number", "minimum": bound}, {})


def test_it_cannot_be_understood() -> None:
    """What is defined by nothing but itself has no example."""
    with pytest.raises(UnjudgedError):
        example_of({"$ref": "#/$defs/Itself"}, DEFINITIONS)


# With the distance of those that fit. Multiples are of what a float is exactly, since the
# validator counts in floats.
NUMBERS: list[tuple[dict[str, Any], float]] = [
    ({"type": "number"}, 0),
    ({"type": "number", "multipleOf": 0.25}, 0.25),
    ({"type": "number", "multipleOf": 3}, 3),
    ({"type": "integer"}, 1),
    ({"type": "integer", "multipleOf": 2.5}, 5),
    ({"type": "integer", "multipleOf": 7}, 7),
]
BOUNDS = st.lists(
    st.decimals(-100, 100, places=2).map(float) | st.integers(-(10**9), 10**9),
    min_size=2,
    max_size=2,
    unique=True,
)
SIZES = st.lists(st.integers(0, 12), min_size=2, max_size=2).map(sorted)


@st.composite
def numbers(draw: st.DrawFn) -> dict[str, Any]:
    """Return the schema of a number between two others, or of a multiple."""
    low, high = sorted(draw(BOUNDS))
    lowest = {draw(st.sampled_from(["minimum", "exclusiveMinimum"])): low}
    highest = {draw(st.sampled_from(["maximum", "exclusiveMaximum"])): high}
    some = draw(st.sampled_from([{}, lowest, highest, lowest | highest]))
    schema, distance = draw(st.sampled_from(NUMBERS))
    return {**schema, **(some if high - low > 2 * distance else {})}


@st.composite
def texts(draw: st.DrawFn) -> dict[str, Any]:
    """Return the schema of a text of some length."""
    least, most = draw(SIZES)
    bounds = {"minLength": least}, {"maxLength": most}, {"minLength": least, "maxLength": most}
    return {"type": "string", **draw(st.sampled_from([{}, *bounds]))}


@st.composite
def arrays(draw: st.DrawFn) -> dict[str, Any]:
    """Return the schema of an array of some length."""
    least, most = draw(SIZES)
    items = draw(st.sampled_from([{"type": "integer"}, {"type": "string"}, {"minimum": 3}, True]))
    objects = {"type": "object", "properties": {"id": items}, "required": ["id"]}
    unique = {"uniqueItems": True} if draw(st.booleans()) else {}
    some = {"type": "array", "minItems": least, "maxItems": most, **unique}
    return {**some, "items": draw(st.sampled_from([items, objects]))}


SIMPLE = numbers() | texts() | arrays()


@settings(max_examples=500)
@given(SIMPLE)
def test_it_fits(schema: dict[str, Any]) -> None:
    """What is shown can be sent as it is."""
    value = arguments_of([f"a={example_of(schema, {})}"], None)["a"]
    Draft202012Validator(schema).validate(value)


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "integer", "minimum": 10},
        {"type": ["integer", "null"], "maximum": -3},
        {"type": "object", "properties": {"a": {"enum": [2]}}, "required": ["a"]},
        {"type": "array", "items": {"type": "array", "items": {"type": "boolean"}}},
    ],
)
def test_more_fits(schema: Any) -> None:
    """What is shown can be sent as it is."""
    value = msgspec.json.decode(example_of(schema, {}))
    Draft202012Validator(schema).validate(value)
