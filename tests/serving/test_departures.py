"""Clients that leave, in crowds and one by one: what the app sees, and that nothing is left."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from fastapi import Depends, FastAPI, Request
from fastapi.responses import Response, StreamingResponse
from starlette.background import BackgroundTask
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from iii_asgi import expose
from iii_asgi.engine import Engine
from tests.engine.helpers import fetch, hub_of, open_http, soon
from tests.serving.helpers import bridged, chunk, start

pytestmark = pytest.mark.anyio

CROWD, AT_ONCE = 1000, 50
WITHIN = 2.0  # seconds in which a departure is noticed


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
            await asyncio.wait_for(reader.readuntil(b"tick"), 10)
        await asyncio.sleep(random.random() * 0.02)
    writer.transport.abort()


def open_files() -> int:
    """Count what this process has open; 0 where the system does not tell."""
    folder = Path("/proc/self/fd")
    return len(list(folder.iterdir())) if folder.is_dir() else 0


@pytest.mark.timeout(120)
async def test_crowd(engine: Engine) -> None:
    """A thousand clients that leave at random moments leave no task, socket or channel."""
    random.seed(5)
    counts = Counts()
    async with bridged(engine, make_app(counts), timeout_graceful_shutdown=1.0):
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
        async with asyncio.timeout(WITHIN):
            while not counts.ended or not counts.closed:  # noqa: ASYNC110
                await asyncio.sleep(0.01)


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

    async def work() -> None:
        try:
            await asyncio.sleep(1)
        except asyncio.CancelledError:
            events.append("cancelled")
            raise
        events.append("finished")

    @app.get("/work")
    @expose(on_disconnect=on_disconnect)
    async def give() -> Response:
        return Stubborn(background=BackgroundTask(work))

    @app.post("/upload")
    @expose(on_disconnect=on_disconnect)
    async def take(request: Request) -> None:
        with suppress(ClientDisconnect):
            await request.body()
        await work()

    return app


@pytest.mark.parametrize("moment", ["in the answer", "in the upload"])
@pytest.mark.parametrize(
    ("on_disconnect", "expected"),
    [(None, "finished"), ("finish", "finished"), ("cancel", "cancelled")],
)
async def test_on_disconnect(
    on_disconnect: Any, expected: str, moment: str, engine: Engine
) -> None:
    """An endpoint whose client leaves runs on to its end, unless it is marked to be cancelled."""
    events: list[str] = []
    async with bridged(engine, working_app(events, on_disconnect), timeout_graceful_shutdown=2.0):
        await leave(engine, "/work", moment)
        await soon(lambda: bool(events))

    assert events == [expected]
