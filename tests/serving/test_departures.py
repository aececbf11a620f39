"""Clients that leave, in crowds and one by one: what the app sees, and that nothing is left."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.responses import Response, StreamingResponse
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from iii_asgi import expose
from iii_asgi.engine import Engine
from iii_asgi.engine.front import FrontName
from iii_asgi.settings import HttpMode
from tests.engine.helpers import fetch, hub_of, open_http, soon
from tests.patience import WITHIN
from tests.serving.helpers import bridged, chunk, start

pytestmark = [
    pytest.mark.anyio,
    # Of the oldest supported Starlette, whose BaseHTTPMiddleware leaves streams open.
    pytest.mark.filterwarnings(
        "ignore:Exception ignored in. <function Mem:pytest.PytestUnraisableExceptionWarning"
    ),
]

FRONTS: tuple[FrontName, ...] = ("builtin", "standalone")
CROWD, AT_ONCE = 1000, 50
PATIENCE = 1.5  # seconds that an engine waits; the real one has thirty
NOTICED = 2.0  # seconds in which a departure is noticed


class Counts:
    """How many streams began, and how many of them came to their `finally`."""

    def __init__(self) -> None:
        self.begun = 0
        self.ended = 0
        self.closed = 0  # dependencies


def make_app(counts: Counts) -> FastAPI:
    """An app whose streams never end by themselves."""
    app = FastAPI(openapi_url=None)

    async def session() -> AsyncIterator[None]:
        try:
            yield
        finally:
            counts.closed += 1

    async def ticks(pause: float, delay: float = 0.0) -> AsyncIterator[bytes]:
        counts.begun += 1
        try:
            await asyncio.sleep(delay)
            while True:
                yield b"tick\n"
                await asyncio.sleep(pause)
        finally:
            counts.ended += 1

    @app.get("/busy", dependencies=[Depends(session)])
    async def busy(delay: float = 0.0) -> StreamingResponse:
        return StreamingResponse(ticks(0.005, delay), media_type="text/plain")

    @app.get("/idle", dependencies=[Depends(session)])
    async def idle(delay: float = 0.0) -> StreamingResponse:
        return StreamingResponse(ticks(3600, delay), media_type="text/event-stream")

    @app.post("/upload", dependencies=[Depends(session)])
    async def upload(request: Request) -> StreamingResponse:
        async for _ in request.stream():
            pass
        return StreamingResponse(ticks(0.005), media_type="text/plain")

    return app


async def leave(engine: Engine, path: str, moment: str) -> None:
    """Ask, and hang up: before the answer, in it, or before the request is complete."""
    reader, writer = await open_http(engine)
    if moment == "in the upload":
        writer.write(
            b"POST /upload HTTP/1.1\r\nHost: test\r\nContent-Length: 500000\r\n"
            b"Content-Type: application/octet-stream\r\n\r\n" + bytes(random.randrange(200_000))
        )
        await asyncio.sleep(random.random() * 0.03)
    else:
        delay = random.choice([0, 0.02])
        writer.write(f"GET {path}?delay={delay} HTTP/1.1\r\nHost: test\r\n\r\n".encode())
        if moment == "in the answer":
            await asyncio.wait_for(reader.readuntil(b"tick"), WITHIN)
        await asyncio.sleep(random.random() * 0.02)
    writer.transport.abort()


def open_files() -> int:
    """Count what this process has open; 0 where the system does not tell."""
    folder = Path("/proc/self/fd")
    return len(list(folder.iterdir())) if folder.is_dir() else 0


@pytest.mark.timeout(120)
@pytest.mark.parametrize("front", FRONTS)
async def test_crowd(front: FrontName) -> None:
    """A thousand clients that leave at random moments leave no task, socket or channel."""
    random.seed(5)
    counts = Counts()
    made = Engine(port=0, http_port=0, http_front=front)
    async with made as engine, bridged(engine, make_app(counts), timeout_graceful_shutdown=1.0):
        await fetch(engine, "/nowhere")
        await leave(engine, "/busy", "in the answer")
        await soon(lambda: counts.ended == counts.begun == 1)
        await asyncio.sleep(0.1)
        tasks, files = len(asyncio.all_tasks()), open_files()

        moments = ["before the answer", "in the answer", "in the answer", "in the upload"]
        for _ in range(CROWD // AT_ONCE):
            crowd = zip(
                random.choices(["/busy", "/idle"], k=AT_ONCE),
                random.choices(moments, k=AT_ONCE),
                strict=True,
            )
            await asyncio.gather(*(leave(engine, *one) for one in crowd))

        hub = hub_of(engine)
        async with asyncio.timeout(80):
            while (  # noqa: ASYNC110
                len(asyncio.all_tasks()) > tasks
                or open_files() > files
                or hub.channels._channels
                or hub.channels._in_use
                or hub.invocations._pending
                or counts.ended < counts.begun
            ):
                await asyncio.sleep(0.05)
        assert counts.begun > CROWD / 2


@pytest.mark.parametrize("path", ["/busy", "/idle"])
async def test_how_soon(path: str, engine: Engine) -> None:
    """An endless stream, busy or silent, is stopped within two seconds: its `finally` runs, and
    that of its dependencies."""
    counts = Counts()
    async with bridged(engine, make_app(counts), timeout_graceful_shutdown=1.0):
        await leave(engine, path, "in the answer")
        async with asyncio.timeout(NOTICED):
            while not counts.ended or not counts.closed:  # noqa: ASYNC110
                await asyncio.sleep(0.01)


@pytest.mark.parametrize("front", FRONTS)
async def test_silence(front: FrontName) -> None:
    """A stream that is silent for longer than the engine waits for an answer arrives whole."""
    app = FastAPI(openapi_url=None)

    async def pieces() -> AsyncIterator[bytes]:
        yield b"first"
        await asyncio.sleep(2 * PATIENCE)
        yield b"last"

    @app.get("/silent")
    async def silent() -> StreamingResponse:
        return StreamingResponse(pieces(), media_type="text/plain")

    made = Engine(port=0, http_port=0, http_front=front, request_timeout=PATIENCE)
    async with made as engine, bridged(engine, app):
        answer = await fetch(engine, "/silent")

    assert (answer.status, answer.body) == (200, b"firstlast")


class Stubborn(Response):
    """An answer that does not listen for its client's departure."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send(start("content-type: text/plain"))
        await send(chunk(b"tick", more=True))
        await self.background()  # type: ignore[misc]
        await send(chunk())


