"""What schemas have in common whose definitions agree."""

from __future__ import annotations

from typing import Any

import pytest

from iii_asgi.catalogue.ground import Ground

STRING: dict[str, Any] = {"type": "string"}
INTEGER: dict[str, Any] = {"type": "integer"}
TO_A: dict[str, Any] = {"$ref": "#/$defs/A"}
TO_B: dict[str, Any] = {"$ref": "#/$defs/B"}


def schema(root: dict[str, Any], **definitions: Any) -> dict[str, Any]:
    """Return a schema with definitions."""
    return {**root, "$defs": definitions}


def test_admitted() -> None:
    """Schemas are taken in whose definitions are the same on their side, or new."""
    ground = Ground(schema(TO_A, A=STRING), schema(TO_A, A=INTEGER))

    assert ground.is_open
    assert ground.admit(schema(TO_A, A=STRING), schema(TO_A, A=INTEGER))
    assert ground.admit(schema(TO_B, B=TO_A, A=STRING), schema(TO_B, B=INTEGER))
    assert ground.admit(INTEGER, STRING)
    assert not ground.admit(schema(TO_A, A=INTEGER), schema(TO_A, A=INTEGER))
    assert not ground.admit(schema(TO_A, A=STRING), schema(TO_B, B=STRING))


@pytest.mark.parametrize("astray", [TO_A, {"$ref": "https://example.com"}])
def test_references_astray(astray: dict[str, Any]) -> None:
    """A schema that refers to what it does not bring gets nothing from others."""
    ground = Ground(schema(TO_A, A=STRING), schema(TO_A, A=INTEGER))

    assert not ground.admit(schema(astray), schema({}))
    assert not ground.admit(schema({}), schema(TO_B, B=astray))
    assert not Ground(schema(TO_A), schema({})).is_open


def test_same_on_both_sides() -> None:
    """A definition is the same on both sides also where each was known of one side before."""
    ground = Ground(schema(TO_A, A=STRING, C=STRING), schema(TO_B, B=STRING, C=STRING))
    assert ground.admit(schema(TO_B, B=STRING), schema(TO_A, A=STRING))
    # Of "not" nothing is judged unless it says the same.
    both = {"properties": {"a": {"not": TO_A}, "b": {"not": TO_B}, "c": STRING}}
    old, new = (schema({**both, "required": [one]}, A=STRING, B=STRING) for one in "bc")
    assert ground.admit(old, new)

    assert [one.place for one in ground.takes.run(new, old)] == ["c"]
    assert [one.place for one in ground.gives.run(old, new)] == ["b"]
    assert [one.place for one in ground.fields.run(old, new)] == ["b", "c"]
