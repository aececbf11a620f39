"""What two JSON Schemas list differently, place by place.

Both are walked together, so that what is the same on both sides costs nothing, and places are
only ever printed. At each place stand *members*, pieces without unions; members of a union go
on together where nothing tells them apart.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from iii_asgi.catalogue.alike import canonical, definitions_of, references, same_definitions
from iii_asgi.catalogue.pieces import Piece, UnjudgedError, identity, judging, stripped
from iii_asgi.catalogue.valuesets import words_of

__all__ = ["field_changes", "fields_gone"]

_MOST_STEPS = 20_000

_Pieces: TypeAlias = tuple[Piece, ...]
_Pair: TypeAlias = tuple[tuple[bytes, ...], tuple[bytes, ...]]
_Tags: TypeAlias = Mapping[str, frozenset[Hashable]]


def field_changes(old: Any, new: Any) -> list[str]:
    """Return `` `place`: before → after`` for what two schemas list differently.

    Each goes on from the word that says what the schemas are of. Where nothing is listed
    differently there is one line: what is written for people has changed, or something else.
    """
    try:
        lines = {one.place: one for one in reversed(_lines(old, new))}
    except UnjudgedError:
        return [": details"]
    told = [one.text for one in reversed(lines.values())]
    return told or [f": {_what_else(old, new)}"]


def fields_gone(old: Any, new: Any) -> dict[str, str]:
    """Return place → type of the fields that only the old schema lists, the outermost of them.

    Where the new one takes any field it does not take less; whether the types fit is for
    `iii_asgi.catalogue.compatibility`.

    Raises:
        UnjudgedError: the schemas cannot be compared; the text says why.
    """
    return {one.place: one.before for one in _lines(old, new) if one.is_gone}


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


def _lines(old: Any, new: Any) -> list[_Line]:
    with judging():
        found = _Walk(definitions_of(old), definitions_of(new)).run(old, new)
    return [replace(one, place=one.place.removeprefix(".")) for one in found]


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
    before: _Pieces
    after: _Pieces
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

    def _within(self, olds: _Pieces, news: _Pieces) -> list[_Line]:
        """Return what differs within: a pair is looked at once, wherever it stands."""
        pair = _keys(olds), _keys(news)
        if pair not in self._found:
            self._found[pair] = []  # met again in itself it is no news
            steps = (
                step
                for some, others in _groups(olds, news)
                for step in (*_fields(some, others), *_items(some, others))
            )
            self._found[pair] = [line for step in steps for line in self._step(step)]
        return self._found[pair]

    def _is_alike(self, olds: _Pieces, news: _Pieces) -> bool:
        """Whether both sides say the same, with all that they refer to."""
        if _keys(olds) != _keys(news):
            return False
        parts = (part for one in olds for part in one.parts)
        return all(name in self._alike for part in parts for name in references(part))


def _members(pieces: Iterable[Piece]) -> _Pieces:
    return tuple({one.key: one for piece in pieces for one in piece.members()}.values())


def _keys(pieces: _Pieces) -> tuple[bytes, ...]:
    return tuple(sorted(one.key for one in pieces))


def _said(pieces: _Pieces, *, may_lack: bool) -> str:
    text = words_of(pieces)
    return f"{text}, optional" if may_lack and pieces else text


# -- members of unions ---------------------------------------------------------------------


def _groups(olds: _Pieces, news: _Pieces) -> Iterator[tuple[_Pieces, _Pieces]]:
    """Yield old members with the new ones that they may be now.

    Where some have none on the other side, all of both follow.
    """
    if len(olds) == len(news) == 1:
        yield olds, news
        return
    tagged = [(one, _tags(one)) for one in news]
    found: dict[tuple[int, ...], list[Piece]] = {}
    for one in olds:
        tags = _tags(one)
        numbers = (at for at, other in enumerate(tagged) if not _are_apart((one, tags), other))
        found.setdefault(tuple(numbers), []).append(one)
    for numbers_of, some in found.items():
        if numbers_of:
            yield tuple(some), tuple(news[at] for at in numbers_of)
    if () in found or len({at for numbers_of in found for at in numbers_of}) < len(news):
        yield olds, news


def _tags(piece: Piece) -> _Tags:
    """Return the fields with few values, and those."""
    inner = ((name, piece.at_name(name).values) for name in piece.names)
    return {name: frozenset(map(identity, some)) for name, some in inner if some is not None}


def _are_apart(one: tuple[Piece, _Tags], other: tuple[Piece, _Tags]) -> bool:
    """Whether the types, or a field with few values, tell members of a union apart."""
    if not one[0].types & other[0].types:
        return True
    return any(tags.isdisjoint(other[1].get(name, tags)) for name, tags in one[1].items() if tags)


# -- what is within ------------------------------------------------------------------------


def _fields(olds: _Pieces, news: _Pieces) -> Iterator[_Step]:
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


def _objects(pieces: _Pieces) -> _Pieces:
    return tuple(one for one in pieces if "object" in one.types)


def _takes(piece: Piece, name: str) -> bool:
    return name in piece.names or piece.is_open


def _items(olds: _Pieces, news: _Pieces) -> Iterator[_Step]:
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


def _at_index(pieces: Sequence[Piece], index: int) -> _Pieces:
    fitting = (one for one in pieces if index < min(one.all("maxItems"), default=index + 1))
    return tuple(one.at_index(index) for one in fitting)
