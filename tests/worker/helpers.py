"""The engine's side, where it must misbehave: a server that sends what a test tells it to."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeAlias

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from iii_asgi.protocol import messages as m
from iii_asgi.worker.connection import connect
from iii_asgi.worker.link import Handler, Link
from iii_asgi.worker.worker import Worker
from tests.engine.helpers import soon

__all__ = ["Frame", "Peer", "Place", "linked", "nothing", "open_place", "running", "soon"]

Frame: TypeAlias = dict[str, Any]


class Peer:
    """One connection, seen from the engine.

    Attributes:
        frames: everything received since `welcome`, in order.
    """

    def __init__(self, socket: ServerConnection) -> None:
        self.frames: list[Frame] = []
        self.socket = socket

    async def welcome(self, token: str = "t", *, answers: bool = True) -> None:
        """Greet, then read until the end.

        With `answers` the calls of the engine's own functions get an empty object.
        """
        await self.send("workerregistered", worker_id=str(uuid.uuid4()), reattach_token=token)
        await self.listen(answers=answers)

    async def listen(self, *, answers: bool = True) -> None:
        """Read until the end (see `welcome`)."""
        with suppress(ConnectionClosed):
            async for text in self.socket:
                frame = json.loads(text)
                self.frames.append(frame)
                if answers and frame.get("function_id", "").startswith("engine::"):
                    await self.answer(frame, {})

    async def send(self, kind: str, **fields: Any) -> None:
        """Send one frame, spelled as the engine does."""
        await self.socket.send(json.dumps({"type": kind} | fields, separators=(",", ":")))

    async def invoke(self, function_id: str = "f", data: Any = None, **fields: Any) -> str:
        """Call a function of the worker; return the id of the call."""
        fields = {"invocation_id": str(uuid.uuid4())} | fields
        await self.send("invokefunction", function_id=function_id, data=data, **fields)
        return str(fields["invocation_id"])

    async def answer(self, call: Frame, result: Any = None) -> None:
        """Answer a call of the worker's, if it wants that."""
        if "invocation_id" in call:
            fields = {"result": result} if result is not None else {}
            await self.send(
                "invocationresult",
                invocation_id=call["invocation_id"],
                function_id=call["function_id"],
                **fields,
            )

    async def settle(self) -> None:
        """Wait until the worker has read what was sent, and has had time to act on it."""
        before = len(self.received("pong"))
        await self.send("ping")
        await soon(lambda: len(self.received("pong")) > before)

    async def one(self, kind: str, **fields: Any) -> Frame:
        """Wait for a frame of that type with these fields."""
        await self.times(1, kind, **fields)
        return self.received(kind, **fields)[0]

    async def times(self, number: int, kind: str, **fields: Any) -> None:
        """Wait for so many frames of that type with these fields."""
        await soon(lambda: len(self.received(kind, **fields)) >= number)

    def received(self, kind: str, **fields: Any) -> list[Frame]:
        """Return the frames of one type, with these fields, that have come."""
        return [one for one in self.frames if one.items() >= ({"type": kind} | fields).items()]

    def drop(self) -> None:
        """End the connection without a word."""
        self.socket.transport.abort()


class Place:
    """Where workers connect to.

    Attributes:
        url: of the server.
        peers: the connections so far.
    """

    def __init__(self) -> None:
        self.url = ""
        self.peers: list[Peer] = []

    async def peer(self, number: int = 0) -> Peer:
        """Wait for a connection: the first is number 0."""
        await soon(lambda: len(self.peers) > number)
        return self.peers[number]


Script: TypeAlias = Callable[[Peer], Awaitable[None]]


@asynccontextmanager
async def open_place(script: Script = Peer.welcome, **options: Any) -> AsyncIterator[Place]:
    """Serve each connection with a script; its end closes the connection."""
    place = Place()

    async def handle(socket: ServerConnection) -> None:
        peer = Peer(socket)
        place.peers.append(peer)
        await script(peer)

    async with serve(handle, "127.0.0.1", 0, close_timeout=1, max_size=2**26, **options) as server:
        place.url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        yield place


async def nothing(*_: Any) -> None:
    """Do nothing, as a handler or a script."""


@asynccontextmanager
async def linked(
    handler: Handler = nothing,
    on_event: Callable[[m.Message], None] = lambda _: None,
    *,
    resend: bool = False,
) -> AsyncIterator[tuple[Link, Peer]]:
    """Give a link that receives, and the engine's end of it."""
    async with open_place() as place:
        link = Link(await connect(place.url), handler, on_event, resend=resend)
        receiving = asyncio.create_task(link.receive())
        receiving.add_done_callback(lambda _: link.close())
        try:
            await link.greeting
            yield link, place.peers[0]
        finally:
            await link.finish()
            await asyncio.gather(receiving, return_exceptions=True)


@asynccontextmanager
async def running(
    url: str, handler: Handler = nothing, *messages: m.Message, **options: Any
) -> AsyncIterator[Worker]:
    """Run a worker that registers these messages, by default a function ``f``; then stop it."""
    offered = messages or (m.RegisterFunction(id="f"),)

    async def offer(greeting: m.WorkerRegistered, call: Any) -> tuple[m.Message, ...]:
        return offered

    worker = Worker(handler, offer, url=url, **{"name": "w"} | options)
    working = asyncio.create_task(worker.run())
    try:
        yield worker
    finally:
        await worker.retire(1)
        await worker.disconnect()
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
