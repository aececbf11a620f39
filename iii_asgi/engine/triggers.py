"""Triggers: what fires which function, and who provides the trigger types.

The engine itself provides some types; workers can provide others, and the same ones in its
stead. A trigger of a type that nobody provides waits, and is handed over when a provider comes.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator

from iii_asgi.engine.registry import Worker
from iii_asgi.engine.trigger import Trigger, TriggerError, TriggerType
from iii_asgi.engine.wire import DEFAULT_NAMESPACE
from iii_asgi.protocol import messages as m

__all__ = ["Triggers"]

logger = logging.getLogger("iii_asgi.engine")


class Triggers:
    """All triggers and trigger types of the engine."""

    def __init__(self) -> None:
        self.types: dict[tuple[str, str], TriggerType] = {}
        self._own: dict[tuple[str, str], TriggerType] = {}
        self._triggers: dict[str, Trigger] = {}

    @property
    def served(self) -> Iterator[Trigger]:
        """The triggers that a provider has."""
        return (trigger for trigger in self._triggers.values() if trigger.served_by)

    def provide(self, kind: TriggerType) -> None:
        """Take in a type that the engine itself serves."""
        self._own[kind.key] = self.types[kind.key] = kind

    async def register(self, trigger: Trigger) -> None:
        """Bind a trigger; one whose type nobody provides waits, which is logged.

        Raises:
            TriggerError: its provider, the engine, refuses it; nothing has changed.
        """
        provider = self._provider_of(trigger)
        if provider is not None:
            await self._hand_over(trigger, provider)
        else:
            logger.warning(
                "trigger %s waits: nothing provides the trigger type %r (function %s)",
                trigger.id,
                trigger.type_id,
                trigger.function_id,
            )
        self._triggers[trigger.id] = trigger

    async def unregister(self, trigger_id: str) -> None:
        """Take a trigger back; an unknown one is ignored."""
        if trigger := self._triggers.pop(trigger_id, None):
            await self._withdraw(trigger)

    async def register_type(self, kind: TriggerType) -> None:
        """Take in a provider, and hand it the triggers that it serves from now on."""
        self.types[kind.key] = kind
        for trigger in list(self._triggers.values()):
            if trigger.type_id == kind.id and self._provider_of(trigger) is kind:
                served_by = trigger.served_by
                if served_by and (served_by.source or served_by.key != kind.key):
                    await self._withdraw(trigger)
                await self._hand_over(trigger, kind)

    async def refused(self, provider: Worker, message: m.TriggerRegistrationResult) -> None:
        """A provider has answered; on an error the trigger waits and its owner is told."""
        trigger = self._triggers.get(message.id)
        served_by = trigger and trigger.served_by
        if not trigger or not served_by or served_by.provider is not provider or not message.error:
            return
        trigger.served_by = None
        await trigger.owner.link.send(message)

    async def forget(self, worker: Worker) -> None:
        """A worker has left: its triggers go, and those that it served look for another."""
        for trigger in [t for t in self._triggers.values() if t.owner is worker]:
            await self.unregister(trigger.id)
        for kind in [t for t in self.types.values() if t.provider is worker]:
            if (own := self._own.get(kind.key)) is not None:
                self.types[kind.key] = own
            else:
                del self.types[kind.key]
            for trigger in [t for t in self._triggers.values() if t.served_by is kind]:
                trigger.served_by = None
                try:
                    await self.register(trigger)
                except TriggerError as error:  # the engine's own is not content with it
                    logger.warning("trigger %s waits: %s", trigger.id, error)

    def _provider_of(self, trigger: Trigger) -> TriggerType | None:
        """Find a provider: where the worker said, else at home, else in the default namespace."""
        if trigger.type_namespace is not None:
            return self.types.get((trigger.type_namespace, trigger.type_id))
        return self.types.get((trigger.home, trigger.type_id)) or self.types.get(
            (DEFAULT_NAMESPACE, trigger.type_id)
        )

    async def _hand_over(self, trigger: Trigger, kind: TriggerType) -> None:
        if kind.source is not None:
            kind.source.add(trigger)
        trigger.served_by = kind
        if kind.provider is not None:
            await kind.provider.link.send(trigger.message())

    async def _withdraw(self, trigger: Trigger) -> None:
        if (served_by := trigger.served_by) is None:
            return
        if served_by.source is not None:
            served_by.source.remove(trigger)
        if (provider := served_by.provider) is not None:
            await provider.link.send(m.UnregisterTrigger(trigger.id, trigger_type=trigger.type_id))
        trigger.served_by = None
