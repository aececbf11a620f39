"""What two schemas list differently."""

from __future__ import annotations

from typing import Any

import pytest

from iii_asgi.catalogue.fields import FieldChanges

STRING = {"type": "string"}


def model(**properties: Any) -> dict[str, Any]:
    """Return the schema of a model whose fields are all required."""
    return {"type": "object", "properties": properties, "required": list(properties)}


def texts(old: Any, new: Any) -> list[str]:
    """Return what is printed of a change."""
    return FieldChanges(old, new).texts


def gone(old: Any, new: Any) -> dict[str, str]:
    """Return the fields that are there no more."""
    return FieldChanges(old, new).gone


def test_fields_within() -> None:
    """Fields are named with their place, through arrays, unions and definitions."""
    node = {"$ref": "#/$defs/Node"}
    old = {**model(items={"type": "array", "items": node}), "$defs": {"Node": model(a=STRING)}}
    new = {**model(items={"type": "array", "items": node}), "$defs": {"Node": model(a={}, b={})}}

    assert texts(old, new) == [
        " `items[].a`: string → anything",
        " `items[].b`: none → anything",
    ]


def test_the_value_itself() -> None:
    """What is at the top has no place."""
    assert texts(STRING, {"anyOf": [STRING, {"type": "null"}]}) == [": string → string | null"]


def test_optional() -> None:
    """A field that need no longer be there says so."""
    assert texts(model(a=STRING), {**model(a=STRING), "required": []}) == [
        " `a`: string → string, optional"
    ]


def test_nothing_that_is_listed() -> None:
    """Where only words have changed it says so, and also where something else has."""
    assert texts(STRING, {**STRING, "title": "A"}) == [": descriptions"]
    assert texts(STRING, {**STRING, "minLength": 1}) == [": details"]
    assert texts({**STRING, "default": "a"}, STRING) == [": defaults"]


def test_recursive() -> None:
    """A model within itself ends, and so does one that makes no sense."""
    deep = {"$ref": "#/$defs/A", "$defs": {"A": model(a={"$ref": "#/$defs/A"})}}
    broken = {"$ref": "#/$defs/A", "$defs": {"A": {"$ref": "#/$defs/A"}}}

    assert texts(deep, {**deep, "title": "B"}) == [": descriptions"]
    assert texts(broken, STRING) == [": details"]


def test_gone() -> None:
    """What is gone is named by its outermost place; what takes any field lacks none."""
    old = model(a=STRING, b=model(c=STRING), d=model(e=STRING))

    assert gone(old, model(d=model())) == {"a": "string", "b": "object", "d.e": "string"}
    assert gone(old, {**model(), "additionalProperties": True}) == {}
    assert gone(old, {"type": "object", "additionalProperties": STRING}) == {}
    assert gone(STRING, model(a=STRING)) == {}


def test_other_fields() -> None:
    """Fields of any name are told of as `*`."""
    mapping = {"type": "object", "additionalProperties": STRING}

    assert texts(model(), mapping) == [" `*`: none → string"]
    assert texts(model(a=model(b=STRING)), model(a={"type": "object"})) == [
        " `a.b`: string → anything, optional",
        " `a.*`: none → anything",
    ]


OLD, NEW = model(a=STRING, b=STRING), model(a=STRING)


def deep(inner: dict[str, Any], levels: int) -> dict[str, Any]:
    """Return a model within arrays within models."""
    for _ in range(levels):
        inner = model(x={"type": "array", "items": inner})
    return inner


def tagged(kind: str, **properties: Any) -> dict[str, Any]:
    """Return a member of a discriminated union."""
    return model(kind={"const": kind}, **properties)


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ({"additionalProperties": OLD}, {"additionalProperties": NEW}, "*.b"),
        (deep(OLD, 9), deep(NEW, 9), "x[]." * 9 + "b"),
        ({"prefixItems": [STRING, OLD]}, {"prefixItems": [STRING, NEW]}, "[1].b"),
        (model(**{"x.y": STRING, "a": STRING}), NEW, "x.y"),
        (model(**{"tags[]": STRING, "a": STRING}), NEW, "tags[]"),
        (model(x=model(**{"tags[]": STRING})), model(x=model()), "x.tags[]"),
        ({"anyOf": [OLD, {"type": "null"}]}, {"anyOf": [NEW, {"type": "null"}]}, "b"),
        (
            {"oneOf": [tagged("a", x=OLD), tagged("b", x=OLD)]},
            {"oneOf": [tagged("b", x=OLD), tagged("a", x=NEW), tagged("c", x=OLD)]},
            "x.b",
        ),
        ({"anyOf": [tagged("a", x=STRING)]}, {"anyOf": [tagged("b"), tagged("c")]}, "x"),
    ],
)
def test_gone_wherever_it_is(old: dict[str, Any], new: dict[str, Any], place: str) -> None:
    """A field that is gone is found in mappings, tuples and unions, however deep."""
    assert list(gone(old, new)) == [place]
    assert gone(new, new) == {}


@pytest.mark.parametrize(
    "new", [{}, {"type": "object"}, {"anyOf": [{"type": "object"}, {"type": "null"}]}]
)
def test_what_takes_more(new: dict[str, Any]) -> None:
    """What takes anything, or any object, lacks no field."""
    assert gone(model(a=OLD), model(a=new)) == {}


def test_large() -> None:
    """Of a schema with thousands of places only what has changed is told."""
    names = [f"f{number}" for number in range(60)]
    fields = {name: model(**{key: {"$ref": "#/$defs/Leaf"} for key in names}) for name in names}
    old, new = model(**fields), model(**fields, z=STRING)
    rest = {"$defs": {"Leaf": OLD}}

    assert texts({**old, **rest}, {**new, **rest}) == [" `z`: none → string"]


def test_members_in_another_order() -> None:
    """The order of a union's members is a detail."""
    some = [tagged("a", x=STRING), tagged("b"), STRING]

    assert texts({"anyOf": some}, {"anyOf": some[::-1]}) == [": details"]


def test_more_members() -> None:
    """A new member of a union is told by what its fields can be."""
    some = [tagged("a"), tagged("b"), tagged("c")]

    assert texts({"anyOf": some[:2]}, {"anyOf": some}) == [' `kind`: "a" | "b" → "a" | "b" | "c"']
