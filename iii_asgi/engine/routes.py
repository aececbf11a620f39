"""One http trigger as a route, and what a table of routes can do.

Each front end of the engine has a table of its own: `route_tree` and `route_list`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from iii_asgi.engine.trigger import TriggerError

__all__ = ["Route", "RouteConflictError", "RouteError", "Routes", "parts"]


class RouteError(TriggerError):
    """A route that cannot be registered; the text is for the worker that tried."""


class RouteConflictError(RouteError):
    """The shape of a route is taken already."""


@dataclass(frozen=True, slots=True)
class Route:
    """One http trigger.

    Attributes:
        path: as registered, e.g. ``/users/:id``.
        function_id, namespace: what is called.
        metadata: of the trigger.
        trigger_id, worker_id: who may take it away again.
    """

    method: str
    path: str
    function_id: str
    namespace: str
    trigger_id: str
    worker_id: str | None
    metadata: Any = None

    def parameters(self, actual_path: str) -> dict[str, str]:
        """Return the path parameters of a request, as they came (percent-encoded).

        Empty segments are left out on both sides; when the counts then differ, the engine
        gives no parameters at all.
        """
        names, values = parts(self.path), parts(actual_path)
        if len(names) != len(values):
            return {}
        return {
            name[1:]: value
            for name, value in zip(names, values, strict=True)
            if name.startswith(":")
        }


class Routes(Protocol):
    """A table of routes."""

    def add(self, route: Route) -> None:
        """Take in a route, which may replace another.

        Raises:
            RouteError: it is refused; nothing has changed.
        """
        ...

    def remove(self, route: Route) -> None:
        """Take a route away, unless another trigger has replaced it."""
        ...

    def match(self, method: str, path: str) -> Route | None:
        """Return the route that a request meets."""
        ...

    def allowed(self, path: str) -> list[str]:
        """Return the methods that a path has, as ``allow`` names them; none for no path."""
        ...


def parts(path: str) -> list[str]:
    """Return the segments of a path that are not empty."""
    return [segment for segment in path.split("/") if segment]
