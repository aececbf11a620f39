"""Ways to write JSON Schemas, in which definitions that several of them bring are written once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from iii_asgi.catalogue.alike import canonical, definitions_of
from iii_asgi.catalogue.normal import normal
from iii_asgi.catalogue.parts import stripped

__all__ = ["Spelling", "Spellings", "are_same"]


class Spelling:
    """One way to write schemas: definitions that come out equal are one object.

    Args:
        write: returns a schema written in this way.
    """

    def __init__(self, write: Callable[[Any], Any]) -> None:
        self._write = write
        # The definitions themselves are kept as well, so that no other has the identity of one.
        self._by_identity: dict[int, tuple[Any, Any]] = {}
        self._by_text: dict[bytes, Any] = {}

    def __call__(self, schema: Any) -> Any:
        """Return a schema in this spelling, its definitions too."""
        definitions = definitions_of(schema)
        if not definitions:
            return self._write(schema)
        root = {key: value for key, value in schema.items() if key != "$defs"}
        written = {name: self._definition(one) for name, one in definitions.items()}
        return {**self._write(root), "$defs": written}

    def _definition(self, definition: Any) -> Any:
        if (known := self._by_identity.get(id(definition))) is not None:
            return known[1]
        text = canonical(definition)
        if text not in self._by_text:
            written = self._write(definition)
            self._by_text[text] = self._by_text.setdefault(canonical(written), written)
        self._by_identity[id(definition)] = definition, self._by_text[text]
        return self._by_text[text]


class Spellings:
    """The ways to write schemas in which they are compared."""

    def __init__(self) -> None:
        self.normal = Spelling(normal)
        self.plain = Spelling(stripped)
        self.with_defaults = Spelling(lambda one: stripped(one, "default"))


def are_same(one: Any, other: Any) -> bool:
    """Whether two schemas in one spelling are the same."""
    some, others = definitions_of(one), definitions_of(other)
    if some.keys() != others.keys() or any(some[name] is not others[name] for name in some):
        return False
    return canonical(_root(one)) == canonical(_root(other))


def _root(schema: Any) -> Any:
    if not isinstance(schema, Mapping):
        return schema
    return {key: value for key, value in schema.items() if key != "$defs"}
