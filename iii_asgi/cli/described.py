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
from iii_asgi.cli.dialects import modern
from iii_asgi.cli.examples import example_of, value_of
from iii_asgi.cli.file_values import is_upload
from iii_asgi.cli.properties import listed_in, required_in

__all__ = ["Described", "Field"]

_T = TypeVar("_T")
_ANYTHING = "anything"
_DEEPEST = 3  # arrays in arrays


@dataclass(frozen=True, slots=True)
class Field:
    """A field of an object.

    Attributes:
        name: its name.
        words: a few words on what it takes.
        is_required: whether it must be there.
        default: as JSON text; empty where it has none, or null.
        description: what the schema tells of it, or "".
    """

    name: str
    words: str
    is_required: bool
    default: str
    description: str


class Described:
    """A JSON Schema that any worker may have registered: what is none says nothing.

    Args:
        schema: as the engine gives it.
    """

    def __init__(self, schema: Any) -> None:
        self._schema = modern(schema)
        is_said = isinstance(self._schema, Mapping)
        self._definitions: Mapping[str, Any] = self._schema["$defs"] if is_said else {}

    @property
    def words(self) -> str:
        """A few words on all of it; empty where it does not say."""
        return self._words_of(self._schema) if self._members else ""

    @property
    def is_empty(self) -> bool:
        """Whether it takes an object without any field, and nothing else but null."""
        return _judged(self._is_empty, False)

    @property
    def is_object(self) -> bool:
        """Whether it takes an object, as far as it says."""
        return not self._members or any("object" in one.types for one in self._members)

    @cached_property
    def fields(self) -> list[Field]:
        """What an object has to fit; of an array, what its items have."""
        return _judged(self._fields, [])

    @property
    def example(self) -> list[str]:
        """What one would type for it: ``key=value`` for what must be there, or ``--json``."""
        return _judged(self._example, [])

    # -- as a schema means it --------------------------------------------------------------

    @cached_property
    def _members(self) -> list[Piece]:
        """What it takes, each of one kind; none where it does not say."""
        return _judged(lambda: self._members_of(self._schema), [])

    def _members_of(self, schema: Any) -> list[Piece]:
        if not isinstance(schema, Mapping):
            return []
        members = Piece.of([schema], self._definitions).members()
        return [one for one in members if not one.is_never]

    def _is_empty(self) -> bool:
        some = [one for one in self._members if one.types != {"null"}]
        return bool(some) and all(
            one.types <= {"object", "null"} and not one.names and not one.is_open for one in some
        )

    def _fields(self) -> list[Field]:
        members = self._members
        if not any(one.names for one in members):
            items = (item for one in members for item in one.all("items"))
            members = [inner for item in items for inner in self._members_of(item)]
        objects = [one for one in members if one.names]
        required = frozenset[str]().union(*(one.required for one in objects))
        required = required.intersection(*(one.required for one in objects))
        listed = _united(listed_in(one) for one in objects)
        return [self._field(name, one, name in required) for name, one in listed.items()]

    def _field(self, name: str, schema: Any, is_required: bool) -> Field:
        said = schema if isinstance(schema, Mapping) else {}
        value = said.get("default")
        default = "" if value is None else _judged(lambda: _json(value), "")
        description = str(said.get("description", ""))
        return Field(name, self._words_of(schema), is_required, default, description)

    def _example(self) -> list[str]:
        """Return words for the first object that it takes, or for the whole."""
        if not self.is_object:
            return [f"--json={_json(value_of(self._schema, self._definitions))}"]
        objects = (required_in(one) for one in self._members if "object" in one.types)
        wanted = next(objects, {})
        if not all(map(_is_key, wanted)):
            some = {name: value_of(one, self._definitions) for name, one in wanted.items()}
            return [f"--json={_json(some)}"]
        return [f"{name}={self._example_of(one)}" for name, one in wanted.items()]

    def _example_of(self, schema: Any) -> str:
        return _judged(lambda: example_of(schema, self._definitions), "text")

    def _words_of(self, schema: Any, depth: int = _DEEPEST) -> str:
        if is_upload(schema):
            return "file"
        members = schema.get("anyOf") if isinstance(schema, Mapping) else None
        if isinstance(members, list) and any(map(is_upload, members)):
            return "text | file"
        return _judged(lambda: " | ".join(dict.fromkeys(self._each(schema, depth))), _ANYTHING)

    def _each(self, schema: Any, depth: int) -> Iterator[str]:
        """Yield words on the members of a union, with what is in arrays."""
        piece = Piece.of([schema], self._definitions)
        for one in piece.branches() if piece.has_union else [piece]:
            said, items = words(one), next(one.all("items"), None)
            has_items = "array" in one.types and isinstance(items, Mapping)
            if depth and has_items and said != _ANYTHING:
                inner = self._words_of(items, depth - 1)
                said = said if " | " in inner else said.replace("array", f"array of {inner}", 1)
            yield said


def _judged(ask: Callable[[], _T], otherwise: _T) -> _T:
    """Return what a schema says, or something else where it is none."""
    try:
        with judging():
            return ask()
    except UnjudgedError:
        return otherwise


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _is_key(name: str) -> bool:
    """Whether it can stand in ``key=value``."""
    return bool(name) and "=" not in name and not name.startswith("-")


def _united(objects: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return name → schema of what several objects list; what differs becomes a union."""
    found: dict[str, list[Any]] = {}
    for listed in objects:
        for name, one in listed.items():
            schemas = found.setdefault(name, [])
            schemas += [one] if one not in schemas else []
    return {name: some[0] if len(some) == 1 else {"anyOf": some} for name, some in found.items()}
