"""What two JSON Schemas list differently, place by place.

Both are walked together, so that what is the same on both sides costs nothing, and places are
only ever printed. At each place stand *members*, pieces without unions; members of a union go
on together where nothing tells them apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from functools import cached_property
from typing import Any

from iii_asgi.catalogue.alike import definitions_of, references, same_definitions
from iii_asgi.catalogue.members import Pieces, related
from iii_asgi.catalogue.pairs import Pairs
from iii_asgi.catalogue.parts import UnjudgedError, judging
from iii_asgi.catalogue.pieces import Piece
from iii_asgi.catalogue.spelling import Spellings, are_same
from iii_asgi.catalogue.steps import Line, Step, steps_within

__all__ = ["FieldChanges", "Walk"]


class FieldChanges:
    """What two schemas list differently.

    Args:
        old: a JSON Schema with its ``$defs``.
        new: another one.
        spellings: in which they are compared.
        walk: through the definitions of both, if there has been one.
    """

    def __init__(
        self, old: Any, new: Any, spellings: Spellings | None = None, walk: Walk | None = None
    ) -> None:
        self._old = old
        self._new = new
        self._spellings = spellings or Spellings()
        self._walk = walk

    @property
    def texts(self) -> list[str]:
        """`` `place`: before → after`` for each, to go on from the word of what they are.

        Where nothing is listed differently there is one line: what is written for people has
        changed, or something else.
        """
        try:
            lines = {one.place: one for one in reversed(self._lines)}
        except UnjudgedError:
            return [": details"]
        told = [one.text for one in reversed(lines.values())]
        return told or [f": {self._what_else}"]

    @property
    def gone(self) -> dict[str, str]:
        """Place → type of the fields that only the old schema lists, the outermost of them.

        Where the new one takes any field it does not take less; whether the types fit is for
        `iii_asgi.catalogue.compatibility`.

        Raises:
            UnjudgedError: the schemas cannot be compared; the text says why.
        """
        return {one.place: one.before for one in self._lines if one.is_gone}

    @cached_property
    def _lines(self) -> list[Line]:
        with judging():
            old, new = map(self._spellings.plain, (self._old, self._new))
            if are_same(old, new):
                return []
            return (self._walk or Walk.of(old, new)).run(old, new)

    @property
    def _what_else(self) -> str:
        """What differs of schemas that list the same, in a word."""
        if not are_same(*map(self._spellings.plain, (self._old, self._new))):
            return "details"
        same = are_same(*map(self._spellings.with_defaults, (self._old, self._new)))
        return "descriptions" if same else "defaults"


class Walk:
    """Goes through two schemas at once, and others with the same definitions.

    Args:
        old: the definitions of the old ones.
        new: those of the new ones.
        alike: which of them are the same, with all that they refer to.
    """

    def __init__(self, old: Mapping[str, Any], new: Mapping[str, Any], alike: Set[str]) -> None:
        self._old = old
        self._new = new
        self._alike = alike
        self._pairs = Pairs[Line]("it is too large to be compared")

    @classmethod
    def of(cls, old: Any, new: Any) -> Walk:
        """Return one for two schemas."""
        sides = definitions_of(old), definitions_of(new)
        return cls(*sides, same_definitions(*sides))

    def run(self, old: Any, new: Any) -> list[Line]:
        """Return what differs, from the outside inwards.

        Raises:
            UnjudgedError: they cannot be compared; the text says why.
        """
        self._pairs.begin()
        before, after = Piece.of([old], self._old), Piece.of([new], self._new)
        found = self._step(Step("", (before,), (after,)))
        return [one.at(one.place.removeprefix(".")) for one in found]

    def _step(self, step: Step) -> list[Line]:
        if step.may_lack[0] == step.may_lack[1] and self._is_alike(step.before, step.after):
            return []
        found = [] if (line := step.line()) is None else [line]
        if step.before and step.after:
            within = self._within(_members(step.before), _members(step.after))
            found += [one.at(step.name + one.place) for one in within]
        self._pairs.count(1 + len(found))
        return found

    def _within(self, olds: Pieces, news: Pieces) -> list[Line]:
        """Return what differs within: a pair is looked at once, wherever it stands."""
        pair = tuple(one.key for one in olds), tuple(one.key for one in news)
        return self._pairs.compare(pair, lambda: self._lines_within(olds, news))

    def _lines_within(self, olds: Pieces, news: Pieces) -> list[Line]:
        return [
            line
            for some, others in related(olds, news)
            for step in steps_within(some, others)
            for line in self._step(step)
        ]

    def _is_alike(self, olds: Pieces, news: Pieces) -> bool:
        """Whether both sides say the same, with all that they refer to."""
        if sorted(one.key for one in olds) != sorted(one.key for one in news):
            return False
        parts = (part for one in olds for part in one.parts)
        return all(name in self._alike for part in parts for name in references(part))


def _members(pieces: Iterable[Piece]) -> Pieces:
    return tuple({one.key: one for piece in pieces for one in piece.members()}.values())
