"""What the parts of the engine share: who is connected, what is in flight, what is bound."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from iii_asgi.engine.channels import Channels
from iii_asgi.engine.invocations import Invocations
from iii_asgi.engine.registry import WorkerRegistry
from iii_asgi.engine.routes import RouteTable
from iii_asgi.engine.triggers import Triggers

__all__ = ["Hub"]


@dataclass(eq=False, slots=True)
class Hub:
    """The state of one engine."""

    version: str = "0.23.0+iii-asgi"
    started_at_ms: int = field(default_factory=lambda: time.time_ns() // 1_000_000)
    registry: WorkerRegistry = field(default_factory=WorkerRegistry)
    invocations: Invocations = field(default_factory=Invocations)
    channels: Channels = field(default_factory=Channels)
    routes: RouteTable = field(default_factory=RouteTable)
    triggers: Triggers = field(init=False)

    def __post_init__(self) -> None:
        self.triggers = Triggers(self.routes)
