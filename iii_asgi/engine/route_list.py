"""The routes of the standalone front end: a list by trigger id, gone through at each request.

Empty segments count for nothing, the route with the fewest parameters wins, and only routes
that have the request's method are looked at.
"""

from __future__ import annotations

from iii_asgi.engine.routes import Route, RouteConflictError, parts

__all__ = ["RouteList"]


class RouteList:
    """All routes, by trigger id: a later one of the same id replaces the first."""

    def __init__(self) -> None:
        self._routes: dict[str, tuple[list[str], Route]] = {}

    def add(self, route: Route) -> None:
        """Take in a route; one of the same trigger id is replaced.

        Raises:
            RouteConflictError: another trigger has a route of that method and shape.
        """
        for _, other in self._routes.values():
            if other.trigger_id != route.trigger_id and _signature(other) == _signature(route):
                raise RouteConflictError(
                    f"{route.method} {route.path} has the shape of {other.path}, which another "
                    "trigger has registered: use that trigger's id to take its place"
                )
        self._routes[route.trigger_id] = parts(route.path), route

    def remove(self, route: Route) -> None:
        """Take away the route of a trigger id."""
        self._routes.pop(route.trigger_id, None)

    def match(self, method: str, path: str) -> Route | None:
        """Return the route with the fewest parameters.

        The real front end takes one at random where several have as few; this one takes
        what was registered first.
        """
        method = method.upper()
        met = [route for route in self._meet(path) if route.method == method]
        return min(met, key=_count_parameters, default=None)

    def allowed(self, path: str) -> list[str]:
        """Return the methods of all routes that a path meets, sorted."""
        return sorted({route.method for route in self._meet(path)})

    def _meet(self, path: str) -> list[Route]:
        actual = parts(path)
        return [
            route
            for pattern, route in self._routes.values()
            if len(pattern) == len(actual)
            and all(
                one.startswith(":") or one == other
                for one, other in zip(pattern, actual, strict=True)
            )
        ]


def _signature(route: Route) -> tuple[str, list[str]]:
    """Return what two triggers cannot share. Here empty segments do count."""
    return route.method, [
        ":" if segment.startswith(":") else segment for segment in route.path.split("/")
    ]


def _count_parameters(route: Route) -> int:
    return sum(segment.startswith(":") for segment in route.path.split("/"))
