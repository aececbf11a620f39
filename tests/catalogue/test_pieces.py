"""JSON Schemas taken apart."""

from __future__ import annotations

from typing import Any

import pytest

from iii_asgi.catalogue.parts import UnjudgedError, stripped
from iii_asgi.catalogue.pieces import Piece

DEFINITIONS = {
    "Name": {"type": "string", "minLength": 1},
    "A/B": {"required": ["a"]},
    "Loop": {"allOf": [{"$ref": "#/$defs/Loop"}]},
}


def piece(schema: Any) -> Piece:
    """Return a schema taken apart."""
    return Piece.of([schema], DEFINITIONS)


def test_all_of_it() -> None:
    """References and allOf are resolved, escapes too, and what people read is left out."""
    one = piece({"title": "T", "allOf": [{"$ref": "#/$defs/A~1B"}, {"$ref": "#/$defs/Name"}]})

    assert one.required == {"a"}
    assert one.types == {"string"}
    assert len(one.parts) == 2


def test_properties() -> None:
    """What a property has to fit comes from all parts; a pattern may take it as well."""
    one = piece({"properties": {"a": {"type": "string"}}, "additionalProperties": False})
    loose = piece({"patternProperties": {"^b": {}}, "additionalProperties": False})

    assert one.at_name("a").types == {"string"}
    assert one.at_name("b").is_never
    assert not loose.at_name("b").is_never
    assert not one.is_silent
    assert piece({"properties": {"a": True}}).is_silent


def test_open() -> None:
    """A model means the fields that it lists, a mapping any."""
    assert piece({"type": "object"}).is_open
    assert piece({"additionalProperties": {"type": "string"}}).is_open
    assert not piece({"properties": {}}).is_open
    assert not piece({"additionalProperties": False}).is_open


def test_members() -> None:
    """A union is split, with the unions in it."""
    one = piece({"anyOf": [{"oneOf": [{"const": 1}, {"const": 2}]}, {"const": 3}]})

    assert [member.values for member in one.members()] == [[1], [2], [3]]


def test_items() -> None:
    """Items have their own schemas, then that of the rest."""
    one = piece({"prefixItems": [{"type": "string"}], "items": {"type": "null"}})

    assert [one.at_index(index).types for index in (0, 1)] == [{"string"}, {"null"}]


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#/$defs/Loop"},
        {"$ref": "#/$defs/Missing"},
        {"$ref": "other.json"},
        {"unevaluatedItems": False},
        3,
    ],
)
def test_unjudged(schema: Any) -> None:
    """What cannot be taken apart is an error."""
    with pytest.raises(UnjudgedError):
        piece(schema)


def test_stripped() -> None:
    """Words for people go, also deep within; fields and values of such names stay."""
    said = {"type": "object", "properties": {"title": {"const": {"title": 1}}}}
    written = {
        "title": "T",
        "x-more": 1,
        "type": "object",
        "properties": {"title": {"const": {"title": 1}, "default": 2}},
        "$defs": {"A": {"description": "D"}},
    }

    assert stripped(written) == {**said, "$defs": {"A": {}}}


def test_doubling() -> None:
    """What doubles at each level, or is a member of itself many times, ends with a reason."""
    levels: dict[str, Any] = {
        f"A{n}": {"allOf": [{"$ref": f"#/$defs/A{n + 1}"}] * 2} for n in range(40)
    }
    levels["A40"] = {}
    itself = {"U": {"anyOf": [{"$ref": "#/$defs/U"}, {"type": "null"}] * 20}}

    with pytest.raises(UnjudgedError, match="too large"):
        Piece.of([levels["A0"]], levels)
    with pytest.raises(UnjudgedError, match="too large"):
        list(Piece.of([itself["U"]], itself).members())
