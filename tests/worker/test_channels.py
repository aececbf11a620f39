"""Channels as a client."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request

from iii_asgi.engine import Engine
from iii_asgi.errors import ConnectionLostError
from iii_asgi.protocol.messages import ChannelRef
from iii_asgi.worker import channels as module
from iii_asgi.worker import connection
from iii_asgi.worker.channel_socket import FRAME_SIZE
from iii_asgi.worker.channels import Channels, Reader, Writer
from tests.engine.helpers import RawWorker, channel, hub_of, soon
from tests.patience import WITHIN
from tests.worker.helpers import nothing, open_place

pytestmark = pytest.mark.anyio

Ends = tuple[Writer, Reader]


@pytest.fixture(autouse=True, params=["direct", "by proxy"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which kind of socket: our own, or that of `websockets` (here without a proxy)."""
    if request.param == "by proxy":
        monkeypatch.setattr(module, "_needs_proxy", lambda url: True)


async def create(engine: Engine) -> dict[str, Any]:
    """Return the references of a new channel."""
    async with RawWorker(engine) as worker:
        refs: dict[str, Any] = await worker.result("engine::channels::create", {"buffer_size": 64})
    return refs


@pytest.fixture
async def ends(engine: Engine) -> AsyncIterator[Ends]:
    """Both ends of a channel."""
    refs = await create(engine)
    channels = Channels(engine.url)
    writer = await channels.writer(msgspec.convert(refs["writer"], ChannelRef))
    yield writer, await channels.reader(msgspec.convert(refs["reader"], ChannelRef))
    writer.close()
    await channels.aclose()


async def test_data(ends: Ends) -> None:
    """What is written is read until the writer closes."""
    writer, reader = ends
    for data in (b"one", b"two", b"\x00\xff"):
        await writer.send(data)
    writer.close()

    assert b"".join([chunk async for chunk in reader]) == b"onetwo\x00\xff"


