"""What an ASGI app consists of: its routes, found by walking it.

With `layers`, `routers`, `reading` and `bodies` the one place that looks inside Starlette and
FastAPI, partly at names that they do not promise to keep; so nothing here may fail: what cannot
be read becomes an opaque function, with a warning.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from starlette.applications import Starlette
from starlette.routing import Host, Mount, WebSocketRoute
from starlette.routing import Route as StarletteRoute
from starlette.staticfiles import StaticFiles

from iii_asgi.catalogue.layers import (
    behind,
    is_plain,
    is_walkable,
    layers_of,
    look_through,
    may_read_bodies,
)
from iii_asgi.catalogue.model import Route, RouteKey, Skipped
from iii_asgi.catalogue.operations import METHODS
from iii_asgi.catalogue.reading import read_route
from iii_asgi.catalogue.routers import frontends_of, routes_of
from iii_asgi.catalogue.templates import REST
from iii_asgi.marks import NO_MARK, Mark, mark_of

__all__ = ["Introspection", "introspect"]

_WEBSOCKET = "WebSocket: no trigger of iii reaches it"
_NO_STARLETTE = "the app is no Starlette app, so nothing can be put before its routes"
_MARKED_APP = "expose on an app that has routes says nothing but enabled: put it on them"
_STATIC_METHODS = ("GET", "HEAD")


@dataclass(frozen=True, slots=True)
class Introspection:
    """What was found in an app.

    Attributes:
        routes: in the order in which the app's router asks them.
        skipped: what no trigger of iii can reach.
        warnings: what could not be read.
        apps: the Starlette apps that requests pass as the walk did, the outer ones first.
        keepers: the Starlette app that can keep requests from a route, or a text: why none can.
        title: the app's title, or its class name.
        framework: ``FastAPI``, ``Starlette``, ``ASGI`` or ``WSGI``.
    """

    routes: tuple[Route, ...]
    skipped: tuple[Skipped, ...]
    warnings: tuple[str, ...]
    apps: tuple[Starlette, ...]
    keepers: Mapping[RouteKey, Starlette | str]
    title: str
    framework: str


def introspect(app: Any) -> Introspection:
    """Return the routes of an app. It never fails: see `Introspection.warnings`."""
    walk = _Walk()
    walk.enter(app, _Place())
    try:
        inner, _ = look_through(app)
        title, framework = _title(inner), _framework(inner)
        if type(app).__name__ == "WSGIMiddleware":  # a2wsgi's, and those that were before it
            framework = "WSGI"
    except Exception:
        title, framework = type(app).__name__, "ASGI"
    return Introspection(
        tuple(_told_apart(walk.routes)),
        tuple(walk.skipped),
        tuple(walk.warnings),
        tuple(walk.apps.values()),
        walk.keepers,
        title,
        framework,
    )


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the walk is.

    Attributes:
        prefix: the mounts around it.
        host: the pattern of the Host route around it.
        exact: something around it might read bodies, and must get the client's own bytes.
        keeper: the innermost Starlette app that sees what is asked of a route here, or a text:
            why there is none.
        around: ids of the apps around it, so that an app mounted in itself ends the walk.
        enabled: whether no app around it is marked as not enabled.
    """

    prefix: str = ""
    host: str | None = None
    exact: bool = False
    keeper: Starlette | str | None = None
    around: frozenset[int] = frozenset()
    enabled: bool = True


