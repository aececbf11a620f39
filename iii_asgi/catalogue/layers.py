"""The layers of an app: middleware around it and in it, and what is behind them."""

from __future__ import annotations

import dis
from collections.abc import Iterator
from itertools import pairwise
from types import FunctionType
from typing import Any, TypeGuard

from starlette.applications import Starlette
from starlette.routing import Host, Mount, Router

from iii_asgi.catalogue.routers import routers_in

__all__ = [
    "behind",
    "endpoints_in",
    "is_of_framework",
    "is_plain",
    "is_walkable",
    "layers_of",
    "look_through",
    "may_read_bodies",
]

_FRAMEWORKS = ("starlette", "fastapi")

# Middleware that never reads a request's body; any other one might.
_HARMLESS = frozenset(
    {
        "iii_asgi.asgi.guard.Guard",
        "iii_asgi.testing.visits.Door",
        "starlette.middleware.cors.CORSMiddleware",
        "starlette.middleware.gzip.GZipMiddleware",
        "starlette.middleware.httpsredirect.HTTPSRedirectMiddleware",
        "starlette.middleware.sessions.SessionMiddleware",
        "starlette.middleware.trustedhost.TrustedHostMiddleware",
    }
)


def is_walkable(app: Any) -> TypeGuard[Starlette | Router]:
    """Whether an app has routes that can be read."""
    return isinstance(app, Starlette | Router)


def look_through(app: Any) -> tuple[Any, bool]:
    """Follow ``.app`` through middleware to what has routes.

    Returns:
        What was found (the innermost one, if nothing has routes), and whether all that is
        around it never reads a body.
    """
    *around, inner = layers_of(app)
    return inner, all(_is_harmless(type(one)) for one in around)


def layers_of(app: Any) -> Iterator[Any]:
    """Yield an app and what is within it, as far as ``.app`` tells, down to what has routes."""
    seen: set[int] = set()
    while id(app) not in seen:
        yield app
        seen.add(id(app))
        inner = getattr(app, "app", None)
        if is_walkable(app) or not callable(inner):
            return
        app = inner


def behind(app: Any, base: Any = None) -> tuple[Any, bool]:
    """Return what `look_through` does, or `base`, should the middleware not tell."""
    inner, harmless = look_through(app)
    if not is_walkable(inner) and is_walkable(base):
        return base, False
    return inner, harmless


def _is_harmless(middleware: Any) -> bool:
    module, name = (getattr(middleware, key, "") for key in ("__module__", "__qualname__"))
    return f"{module}.{name}" in _HARMLESS


def may_read_bodies(app: Any) -> bool:
    """Whether something that belongs to an app, but to no route of it, may read bodies."""
    if isinstance(app, Router):
        return any(map(_is_changed, routers_in(app)))
    return (
        # Instrumentation replaces them, on the class or on the one object.
        not all(map(is_of_framework, (type(app).__call__, app.build_middleware_stack)))
        or not all(_is_harmless(middleware.cls) for middleware in app.user_middleware)
        or not all(map(_ignores_body, app.exception_handlers.values()))
        or bool(getattr(app, "dependency_overrides", None))
        or any(map(_is_changed, routers_in(app.router)))
    )


def is_plain(app: Starlette | Router) -> bool:
    """Whether an app's router chooses routes as Starlette and FastAPI do, and nothing else."""
    return not any(map(_is_changed, routers_in(getattr(app, "router", app))))


def is_of_framework(function: Any) -> bool:
    """Whether a function is FastAPI's or Starlette's own.

    Not told from its ``__module__``, which what is wrapped around it may have copied.
    """
    function = getattr(function, "__func__", function)
    name = function.__globals__["__name__"] if type(function) is FunctionType else ""
    return name.partition(".")[0] in _FRAMEWORKS


def endpoints_in(app: Any, around: frozenset[int] = frozenset()) -> Iterator[Any]:
    """Yield the endpoints that an app has at this moment, without making anything of them.

    Apps themselves, and the layers around them, are among them.

    Args:
        app: any ASGI callable.
        around: ids of the apps that it is mounted in.
    """
    layers = list(layers_of(app))
    yield from layers
    inner = layers[-1]
    if not is_walkable(inner) or id(inner) in around:
        return
    for router in routers_in(getattr(inner, "router", inner)):
        for route in router.routes:
            if isinstance(route, Mount | Host):
                for mounted in (route.app, getattr(route, "_base_app", None)):
                    yield from endpoints_in(mounted, around | {id(inner)})
            else:
                yield getattr(route, "endpoint", None)


def _is_changed(router: Any) -> bool:
    """Whether a router passes requests on in a way of its own."""
    ways = (getattr(router, name, None) for name in ("app", "handle", "matches"))
    own = (type(router).__call__, *(one for one in ways if one is not None))
    has_middleware = getattr(router, "middleware_stack", router.app) != router.app
    return has_middleware or not all(map(is_of_framework, own))


# What a handler may ask of a request without touching its body.
_BESIDE_BODY = frozenset(
    {
        "app",
        "base_url",
        "client",
        "cookies",
        "headers",
        "method",
        "path_params",
        "query_params",
        "state",
        "url",
        "url_for",
    }
)


def _ignores_body(handler: Any) -> bool:
    """Whether an exception handler leaves the body alone, told from its code.

    It gets the request, and most handlers only ask for its URL, or for nothing.
    """
    if is_of_framework(handler):
        return True
    if type(handler) is not FunctionType or not handler.__code__.co_argcount:
        return False
    name = handler.__code__.co_varnames[0]
    for step, following in pairwise(dis.get_instructions(handler)):
        if step.argval == name:
            asked = following.argval if following.opname in _ATTRIBUTE else None
            if asked not in _BESIDE_BODY:
                return False
        elif isinstance(step.argval, tuple) and name in step.argval:  # two at once
            return False
    return True


_ATTRIBUTE = ("LOAD_ATTR", "LOAD_METHOD")
