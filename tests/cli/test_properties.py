"""The properties that a piece of a schema names."""

from __future__ import annotations

from typing import Any

from iii_asgi.catalogue.pieces import Piece
from iii_asgi.cli.properties import listed_in, required_in, together

BASE = {"properties": {"a": {"type": "integer", "description": "An a"}}, "required": ["b", "a"]}
MORE = {"properties": {"a": {"minimum": 3, "default": 4}, "c": {}}, "required": ["a"]}


def piece_of(*schemas: Any) -> Piece:
    """Return a piece of schemas that all hold."""
    return Piece.of(schemas, {})


def test_listed() -> None:
    """What several parts say of one property holds together."""
    listed = listed_in(piece_of(BASE, MORE))

    assert list(listed) == ["a", "c"]
    assert listed["a"]["allOf"] == [BASE["properties"]["a"], MORE["properties"]["a"]]  # type: ignore[index]
    assert (listed["a"]["description"], listed["a"]["default"]) == ("An a", 4)


def test_required() -> None:
    """The order is that of `required`; what is not listed is as other properties are."""
    assert list(required_in(piece_of(BASE, MORE))) == ["b", "a"]
    assert required_in(piece_of(BASE))["b"] is True
    assert required_in(piece_of({**BASE, "additionalProperties": {"const": 1}}))["b"] == {
        "const": 1
    }


def test_together() -> None:
    """One schema stays as it is, and none takes anything."""
    assert together([{"const": 1}]) == {"const": 1}
    assert together([]) is True
