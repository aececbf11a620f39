"""Requests that an engine answers itself: of which kind, by what the app would have said."""

from __future__ import annotations

from typing import Any

from starlette.types import Scope

from iii_asgi.catalogue.layers import is_walkable, look_through
from iii_asgi.catalogue.model import Reach
from iii_asgi.catalogue.selection import Entered, Place, Selected, select

__all__ = ["kind_of_refusal", "kind_without_asking"]

_REFUSALS = (404, 405, 501)


def kind_of_refusal(method: str, status: int, by_app: int, *, is_excluded: bool = False) -> str:
    """Return the kind of a request that was answered before the app.

    Args:
        method: of the request.
        status: that the client of an engine gets.
        by_app: what the app answers when it is asked.
        is_excluded: what the app has run for it is excluded from iii.
    """
    if method == "OPTIONS" and status == 200:
        return "options"
    if status not in (404, 405):
        return "refused"
    is_of_method = status == 405 or method == "HEAD"
    if by_app in _REFUSALS:
        return "method" if is_of_method else "path"
    if is_excluded:
        return "excluded"
    return "method-unreachable" if is_of_method else "unreachable"


def kind_without_asking(app: Any, scope: Scope, status: int, reach: Reach | None) -> str:
    """Return the kind where the app is not called: its router tells what it would run.

    Args:
        app: what has the routes; of one that shows none nothing is known.
        scope: of the request.
        status: that the client of an engine gets.
        reach: of the catalogue.
    """
    by_app, is_excluded = 404, False
    try:
        found = _found(app, scope)
    except Exception:  # the route's own code, perhaps, which misses what middleware would add
        found = None
    if found is not None:
        # Not the method of a route, or a slash to redirect to: as the engine sees it.
        refused = 405 if status == 405 or scope["method"] == "HEAD" else 307
        by_app = 200 if found.runs else refused
        is_excluded = reach is not None and not reach.permits(found.key, None)
    return kind_of_refusal(scope["method"], status, by_app, is_excluded=is_excluded)


def _found(app: Any, scope: Scope) -> Selected | None:
    """Return the route that the app's routers would come to, one after the other."""
    app, _ = look_through(app)
    found = select(app, scope, Place()) if is_walkable(app) else None
    while isinstance(found, Entered):
        found = select(found.app, found.scope, found.place or Place())
    return found
