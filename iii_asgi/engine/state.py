"""State: values by scope and key, in memory, and the triggers that a change of one fires."""

from __future__ import annotations

import asyncio
import logging
from typing import Any, Literal

import msgspec
from msgspec import Raw

from iii_asgi.engine import serde
from iii_asgi.engine.firing import fire
from iii_asgi.engine.handlers import offer, result
from iii_asgi.engine.hub import Hub
from iii_asgi.engine.trigger import Trigger, TriggerError, TriggerType, config_of
from iii_asgi.engine.wire import DEFAULT_NAMESPACE, Outcome, failure

__all__ = ["State"]

logger = logging.getLogger("iii_asgi.engine")


class _Place(msgspec.Struct):
    scope: str
    key: str


_MISSING = Raw(b"")


class _Value(_Place):
    # The engine takes either name.
    value: Raw = _MISSING
    data: Raw = _MISSING


class _Scope(msgspec.Struct):
    scope: str


class _Nothing(msgspec.Struct):
    pass


class State:
    """Keeps values, and fires triggers of the type ``state``.

    ``state::update`` is not here: it has a language of its own.
    """

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._scopes: dict[str, dict[str, Any]] = {}
        self._triggers: dict[str, Trigger] = {}
        self._firing: set[asyncio.Task[None]] = set()
        hub.triggers.provide(
            TriggerType("state", DEFAULT_NAMESPACE, "A change of state", source=self)
        )
        registry = hub.registry
        offer(registry, "state::set", _Value, "Set a value", self._set)
        offer(registry, "state::get", _Place, "Get a value", self._get)
        offer(registry, "state::delete", _Place, "Delete a value", self._delete)
        offer(registry, "state::update", _Place, "Not supported", _no_update)
        offer(registry, "state::list", _Scope, "List values", self._list)
        offer(registry, "state::list_groups", _Nothing, "List scopes", self._list_groups)

    # -- triggers ------------------------------------------------------------------------

    def add(self, trigger: Trigger) -> None:
        """Take in a trigger.

        Raises:
            TriggerError: its scope or key is no text.
        """
        config = config_of(trigger)
        for name in ("scope", "key"):
            if not isinstance(config.get(name), str | None):
                raise TriggerError(f"{name} of a state trigger is a text")
        self._triggers[trigger.id] = trigger

    def remove(self, trigger: Trigger) -> None:
        """Take a trigger away."""
        self._triggers.pop(trigger.id, None)

    def stop(self) -> None:
        """Fire nothing any more."""
        for task in self._firing:
            task.cancel()

    def _changed(
        self, kind: Literal["created", "updated", "deleted"], place: _Place, old: Any, new: Any
    ) -> None:
        """Fire the triggers of a place, one after the other; nobody waits for that."""
        event = {
            "type": "state",
            "event_type": f"state:{kind}",
            "scope": place.scope,
            "key": place.key,
            "old_value": old,
            "new_value": new,
        }
        met = [
            one
            for one in self._triggers.values()
            if one.config.get("scope") in (None, place.scope)
            and one.config.get("key") in (None, place.key)
        ]
        if met:
            task = asyncio.create_task(self._fire(met, Raw(serde.dumps(event))))
            self._firing.add(task)
            task.add_done_callback(self._firing.discard)

    async def _fire(self, triggers: list[Trigger], event: Raw) -> None:
        for one in triggers:
            outcome = await fire(
                self._hub, one.function_id, one.namespace, event, metadata=one.metadata
            )
            if (error := outcome.error) is not None:
                logger.error(
                    "a state trigger of %s failed: %s: %s",
                    one.function_id,
                    error.code,
                    error.message,
                )

    # -- functions -----------------------------------------------------------------------

    async def _set(self, given: _Value) -> Outcome:
        text = bytes(given.value) or bytes(given.data)
        if not text:
            return failure("deserialization_error", "state::set: value is missing")
        scope = self._scopes.setdefault(given.scope, {})
        old, new = scope.get(given.key), serde.loads(text)
        self._changed("updated" if given.key in scope else "created", given, old, new)
        scope[given.key] = new
        return result({"old_value": old, "new_value": new})

    async def _get(self, given: _Place) -> Outcome:
        return result(self._scopes.get(given.scope, {}).get(given.key))

    async def _delete(self, given: _Place) -> Outcome:
        old = self._scopes.get(given.scope, {}).pop(given.key, None)
        self._changed("deleted", given, old, None)
        return result(old)

    async def _list(self, given: _Scope) -> Outcome:
        return result(list(self._scopes.get(given.scope, {}).values()))

    async def _list_groups(self, given: _Nothing) -> Outcome:
        return result({"groups": sorted(name for name, kept in self._scopes.items() if kept)})


async def _no_update(given: _Place) -> Outcome:
    return failure(
        "UPDATE_ERROR",
        "the embedded engine does not support state::update: use state::get and state::set, "
        "or a real engine",
    )
