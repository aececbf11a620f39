"""The HTTP routes: the table of http triggers, and which one a request meets.

Like the built-in front end of the engine: a segment is a literal or one parameter, a
literal goes before a parameter, and a method that the best-matching path lacks is not
looked for on a more general one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

__all__ = ["METHODS", "Route", "RouteConflictError", "RouteError", "RouteTable", "Site"]

METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS")
# The engine's router names the parameters of a path from a to z, and panics after that.
_MAX_PARAMETERS = 26
_PANIC = "the real engine's HTTP router panics on it and the connection becomes a zombie"


class RouteError(Exception):
    """A route that cannot be registered; the text is for the worker that tried."""


class RouteConflictError(RouteError):
    """The shape of a route is taken under another spelling."""


@dataclass(frozen=True, slots=True)
class Route:
    """One http trigger.

    Attributes:
        path: as registered, e.g. ``/users/:id``.
        function_id, namespace: what is called.
        metadata: of the trigger; goes with each call.
        trigger_id, worker_id: who may take it away again.
    """

    method: str
    path: str
    function_id: str
    namespace: str
    trigger_id: str
    worker_id: str | None
    metadata: Any = None

    @property
    def key(self) -> tuple[str, str]:
        """What a later registration replaces: leading slashes do not count."""
        return self.method, self.path if self.path == "/" else self.path.lstrip("/")

    @property
    def full_path(self) -> str:
        """The path with its leading slash."""
        return self.path if self.path.startswith("/") else f"/{self.path}"

    @property
    def segments(self) -> list[str]:
        """What stands between the slashes of the full path."""
        return self.full_path.split("/")[1:]

    def parameters(self, actual_path: str) -> dict[str, str]:
        """Return the path parameters of a request, as they came (percent-encoded).

        Empty segments are left out on both sides; when the counts then differ, the engine
        gives no parameters at all.
        """
        names = [segment for segment in self.path.split("/") if segment]
        values = [segment for segment in actual_path.split("/") if segment]
        if len(names) != len(values):
            return {}
        return {
            name[1:]: value
            for name, value in zip(names, values, strict=True)
            if name.startswith(":")
        }


@dataclass(eq=False, slots=True)
class Site:
    """A place in the tree of paths, with the routes that end there, by method."""

    literals: dict[str, Site] = field(default_factory=dict)
    parameter: Site | None = None
    routes: dict[str, Route] = field(default_factory=dict)

    @property
    def leads_nowhere(self) -> bool:
        """Whether no route ends here or further on."""
        return not (self.literals or self.parameter or self.routes)

    def next(self, segment: str) -> Site | None:
        """Return the place that a segment of a registered path leads to, if there is one."""
        return self.parameter if segment.startswith(":") else self.literals.get(segment)

    def grow(self, segment: str) -> Site:
        """Return the place that a segment of a registered path leads to; make it if need be."""
        if not segment.startswith(":"):
            return self.literals.setdefault(segment, Site())
        self.parameter = self.parameter or Site()
        return self.parameter

    def cut(self, segment: str) -> None:
        """Take away the place that a segment leads to."""
        if segment.startswith(":"):
            self.parameter = None
        else:
            del self.literals[segment]

    @property
    def allow(self) -> str:
        """The ``allow`` header of this path; GET stands for HEAD, too."""
        names: dict[str, None] = {}
        for method in self.routes:
            names |= {method: None, "HEAD": None} if method == "GET" else {method: None}
        return ",".join(names)


class RouteTable:
    """All http triggers of the engine."""

    def __init__(self) -> None:
        self._routes: dict[tuple[str, str], Route] = {}
        self._root = Site()

    def add(self, route: Route) -> None:
        """Take in a route; one of the same method and path is replaced.

        Raises:
            RouteError: the engine refuses it, or would panic.
        """
        _check_segments(route)
        self._check_names(route)
        self._drop(self._routes.get(route.key))
        self._routes[route.key] = route
        site = self._root
        for segment in route.segments:
            site = site.grow(segment)
        site.routes[route.method] = route

    def remove(self, route: Route) -> None:
        """Take a route away, unless another trigger has replaced it."""
        present = self._routes.get(route.key)
        if present and (present.trigger_id, present.worker_id) == (
            route.trigger_id,
            route.worker_id,
        ):
            self._drop(present)

    def find(self, path: str) -> Site | None:
        """Return the best-matching place for a raw request path that begins with a slash."""
        return _find(self._root, path.split("/")[1:], 0)

    def _drop(self, route: Route | None) -> None:
        if route is not None:
            del self._routes[route.key]
            _prune(self._root, route.segments, route.method)

    def _check_names(self, route: Route) -> None:
        """Refuse a second set of parameter names for one shape, over all methods."""
        site: Site | None = self._root
        for segment in route.segments:
            site = site and site.next(segment)
        for other in site.routes.values() if site else ():
            if other.key == route.key:
                continue
            if other.method == route.method:
                raise RouteConflictError(
                    f"{route.method} {route.path} has the shape of {other.path}, which is "
                    "registered already: a path has one spelling and one set of parameter names"
                )
            if other.full_path != route.full_path:
                raise RouteConflictError(
                    f"{route.method} {route.path} has the shape of {other.method} {other.path}, "
                    f"but other parameter names: {_PANIC}; use the same names for all methods"
                )


def _prune(site: Site, segments: list[str], method: str) -> None:
    """Take the route at the end of a registered path away, and the places that led to it alone."""
    if not segments:
        site.routes.pop(method, None)
    elif after := site.next(segments[0]):
        _prune(after, segments[1:], method)
        if after.leads_nowhere:
            site.cut(segments[0])


def _find(site: Site, segments: list[str], at: int) -> Site | None:
    if at == len(segments):
        return site if site.routes else None
    segment = segments[at]
    if (literal := site.literals.get(segment)) and (found := _find(literal, segments, at + 1)):
        return found
    # Only in the middle of a path may a parameter be empty.
    if site.parameter is not None and (segment or at < len(segments) - 1):
        return _find(site.parameter, segments, at + 1)
    return None


def _check_segments(route: Route) -> None:
    if route.method not in METHODS:
        raise RouteError(
            f"{route.method} cannot be served over HTTP: use one of {', '.join(METHODS)}"
        )
    segments = route.path.split("/")
    for segment in segments:
        if problem := _problem_of(segment):
            raise RouteError(f"{route.path}: the segment {segment!r} {problem}")
    if sum(segment.startswith(":") for segment in segments) > _MAX_PARAMETERS:
        raise RouteError(f"{route.path} has more than {_MAX_PARAMETERS} parameters: {_PANIC}")


def _problem_of(segment: str) -> str | None:
    if segment.startswith("*") or "{" in segment or "}" in segment:
        return f"is not possible: {_PANIC}; percent-encode it in a literal"
    if segment == ":":
        return f"has no parameter name: {_PANIC}"
    if segment.startswith(":*"):
        return "would match several segments and lose the path: register one route a depth"
    return None
