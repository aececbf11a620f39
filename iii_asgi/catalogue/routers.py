"""What a router asks: its routes, the routers that are included in it, and frontends."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

__all__ = ["frontends_of", "routers_in", "routes_of"]


def routes_of(app: Any) -> Iterator[tuple[Any, Any]]:
    """Yield (route, view): what a route is, and where its attributes are to be read.

    Since 0.137.2 FastAPI keeps included routers as a tree: a context stands for a route as
    one of them includes it, with prefix, tags and dependencies. Before, and in Starlette,
    the list is flat and a route is its own view.

    Args:
        app: a Starlette app, or a router.
    """
    contexts = getattr(sys.modules.get("fastapi.routing"), "iter_route_contexts", None)
    if contexts is None:
        for route in app.routes:
            yield route, route
    else:
        for context in contexts(app.routes):
            # Of a route that is no APIRoute the context has a copy, with its own path.
            copy = getattr(context, "starlette_route", None)
            yield context.original_route, context if copy is None else copy


def frontends_of(router: Any) -> Iterator[str]:
    """Yield the paths of ``app.frontend()``, which the router asks last."""
    iterate = getattr(router, "_iter_low_priority_routes", None)
    candidates = iterate() if callable(iterate) else getattr(router, "_low_priority_routes", ())
    for candidate in candidates:
        group = getattr(candidate, "original_route", candidate)
        prefix = getattr(candidate, "frontend_prefix", "")
        for route in getattr(group, "routes", ()):
            yield prefix + route.path


def routers_in(router: Any) -> Iterator[Any]:
    """Yield a router and those that are included in it, where they stay what they are."""
    yield router
    for route in router.routes:
        if (included := getattr(route, "original_router", None)) is not None:
            yield from routers_in(included)
