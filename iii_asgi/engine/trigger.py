"""One trigger, its type, and who of the engine serves it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from msgspec import UNSET, UnsetType

from iii_asgi.engine.registry import Worker
from iii_asgi.engine.wire import DEFAULT_NAMESPACE
from iii_asgi.protocol import messages as m

__all__ = ["Source", "Trigger", "TriggerError", "TriggerType", "config_of"]


class TriggerError(Exception):
    """A trigger that cannot be registered; the text is for the worker that tried."""


class Source(Protocol):
    """A part of the engine that fires the triggers of a type."""

    def add(self, trigger: Trigger) -> None:
        """Take in a trigger; one of the same id is replaced, or it is refused.

        Raises:
            TriggerError: it is refused; nothing has changed.
        """
        ...

    def remove(self, trigger: Trigger) -> None:
        """Take a trigger away."""
        ...


@dataclass(eq=False, slots=True)
class TriggerType:
    """A kind of trigger: either a worker provides it, or a part of the engine does."""

    id: str
    namespace: str
    description: str
    provider: Worker | None = None
    source: Source | None = None

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


def config_of(trigger: Trigger, *unsupported: str) -> dict[str, Any]:
    """Return the configuration of a trigger, an empty one when it has none.

    Args:
        trigger: of a type that the engine serves.
        unsupported: what a real engine does, and this one does not.

    Raises:
        TriggerError: it asks for something of that.
    """
    config = trigger.config if isinstance(trigger.config, dict) else {}
    for key in ("condition_function_id", *unsupported):
        if config.get(key):
            raise TriggerError(f"the embedded engine does not support {key}: use a real engine")
    return config


def _unless_default(namespace: str) -> str | UnsetType:
    return UNSET if namespace == DEFAULT_NAMESPACE else namespace
