"""Where the cases run: a web server, the loopback, embedded engines, a real one."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from iii_asgi import Bridge, Settings
from iii_asgi.engine import Engine
from iii_asgi.testing.loopback import Loopback
from tests.conformance.case import FRONTS, Front, Loss, Mode
from tests.conformance.client import Connection, Request
from tests.fronts import until_served

__all__ = ["TARGETS", "Place", "Target", "behind_iii", "behind_uvicorn"]


@dataclass(frozen=True, slots=True)
class Target:
    """Something that serves an app.

    Attributes:
        engine: ``loopback``, ``builtin`` or ``standalone`` (both embedded), ``real``.
        mode: which triggers the app has there.
        prefix: of all its paths there.
    """

    engine: str
    mode: Mode
    prefix: str = ""

    def __str__(self) -> str:
        return "-".join(filter(None, (self.engine, self.mode, self.prefix.strip("/"))))


@dataclass(frozen=True, slots=True)
class Place:
    """A target that runs: its HTTP port, and whose oddities it has."""

    target: Target
    port: int
    front: Front

    def has(self, loss: Loss) -> bool:
        """Whether that is lost here."""
        return loss.holds(self.front, self.target.mode, loopback=self.target.engine == "loopback")


def _engines() -> list[str]:
    engines = ["loopback", *FRONTS]
    if os.environ.get("III_URL") and os.environ.get("III_HTTP_URL"):
        engines.append("real")
    return engines


TARGETS = [
    *(Target(engine, mode) for engine in _engines() for mode in ("app", "routes")),
    Target("loopback", "app", "/shop"),
    Target("loopback", "routes", "/shop"),
]


@asynccontextmanager
async def behind_uvicorn(app: ASGIApp, **config: Any) -> AsyncIterator[int]:
    """Serve an app with uvicorn on a free port; give the port."""
    config = {"ws": "none", "log_config": None, "access_log": False} | config
    config |= {"server_header": False, "date_header": False, "proxy_headers": False}
    config |= {"timeout_graceful_shutdown": 1}
    server = uvicorn.Server(uvicorn.Config(app, port=0, **config))
    serving = asyncio.create_task(server.serve())
    while not server.started:
        assert not serving.done(), "uvicorn did not start"
        await asyncio.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    await serving


@asynccontextmanager
async def behind_iii(app: ASGIApp, target: Target) -> AsyncIterator[Place]:
    """Serve an app at a target."""
    options: dict[str, Any] = {"http": target.mode, "prefix": target.prefix, "access_log": False}
    async with AsyncExitStack() as stack:
        if target.engine == "loopback":
            loopback = Loopback(app, settings=Settings(**options))
            port = await stack.enter_async_context(behind_uvicorn(_quiet(loopback)))
            yield Place(target, port, "builtin")
            return
        url, http_url = os.environ.get("III_URL", ""), os.environ.get("III_HTTP_URL", "")
        if target.engine != "real":
            front: Front = "standalone" if target.engine == "standalone" else "builtin"
            engine = await stack.enter_async_context(Engine(port=0, http_port=0, http_front=front))
            url, http_url = engine.url, engine.http_url
        bridge = Bridge(app, settings=Settings(url=url, **options))
        await stack.enter_async_context(bridge.connect())
        await until_served(http_url, bridge)
        port = urlsplit(http_url).port or 80
        yield Place(target, port, await _front_at(port, target.prefix))


def _quiet(app: ASGIApp) -> ASGIApp:
    """Keep what the app raises after its answer from the server, as an engine does."""

    async def quiet(scope: Scope, receive: Receive, send: Send) -> None:
        with suppress(Exception):
            await app(scope, receive, send)

    return quiet


async def _front_at(port: int, prefix: str) -> Front:
    """Tell the front ends apart by their answer to a method that nobody has registered."""
    request = Request(target="/alive", method="TRACE")
    async with Connection(port) as connection:
        answer, _ = await connection.ask(request, prefix)
    assert answer.status == 405
    return "standalone" if answer.body else "builtin"
