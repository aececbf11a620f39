"""The members of unions on two sides: which of them may be the same."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from typing import TypeAlias

from iii_asgi.catalogue.pieces import Piece, identity

__all__ = ["Pieces", "related"]

Pieces: TypeAlias = tuple[Piece, ...]
_Tags: TypeAlias = Mapping[str, frozenset[Hashable]]


def related(olds: Pieces, news: Pieces) -> Iterator[tuple[Pieces, Pieces]]:
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
