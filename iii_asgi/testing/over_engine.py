"""The way through iii over sockets: an HTTP client, an engine, and the app's bridge on it."""

from __future__ import annotations

import asyncio
import logging
import ssl
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
from starlette.types import ASGIApp, Receive, Scope, Send

from iii_asgi.catalogue.build import build_catalogue
from iii_asgi.catalogue.model import Catalogue
from iii_asgi.errors import ConnectionLostError, Error
from iii_asgi.settings import Settings
from iii_asgi.testing.host import Held, Host
from iii_asgi.testing.loopback import guarded
from iii_asgi.testing.visits import PROBE, VISIT_HEADER, AppFailedError, Door, Visit

__all__ = ["EngineRoads"]


def _is_news(record: logging.LogRecord) -> bool:
    return not (record.exc_info and record.exc_info[0] is AppFailedError)


# The bridge logs what an app raises; here the test gets it.
logging.getLogger("iii_asgi").addFilter(_is_news)

_CALLED_WITHIN = 1.0  # seconds until a client goes in the middle of a body
_ROUTES_WITHIN = 10.0  # seconds from a registration until the routes are served


class EngineRoads:
    """The ways over one engine. It holds one app at a time, and those with requests on their way.

    So apps of one test run may have the same functions and paths, as in other tests.
    """

    def __init__(self, host: Host) -> None:
        self.host = host
        self._present: list[_EngineRoad] = []
        self._changing = asyncio.Lock()

    async def open(self, app: ASGIApp, door: Door, settings: Settings) -> _EngineRoad:
        """See `RoadOpener`. The app is connected when the first request comes."""
        settings = replace(settings, url=self.host.url, lifespan="off", name="")
        return _EngineRoad(self, door, settings)

    async def enter(self, road: _EngineRoad) -> None:
        """Connect an app, in the host's loop, if it is not there; idle ones make room for it."""
        async with self._changing:
            if road in self._present:
                return
            for other in list(self._present):
                if not other.door.is_busy:
                    await self._remove(other)
                elif _overlap(other.catalogue, road.catalogue):
                    raise Error("an app with the same functions or paths is being called")
            road.held = await self.host.hold(road.door, road.settings)
            self._present.append(road)
        if self.host.is_external:
            await _routes_are_served(self.host.http_url, road.catalogue)

    async def leave(self, road: _EngineRoad) -> None:
        """Disconnect an app, in the host's loop."""
        async with self._changing:
            if road in self._present:
                await self._remove(road)

    async def leave_all(self) -> None:
        """Disconnect all apps, in the host's loop."""
        for road in list(self._present):
            await self.leave(road)

    async def _remove(self, road: _EngineRoad) -> None:
        self._present.remove(road)
        if road.held is not None:
            await road.held.leave()


class _EngineRoad:
    """The way to one app."""

    def __init__(self, roads: EngineRoads, door: Door, settings: Settings) -> None:
        self.catalogue = build_catalogue(door, settings=settings)
        guarded(door, self.catalogue, door)  # the bridge would come too late for that
        self.door = door
        self.settings = settings
        self.held: Held | None = None
        self._roads = roads

    async def carry(self, visit: Visit, scope: Scope, receive: Receive, send: Send) -> None:
        """See `Road`."""
        host = self._roads.host
        self.door.expect(visit)
        try:
            await asyncio.wrap_future(host.submit(self._roads.enter(self)))
            await _exchange(host.http_url, visit, scope, receive, send)
        except httpx.TransportError as error:
            raise ConnectionLostError(f"{type(error).__name__}: {error}") from error
        finally:
            self.door.forget(visit)

    async def close(self) -> None:
        """See `Road`."""
        await asyncio.wrap_future(self._roads.host.submit(self._roads.leave(self)))


async def _exchange(url: str, visit: Visit, scope: Scope, receive: Receive, send: Send) -> None:
    """Send a request over TCP, and the answer's messages to `send`."""
    headers = [*scope["headers"], (VISIT_HEADER, visit.id.encode())]
    names = {name.lower() for name, _ in headers}
    has_body = bool(names & {b"content-length", b"transfer-encoding"})
    target = scope["raw_path"] + (b"?" + scope["query_string"] if scope["query_string"] else b"")
    request = httpx.Request(
        scope["method"],
        url,
        headers=headers,
        stream=_Upload(receive, visit, names) if has_body else httpx.ByteStream(b""),
        extensions={"target": target},
    )
    async with httpx.AsyncHTTPTransport(verify=_trust(url)) as transport:
        response = await transport.handle_async_request(request)
        lines = [(name.lower(), value) for name, value in response.headers.raw]
        await send(
            {"type": "http.response.start", "status": response.status_code, "headers": lines}
        )
        assert isinstance(response.stream, httpx.AsyncByteStream)
        async for chunk in response.stream:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


class _Upload(httpx.AsyncByteStream):
    def __init__(self, receive: Receive, visit: Visit, names: set[bytes]) -> None:
        self._receive = receive
        self._visit = visit
        self._is_announced = b"content-length" in names

    async def __aiter__(self) -> AsyncIterator[bytes]:
        has_more = True
        while has_more:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                await self._visit.come(_CALLED_WITHIN)  # else the app might never hear of it
                if self._is_announced:
                    raise httpx.WriteError("the client has gone")
                return
            if message.get("body"):
                yield message["body"]
            has_more = message.get("more_body", False)


_nothing = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # to load certificates for http takes long


def _trust(url: str) -> Any:
    return ssl.create_default_context() if url.startswith("https:") else _nothing


def _overlap(one: Catalogue, other: Catalogue) -> bool:
    """Whether two apps have a function id or a path in common."""

    def names(catalogue: Catalogue) -> set[str]:
        return {
            name
            for function in catalogue.functions
            for name in (function.id, *(trigger.api_path for trigger in function.triggers))
        }

    return not names(one).isdisjoint(names(other))


async def _routes_are_served(url: str, catalogue: Catalogue) -> None:
    """Wait until a real engine serves what was registered last; its HTTP may be another worker."""
    triggers = [trigger for function in catalogue.functions for trigger in function.triggers]
    if not triggers:
        return
    last = triggers[-1]
    path = "/".join("x" if part[:1] == ":" else part for part in last.api_path.split("/"))
    headers = {VISIT_HEADER.decode(): PROBE}
    deadline = time.monotonic() + _ROUTES_WITHIN
    async with httpx.AsyncClient(base_url=url, verify=_trust(url)) as client:
        while (await client.request(last.method, path, headers=headers)).status_code != 204:
            if time.monotonic() > deadline:
                raise Error(f"the engine at {url} does not serve {last.method} {last.api_path}")
            await asyncio.sleep(0.05)
