"""The routes of the built-in front end, as a tree of paths.

A segment is a literal or one parameter, a literal goes before a parameter, and a method that
the best-matching path lacks is not looked for on a more general one.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from iii_asgi.engine.routes import Route, RouteConflictError, RouteError

__all__ = ["METHODS", "RouteTree"]

METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS")
# The engine's router names the parameters of a path from a to z, and panics after that.
_MAX_PARAMETERS = 26
_PANIC = "the real engine's HTTP router panics on it and the connection becomes a zombie"


@dataclass(eq=False, slots=True)
class _Site:
    """A place in the tree, with the routes that end there, by method."""

    literals: dict[str, _Site] = field(default_factory=dict)
    parameter: _Site | None = None
    routes: dict[str, Route] = field(default_factory=dict)

    @property
    def leads_nowhere(self) -> bool:
        """Whether no route ends here or further on."""
        return not (self.literals or self.parameter or self.routes)

    def next(self, segment: str) -> _Site | None:
        """Return the place that a segment of a registered path leads to, if there is one."""
        return self.parameter if segment.startswith(":") else self.literals.get(segment)

    def grow(self, segment: str) -> _Site:
        """Return the place that a segment of a registered path leads to; make it if need be."""
        if not segment.startswith(":"):
            return self.literals.setdefault(segment, _Site())
        self.parameter = self.parameter or _Site()
        return self.parameter

    def cut(self, segment: str) -> None:
        """Take away the place that a segment leads to."""
        if segment.startswith(":"):
            self.parameter = None
        else:
            del self.literals[segment]


class RouteTree:
    """All routes by method and path: a later trigger of the same two replaces the first."""

    def __init__(self) -> None:
        self._routes: dict[tuple[str, str], Route] = {}
        self._root = _Site()

    def add(self, route: Route) -> None:
        """Take in a route; one of the same method and path is replaced.

        Raises:
            RouteError: the engine refuses it, or would panic.
        """
        _check_segments(route)
        self._check_names(route)
        self._drop(self._routes.get(_key(route)))
        self._routes[_key(route)] = route
        site = self._root
        for segment in _segments(route):
            site = site.grow(segment)
        site.routes[route.method] = route

    def remove(self, route: Route) -> None:
        """Take a route away, unless another trigger has replaced it."""
        present = self._routes.get(_key(route))
        if present and (present.trigger_id, present.worker_id) == (
            route.trigger_id,
            route.worker_id,
        ):
            self._drop(present)

    def match(self, method: str, path: str) -> Route | None:
        """Return the route of that method at the best-matching path."""
        site = self._find(path)
        return site.routes.get(method) if site else None

    def allowed(self, path: str) -> list[str]:
        """Return the methods of the best-matching path; GET stands for HEAD, too."""
        names: dict[str, None] = {}
        site = self._find(path)
        for method in site.routes if site else ():
            names |= {method: None, "HEAD": None} if method == "GET" else {method: None}
        return list(names)

    def _find(self, path: str) -> _Site | None:
        """Return the best-matching place for a raw request path."""
        return _find(self._root, path.split("/")[1:], 0) if path.startswith("/") else None

    def _drop(self, route: Route | None) -> None:
        if route is not None:
            del self._routes[_key(route)]
            _prune(self._root, _segments(route), route.method)

    def _check_names(self, route: Route) -> None:
        """Refuse a second set of parameter names for one shape, over all methods."""
        site: _Site | None = self._root
        for segment in _segments(route):
            site = site and site.next(segment)
        for other in site.routes.values() if site else ():
            if _key(other) == _key(route):
                continue
            if other.method == route.method:
                raise RouteConflictError(
                    f"{route.method} {route.path} has the shape of {other.path}, which is "
                    "registered already: a path has one spelling and one set of parameter names"
                )
            if _full_path(other) != _full_path(route):
                raise RouteConflictError(
                    f"{route.method} {route.path} has the shape of {other.method} {other.path}, "
                    f"but other parameter names: {_PANIC}; use the same names for all methods"
                )


def _key(route: Route) -> tuple[str, str]:
    """Return what a later registration replaces: leading slashes do not count."""
    return route.method, route.path if route.path == "/" else route.path.lstrip("/")


def _full_path(route: Route) -> str:
    return route.path if route.path.startswith("/") else f"/{route.path}"


def _segments(route: Route) -> list[str]:
    return _full_path(route).split("/")[1:]


def _prune(site: _Site, segments: list[str], method: str) -> None:
    """Take the route at the end of a registered path away, and the places that led to it alone."""
    if not segments:
        site.routes.pop(method, None)
    elif after := site.next(segments[0]):
        _prune(after, segments[1:], method)
        if after.leads_nowhere:
            site.cut(segments[0])


def _find(site: _Site, segments: list[str], at: int) -> _Site | None:
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
