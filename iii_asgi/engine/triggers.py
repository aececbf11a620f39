"""Triggers: what fires which function, and who provides the trigger types.

The engine itself provides ``http``; workers can provide others. A trigger of a type that
nobody provides waits, and is handed over when a provider comes.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from msgspec import UNSET, UnsetType

from iii_asgi.engine.front import Front
from iii_asgi.engine.registry import Worker
from iii_asgi.engine.routes import Route, RouteError
from iii_asgi.engine.wire import DEFAULT_NAMESPACE
from iii_asgi.protocol import messages as m

__all__ = ["HTTP", "Trigger", "TriggerType", "Triggers"]

HTTP = "http"
_UNSUPPORTED = ("condition_function_id", "middleware_function_ids")

logger = logging.getLogger("iii_asgi.engine")


@dataclass(eq=False, slots=True)
class TriggerType:
    """A kind of trigger. `provider` is the worker that serves it; None is the engine."""

    id: str
    namespace: str
    description: str
    provider: Worker | None = None

    @property
    def key(self) -> tuple[str, str]:
        """What identifies it: two namespaces can have a type of the same id."""
        return self.namespace, self.id


@dataclass(eq=False, slots=True)
class Trigger:
    """A binding of a function.

    Attributes:
        namespace: of the function.
        home: of the worker that registered it; its provider is looked for there first.
        type_namespace: where the provider must be, when the worker said so.
        served_by: the type that serves it; None while it waits.
    """

    id: str
    type_id: str
    function_id: str
    config: Any
    metadata: Any
    owner: Worker
    namespace: str
    home: str
    type_namespace: str | None
    served_by: TriggerType | None = None

    def message(self) -> m.RegisterTrigger:
        """Return the message that hands it to its provider."""
        assert self.served_by is not None
        return m.RegisterTrigger(
            id=self.id,
            trigger_type=self.type_id,
            function_id=self.function_id,
            config=self.config,
            metadata=UNSET if self.metadata is None else self.metadata,
            namespace=_unless_default(self.namespace),
            trigger_namespace=_unless_default(self.served_by.namespace),
        )


class Triggers:
    """All triggers and trigger types of the engine."""

    def __init__(self, front: Front) -> None:
        http = TriggerType(HTTP, DEFAULT_NAMESPACE, "A request to the engine's HTTP port")
        self.types: dict[tuple[str, str], TriggerType] = {http.key: http}
        self._triggers: dict[str, Trigger] = {}
        self._front = front

    @property
    def served(self) -> Iterator[Trigger]:
        """The triggers that a provider has."""
        return (trigger for trigger in self._triggers.values() if trigger.served_by)

    async def register(self, trigger: Trigger) -> None:
        """Bind a trigger; one whose type nobody provides waits, which is logged.

        Raises:
            RouteError: its provider, the engine, refuses it; nothing has changed.
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
                if trigger.served_by is not None and trigger.served_by.key != kind.key:
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
            del self.types[kind.key]
            for trigger in [t for t in self._triggers.values() if t.served_by is kind]:
                trigger.served_by = None
                await self.register(trigger)

    def _provider_of(self, trigger: Trigger) -> TriggerType | None:
        """Find a provider: where the worker said, else at home, else in the default namespace."""
        if trigger.type_namespace is not None:
            return self.types.get((trigger.type_namespace, trigger.type_id))
        return self.types.get((trigger.home, trigger.type_id)) or self.types.get(
            (DEFAULT_NAMESPACE, trigger.type_id)
        )

    async def _hand_over(self, trigger: Trigger, kind: TriggerType) -> None:
        if kind.provider is None:
            self._front.routes.add(self._route_of(trigger))
        trigger.served_by = kind
        if kind.provider is not None:
            await kind.provider.link.send(trigger.message())

    async def _withdraw(self, trigger: Trigger) -> None:
        if trigger.served_by is None:
            return
        if (provider := trigger.served_by.provider) is None:
            self._front.routes.remove(self._route_of(trigger))
        else:
            await provider.link.send(m.UnregisterTrigger(trigger.id, trigger_type=trigger.type_id))
        trigger.served_by = None

    def _route_of(self, trigger: Trigger) -> Route:
        """Read the configuration of an http trigger.

        Raises:
            RouteError: there is no path, or it asks for what this engine does not do.
        """
        config = trigger.config if isinstance(trigger.config, dict) else {}
        method, path = self._front.read_config(config)
        for key in _UNSUPPORTED:
            if config.get(key):
                raise RouteError(f"the embedded engine does not support {key}: use a real engine")
        return Route(
            method=method,
            path=path,
            function_id=trigger.function_id,
            namespace=trigger.namespace,
            trigger_id=trigger.id,
            worker_id=trigger.owner.id,
            metadata=trigger.metadata,
        )


def _unless_default(namespace: str) -> str | UnsetType:
    return UNSET if namespace == DEFAULT_NAMESPACE else namespace
