"""The triggers of the type ``http``: each becomes a route of the front end."""

from __future__ import annotations

from iii_asgi.engine.front import Front
from iii_asgi.engine.routes import Route
from iii_asgi.engine.trigger import Trigger, TriggerType, config_of
from iii_asgi.engine.wire import DEFAULT_NAMESPACE

__all__ = ["HTTP", "HttpRoutes"]

HTTP = "http"


class HttpRoutes:
    """Puts http triggers into the routes of a front end."""

    def __init__(self, front: Front) -> None:
        self._front = front

    @property
    def type(self) -> TriggerType:
        """The trigger type."""
        return TriggerType(
            HTTP, DEFAULT_NAMESPACE, "A request to the engine's HTTP port", source=self
        )

    def add(self, trigger: Trigger) -> None:
        """Take in a trigger.

        Raises:
            RouteError: there is no path, or it asks for what this engine does not do.
        """
        self._front.routes.add(self._route_of(trigger))

    def remove(self, trigger: Trigger) -> None:
        """Take a trigger away."""
        self._front.routes.remove(self._route_of(trigger))

    def _route_of(self, trigger: Trigger) -> Route:
        config = config_of(trigger, "middleware_function_ids")
        method, path = self._front.read_config(config)
        return Route(
            method=method,
            path=path,
            function_id=trigger.function_id,
            namespace=trigger.namespace,
            trigger_id=trigger.id,
            worker_id=trigger.owner.id,
            metadata=trigger.metadata,
        )
