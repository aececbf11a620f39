"""Schemas of two sides whose definitions agree, so that those are compared once for all."""

from __future__ import annotations

from typing import Any

from iii_asgi.catalogue.alike import definitions_of, references, same_definitions
from iii_asgi.catalogue.compatibility import Comparison
from iii_asgi.catalogue.fields import Walk
from iii_asgi.catalogue.parts import UnjudgedError

__all__ = ["Ground"]


class _Side:
    """The definitions of one side, together."""

    def __init__(self) -> None:
        self.definitions: dict[str, Any] = {}
        self._referred: dict[str, tuple[Any, set[str]]] = {}  # of a definition, as last seen

    def agrees(self, schema: Any) -> bool:
        """Whether a schema means the same with all of these as with its own definitions.

        So it is where it refers to its own only, and none is another than the one here.
        """
        own = definitions_of(schema)
        if any(self.definitions.get(name, one) is not one for name, one in own.items()):
            return False
        try:
            referred = references(schema).union(*map(self._references, own, own.values()))
        except UnjudgedError:
            return False
        return referred <= own.keys()

    def _references(self, name: str, definition: Any) -> set[str]:
        known = self._referred.get(name)
        if known is None or known[0] is not definition:
            self._referred[name] = known = definition, references(definition)
        return known[1]

    def add(self, schema: Any) -> None:
        """Take in what a schema brings."""
        self.definitions.update(definitions_of(schema))


class Ground:
    """What schemas with the same definitions have in common, and what has been found of it.

    Args:
        old: a schema, in a spelling in which equal definitions are one object.
        new: another one.

    Attributes:
        takes: judges whether new schemas take what old ones do.
        gives: judges whether old schemas take what new ones do: what is given has been known.
        fields: finds what they list differently.

    Raises:
        UnjudgedError: a reference leads elsewhere.
    """

    def __init__(self, old: Any, new: Any) -> None:
        self._old, self._new = _Side(), _Side()
        self._alike: set[str] = set()
        self._on_both: set[str] = set()
        self.is_open = self._old.agrees(old) and self._new.agrees(new)
        self._add(old, new)
        sides = self._old.definitions, self._new.definitions
        self.takes = Comparison(*sides[::-1], self._alike)
        self.gives = Comparison(*sides, self._alike)
        self.fields = Walk(*sides, self._alike)

    def admit(self, old: Any, new: Any) -> bool:
        """Take in two more schemas, if that changes nothing for any; whether it does not."""
        if not (self.is_open and self._old.agrees(old) and self._new.agrees(new)):
            return False
        self._add(old, new)
        return True

    def _add(self, old: Any, new: Any) -> None:
        self._old.add(old)
        self._new.add(new)
        sides = definitions_of(old), definitions_of(new)
        on_both = sides[0].keys() & sides[1].keys()
        if not on_both <= self._on_both:
            self._alike |= same_definitions(*sides)
            self._on_both |= on_both
