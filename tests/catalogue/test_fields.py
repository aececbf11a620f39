"""What two schemas list differently."""

from __future__ import annotations

from typing import Any

from iii_asgi.catalogue.fields import field_changes, fields_gone

STRING = {"type": "string"}


def model(**properties: Any) -> dict[str, Any]:
    """Return the schema of a model whose fields are all required."""
    return {"type": "object", "properties": properties, "required": list(properties)}


def test_fields_within() -> None:
    """Fields are named with their place, through arrays, unions and definitions."""
    node = {"$ref": "#/$defs/Node"}
    old = {**model(items={"type": "array", "items": node}), "$defs": {"Node": model(a=STRING)}}
    new = {**model(items={"type": "array", "items": node}), "$defs": {"Node": model(a={}, b={})}}

    assert field_changes(old, new) == [
        " `items[].a`: string → anything",
        " `items[].b`: none → anything",
    ]


def test_the_value_itself() -> None:
    """What is at the top has no place."""
    assert field_changes(STRING, {"anyOf": [STRING, {"type": "null"}]}) == [
        ": string → string | null"
    ]


def test_optional() -> None:
    """A field that need no longer be there says so."""
    assert field_changes(model(a=STRING), {**model(a=STRING), "required": []}) == [
        " `a`: string → string, optional"
    ]


def test_nothing_that_is_listed() -> None:
    """Where only words have changed it says so, and also where something else has."""
    assert field_changes(STRING, {**STRING, "title": "A"}) == [": descriptions"]
    assert field_changes(STRING, {**STRING, "minLength": 1}) == [": details"]


def test_recursive() -> None:
    """A model within itself ends, and so does one that makes no sense."""
    deep = {"$ref": "#/$defs/A", "$defs": {"A": model(a={"$ref": "#/$defs/A"})}}
    broken = {"$ref": "#/$defs/A", "$defs": {"A": {"$ref": "#/$defs/A"}}}

    assert field_changes(deep, {**deep, "title": "B"}) == [": descriptions"]
    assert field_changes(broken, STRING) == [": none → string"]


def test_gone() -> None:
    """What is gone is named by its outermost place; what takes any field lacks none."""
    old = model(a=STRING, b=model(c=STRING), d=model(e=STRING))

    assert fields_gone(old, model(d=model())) == {"a": "string", "b": "object", "d.e": "string"}
    assert fields_gone(old, {**model(), "additionalProperties": True}) == {}
    assert fields_gone(old, {"type": "object", "additionalProperties": STRING}) == {}
    assert fields_gone(STRING, model(a=STRING)) == {}


def test_other_fields() -> None:
    """Fields of any name are told of as `*`."""
    mapping = {"type": "object", "additionalProperties": STRING}

    assert field_changes(model(), mapping) == [" `*`: none → string"]
