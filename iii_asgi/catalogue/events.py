"""Which functions are called by something else than HTTP: what `expose` names, given out once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import msgspec

from iii_asgi.catalogue.model import EventTrigger, Route
from iii_asgi.catalogue.operations import OperationGroup
from iii_asgi.catalogue.triggers import trigger_id
from iii_asgi.catalogue.words import slug
from iii_asgi.marks import Trigger, owner_of

__all__ = ["EventTable"]

_Marked: TypeAlias = tuple[int, int]  # ids of a mark, and of what it is on


class EventTable:
    """The triggers of an app that are not HTTP, by function.

    The mark is on an endpoint, and that may be several functions; the first one gets its
    triggers, since a job that is due must not run twice.

    Args:
        ids: of all functions, in router order.
        groups: what each is made of.
        namespace: of the functions; a part of the trigger ids.
    """

    def __init__(
        self, ids: Sequence[str], groups: Sequence[OperationGroup], *, namespace: str
    ) -> None:
        self._namespace = namespace
        self._names = set(ids)
        self._sharing: dict[_Marked, dict[str, None]] = {}  # functions, in order
        self._triggers: dict[str, tuple[EventTrigger, ...]] = {}
        for function_id, members in zip(ids, groups, strict=True):
            for route in _marked(members):
                self._give(function_id, route)

    def of(self, function_id: str) -> tuple[EventTrigger, ...]:
        """Return what calls a function."""
        return self._triggers.get(function_id, ())

    def warnings(self, routes: Iterable[Route]) -> Iterator[str]:
        """Yield a sentence for each endpoint whose triggers do not run all of its functions.

        Args:
            routes: all that the app has; some are not offered.
        """
        for first, *others in map(list, self._sharing.values()):
            if others:
                yield (
                    f"Triggers of {first}: they run it, and not {', '.join(others)}, which "
                    "has the same endpoint. Another endpoint can have triggers of its own."
                )
        silent = {_key(one): one for one in routes if _key(one) not in self._sharing}
        for route in silent.values():
            if kinds := ", ".join(one.type for one in route.mark.triggers):
                yield f"Triggers of {route.path} ({kinds}): they run nothing, as it is not offered."

    def _give(self, function_id: str, route: Route) -> None:
        sharing = self._sharing.setdefault(_key(route), {})
        if not sharing:
            made = tuple(self._made(function_id, one) for one in route.mark.triggers)
            self._triggers[function_id] = self.of(function_id) + made
        sharing[function_id] = None

    def _made(self, function_id: str, trigger: Trigger) -> EventTrigger:
        name = _unused(f"{function_id}::{slug(trigger.type) or 'trigger'}", self._names)
        self._names.add(name)
        config, arguments = _plain(trigger.config), trigger.arguments
        text = msgspec.json.encode(config, order="sorted").decode()
        return EventTrigger(
            id=trigger_id(self._namespace, name, trigger.type, text),
            function_id=name,
            type=trigger.type,
            config=config,
            arguments=_plain(arguments) if isinstance(arguments, Mapping) else arguments,
        )


def _marked(members: OperationGroup) -> Iterator[Route]:
    """Yield the routes of a function whose marks have triggers."""
    return (one.route for one in members if one.route.mark.triggers)


def _key(route: Route) -> _Marked:
    marked = route.marked if route.endpoint is None else route.endpoint
    return id(route.mark), id(owner_of(marked))


def _unused(name: str, names: Collection[str]) -> str:
    number, candidate = 1, name
    while candidate in names:
        number += 1
        candidate = f"{name}_{number}"
    return candidate


def _plain(value: Mapping[str, Any]) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(dict(value)))
    return plain
