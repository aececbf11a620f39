"""The values that schemas have."""

from __future__ import annotations

from typing import Any

import pytest

from iii_asgi.catalogue.pieces import Piece
from iii_asgi.catalogue.valuesets import are_disjoint, is_listed, split, words


def piece(schema: Any) -> Piece:
    """Return a schema taken apart."""
    return Piece.of([schema], {})


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({}, "anything"),
        (False, "none"),
        ({"type": ["null", "number"]}, "number | null"),
        ({"type": "boolean"}, "boolean"),
        ({"const": True}, "true"),
        ({"enum": ["a", 1, None]}, '"a" | 1 | null'),
        (
            {"anyOf": [{"type": "string"}, {"oneOf": [{"const": 1}, {"type": "string"}]}]},
            "string | 1",
        ),
        ({"anyOf": [{"type": "string"}, {}]}, "anything"),
        ({"enum": list(range(9))}, "0 | 1 | 2 | 3 | 4 | 5 | … 3 more"),
    ],
)
def test_words(schema: Any, expected: str) -> None:
    """A schema is told in a few words."""
    assert words(piece(schema)) == expected


def tagged(kind: str) -> dict[str, Any]:
    """Return a member of a discriminated union."""
    return {"type": "object", "properties": {"kind": {"const": kind}}, "required": ["kind"]}


def test_disjoint() -> None:
    """Types, values and constants of required fields tell schemas apart."""
    a, b = piece(tagged("a")), piece(tagged("b"))
    either = piece({"anyOf": [tagged("a"), tagged("b")]})

    assert are_disjoint(a, b)
    assert are_disjoint(either, piece(tagged("c")))
    assert not are_disjoint(either, a)
    assert are_disjoint(a, piece({"type": "string"}))
    assert are_disjoint(piece({"const": 1}), piece({"const": True}))
    assert not are_disjoint(piece({"const": 1}), piece({"const": 1.0}))
    assert not are_disjoint(a, piece({**tagged("b"), "required": []}))


def test_split() -> None:
    """A schema is split into values, or types; one type with many values is whole."""
    assert [words(one) for one in split(piece({"enum": [1, "a"]}))] == ["1", '"a"']
    kinds = [words(one) for one in split(piece({"type": ["string", "number"]}))]
    assert kinds == ["number", "string"]
    assert split(piece({"type": "string"})) == []


def test_listed() -> None:
    """Values are compared as JSON: true is no number."""
    assert is_listed([1, 2], piece({"enum": [1.0]}))
    assert not is_listed([1, 2], piece({"const": True}))
    assert not is_listed([1, 2], piece({"type": "integer"}))
