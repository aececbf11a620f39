"""What a JSON Schema lists, by place, to tell of changes that break nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from iii_asgi.catalogue.pieces import Piece, UnjudgedError, stripped
from iii_asgi.catalogue.valuesets import words

__all__ = ["field_changes", "fields_gone"]

_DEEPEST = 6
_MOST = 2_000


def field_changes(old: Any, new: Any) -> list[str]:
    """Return `` `place`: before → after`` for what two schemas list differently.

    Each goes on from the word that says what the schemas are of. Where nothing is listed
    differently there is one line: what is written for people has changed, or something else.
    """
    before, after = _fields(old), _fields(new)
    told = [
        f"{f' `{place}`' if place else ''}: "
        f"{before.get(place, 'none')} → {after.get(place, 'none')}"
        for place in dict.fromkeys((*before, *after))
        if before.get(place) != after.get(place)
    ]
    if told:
        return told
    return [": descriptions" if stripped(old) == stripped(new) else ": details"]


def fields_gone(old: Any, new: Any) -> dict[str, str]:
    """Return place → type of the fields that only the old schema lists, the outermost of them.

    Where the new one takes any field it does not take less; whether the types fit is for
    `iii_asgi.catalogue.compatibility`.
    """
    before, after = _fields(old), _fields(new)
    if len(after) >= _MOST:
        return {}
    return {
        place: text
        for place, text in before.items()
        if place not in after
        and not place.endswith(("]", ".*"))
        and _around(place) in after
        and _joined(_around(place), "*") not in after
    }


def _around(place: str) -> str:
    return place.rpartition(".")[0]


def _joined(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name


def _fields(schema: Mapping[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    definitions = schema.get("$defs", {})
    try:
        piece = Piece.of([stripped(schema)], definitions)
        for place, text in islice(_listed(piece, "", _DEEPEST), _MOST):
            found.setdefault(place, text)
    except (UnjudgedError, RecursionError):
        found.clear()
    return found


def _listed(piece: Piece, place: str, depth: int) -> Iterator[tuple[str, str]]:
    """Yield places and what stands there; of a union, what its members list."""
    branches = piece.branches() if piece.has_union else [piece]
    said = dict.fromkeys(words(one) for one in branches)
    yield place, " | ".join(said)
    if not depth:
        return
    for one in branches:
        for name in one.names:
            inner = one.at_name(name)
            where = _joined(place, name)
            for at, text in _listed(inner, where, depth - 1):
                optional = at == where and name not in one.required
                yield at, f"{text}, optional" if optional else text
        if "object" in one.types and any(one.all("additionalProperties")):
            yield _joined(place, "*"), words(one.at_other_names())
        if "array" in one.types and any(one.all("items")):
            yield from _listed(one.at_index(0), f"{place}[]", depth - 1)