async def test_large_data(engine: Engine) -> None:
    """Large data goes in several frames."""
    refs = await create(engine)
    channels = Channels(engine.url)
    writer = await channels.writer(msgspec.convert(refs["writer"], ChannelRef))
    data = bytes(range(256)) * (FRAME_SIZE // 64 + 1)
    await writer.send(data)
    other = await channel(engine, refs["reader"])
    received = [await other.recv() for _ in range(5)]
    assert [len(frame) for frame in received[:-1]] == [FRAME_SIZE] * 4
    writer.close()
    await other.close()
    await channels.aclose()

    assert b"".join(one for one in received if isinstance(one, bytes)) == data


async def test_messages(engine: Engine) -> None:
    """Text frames are messages about the data: a reader of data skips them, and heartbeats."""
    refs = await create(engine)
    channels = Channels(engine.url)
    writer = await channels.writer(msgspec.convert(refs["writer"], ChannelRef))
    await writer.send_text(b'{"type":"set_status"}')
    await writer.send(b"")
    await writer.send(b"data")
    writer.close()
    reader = await channels.reader(msgspec.convert(refs["reader"], ChannelRef))

    assert [chunk async for chunk in reader] == [b"data"]
    await channels.aclose()


async def test_text_frames(engine: Engine) -> None:
    """Messages arrive as text and data as binary, empty data too."""
    refs = await create(engine)
    channels = Channels(engine.url)
    writer = await channels.writer(msgspec.convert(refs["writer"], ChannelRef))
    await writer.send_text(b"{}")
    await writer.send(b"")
    other = await channel(engine, refs["reader"])

    assert [await other.recv(), await other.recv()] == ["{}", b""]
    writer.close()
    await other.close()
    await channels.aclose()


async def test_backpressure(ends: Ends) -> None:
    """A writer waits while nobody reads."""
    writer, reader = ends
    written = 0

    async def write() -> None:
        nonlocal written
        for _ in range(750):
            await writer.send(bytes(FRAME_SIZE))
            written += 1
        writer.close()

    writing = asyncio.create_task(write())
    await asyncio.sleep(0.2)
    assert written < 500
    read = [len(chunk) async for chunk in reader]
    await writing

    assert sum(read) == 750 * FRAME_SIZE


async def test_reader_leaves(ends: Ends) -> None:
    """When the reader leaves, writing soon fails; so the writer learns of it."""
    writer, reader = ends
    await reader.aclose()

    async def beat() -> None:
        while True:
            await writer.send(b"")
            await asyncio.sleep(0.01)

    async with asyncio.timeout(WITHIN):
        with pytest.raises(ConnectionLostError, match="the reader of the channel has left"):
            await beat()
        await writer.wait_closed()


async def test_leaving_does_not_wait() -> None:
    """Leaving a channel takes no time, even where the other side never answers the goodbye."""
    place_ends: list[ServerConnection] = []

    async def silent(peer: Any) -> None:
        peer.socket.transport.pause_reading()
        place_ends.append(peer.socket)
        await peer.socket.wait_closed()

    async with open_place(silent) as place:
        channels = Channels(place.url)
        reader = await channels.reader(ChannelRef("c", "k", "read"))
        await soon(lambda: bool(place_ends))
        async with asyncio.timeout(5):
            await reader.aclose()
        place_ends[0].transport.abort()
        await channels.aclose()


async def test_taken_once(engine: Engine) -> None:
    """An end that was taken before gives nothing."""
    refs = await create(engine)
    channels = Channels(engine.url)
    ref = msgspec.convert(refs["reader"], ChannelRef)
    first, second = await channels.reader(ref), await channels.reader(ref)

    assert [chunk async for chunk in second] == []
    await first.aclose()
    await channels.aclose()


async def test_gone(engine: Engine) -> None:
    """A channel that is not there cannot be opened."""
    with pytest.raises(ConnectionLostError, match="channel c1 cannot be opened"):
        await Channels(engine.url).reader(ChannelRef("c1", "k", "read"))


async def test_engine_away() -> None:
    """Neither can one of an engine that is not there."""
    with pytest.raises(ConnectionLostError, match="cannot be opened \\(refused\\)"):
        await Channels("ws://127.0.0.1:9").writer(ChannelRef("c1", "k", "write"))


async def test_token() -> None:
    """The token goes to channels as well, and a query of the engine's URL is kept."""
    seen: list[tuple[str, str | None]] = []

    def look(socket: ServerConnection, request: Request) -> None:
        seen.append((request.path, request.headers.get("Authorization")))

    async with open_place(nothing, process_request=look) as place:
        channels = Channels(f"{place.url}/?token=x", "secret")
        await (await channels.reader(ChannelRef("c", "k", "read"))).aclose()
        await channels.aclose()

    assert seen == [("/ws/channels/c?token=x&key=k&dir=read", "Bearer secret")]


async def test_nothing_left(engine: Engine) -> None:
    """After the end no task, no socket and no channel is left."""
    before = asyncio.all_tasks()
    channels = Channels(engine.url)
    refs = [await create(engine) for _ in range(5)]
    for one in refs:
        writer = await channels.writer(msgspec.convert(one["writer"], ChannelRef))
        reader = await channels.reader(msgspec.convert(one["reader"], ChannelRef))
        await writer.send(b"x")
        writer.close()
        assert [chunk async for chunk in reader] == [b"x"]
        await reader.aclose()
    await channels.aclose()

    await soon(lambda: asyncio.all_tasks() <= before and not hub_of(engine).channels._in_use)


async def test_reader_that_stalls(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """At the end a reader that has stopped reading is not waited for without limit."""
    monkeypatch.setattr(connection, "CLOSE_TIMEOUT", 0.1)

    async def stall(socket: ServerConnection) -> None:
        socket.transport.pause_reading()
        await asyncio.sleep(3)

    async with serve(stall, "127.0.0.1", 0, close_timeout=0.1) as server:
        port = server.sockets[0].getsockname()[1]
        channels = Channels(f"ws://127.0.0.1:{port}")
        writer = await channels.writer(ChannelRef("1", "key", "write"))
        writing = asyncio.create_task(writer.send(bytes(50_000_000)))
        await asyncio.sleep(0.1)
        assert not writing.done()

        writer.close()
        async with asyncio.timeout(5):
            await channels.aclose()
            with pytest.raises(ConnectionLostError):
                await writing