class _Walk:
    """A walk through an app and what is mounted in it."""

    def __init__(self) -> None:
        self.routes: list[Route] = []
        self.skipped: list[Skipped] = []
        self.warnings: list[str] = []
        self.apps: dict[int, Starlette] = {}
        self.keepers: dict[RouteKey, Starlette | str] = {}

    def enter(self, app: Any, place: _Place, *, name: str = "", base: Any = None) -> None:
        """Walk an app; one that cannot be walked becomes one opaque function.

        Args:
            app: what is called at that place.
            place: where that is.
            name: of the mount.
            base: what is known to be behind `app`, should that not tell.
        """
        counts = len(self.routes), len(self.skipped)
        marked = None
        try:
            inner, harmless = behind(app, base)
            layers = (*layers_of(app), *layers_of(base))
            marked = next((one for one in layers if mark_of(one) is not NO_MARK), None)
            if is_walkable(inner):
                place = self._marked(place, mark_of(marked))
                keeper = _keeper_of(inner, place.keeper, harmless)
                if isinstance(keeper, Starlette):
                    self.apps.setdefault(id(keeper), keeper)
                exact = place.exact or not harmless
                self._walk(inner, replace(place, exact=exact, keeper=keeper))
                return
            static = isinstance(inner, StaticFiles)
        except Exception as error:
            del self.routes[counts[0] :], self.skipped[counts[1] :]
            self.warnings.append(
                f"{place.prefix or '/'}: the routes of this app could not be read "
                f"({_text(error)}), so it is one function"
            )
            static = False
        self._opaque(place, _STATIC_METHODS if static else METHODS, name, marked)

    def _marked(self, place: _Place, mark: Mark) -> _Place:
        """Return the place of an app that has routes: of its mark only one thing can hold."""
        if replace(mark, enabled=True) != NO_MARK:
            self.warnings.append(f"{place.prefix or '/'}: {_MARKED_APP}")
        return replace(place, enabled=place.enabled and mark.enabled)

    def _walk(self, app: Any, place: _Place) -> None:
        if id(app) in place.around:
            self.skipped.append(Skipped(place.prefix or "/", (), "mounted inside itself"))
            return
        exact = place.exact or may_read_bodies(app)
        place = replace(place, exact=exact, around=place.around | {id(app)})
        for route, view in routes_of(app):
            try:
                self._route(route, view, place, app)
            except Exception as error:
                path = f"{place.prefix}{getattr(view, 'path', '/?')}"
                self.warnings.append(f"{path}: this route could not be read ({_text(error)})")
                self.skipped.append(Skipped(path, (), "it could not be read"))
        for path in frontends_of(getattr(app, "router", app)):
            inside = replace(place, prefix=place.prefix + path.rstrip("/"))
            self._opaque(inside, _STATIC_METHODS, "frontend")

    def _route(self, route: Any, view: Any, place: _Place, app: Any) -> None:
        if isinstance(route, Mount):
            inside = replace(place, prefix=place.prefix + view.path)
            base = getattr(view, "_base_app", None)
            self.enter(view.app, inside, name=view.name or "", base=base)
        elif isinstance(route, Host):
            self.enter(view.app, replace(place, host=view.host), name=view.name or "")
        elif isinstance(route, WebSocketRoute):
            self.skipped.append(Skipped(place.prefix + view.path, (), _WEBSOCKET))
        elif isinstance(route, StarletteRoute):
            read = read_route(
                route, view, prefix=place.prefix, host=place.host, exact=place.exact, app=app
            )
            self._add(read, place)
        else:
            path = place.prefix + str(getattr(view, "path", ""))
            reason = f"unknown kind of route: {type(route).__name__}"
            self.skipped.append(Skipped(path or "/", (), reason))

    def _opaque(
        self, place: _Place, methods: tuple[str, ...], name: str, marked: Any = None
    ) -> None:
        route = Route(
            path=place.prefix + REST,
            methods=tuple(sorted(methods)),
            endpoint=None,
            name=name,
            kind="app",
            mark=mark_of(marked),
            marked=marked,
            host=place.host,
        )
        self._add(route, place)

    def _add(self, route: Route, place: _Place) -> None:
        if not place.enabled:
            route = replace(route, mark=replace(route.mark, enabled=False))
        self.routes.append(route)
        self.keepers.setdefault(route.key, place.keeper or _NO_STARLETTE)


def _keeper_of(app: Any, around: Starlette | str | None, harmless: bool) -> Starlette | str:
    """Return the app that sees what is asked of a walkable one, or why there is none.

    Args:
        app: the walkable one.
        around: what keeps the place where it is mounted.
        harmless: whether requests come to it as they are there.
    """
    if isinstance(around, str):
        return around
    if not is_plain(app):
        return f"its {type(app).__name__} chooses routes in a way of its own, or has middleware"
    if isinstance(app, Starlette):
        return app
    if around is None:
        return "a Router takes no middleware: make a Starlette(routes=...) of it"
    return around if harmless else "middleware stands before a Router: mount a Starlette app there"


def _told_apart(routes: Sequence[Route]) -> Iterator[Route]:
    """Yield the routes; FastAPI's documents tell only of the last of one path and method."""
    places = Counter(
        (id(source.app), source.path, method)
        for route in routes
        if (source := route.source) and source.app is not None
        for method in route.methods
    )
    for route in routes:
        source = route.source
        if source and any(places[id(source.app), source.path, one] > 1 for one in route.methods):
            route = replace(route, source=replace(source, app=None))
        yield route


def _text(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def _title(app: Any) -> str:
    own = getattr(app, "title", None)
    if _framework(app) == "FastAPI" and own:
        return str(own)
    return str(getattr(app, "__name__", None) or type(app).__name__)


def _framework(app: Any) -> str:
    if any(base.__module__ == "fastapi.applications" for base in type(app).__mro__):
        return "FastAPI"
    return "Starlette" if is_walkable(app) else "ASGI"
