"""Guards: what is excluded from iii stays unreachable, whatever leads a request there.

A guard is the innermost middleware of an app, so it sees a request as the app's router
will: with its path and method as other middleware has rewritten them. It asks the router
which route would run, and answers 404 in its place when that is not for iii.

Guards only look at requests that `Guarded` has passed on. Those that a web server brings to
the same app run as ever.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from iii_asgi.catalogue.introspect import introspect
from iii_asgi.catalogue.layers import endpoints_in, is_walkable
from iii_asgi.catalogue.model import Reach, RouteKey
from iii_asgi.catalogue.selection import Entered, Place, Selected, select
from iii_asgi.errors import CatalogueError
from iii_asgi.marks import mark_of

__all__ = ["Guard", "Guarded", "ensure_guards", "has_disabled", "install_guards"]

_KEY = "iii_asgi.guard"


@dataclass(frozen=True, slots=True)
class _Watch:
    """What the next guard is to know: how far the request may go, and where it is.

    Attributes:
        lets: asked where something excluded would run; True lets it. None: never.
    """

    reach: Reach
    place: Place
    lets: Callable[[], bool] | None = None

    def permits(self, key: RouteKey | None, method: str | None) -> bool:
        """Whether the app may run a route; see `Reach.permits`."""
        if self.reach.permits(key, method):
            return True
        return self.lets is not None and self.lets()


class Guarded:
    """An app whose guards watch each HTTP request that comes this way.

    Args:
        app: what is called.
        reach: what may run in it.
        lets: asked where something else would run; True lets it run all the same. Tests
            count with it, and so get what they get without iii.
    """

    def __init__(self, app: ASGIApp, reach: Reach, lets: Callable[[], bool] | None = None) -> None:
        self._app = app
        self._watch = _Watch(reach, Place(), lets)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Call the app."""
        if scope["type"] == "http":
            scope[_KEY] = self._watch
        await self._app(scope, receive, send)


class _Post:
    """A guard's place in an app.

    Attributes:
        owner: the app.
        is_manned: whether the app has built its middleware with the guard in it.
    """

    def __init__(self, owner: Starlette) -> None:
        self.owner = owner
        self.is_manned = False


class Guard:
    """The middleware. Starlette makes it when an app builds its stack."""

    def __init__(self, app: ASGIApp, post: _Post) -> None:
        post.is_manned = True
        self._app = app
        self._owner = owner = post.owner
        # Middleware stands outside of what turns exceptions into answers, so it needs its own.
        handlers = {
            key: handler
            for key, handler in owner.exception_handlers.items()
            if key not in (500, Exception)
        }
        self._not_found = ExceptionMiddleware(_not_found, handlers, owner.debug)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it with the app's own 404."""
        watch: _Watch | None = scope.get(_KEY)
        if watch is not None and scope["type"] == "http":
            found = select(self._owner, scope, watch.place)
            if isinstance(found, Entered):
                scope[_KEY] = found.place and replace(watch, place=found.place)
            elif isinstance(found, Selected):
                method = scope["method"] if found.runs else None
                if not watch.permits(found.key, method):
                    await self._not_found(scope, receive, send)
                    return
        await self._app(scope, receive, send)


async def _not_found(scope: Scope, receive: Receive, send: Send) -> None:
    raise HTTPException(404)


def has_disabled(app: Any) -> bool:
    """Whether any endpoint that the app has now is marked ``enabled=False``."""
    try:
        return not all(mark_of(one).enabled for one in endpoints_in(app))
    except Exception:  # the catalogue will say what it cannot read
        return False


def install_guards(app: Any, *, late: bool = False) -> None:
    """Put a guard into each app of a tree that can still take one.

    Before the app's start-up: Starlette builds its middleware at the first call.

    Args:
        app: the outermost one.
        late: put them also into middleware that is built: a test has called its app before
            anything of iii sees it.

    Raises:
        CatalogueError: late, and there is middleware in which the place cannot be found.
    """
    apps = introspect(app).apps
    _man(apps)
    for one in apps if late else ():
        if _post_in(one) is None:
            post = _Post(one)
            _stand_in(one, post)
            one.user_middleware.append(Middleware(Guard, post=post))


def _stand_in(owner: Starlette, post: _Post) -> None:
    """Put a guard into middleware that is built, innermost."""
    layer: Any = owner.middleware_stack
    outer = None  # of what turns exceptions into answers
    while (inner := getattr(layer, "app", None)) is not None and not is_walkable(inner):
        if isinstance(inner, ExceptionMiddleware):
            outer = layer
        layer = inner
    if outer is None:
        title = getattr(owner, "title", type(owner).__name__)
        raise CatalogueError(
            f"Something is excluded, but no guard can be put into the middleware of {title!r}, "
            f"which is built already: {type(layer).__name__} keeps what it calls out of sight. "
            "Where it is yours, keep that as self.app."
        )
    outer.app = Guard(outer.app, post)


def _man(apps: Iterable[Starlette]) -> None:
    for one in apps:
        if one.middleware_stack is None and _post_in(one) is None:
            one.user_middleware.append(Middleware(Guard, post=_Post(one)))


def ensure_guards(app: Any, reach: Reach) -> None:
    """See to it that guards keep requests from whatever is excluded.

    Raises:
        CatalogueError: from some route they cannot.
    """
    found = introspect(app)
    _man(found.apps)  # the start-up may have mounted more
    for route in found.routes:
        keeper = found.keepers[route.key]
        if isinstance(keeper, str) and reach.routes.get(route.key) != frozenset():
            raise CatalogueError(f"{route.path} is excluded, but stays within reach: {keeper}.")
    for one in found.apps:
        if one.middleware_stack is None:
            one.middleware_stack = one.build_middleware_stack()  # as its first call would
        if (post := _post_in(one)) is None or not post.is_manned:
            title = getattr(one, "title", type(one).__name__)
            raise CatalogueError(
                f"Something is excluded, but the app {title!r} has built its middleware without "
                "a guard. Put it on iii before its start-up and its first request, and name "
                "routes that come later with --exclude."
            )


def _post_in(app: Starlette) -> _Post | None:
    posts = (one.kwargs.get("post") for one in app.user_middleware)
    return next((one for one in posts if isinstance(one, _Post)), None)
