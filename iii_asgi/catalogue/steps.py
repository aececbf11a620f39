"""What stands a step within the pieces of two JSON Schemas: their fields, and their items."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from iii_asgi.catalogue.alike import are_plainly_same
from iii_asgi.catalogue.members import Pieces
from iii_asgi.catalogue.pieces import Piece
from iii_asgi.catalogue.valuesets import words_of

__all__ = ["Line", "Step", "steps_within"]


@dataclass(frozen=True, slots=True)
class Line:
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

    def at(self, place: str) -> Line:
        """Return the same line for another place."""
        return Line(place, self.before, self.after, self.is_gone)


@dataclass(frozen=True, slots=True)
class Step:
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

    def line(self) -> Line | None:
        """Return what differs here, if anything does."""
        sides = zip((self.before, self.after), self.may_lack, strict=True)
        before, after = (_said(some, may_lack=may) for some, may in sides)
        if sorted(before.split(" | ")) == sorted(after.split(" | ")):  # in whatever order
            return None
        return Line(self.name, before, after, is_gone=self.is_field and not self.after)


def _said(pieces: Pieces, *, may_lack: bool) -> str:
    text = words_of(pieces)
    return f"{text}, optional" if may_lack and pieces else text


def steps_within(olds: Pieces, news: Pieces) -> Iterator[Step]:
    """Yield what stands within some pieces, on both sides, but for fields that are untouched."""
    yield from _fields(olds, news)
    yield from _items(olds, news)


def _fields(olds: Pieces, news: Pieces) -> Iterator[Step]:
    """Yield the fields of objects, each with what has to fit it on both sides."""
    before, after = (_objects(some) for some in (olds, news))
    if not before or not after or not all(one.parts for one in (*before, *after)):
        return  # what takes anything lists nothing, and what is no object has no fields
    for name in dict.fromkeys(name for one in (*before, *after) for name in one.names):
        sides = [[one for one in some if _takes(one, name)] for some in (before, after)]
        if _is_untouched(name, *sides):
            continue
        old, new = (tuple(one.at_name(name) for one in some) for some in sides)
        lacking = (any(name not in one.required for one in some) for some in sides)
        is_field = any(name in one.names for one in before)
        yield Step(f".{name}", old, new, (next(lacking), next(lacking)), is_field)
    old, new = (
        tuple(one.at_other_names() for one in some if one.is_open) for some in (before, after)
    )
    yield Step(".*", old, new)


def _objects(pieces: Pieces) -> Pieces:
    return tuple(one for one in pieces if "object" in one.types)


def _takes(piece: Piece, name: str) -> bool:
    return name in piece.names or piece.is_open


def _is_untouched(name: str, olds: Sequence[Piece], news: Sequence[Piece]) -> bool:
    """Whether the same is written of a field: so it is with most fields of a changed model."""
    if not len(olds) == len(news) == 1:
        return False
    old, new = olds[0], news[0]
    if (name in old.required) != (name in new.required):
        return False
    return are_plainly_same(old.schemas_at(name), new.schemas_at(name))


def _items(olds: Pieces, news: Pieces) -> Iterator[Step]:
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
        yield Step(name, _at_index(before, index), _at_index(after, index))


def _at_index(pieces: Sequence[Piece], index: int) -> Pieces:
    fitting = (one for one in pieces if index < min(one.all("maxItems"), default=index + 1))
    return tuple(one.at_index(index) for one in fitting)
