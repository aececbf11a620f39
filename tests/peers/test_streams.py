"""Streams to HTTP clients, through whatever front end is there."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse

from iii_asgi import expose
from tests.patience import WITHIN
from tests.peers.conftest import our_bridge, served
from tests.peers.driver import Place

pytestmark = pytest.mark.anyio

NOTICED = 2.0  # seconds in which a departure is noticed
SILENCE = 61  # seconds: one front end ends a stream that it hears nothing of for 30
CROWD = 100

EVENTS = "text/event-stream"


class Streams:
    """An app of streams, and how many of them run."""

    def __init__(self, run: str) -> None:
        self.running = 0
        self.app = app = FastAPI(openapi_url=None)
        service = f"streams{run}"

        @app.get("/endless/{pause}")
        @expose(service=service)
        async def endless(pause: float) -> StreamingResponse:
            return StreamingResponse(self._ticks(pause), media_type=EVENTS)

        @app.get("/silent/{seconds}")
        @expose(service=service)
        async def silent(seconds: float) -> StreamingResponse:
            return StreamingResponse(self._silent(seconds), media_type="text/plain")

        @app.post("/upload")
        @expose(service=service)
        async def upload(request: Request) -> dict[str, int]:
            return {"size": sum([len(chunk) async for chunk in request.stream()])}

    async def _ticks(self, pause: float) -> AsyncIterator[bytes]:
        self.running += 1
        try:
            while True:
                yield b"data: tick\n\n"
                await asyncio.sleep(pause)
        finally:
            self.running -= 1

    async def _silent(self, seconds: float) -> AsyncIterator[bytes]:
        yield b"first"
        await asyncio.sleep(seconds)
        yield b"last"


@pytest.fixture
def alone(place: Place) -> Place:
    """A place where no other app of ours is."""
    return place.apart("_streams")


@pytest.fixture
async def streams(alone: Place) -> AsyncIterator[Streams]:
    """The app, on the engine."""
    streams = Streams(alone.run)
    bridge = our_bridge(streams.app, alone, name=f"streams{alone.run}")
    async with served(bridge, alone):
        yield streams


async def begin(place: Place, path: str, body: bytes = b"") -> asyncio.StreamWriter:
    """Send a request, or the first part of one; wait for the first event of a stream."""
    parts = urlsplit(place.http_url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    method = "POST" if body else "GET"
    head = f"{method} {place.prefix}{path} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
    if body:
        head += f"Content-Length: {len(body) + 100_000}\r\nContent-Type: text/plain\r\n"
    writer.write(f"{head}\r\n".encode() + body)
    if not body:
        await asyncio.wait_for(reader.readuntil(b"tick"), WITHIN)
    return writer


async def none_runs(streams: Streams, within: float) -> None:
    """Wait until every stream has come to its `finally`."""
    async with asyncio.timeout(within):
        while streams.running:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("pause", [0.01, 3600], ids=["busy", "idle"])
async def test_departure(pause: float, alone: Place, streams: Streams) -> None:
    """An endless stream ends within two seconds of its client's departure, idle or not."""
    writer = await begin(alone, f"/endless/{pause}")
    await asyncio.sleep(0.5)
    assert streams.running == 1
    writer.transport.abort()

    await none_runs(streams, NOTICED)


async def test_silence(alone: Place, streams: Streams) -> None:
    """A stream that is silent for a long time arrives whole."""
    seconds = 1 if alone.is_embedded else SILENCE
    async with httpx.AsyncClient(base_url=alone.http_url + alone.prefix, timeout=90) as http:
        answer = await http.get(f"/silent/{seconds}")

    assert (answer.status_code, answer.content) == (200, b"firstlast")


async def test_crowd(alone: Place, streams: Streams) -> None:
    """Clients that leave, in answers and uploads, leave no task and no socket behind."""

    async def leave(number: int) -> None:
        path = f"/endless/{random.choice([0.01, 3600])}"
        upload = bytes(50_000) if number % 4 == 0 else b""
        writer = await begin(alone, "/upload" if upload else path, upload)
        await asyncio.sleep(random.random() * 0.02)
        writer.transport.abort()

    await leave(1)
    await none_runs(streams, 5)
    await asyncio.sleep(0.5)
    tasks, files = len(asyncio.all_tasks()), open_files()
    await asyncio.gather(*(leave(number) for number in range(CROWD)))
    await none_runs(streams, 10)

    async with asyncio.timeout(WITHIN):
        while len(asyncio.all_tasks()) > tasks or open_files() > files:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


def open_files() -> int:
    """Count what this process has open; 0 where the system does not tell."""
    folder = Path("/proc/self/fd")
    return len(list(folder.iterdir())) if folder.is_dir() else 0
