"""What stands within pieces of schemas, on both sides."""

from __future__ import annotations

from typing import Any

from iii_asgi.catalogue.pieces import Piece
from iii_asgi.catalogue.steps import Line, steps_within

STRING = {"type": "string"}
TO_A = {"$ref": "#/$defs/A"}


def names(old: Any, new: Any) -> list[str]:
    """Return the steps that are taken."""
    return [step.name for step in steps_within(piece(old), piece(new))]


def lines(old: Any, new: Any) -> list[Line]:
    """Return what differs at them."""
    steps = steps_within(piece(old), piece(new))
    return [line for step in steps if (line := step.line()) is not None]


def piece(schema: Any) -> tuple[Piece]:
    """Return a schema taken apart."""
    return (Piece.of([{"type": "object", **schema}], {"A": STRING}),)


def test_fields() -> None:
    """Fields that are written alike are left out; what is referred to may have changed."""
    old = {"properties": {"a": STRING, "b": STRING, "c": TO_A}, "required": ["a"]}
    new = {"properties": {"a": STRING, "b": {}, "c": TO_A, "d": STRING}, "required": ["a"]}

    assert names(old, new) == [".b", ".c", ".d", ".*"]
    assert lines(old, new) == [
        Line(".b", "string, optional", "anything, optional"),
        Line(".d", "none", "string, optional"),
    ]
    assert lines(old, {**old, "required": []}) == [Line(".a", "string", "string, optional")]


def test_gone() -> None:
    """A field that is listed no more is gone; at another place it is the same line."""
    (line,) = lines({"properties": {"a": STRING}}, {"properties": {}})

    assert line == Line(".a", "string, optional", "none", is_gone=True)
    assert line.at("b.a").text == " `b.a`: string, optional → none"
    assert line.at("b.a").is_gone


def test_items() -> None:
    """Items with a place of their own come first."""
    old = {"type": "array", "prefixItems": [STRING], "items": STRING}

    assert lines(old, {"type": "array", "items": {"type": "null"}}) == [
        Line("[0]", "string", "null"),
        Line("[]", "string", "null"),
    ]
