"""The layers of an app: middleware around it and in it, and what is behind them."""

from __future__ import annotations

from typing import Any, TypeGuard

from starlette.applications import Starlette
from starlette.routing import Router

__all__ = ["is_walkable", "look_through", "may_read_bodies"]

_FRAMEWORKS = ("starlette", "fastapi")

# Middleware that never reads a request's body; any other one might.
_HARMLESS = frozenset(
    {
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
    harmless = True
    seen: set[int] = set()
    while not is_walkable(app) and id(app) not in seen:
        seen.add(id(app))
        inner = getattr(app, "app", None)
        if not callable(inner):
            break
        harmless = harmless and _is_harmless(type(app))
        app = inner
    return app, harmless


def _is_harmless(middleware: Any) -> bool:
    module, name = (getattr(middleware, key, "") for key in ("__module__", "__qualname__"))
    return f"{module}.{name}" in _HARMLESS


def may_read_bodies(app: Any) -> bool:
    """Whether something that belongs to an app, but to no route of it, may read bodies."""
    if isinstance(app, Router):
        return bool(getattr(app, "middleware_stack", app.app) != app.app)
    own = (type(app).__call__, app.build_middleware_stack)
    return (
        # Instrumentation replaces them, on the class or on the one object.
        any(getattr(one, "__module__", "").partition(".")[0] not in _FRAMEWORKS for one in own)
        or not all(_is_harmless(middleware.cls) for middleware in app.user_middleware)
        or bool(getattr(app, "dependency_overrides", None))
    )
