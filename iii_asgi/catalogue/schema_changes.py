"""What changes of a function's schemas mean to its callers, as it is told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from iii_asgi.catalogue.alike import canonical
from iii_asgi.catalogue.difference import Difference
from iii_asgi.catalogue.fields import FieldChanges, Walk
from iii_asgi.catalogue.ground import Ground
from iii_asgi.catalogue.parts import UnjudgedError, judging
from iii_asgi.catalogue.reserved import credential_changes, declared
from iii_asgi.catalogue.spelling import Spellings, are_same

__all__ = ["SchemaChanges"]

_Told: TypeAlias = tuple[str, bool]
"""A change, and whether it breaks callers, or may."""


class SchemaChanges:
    """Compares the schemas of functions; what several of them refer to is compared once."""

    def __init__(self) -> None:
        self._spellings = Spellings()
        self._grounds: list[Ground] = []

    def of(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[_Told]:
        """Yield the changes of a function, and of each whether it breaks callers, or may.

        Args:
            old: the function as a contract has it.
            new: as another one has it.
        """
        for noun, key in (("argument", "request_format"), ("answer", "response_format")):
            was, now = old.get(key), new.get(key)
            try:
                with judging():
                    found = [] if canonical(was) == canonical(now) else self._format(noun, was, now)
            except UnjudgedError as error:
                found = [(f"{noun}: may break, {error}", True)]
            yield from found

    def _format(self, noun: str, was: Any, now: Any) -> list[_Told]:
        was, now = self._spellings.normal(was), self._spellings.normal(now)
        if are_same(was, now):
            return []
        if was is None or now is None:
            words = ["not known" if one is None else "known" for one in (was, now)]
            return [(f"{noun}: {' → '.join(words)}: may break", True)]
        if noun == "answer":
            return self._schemas(noun, was, now)
        credentials = credential_changes(was, now)
        return [*credentials, *self._schemas(noun, declared(was), declared(now))]

    def _schemas(self, noun: str, was: Any, now: Any) -> list[_Told]:
        takes = noun == "argument"
        found, walk = self._compare(was, now, takes=takes)
        fields = FieldChanges(was, now, self._spellings, walk)
        breaking = [_told(noun, one, takes=takes) for one in found]
        breaking += _gone(noun, fields, {one.place for one in found})
        if breaking or are_same(was, now):
            return [(text, True) for text in breaking]
        return [(f"{noun}{text}", False) for text in fields.texts]

    def _compare(self, was: Any, now: Any, *, takes: bool) -> tuple[list[Difference], Walk | None]:
        """Return what breaks callers, or may, and what goes through the fields of such schemas.

        Arguments that were right have to be right still; answers have to be among those that
        callers have seen before.
        """
        old, new = self._spellings.plain(was), self._spellings.plain(now)
        if are_same(old, new):
            return [], None
        walk = None
        try:
            with judging():
                ground = self._ground(old, new)
                walk = ground.fields
                return (ground.takes.run(new, old) if takes else ground.gives.run(old, new)), walk
        except UnjudgedError as error:
            return [Difference("", "", "", str(error))], walk

    def _ground(self, old: Any, new: Any) -> Ground:
        for ground in self._grounds:
            if ground.admit(old, new):
                return ground
        ground = Ground(old, new)
        if ground.is_open:
            self._grounds.append(ground)
        return ground


def _gone(noun: str, fields: FieldChanges, told: set[str]) -> list[str]:
    """Return what to say of fields that are gone, but for the places that are told of."""
    try:
        gone = fields.gone
    except UnjudgedError as error:
        return [] if "" in told else [f"{noun}: may break, {error}"]
    return [f"{noun} `{place}`: {text} → none" for place, text in gone.items() if place not in told]


def _told(noun: str, difference: Difference, *, takes: bool) -> str:
    sides = [difference.narrow, difference.wide]
    sides = sides if takes else sides[::-1]
    change = f": {' → '.join(sides)}" if any(sides) else ""
    reason = f": may break, {difference.reason}" if difference.reason else ""
    place = f" `{difference.place}`" if difference.place else ""
    return f"{noun}{place}{change}{reason}"