def working_app(events: list[str], on_disconnect: Any) -> FastAPI:
    """An app whose endpoints go on working when their client is gone."""
    app = FastAPI(openapi_url=None)
    included, mounted = APIRouter(), Starlette()

    @asynccontextmanager
    async def watched() -> AsyncIterator[None]:
        try:
            yield
        except asyncio.CancelledError:
            events.append("cancelled")
            raise
        events.append("finished")

    async def work() -> None:
        async with watched():
            await asyncio.sleep(1)

    @expose(on_disconnect=on_disconnect)
    async def give(request: Request) -> Response:
        return Stubborn(background=BackgroundTask(work))

    @app.post("/upload")
    @expose(on_disconnect=on_disconnect)
    async def take(request: Request) -> None:
        async with watched():
            with suppress(ClientDisconnect):
                await request.body()
            await asyncio.sleep(1)

    app.get("/work")(give)
    included.get("/{name}")(give)
    mounted.add_route("/{name}", give)
    app.include_router(included, prefix="/included")
    app.mount("/mounted", mounted)
    app.add_middleware(GZipMiddleware)
    app.add_middleware(BaseHTTPMiddleware, dispatch=_passed_on)
    return app


async def _passed_on(request: Request, call_next: RequestResponseEndpoint) -> Response:
    return await call_next(request)


@pytest.mark.parametrize("http", ["routes", "app"])
@pytest.mark.parametrize("moment", ["in the answer", "in the upload"])
@pytest.mark.parametrize(
    ("on_disconnect", "expected"),
    [(None, "finished"), ("finish", "finished"), ("cancel", "cancelled")],
)
async def test_on_disconnect(
    on_disconnect: Any, expected: str, moment: str, http: HttpMode, engine: Engine
) -> None:
    """An endpoint whose client leaves runs on to its end, unless it is marked to be cancelled;
    also where one function leads to all endpoints."""
    events: list[str] = []
    async with bridged(engine, working_app(events, on_disconnect), http=http):
        await leave(engine, "/work", moment)
        await soon(lambda: bool(events))

    assert events == [expected]


@pytest.mark.parametrize("path", ["/included/x", "/mounted/x"])
async def test_on_disconnect_within(path: str, engine: Engine) -> None:
    """So does one in a router or an app within the app, which no trigger names."""
    events: list[str] = []
    async with bridged(engine, working_app(events, "cancel"), http="app"):
        await leave(engine, path, "in the answer")
        await soon(lambda: bool(events))

    assert events == ["cancelled"]
