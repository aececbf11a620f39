"""What a JSON Schema says, taken apart so that two of them can be compared.

A *piece* is a list of schemas that all hold, references and ``allOf`` resolved. Its unions
(``anyOf``, ``oneOf``) are left in it, and can be split.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, TypeAlias, TypeVar

import msgspec

from iii_asgi.catalogue.parts import UnjudgedError, parts_of
from iii_asgi.catalogue.schemas import Json

__all__ = ["Piece", "identity", "item_of", "name_of_type", "types_of"]

Types: TypeAlias = frozenset[str]

# A number is an integer or not, so that the two can be told apart.
_TYPES: Mapping[str, Types] = {
    **{name: frozenset({name}) for name in ("null", "boolean", "string", "array", "object")},
    "integer": frozenset({"integer"}),
    "number": frozenset({"integer", "fraction"}),
}
_ALL = frozenset[str]().union(*_TYPES.values())
_UNIONS = ("anyOf", "oneOf")
_DEEPEST_UNION = 4  # a union may be a member of itself
_MOST = 2000  # parts, or members: references can double at each level

_T = TypeVar("_T")


def types_of(value: Any) -> Types:
    """Return what ``type`` names, as `Piece.types` has it."""
    names = value if isinstance(value, list) else [value]
    return frozenset(kind for one in names for kind in _TYPES.get(one, _ALL))


@dataclass(frozen=True)
class Piece:
    """Schemas that all hold.

    Attributes:
        parts: without references, ``allOf`` and annotations.
        definitions: what is referred to further within.
    """

    parts: tuple[Json, ...]
    definitions: Mapping[str, Any]

    @classmethod
    def of(cls, schemas: Iterable[Any], definitions: Mapping[str, Any]) -> Piece:
        """Return what some schemas say together.

        Raises:
            UnjudgedError: one refers to what is not there, or to itself, or they are too large.
        """
        parts = _bounded(part for one in schemas for part in parts_of(one, definitions))
        return cls(tuple(part for part in parts if part), definitions)

    def also(self, *schemas: Any) -> Piece:
        """Return a piece that says more."""
        more = Piece.of(schemas, self.definitions).parts
        return replace(self, parts=self.parts + more)

    @cached_property
    def key(self) -> bytes:
        """What tells it from other pieces with the same definitions."""
        return msgspec.json.encode(self.parts, order="deterministic")

    @cached_property
    def is_never(self) -> bool:
        """Whether it is plain that no value fits."""
        return any(one.get("not") in ({}, True) for one in self.parts) or not self.types

    # -- values ----------------------------------------------------------------------------

    @cached_property
    def types(self) -> Types:
        """The types that values can have, ``fraction`` for a number that is no integer."""
        types = _ALL
        for value in self.all("type"):
            types &= types_of(value)
        if (listed := self._listed) is not None:
            types &= {name_of_type(value) for value in listed}
        return types

    @cached_property
    def values(self) -> list[Any] | None:
        """The values that it can have, where those are few."""
        if self._listed is not None:
            return [value for value in self._listed if name_of_type(value) in self.types]
        if self.types <= {"null", "boolean"}:
            some: dict[str, list[Any]] = {"null": [None], "boolean": [False, True]}
            return [value for name in sorted(self.types) for value in some[name]]
        return None

    @cached_property
    def _listed(self) -> list[Any] | None:
        lists = [[value] for value in self.all("const")]
        lists += [value for value in self.all("enum") if isinstance(value, list)]
        return min(lists, key=len) if lists else None

    def all(self, keyword: str) -> Iterator[Any]:
        """Yield what each part says under a keyword."""
        return (part[keyword] for part in self.parts if keyword in part)

    # -- unions ----------------------------------------------------------------------------

    @property
    def has_union(self) -> bool:
        """Whether it can be split."""
        return any(key in part for part in self.parts for key in _UNIONS)

    def branches(self) -> list[Piece]:
        """Split the first union; each value that fits the piece fits one of these."""
        for number, part in enumerate(self.parts):
            for key in _UNIONS:
                if key in part:
                    rest = {name: value for name, value in part.items() if name != key}
                    others = (*self.parts[:number], *self.parts[number + 1 :])
                    base = replace(self, parts=tuple(one for one in (*others, rest) if one))
                    return [base.also(member) for member in part[key]]
        return [self]

    def members(self) -> Iterator[Piece]:
        """Yield what the unions consist of, those within unions split as well.

        Raises:
            UnjudgedError: they are too many.
        """
        return _bounded(self._members(_DEEPEST_UNION))

    def _members(self, depth: int) -> Iterator[Piece]:
        if not (depth and self.has_union):
            yield self
            return
        for one in self.branches():
            yield from one._members(depth - 1)

    # -- objects and arrays ----------------------------------------------------------------

    @cached_property
    def required(self) -> frozenset[str]:
        """Names that an object must have."""
        return frozenset(name for names in self.all("required") for name in names)

    @cached_property
    def names(self) -> dict[str, None]:
        """Names of the properties that it lists."""
        return {name: None for properties in self.all("properties") for name in properties}

    @cached_property
    def is_silent(self) -> bool:
        """Whether it lists properties, and nothing is said of others: models ignore those."""
        said = ("additionalProperties", "patternProperties")
        return bool(self.names) and not any(key in part for key in said for part in self.parts)

    @cached_property
    def is_open(self) -> bool:
        """Whether other properties than those that it lists are meant: of a mapping, all are."""
        said = {key for part in self.parts for key in part}
        if said & {"additionalProperties", "patternProperties"}:
            return not self.at_other_names().is_never
        return "properties" not in said

    def at_name(self, name: str) -> Piece:
        """Return what the value of a property must fit."""
        return Piece.of(
            (
                part["properties"][name] if name in part.get("properties", ()) else _others(part)
                for part in self.parts
            ),
            self.definitions,
        )

    def at_other_names(self) -> Piece:
        """Return what the values of properties must fit that are not listed."""
        return Piece.of(map(_others, self.parts), self.definitions)

    def at_index(self, index: int) -> Piece:
        """Return what an item must fit."""
        return Piece.of((item_of(part, index) for part in self.parts), self.definitions)


def _bounded(some: Iterable[_T]) -> Iterator[_T]:
    """Yield what there is of a schema, which may have become larger than anyone has meant."""
    for count, one in enumerate(some):
        if count == _MOST:
            raise UnjudgedError("it is too large to be judged")
        yield one


def _others(part: Mapping[str, Any]) -> Any:
    """Return the schema of properties that are not listed, as far as it holds for all."""
    return True if "patternProperties" in part else part.get("additionalProperties", True)


def item_of(part: Mapping[str, Any], index: int) -> Any:
    """Return the schema of an item of an array."""
    first = part.get("prefixItems", ())
    return first[index] if index < len(first) else part.get("items", True)


def name_of_type(value: Any) -> str:
    """Return the type of a value, as `Piece.types` has it."""
    if value is None or isinstance(value, bool):
        return "null" if value is None else "boolean"
    if isinstance(value, int | float):
        return "integer" if float(value).is_integer() else "fraction"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, Sequence) else "object"


def identity(value: Any) -> Hashable:
    """Return what is equal for values that are equal in JSON: 1 is 1.0, and not true."""
    if isinstance(value, Mapping):
        return "object", frozenset((name, identity(one)) for name, one in value.items())
    if isinstance(value, list | tuple):
        return "array", tuple(map(identity, value))
    return isinstance(value, bool), value
