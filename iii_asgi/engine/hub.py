"""What the parts of the engine share: who is connected, what is in flight, what is bound."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from iii_asgi.engine.builtin import BuiltinFront
from iii_asgi.engine.channels import Channels
from iii_asgi.engine.front import Front
from iii_asgi.engine.http_routes import HttpRoutes
from iii_asgi.engine.invocations import Invocations
from iii_asgi.engine.registry import WorkerRegistry
from iii_asgi.engine.triggers import Triggers

__all__ = ["EngineApi", "Hub"]

EngineApi: TypeAlias = Literal["0.23", "0.25"]


@dataclass(eq=False, slots=True)
class Hub:
    """The state of one engine."""

    api: EngineApi = "0.23"
    started_at_ms: int = field(default_factory=lambda: time.time_ns() // 1_000_000)
    registry: WorkerRegistry = field(default_factory=WorkerRegistry)
    invocations: Invocations = field(default_factory=Invocations)
    channels: Channels = field(default_factory=Channels)
    front: Front = field(default_factory=BuiltinFront)
    triggers: Triggers = field(default_factory=Triggers)

    @property
    def version(self) -> str:
        """The version that the engine gives as its own."""
        return f"{self.api}.0+iii-asgi"

    @property
    def has_observers(self) -> bool:
        """Whether routes can be bound by observing."""
        return self.api != "0.23"

    def __post_init__(self) -> None:
        self.triggers.provide(HttpRoutes(self.front).type)
