"""Functions that stream their answer, and that read the body of a request, frame by frame."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, TypeAlias

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from iii_asgi.engine import Engine
from tests.engine.helpers import (
    Frame,
    HttpAnswer,
    RawWorker,
    channel,
    fetch,
    open_http,
    soon,
)

__all__ = [
    "JSON",
    "TEXT",
    "Streaming",
    "Uploads",
    "fails",
    "frames_after_departure",
    "headers",
    "sending",
    "status",
    "stream",
    "upload",
]

JSON = ("Content-Type: application/json",)
TEXT = ("Content-Type: text/plain",)

Streaming: TypeAlias = Callable[[ClientConnection], Awaitable[None]]


def status(code: int) -> str:
    """Return the control message that sets the status."""
    return json.dumps({"type": "set_status", "status_code": code})


def headers(**fields: str) -> str:
    """Return the control message that sets headers; ``_`` stands for ``-``."""
    named = {name.replace("_", "-"): value for name, value in fields.items()}
    return json.dumps({"type": "set_headers", "headers": named})


async def stream(
    engine: Engine, worker: RawWorker, streaming: Streaming, method: str = "GET"
) -> HttpAnswer:
    """Return what a client sees of a function that answers through the response channel."""

    async def answering(worker: RawWorker, call: Frame) -> None:
        writer = await channel(engine, call["data"]["response"])
        try:
            await streaming(writer)
        finally:
            await writer.close()
        await worker.answer(call, result=None)

    await worker.offer("f", answering)
    await worker.bind("/f", method)
    return await fetch(engine, "/f", method)


def sending(*frames: str | bytes) -> Streaming:
    """Return a function body that sends these frames."""

    async def send(writer: ClientConnection) -> None:
        for frame in frames:
            await writer.send(frame)

    return send


async def fails(writer: ClientConnection) -> bool:
    """Whether writing to a channel fails within a second."""
    try:
        for _ in range(100):
            await writer.send(b"")
            await asyncio.sleep(0.01)
    except ConnectionClosed:
        return True
    return False


class Uploads:
    """A function that reads the body of its requests, as frames."""

    def __init__(self, engine: Engine, *, delay: float = 0) -> None:
        self.frames: list[bytes] = []
        self._engine = engine
        self._delay = delay

    async def __call__(self, worker: RawWorker, call: Frame) -> None:
        await asyncio.sleep(self._delay)
        reader = await channel(self._engine, call["data"]["request_body"])
        self.frames = [frame async for frame in reader if isinstance(frame, bytes)]
        await worker.answer(call, result={"body": call["data"]["body"]})


async def upload(
    engine: Engine, worker: RawWorker, headers: tuple[str, ...], body: bytes, *, delay: float = 0
) -> tuple[Any, list[bytes]]:
    """Return (what the function got inline, the frames of its channel)."""
    uploads = Uploads(engine, delay=delay)
    await worker.offer("f", uploads)
    await worker.bind("/f", "POST")
    answer = await fetch(engine, "/f", "POST", headers, body)
    assert answer.status == 200
    return answer.json, uploads.frames


async def frames_after_departure(engine: Engine, worker: RawWorker) -> int:
    """Return how many frames a worker can write after its client has left."""
    written: list[int] = []

    async def answering(worker: RawWorker, call: Frame) -> None:
        writer = await channel(engine, call["data"]["response"])
        await writer.send(b"x")
        await asyncio.sleep(0.1)
        count = 0
        with suppress(ConnectionClosed):
            while count < 20:
                await writer.send(b"")
                count += 1
                await asyncio.sleep(0.05)
        written.append(count)

    await worker.offer("f", answering)
    await worker.bind("/f")
    reader, client = await open_http(engine)
    client.write(b"GET /f HTTP/1.1\r\n\r\n")
    await reader.readuntil(b"x\r\n")
    client.close()
    await soon(lambda: bool(written))
    return written[0]
