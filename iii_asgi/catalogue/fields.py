"""What two JSON Schemas list differently, place by place.

Both are walked together, so that what is the same on both sides costs nothing, and places are
only ever printed. At each place stand *members*, pieces without unions; members of a union go
on together where nothing tells them apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, TypeAlias

from iii_asgi.catalogue.alike import canonical, definitions_of, references, same_definitions
from iii_asgi.catalogue.members import Pieces, related
from iii_asgi.catalogue.parts import UnjudgedError, judging, stripped
from iii_asgi.catalogue.pieces import Piece
from iii_asgi.catalogue.valuesets import words_of

__all__ = ["FieldChanges"]

_MOST_STEPS = 20_000

_Pair: TypeAlias = tuple[tuple[bytes, ...], tuple[bytes, ...]]


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
    def _lines(self) -> list[_Line]:
        with judging():
            walk = _Walk(definitions_of(self._old), definitions_of(self._new))
            found = walk.run(self._old, self._new)
        return [replace(one, place=one.place.removeprefix(".")) for one in found]


def _what_else(old: Any, new: Any) -> str:
    """Return in a word what differs of schemas that list the same."""
    if canonical(stripped(old)) != canonical(stripped(new)):
        return "details"
    same = canonical(stripped(old, "default")) == canonical(stripped(new, "default"))
    return "descriptions" if same else "defaults"


@dataclass(frozen=True, slots=True)
class _Line:
    """What stands at a place, before and after.

    Attributes:
        place: ``item.prices[]``; empty for the value itself.
        before: in words.
        after: in words.
        is_gone: whether it is a field that is no longer taken, or given.
    """

    place: str
    before: str
    after: str
    is_gone: bool = False

    @property
    def text(self) -> str:
        """What is printed, from the place on."""
        return f"{f' `{self.place}`' if self.place else ''}: {self.before} → {self.after}"


@dataclass(frozen=True, slots=True)
class _Step:
    """What stands a step further within.

    Attributes:
        name: ``.name``, ``.*`` or ``[]``.
        before: what it has to fit.
        after: what it has to fit now.
        may_lack: whether it need not be there, before and after.
        is_field: whether it has been listed by its name.
    """

    name: str
    before: Pieces
    after: Pieces
    may_lack: tuple[bool, bool] = (False, False)
    is_field: bool = False

    def line(self) -> _Line | None:
        """Return what differs here, if anything does."""
        sides = zip((self.before, self.after), self.may_lack, strict=True)
        before, after = (_said(some, may_lack=may) for some, may in sides)
        if sorted(before.split(" | ")) == sorted(after.split(" | ")):  # in whatever order
            return None
        return _Line(self.name, before, after, is_gone=self.is_field and not self.after)


class _Walk:
    """Goes through two schemas at once."""

    def __init__(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
        self._old = old
        self._new = new
        self._alike = same_definitions(old, new)
        self._steps = 0
        self._found: dict[_Pair, list[_Line]] = {}

    def run(self, old: Any, new: Any) -> list[_Line]:
        """Return what differs, from the outside inwards."""
        before, after = Piece.of([old], self._old), Piece.of([new], self._new)
        return self._step(_Step("", (before,), (after,)))

    def _step(self, step: _Step) -> list[_Line]:
        if step.may_lack[0] == step.may_lack[1] and self._is_alike(step.before, step.after):
            return []
        found = [] if (line := step.line()) is None else [line]
        if step.before and step.after:
            within = self._within(_members(step.before), _members(step.after))
            found += [replace(one, place=step.name + one.place) for one in within]
        self._steps += 1 + len(found)
        if self._steps > _MOST_STEPS:
            raise UnjudgedError("it is too large to be compared")
        return found

    def _within(self, olds: Pieces, news: Pieces) -> list[_Line]:
        """Return what differs within: a pair is looked at once, wherever it stands."""
        pair = _keys(olds), _keys(news)
        if pair not in self._found:
            self._found[pair] = []  # met again in itself it is no news
            steps = (
                step
                for some, others in related(olds, news)
                for step in (*_fields(some, others), *_items(some, others))
            )
            self._found[pair] = [line for step in steps for line in self._step(step)]
        return self._found[pair]

    def _is_alike(self, olds: Pieces, news: Pieces) -> bool:
        """Whether both sides say the same, with all that they refer to."""
        if _keys(olds) != _keys(news):
            return False
        parts = (part for one in olds for part in one.parts)
        return all(name in self._alike for part in parts for name in references(part))


def _members(pieces: Iterable[Piece]) -> Pieces:
    return tuple({one.key: one for piece in pieces for one in piece.members()}.values())


def _keys(pieces: Pieces) -> tuple[bytes, ...]:
    return tuple(sorted(one.key for one in pieces))


def _said(pieces: Pieces, *, may_lack: bool) -> str:
    text = words_of(pieces)
    return f"{text}, optional" if may_lack and pieces else text


# -- what is within ------------------------------------------------------------------------


def _fields(olds: Pieces, news: Pieces) -> Iterator[_Step]:
    """Yield the fields of objects, each with what has to fit it on both sides."""
    before, after = (_objects(some) for some in (olds, news))
    if not before or not after or not all(one.parts for one in (*before, *after)):
        return  # what takes anything lists nothing, and what is no object has no fields
    for name in dict.fromkeys(name for one in (*before, *after) for name in one.names):
        sides = [[one for one in some if _takes(one, name)] for some in (before, after)]
        old, new = (tuple(one.at_name(name) for one in some) for some in sides)
        lacking = (any(name not in one.required for one in some) for some in sides)
        is_field = any(name in one.names for one in before)
        yield _Step(f".{name}", old, new, (next(lacking), next(lacking)), is_field)
    old, new = (
        tuple(one.at_other_names() for one in some if one.is_open) for some in (before, after)
    )
    yield _Step(".*", old, new)


def _objects(pieces: Pieces) -> Pieces:
    return tuple(one for one in pieces if "object" in one.types)


def _takes(piece: Piece, name: str) -> bool:
    return name in piece.names or piece.is_open


def _items(olds: Pieces, news: Pieces) -> Iterator[_Step]:
    """Yield the items of arrays, those with a place of their own first."""
    before, after = (
        tuple(one for one in some if "array" in one.types and one.parts) for some in (olds, news)
    )
    if not before or not after:
        return
    firsts = (len(first) for one in (*before, *after) for first in one.all("prefixItems"))
    last = max(firsts, default=0)
    for index in range(last + 1):
        name = "[]" if index == last else f"[{index}]"
        yield _Step(name, _at_index(before, index), _at_index(after, index))


def _at_index(pieces: Sequence[Piece], index: int) -> Pieces:
    fitting = (one for one in pieces if index < min(one.all("maxItems"), default=index + 1))
    return tuple(one.at_index(index) for one in fitting)
