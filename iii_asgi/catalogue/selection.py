"""Which route an app's router would run for a request, worked out as the router does it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from starlette.applications import Starlette
from starlette.routing import Host, Match, Mount
from starlette.types import Scope

from iii_asgi.catalogue.layers import behind, is_plain, is_walkable
from iii_asgi.catalogue.model import RouteKey
from iii_asgi.catalogue.routers import frontends_of
from iii_asgi.catalogue.templates import REST

__all__ = ["Entered", "Place", "Selected", "select"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where an app is: the mounts around it, and the pattern of the Host route around it."""

    prefix: str = ""
    host: str | None = None


@dataclass(frozen=True, slots=True)
class Selected:
    """A route would run.

    Attributes:
        key: of the route; None: the router's own default app.
        runs: False: it would only be the reason for a 405 or a redirect.
    """

    key: RouteKey | None
    runs: bool


@dataclass(frozen=True, slots=True)
class Entered:
    """A mounted app would be called, which chooses among its own routes.

    Attributes:
        place: where that is; None when something before its routes may change the request.
        app, scope: the app behind its middleware, and what it is called with.
    """

    place: Place | None
    app: Any = field(default=None, compare=False, repr=False)
    scope: Scope = field(default_factory=dict, compare=False, repr=False)


Selection: TypeAlias = Selected | Entered | None


def select(app: Any, scope: Scope, place: Place) -> Selection:
    """Return what an app or a router would do; None: answer that there is nothing.

    Args:
        app: whose router is asked; see `layers.is_plain`.
        scope: as the router gets it. It is not changed.
        place: of the app.
    """
    router = getattr(app, "router", app)
    scope = dict(scope)
    partial: _Match | None = None
    for match in _matches(router, scope):
        if match.full:
            return _entered(match, scope, place, runs=True)
        partial = partial or match
    if partial is not None:
        return _entered(partial, scope, place, runs=False)
    if redirect := _redirect(router, scope):
        found = _entered(redirect, scope, place, runs=False)
        return found if isinstance(found, Selected) else None
    if (frontend := _frontend(router, scope)) is not None:
        return Selected((place.host, place.prefix + frontend + REST, 0), runs=True)
    if router.default != router.not_found:
        return Selected(None, runs=True)
    return None


@dataclass(frozen=True, slots=True)
class _Match:
    """A route that matches.

    Attributes:
        full: the method, too.
        route: what it is.
        view: where its attributes are to be read.
        child: what it adds to the scope.
    """

    full: bool
    route: Any
    view: Any
    child: Scope


def _matches(router: Any, scope: Scope) -> Iterator[_Match]:
    """Yield the routes that match, in the router's order."""
    for route in router.routes:
        match, child = route.matches(scope)
        if match is Match.NONE:
            continue
        view = route
        # Since 0.137.2 FastAPI keeps included routers as a tree, and asks them again.
        while hasattr(route, "original_router"):
            _, child, route, context = route._match(scope)
            is_itself = context is None or context.starlette_route is not None
            view = route if is_itself else context
        yield _Match(match is Match.FULL, route, view, child)


def _entered(match: _Match, scope: Scope, place: Place, *, runs: bool) -> Selection:
    """Return what comes of a route that matches: it runs, or what is mounted there does."""
    route, view = match.route, match.view
    if not isinstance(route, Mount | Host):
        endpoint = getattr(view, "endpoint", None)
        key = (place.host, place.prefix + view.path, 0 if endpoint is None else id(endpoint))
        return Selected(key, runs)
    if isinstance(route, Mount):
        inside = Place(place.prefix + view.path, place.host)
        app, harmless = behind(view.app, getattr(view, "_base_app", None))
    else:
        inside = Place(place.prefix, view.host)
        app, harmless = behind(view.app)
    if not is_walkable(app):
        return Selected((inside.host, inside.prefix + REST, 0), runs)
    scope = {**scope, **match.child}
    if isinstance(app, Starlette):
        return Entered(inside, app, scope)
    if harmless and is_plain(app):
        found = select(app, scope, inside)
        return Selected(found.key, runs and found.runs) if isinstance(found, Selected) else found
    return Entered(None, app, scope)


def _redirect(router: Any, scope: Scope) -> _Match | None:
    """Return the route to which the router would send the client, with a slash or without."""
    path: str = scope["path"]
    if not router.redirect_slashes or path == "/":
        return None
    other = path.rstrip("/") if path.endswith("/") else path + "/"
    return next(_matches(router, {**scope, "path": other}), None)


def _frontend(router: Any, scope: Scope) -> str | None:
    """Return the path of the ``app.frontend()`` that would run."""
    path: str = scope["path"].removeprefix(scope.get("root_path", ""))
    found = (one.rstrip("/") for one in frontends_of(router))
    return max((one for one in found if f"{path}/".startswith(f"{one}/")), key=len, default=None)
