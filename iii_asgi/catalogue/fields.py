"""What two JSON Schemas list differently, place by place.

Both are walked together, so that what is the same on both sides costs nothing, and places are
only ever printed. At each place stand *members*, pieces without unions; members of a union go
on together where nothing tells them apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

from iii_asgi.catalogue.alike import (
    canonical,
    definitions_of,
    references,
    same_definitions,
)
from iii_asgi.catalogue.members import Pieces, related
from iii_asgi.catalogue.pairs import Pairs
from iii_asgi.catalogue.parts import UnjudgedError, judging, stripped
from iii_asgi.catalogue.pieces import Piece
from iii_asgi.catalogue.steps import Line, Step, steps_within

__all__ = ["FieldChanges"]

_MOST_STEPS = 20_000


class FieldChanges:
    """What two schemas list differently.

    Args:
        old: a JSON Schema with its ``$defs``.
        new: another one.
    """

    def __init__(self, old: Any, new: Any) -> None:
        self._old = old
        self._new = new

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
        return told or [f": {_what_else(self._old, self._new)}"]

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
            walk = _Walk(definitions_of(self._old), definitions_of(self._new))
            found = walk.run(self._old, self._new)
        return [one.at(one.place.removeprefix(".")) for one in found]


def _what_else(old: Any, new: Any) -> str:
    """Return in a word what differs of schemas that list the same."""
    if canonical(stripped(old)) != canonical(stripped(new)):
        return "details"
    same = canonical(stripped(old, "default")) == canonical(stripped(new, "default"))
    return "descriptions" if same else "defaults"


class _Walk:
    """Goes through two schemas at once."""

    def __init__(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
        self._old = old
        self._new = new
        self._alike = same_definitions(old, new)
        self._steps = 0
        self._pairs = Pairs[Line]()

    def run(self, old: Any, new: Any) -> list[Line]:
        """Return what differs, from the outside inwards."""
        before, after = Piece.of([old], self._old), Piece.of([new], self._new)
        return self._step(Step("", (before,), (after,)))

    def _step(self, step: Step) -> list[Line]:
        if step.may_lack[0] == step.may_lack[1] and self._is_alike(step.before, step.after):
            return []
        found = [] if (line := step.line()) is None else [line]
        if step.before and step.after:
            within = self._within(_members(step.before), _members(step.after))
            found += [one.at(step.name + one.place) for one in within]
        self._steps += 1 + len(found)
        if self._steps > _MOST_STEPS:
            raise UnjudgedError("it is too large to be compared")
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
