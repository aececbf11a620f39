"""Whether all that fits one JSON Schema fits another, and if not, where.

What cannot be judged counts as a difference, so "no difference" can be relied on. One thing is
taken for granted: an object whose schema lists properties, and says nothing of others, has
none that the other schema lists. So a model can get a new field that need not be there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from iii_asgi.catalogue.alike import canonical, definitions_of, references, same_definitions
from iii_asgi.catalogue.bounds import SCOPES, is_bounded
from iii_asgi.catalogue.difference import NONE, Difference, differing
from iii_asgi.catalogue.pairs import Pairs
from iii_asgi.catalogue.parts import UnjudgedError, judging, stripped
from iii_asgi.catalogue.pieces import Piece, item_of, types_of
from iii_asgi.catalogue.schemas import Json
from iii_asgi.catalogue.valuesets import are_disjoint, is_listed, split, words, words_of

__all__ = ["Difference", "accepts"]

_MOST_STEPS = 20_000
# Keywords that mean something together only.
_TOGETHER: Mapping[str, tuple[str, ...]] = {
    "contains": ("contains", "minContains", "maxContains"),
    "if": ("if", "then", "else"),
    "patternProperties": ("properties", "patternProperties", "additionalProperties"),
}
_INNER = frozenset({"additionalProperties", "items", "prefixItems", "properties"})
_SILENT_ALONE = frozenset({"then", "else", "minContains", "maxContains"})


def accepts(wide: Any, narrow: Any) -> list[Difference]:
    """Return what keeps values that fit `narrow` from fitting `wide`; empty: they all do.

    Args:
        wide: a JSON Schema with its ``$defs``.
        narrow: another one.
    """
    try:
        with judging():
            wide, narrow = stripped(wide), stripped(narrow)
            if canonical(wide) == canonical(narrow):
                return []
            comparison = _Comparison(definitions_of(wide), definitions_of(narrow))
            return list(dict.fromkeys(comparison.run(wide, narrow)))
    except UnjudgedError as error:
        return [Difference("", "", "", str(error))]


class _Comparison:
    """Compares two schemas, part by part: each keyword has to be kept by itself."""

    def __init__(self, wide: Mapping[str, Any], narrow: Mapping[str, Any]) -> None:
        self._wide = wide
        self._narrow = narrow
        self._alike = same_definitions(wide, narrow)
        self._steps = 0
        self._pairs = Pairs[Difference]()

    def run(self, wide: Any, narrow: Any) -> list[Difference]:
        """Compare the schemas themselves."""
        found = self._compare(Piece.of([wide], self._wide), Piece.of([narrow], self._narrow))
        return [replace(one, place=one.place.removeprefix(".")) for one in found]

    def _compare(self, wide: Piece, narrow: Piece) -> list[Difference]:
        self._count(1)
        if narrow.is_never or (wide.key == narrow.key and self._is_alike(wide.parts)):
            return []
        if narrow.has_union:
            return self._each(wide, narrow, narrow.branches())
        return [difference for part in wide.parts for difference in self._part(wide, part, narrow)]

    def _each(self, wide: Piece, narrow: Piece, some: Iterable[Piece]) -> list[Difference]:
        """Compare each of several pieces that `narrow` consists of."""
        found = [one for piece in some for one in self._compare(wide, piece)]
        here = [one for one in found if not one.place and not one.reason]
        if not here:
            return found
        elsewhere = [one for one in found if one not in here]
        if words(wide) == words(narrow):
            return [*here[:1], *elsewhere]
        return [Difference("", words(wide), words(narrow)), *elsewhere]

    def _part(self, wide: Piece, part: Json, narrow: Piece) -> Iterator[Difference]:
        if not narrow.types <= types_of(part.get("type", "any")):
            yield Difference("", words(wide), words(narrow))
            return
        for keyword, value in part.items():
            if keyword == "type" or keyword in _SILENT_ALONE:
                continue
            if not narrow.types & SCOPES.get(keyword, narrow.types):
                continue
            if not self._says_the_same(keyword, part, narrow):
                yield from self._keyword(wide, part, keyword, value, narrow)

    def _says_the_same(self, keyword: str, part: Json, narrow: Piece) -> bool:
        """Whether a part of `narrow` says the same with a keyword, and what belongs to it."""
        if keyword in _INNER:
            return False  # they depend on each other, and are looked into
        keys = _TOGETHER.get(keyword, (keyword,))
        said = {key: part[key] for key in keys if key in part}
        if not self._is_alike([said]):
            return False
        others = ({key: one[key] for key in keys if key in one} for one in narrow.parts)
        return any(canonical(one) == canonical(said) for one in others)

    def _keyword(
        self,
        wide: Piece,
        part: Json,
        keyword: str,
        value: Any,
        narrow: Piece,
    ) -> Iterator[Difference]:
        """Yield where `narrow` does not keep one keyword."""
        if (bounded := is_bounded(keyword, value, narrow)) is not None:
            if not bounded:
                yield differing(keyword, value, narrow)
        elif keyword in ("const", "enum"):
            if not is_listed(value if keyword == "enum" else [value], narrow):
                yield Difference("", words(wide), words(narrow))
        elif keyword in ("anyOf", "oneOf"):
            yield from self._union(wide, keyword, value, narrow)
        elif keyword == "required":
            for name in sorted(set(value) - narrow.required):
                known = "optional" if name in narrow.names else NONE
                yield Difference(f".{name}", "required", known)
        elif keyword in _INNER:
            yield from self._inner(part, keyword, narrow)
        elif keyword == "not" and are_disjoint(narrow, Piece.of([value], wide.definitions)):
            return
        else:
            yield differing(keyword, value, narrow, f"{keyword} differs")

    def _inner(self, part: Json, keyword: str, narrow: Piece) -> Iterator[Difference]:
        """Yield where something within does not fit."""
        if keyword == "items" or (keyword == "prefixItems" and "items" not in part):
            yield from self._items(part, narrow)
        elif "patternProperties" in part:
            return  # all three are the same together, or that keyword says that they are not
        elif keyword == "properties":
            yield from self._properties(part[keyword], narrow)
        elif keyword == "additionalProperties":
            yield from self._others(part, narrow)

    # -- unions ----------------------------------------------------------------------------

    def _union(
        self,
        wide: Piece,
        keyword: str,
        members: Sequence[Any],
        narrow: Piece,
    ) -> list[Difference]:
        pieces = [Piece.of([one], wide.definitions) for one in members]
        possible = [one for one in pieces if not are_disjoint(one, narrow)]
        # Of `oneOf` exactly one may take it.
        tried = possible if keyword == "anyOf" or len(possible) == 1 else []
        found = [self._compare(one, narrow) for one in tried]
        if not all(found):
            return []
        if some := split(narrow):
            return self._each(wide, narrow, some)
        if len(found) == 1:
            return found[0]
        if not possible and (tag := _tag_of(pieces, narrow)) is not None:
            said = words_of(one.at_name(tag) for one in pieces)
            return [Difference(f".{tag}", said, words(narrow.at_name(tag)))]
        reason = "several alternatives may take it" if possible else ""
        return [Difference("", words(wide), words(narrow), reason)]

    # -- what is within ----------------------------------------------------------------------

    def _within(self, schema: Any, narrow: Piece, step: str) -> list[Difference]:
        """Compare a level further down: a pair is compared once, wherever it stands."""
        wide = Piece.of([schema], self._wide)
        pair = (wide.key, narrow.key)
        found = self._pairs.compare(pair, lambda: self._compare(wide, narrow))
        self._count(len(found))
        return [one.below(step) for one in found]

    def _count(self, steps: int) -> None:
        self._steps += steps
        if self._steps > _MOST_STEPS:
            raise UnjudgedError("it is too large to be judged")

    def _properties(self, properties: Mapping[str, Any], narrow: Piece) -> Iterator[Difference]:
        for name, schema in properties.items():
            if narrow.is_silent and name not in narrow.names and name not in narrow.required:
                continue
            yield from self._within(schema, narrow.at_name(name), f".{name}")

    def _others(self, part: Json, narrow: Piece) -> Iterator[Difference]:
        schema, listed = part["additionalProperties"], part.get("properties", {})
        for name in sorted({*narrow.names, *narrow.required} - set(listed)):
            piece = narrow.at_name(name)
            if schema is False and not piece.is_never:
                yield Difference(f".{name}", NONE, words(piece))
            else:
                yield from self._within(schema, piece, f".{name}")
        piece = narrow.at_other_names()
        if schema is False and not piece.is_never:
            yield Difference("", "no other fields", "other fields")
        else:
            yield from self._within(schema, piece, ".*")

    def _items(self, part: Json, narrow: Piece) -> Iterator[Difference]:
        tuples = [part, *narrow.parts]
        last = max(len(one.get("prefixItems", ())) for one in tuples)
        longest = min(narrow.all("maxItems"), default=last + 1)
        for index in range(min(last + 1, longest)):
            where = f"[{'' if index == last else index}]"
            yield from self._within(item_of(part, index), narrow.at_index(index), where)

    # -- what is the same ------------------------------------------------------------------

    def _is_alike(self, schemas: Iterable[Any]) -> bool:
        """Whether what schemas refer to is the same on both sides."""
        return all(name in self._alike for one in schemas for name in references(one))


def _tag_of(members: Sequence[Piece], other: Piece) -> str | None:
    """Return the field that tells an object from each member of a union, if there is one."""
    for name in sorted(other.required.intersection(*(one.required for one in members))):
        inner = other.at_name(name)
        if all(are_disjoint(one.at_name(name), inner) for one in members):
            return name
    return None
