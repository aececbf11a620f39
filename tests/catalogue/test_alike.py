"""Whether schemas are the same."""

from __future__ import annotations

from iii_asgi.catalogue.alike import canonical, references, same_definitions


def test_same_definitions() -> None:
    """A definition is the same where all that it refers to is, itself included."""
    to = {name: {"items": {"$ref": f"#/$defs/{name}"}} for name in "abc"}
    one = {"a": to["a"], "b": to["c"], "c": {"type": "string"}, "d": {}}
    other = {**one, "c": {"type": "null"}}

    assert same_definitions(one, one) == set("abcd")
    assert same_definitions(one, other) == {"a", "d"}


def test_references() -> None:
    """Only schemas refer to definitions: a value or a field of that name does not."""
    schema = {
        "properties": {"$ref": {"$ref": "#/$defs/A"}},
        "const": {"$ref": "#/$defs/B"},
        "anyOf": [{"not": {"$ref": "#/$defs/C~1D"}}],
    }
    assert references(schema) == {"A", "C/D"}


def test_canonical() -> None:
    """The order of keys does not count, and true is not 1."""
    assert canonical({"a": 1, "b": 2}) == canonical({"b": 2, "a": 1})
    assert canonical({"const": 1}) != canonical({"const": True})
