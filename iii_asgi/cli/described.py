"""What the schema of a function says, whoever has written it; or that it does not say."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

import msgspec

from iii_asgi.catalogue.parts import UnjudgedError, judging
from iii_asgi.catalogue.pieces import Piece
from iii_asgi.catalogue.valuesets import words
from iii_asgi.cli.examples import example_of
from iii_asgi.cli.file_values import is_upload

__all__ = ["Described", "Field"]

_T = TypeVar("_T")
_ANYTHING = "anything"


@dataclass(frozen=True, slots=True)
class Field:
    """A field of an object.

    Attributes:
        name: its name.
        schema: what its value has to fit.
        is_required: whether it must be there.
    """

    name: str
    schema: Any
    is_required: bool


class Described:
    """A JSON Schema that any worker may have registered: what is none says nothing.

    Args:
        schema: as the engine gives it; its definitions may be in ``$defs`` or ``definitions``.
    """

    def __init__(self, schema: Any) -> None:
        self._schema = _modern(schema)
        found = self._schema.get("$defs") if isinstance(self._schema, Mapping) else None
        self._definitions: Mapping[str, Any] = found if isinstance(found, Mapping) else {}

    @property
    def words(self) -> str:
        """A few words on all of it; empty where it does not say."""
        return self._words_of(self._schema) if self._members else ""

    @property
    def is_empty(self) -> bool:
        """Whether it takes an object without any field, and nothing else."""
        return bool(self._members) and _judged(
            lambda: all(one.types == {"object"} and not one.is_open for one in self._members), False
        )

    @cached_property
    def fields(self) -> list[Field]:
        """What an object has to fit; of an array, what its items have."""
        return _judged(self._fields, [])

    @property
    def required(self) -> list[Field]:
        """Those that must be there, in the schema's order."""
        return _judged(self._required, [])

    def words_of(self, field: Field) -> str:
        """Return a few words on the type of a field."""
        return self._words_of(field.schema)

    def example_of(self, field: Field) -> str:
        """Return what one would type for a field."""
        return _judged(lambda: example_of(field.schema, self._definitions), "text")

    # -- as a schema means it --------------------------------------------------------------

    @cached_property
    def _members(self) -> list[Piece]:
        return _judged(lambda: self._members_of(self._schema), [])

    def _members_of(self, schema: Any) -> list[Piece]:
        if not isinstance(schema, Mapping):
            return []
        return list(Piece.of([schema], self._definitions).members())

    @cached_property
    def _objects(self) -> list[Piece]:
        """What lists fields: the members of the schema, or of its items."""
        members = self._members
        if not any(one.names for one in members):
            items = (item for one in members for item in one.all("items"))
            members = [inner for item in items for inner in self._members_of(item)]
        return [one for one in members if one.names]

    def _fields(self) -> list[Field]:
        found = [one.required for one in self._objects]
        required = frozenset.intersection(*found) if found else frozenset()
        listed = _properties(self._objects)
        return [Field(name, one, name in required) for name, one in listed.items()]

    def _required(self) -> list[Field]:
        order = [name for one in self._objects for names in one.all("required") for name in names]
        given = [one for one in self.fields if one.is_required]
        return sorted(given, key=lambda one: order.index(one.name))

    def _words_of(self, schema: Any) -> str:
        if is_upload(schema):
            return "file"
        members = schema.get("anyOf") if isinstance(schema, Mapping) else None
        if isinstance(members, list) and any(map(is_upload, members)):
            return "text | file"
        return _judged(lambda: " | ".join(dict.fromkeys(self._each(schema))), _ANYTHING)

    def _each(self, schema: Any) -> Iterator[str]:
        """Yield words on the members of a union, with what is in arrays."""
        piece = Piece.of([schema], self._definitions)
        for one in piece.branches() if piece.has_union else [piece]:
            said, items = words(one), next(one.all("items"), None)
            if "array" in one.types and isinstance(items, Mapping) and said != _ANYTHING:
                inner = self._words_of(items)
                said = said if " | " in inner else said.replace("array", f"array of {inner}", 1)
            yield said


def _judged(ask: Callable[[], _T], otherwise: _T) -> _T:
    """Return what a schema says, or something else where it is none."""
    try:
        with judging():
            return ask()
    except UnjudgedError:
        return otherwise


def _modern(schema: Any) -> Any:
    """Return a schema with ``$defs``: the engine and other SDKs write ``definitions``."""
    found = schema.get("definitions") if isinstance(schema, Mapping) else None
    if not isinstance(found, Mapping):
        return schema
    text = msgspec.json.encode(schema).replace(b'"#/definitions/', b'"#/$defs/')
    said = msgspec.json.decode(text)
    own = said.get("$defs")
    return {**said, "$defs": {**said["definitions"], **(own if isinstance(own, Mapping) else {})}}


def _properties(members: Iterable[Piece]) -> dict[str, Any]:
    """Return name → schema of what several objects list; what differs becomes a union."""
    found: dict[str, list[Any]] = {}
    for member in members:
        own = {name: one for some in member.all("properties") for name, one in some.items()}
        for name, one in own.items():
            schemas = found.setdefault(name, [])
            schemas += [one] if one not in schemas else []
    return {name: some[0] if len(some) == 1 else {"anyOf": some} for name, some in found.items()}
