"""HTTP through iii and back, in memory: what an app looks like from behind an engine."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import httpx
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from iii_asgi.asgi.guard import Guarded, ensure_guards, install_guards
from iii_asgi.asgi.transport import ASGITransport
from iii_asgi.catalogue import bindings
from iii_asgi.catalogue.build import build_catalogue
from iii_asgi.catalogue.describe import describe
from iii_asgi.catalogue.model import Catalogue
from iii_asgi.engine import registrations
from iii_asgi.engine.asgi import AsgiService
from iii_asgi.engine.functions import register_engine_functions
from iii_asgi.engine.hub import Hub
from iii_asgi.engine.service import Service
from iii_asgi.serving.handler import InvocationHandler
from iii_asgi.settings import Settings
from iii_asgi.testing.memory import MemoryChannels, MemoryLink

__all__ = ["ANSWER_WITHIN", "Loopback", "Place", "guarded", "raw_path_of"]

logger = logging.getLogger("iii_asgi.testing")

ANSWER_WITHIN = 30.0
"""Seconds until a real engine gives up."""


class Loopback:
    """An ASGI app that serves another one through iii, without an engine or a socket.

    Each HTTP request becomes the call that the engine would send, JSON text and all, is
    served as the bridge serves it, and answered as the engine answers. So whatever calls
    ASGI apps calls it: a test client, httpx's transport, a web server.

    As with the app itself, a request is over when the app has returned, background work
    included, and an exception that the app let through is raised after its 500. The app
    runs in the caller's event loop, in a task with a copy of its context variables.

    Args:
        app: any ASGI app. Its lifespan is the server's to run; without one, its routes are
            looked at when the first request comes.
        settings: as for `Bridge`; what belongs to the connection is not used.
    """

    def __init__(self, app: ASGIApp, *, settings: Settings | None = None) -> None:
        self.app = app
        self._settings = settings or Settings.resolve()
        self._place: Place | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; a lifespan, and what is no HTTP, is the app's own."""
        if scope["type"] == "lifespan":
            await self._lifespan(scope, receive, send)
        elif scope["type"] != "http":
            await self.app(scope, receive, send)
        else:
            if self._place is None:
                self._place = await self._open(scope.get("state"))
            sent = {**scope, "raw_path": raw_path_of(scope)}
            await self._place.serve(sent, receive, send)

    @property
    def catalogue(self) -> Catalogue | None:
        """What is on iii, once it is known."""
        return None if self._place is None else self._place.catalogue

    async def _lifespan(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def announced(message: Message) -> None:
            if message["type"] == "lifespan.startup.complete":
                self._place = await self._open(scope.get("state"))
            await send(message)

        await self.app(scope, receive, announced)

    async def _open(self, state: dict[str, Any] | None) -> Place:
        place = Place(self.app, self._settings, state)
        await place.register()
        return place


@dataclass(slots=True)
class _Visit:
    """One request at the app: how it ended there."""

    began: bool = False
    over: asyncio.Event = field(default_factory=asyncio.Event)
    error: BaseException | None = None


_visit: ContextVar[_Visit | None] = ContextVar("iii_visit", default=None)


class Place:
    """An engine's state, and the app as the one worker on it.

    Args:
        app: what is on iii.
        settings: see `Loopback`.
        state: of the lifespan.
        door: what is called where the app would be.
        answer_within: seconds that the engine waits for an answer.

    Raises:
        CatalogueError: see `build_catalogue` and `guarded`.
    """

    def __init__(
        self,
        app: ASGIApp,
        settings: Settings,
        state: dict[str, Any] | None,
        *,
        door: ASGIApp | None = None,
        answer_within: float = ANSWER_WITHIN,
    ) -> None:
        self.catalogue = build_catalogue(app, settings=settings)
        self._app = guarded(app, self.catalogue, door or app)
        self._settings = settings
        self._has_calls = False
        self._hub = Hub()
        self._service = AsgiService(Service(self._hub, self._hub.front, answer_within))
        self._link = MemoryLink(self._hub, self._handle, settings.namespace, self._prepare_calls)
        self._transport = ASGITransport(
            self._visited,
            root_path=settings.root_path + settings.prefix,
            state=state,
            raise_app_exceptions=False,
            on_error=_leave_to_caller,
        )
        self._handler = self._make_handler()

    def _make_handler(self) -> InvocationHandler:
        settings = self._settings
        return InvocationHandler(
            self.catalogue.functions,
            self._transport,
            MemoryChannels(self._hub.channels),
            self._link,
            prefix=settings.prefix,
            proxy_headers=settings.proxy_headers,
            errors=settings.errors,
            access_log=settings.access_log,
        )

    async def register(self) -> None:
        """Put functions and triggers on the engine."""
        namespace = self._settings.namespace
        for message in bindings.registrations(self.catalogue, namespace=namespace):
            await registrations.apply(self._hub, self._link.worker, message)

    async def _prepare_calls(self) -> None:
        """Have what calls of functions need, before the first one.

        A bridge describes its functions when it starts. HTTP needs none of it, it takes
        time, and few tests call.
        """
        if self._has_calls:
            return
        self._has_calls = True
        register_engine_functions(self._hub)
        self.catalogue = describe(self.catalogue)
        self._handler = self._make_handler()
        for message in map(bindings.register, self.catalogue.functions):
            await registrations.apply(self._hub, self._link.worker, message)

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, to the end of the app's part."""
        visit = _Visit()
        token = _visit.set(visit)
        try:
            await self._service(scope, receive, send)
            if visit.began:
                await visit.over.wait()
        finally:
            _visit.reset(token)
        if visit.error is not None:
            raise visit.error

    async def _handle(self, message: Any) -> Any:
        return await self._handler(message)

    async def _visited(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Call the app, and tell the request's own task how that ends."""
        visit = _visit.get()
        if visit is None or visit.began:  # a route has called a function
            with _logged():
                return await self._app(scope, receive, send)
        visit.began = True
        try:
            await self._app(scope, receive, send)
        except BaseException as error:
            visit.error = error
            raise
        finally:
            visit.over.set()
        return None


def raw_path_of(scope: Scope) -> bytes:
    """Return the path as the client sent it; some test clients leave the query there."""
    raw_path: bytes = scope.get("raw_path") or quote(scope["path"]).encode()
    return raw_path.partition(b"?")[0]


def guarded(app: ASGIApp, catalogue: Catalogue, called: ASGIApp) -> ASGIApp:
    """Return what is to be called for an app, so that nothing excluded runs.

    Guards are put into the app where something is excluded, also after its start-up. To
    calls that do not come from here it is as before.

    Args:
        app: what has the routes.
        catalogue: of it.
        called: what is around it, or stands for it.

    Raises:
        CatalogueError: no guard can keep requests from what is excluded.
    """
    if catalogue.reach is None:
        return called
    install_guards(app, late=True)
    ensure_guards(app, catalogue.reach)
    return Guarded(called, catalogue.reach)


@contextmanager
def _logged() -> Iterator[None]:
    try:
        yield
    except Exception:
        logger.exception("Exception in ASGI application")
        raise


def _leave_to_caller(request: httpx.Request, error: BaseException) -> None:
    """Say nothing: `Place.serve` raises it, or has logged it."""
