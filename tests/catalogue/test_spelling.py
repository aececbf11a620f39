"""Ways to write schemas."""

from __future__ import annotations

from typing import Any

from iii_asgi.catalogue.spelling import Spellings, are_same


def titled(title: str, **rest: Any) -> dict[str, Any]:
    """Return a schema with two definitions, of which one is titled."""
    definitions = {"A": {"type": "string", "title": title}, "B": {"const": True}}
    return {"type": "object", **rest, "$defs": definitions}


def test_definitions_are_written_once() -> None:
    """Definitions that come out equal are one object, of whichever schema."""
    plain = Spellings().plain
    one, other = plain(titled("one")), plain(titled("other", description="D"))

    assert one == {"type": "object", "$defs": {"A": {"type": "string"}, "B": {"const": True}}}
    assert one["$defs"]["A"] is other["$defs"]["A"]
    assert one["$defs"]["A"] is not one["$defs"]["B"]


def test_same() -> None:
    """Schemas are the same if they and their definitions are: true is not 1."""
    plain = Spellings().plain
    other = titled("")
    other["$defs"]["B"] = {"const": 1}

    assert are_same(plain(titled("one")), plain(titled("other")))
    assert not are_same(plain(titled("")), plain(other))
    assert not are_same(plain(titled("")), plain(titled("", minProperties=1)))
    assert not are_same(plain(titled("")), plain({"type": "object"}))
    assert are_same(plain(None), plain(None))
    assert not are_same(plain({}), plain(True))


def test_ways() -> None:
    """What counts in one way of writing does not in another."""
    spellings, schema = Spellings(), {"title": "T", "description": "D", "default": 1}

    assert spellings.normal(schema) == {"description": "D", "default": 1}
    assert spellings.with_defaults(schema) == {"default": 1}
    assert spellings.plain(schema) == {}
