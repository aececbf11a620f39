"""The WebSocket port: its paths, and channels between workers."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from iii_asgi.engine import Engine
from tests.engine.helpers import Frame, RawWorker, channel, soon
from tests.patience import WITHIN

pytestmark = pytest.mark.anyio


async def status_of(engine: Engine, path: str) -> int:
    """Return the HTTP status with which a path is refused, or 101."""
    try:
        async with connect(engine.url + path):
            return 101
    except InvalidStatus as error:
        return error.response.status_code


async def ends(worker: RawWorker, size: int = 64) -> tuple[Frame, Frame]:
    """Return references to the writer's and the reader's end of a new channel."""
    made: Any = await worker.result("engine::channels::create", {"buffer_size": size})
    return made["writer"], made["reader"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 101),
        ("/?token=x", 101),
        ("/otel", 101),
        ("/nope", 404),
        ("/ws/channels/", 404),
        ("/ws/channels/x", 400),
        ("/ws/channels/x?key=k", 400),
        ("/ws/channels/x?key=k&dir=both", 400),
        ("/ws/channels/x?key=k&dir=read", 404),
    ],
)
async def test_paths_of_the_port(engine: Engine, path: str, status: int) -> None:
    """Workers and tracing connect; a channel that is not there is a 404."""
    assert await status_of(engine, path) == status


@pytest.mark.parametrize(("path", "status"), [("/", 400), ("/nope", 404)])
async def test_the_port_speaks_no_http(engine: Engine, path: str, status: int) -> None:
    """A browser that comes here gets an answer, and the log no traceback."""
    reader, writer = await asyncio.open_connection("127.0.0.1", engine.port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    line = await reader.readline()
    writer.close()

    assert int(line.split()[1]) == status


async def test_tracing_is_taken_and_dropped(engine: Engine) -> None:
    """SDKs send their traces on a socket of their own."""
    async with connect(f"{engine.url}/otel") as tracing:
        await tracing.send(b"OTLP{}")
        await (await tracing.ping())


async def test_a_wrong_key_finds_no_channel(engine: Engine, worker: RawWorker) -> None:
    """The key is needed as well as the id."""
    writer, _ = await ends(worker)

    path = f"/ws/channels/{writer['channel_id']}?key=wrong&dir=write"
    assert await status_of(engine, path) == 404


async def test_a_channel_passes_everything_in_order(engine: Engine, worker: RawWorker) -> None:
    """Bytes, text and empty frames arrive as they were sent, then the end."""
    write_to, read_from = await ends(worker)
    writer, reader = await channel(engine, write_to), await channel(engine, read_from)
    for item in (b"bytes", "text", b""):
        await writer.send(item)
    await writer.close()

    assert [item async for item in reader] == [b"bytes", "text", b""]


async def test_each_end_is_taken_once(engine: Engine, worker: RawWorker) -> None:
    """A second one is closed at once, also when the channel has ended."""
    write_to, read_from = await ends(worker)
    writer, reader = await channel(engine, write_to), await channel(engine, read_from)

    for _ in range(2):
        for ref in (write_to, read_from):
            second = await channel(engine, ref)
            with pytest.raises(ConnectionClosed):
                await second.recv()
        await writer.close()
        await reader.wait_closed()


async def test_a_dropped_writer_is_a_clean_end(engine: Engine, worker: RawWorker) -> None:
    """A writer that vanishes ends the channel like one that closes."""
    write_to, read_from = await ends(worker)
    writer, reader = await channel(engine, write_to), await channel(engine, read_from)
    await writer.send(b"x")
    assert await reader.recv() == b"x"
    writer.transport.abort()

    assert [item async for item in reader] == []


async def test_a_write_fails_when_the_reader_has_left(engine: Engine, worker: RawWorker) -> None:
    """The channel is closed, so the writer notices at its next writes."""
    write_to, read_from = await ends(worker)
    writer, reader = await channel(engine, write_to), await channel(engine, read_from)
    await reader.close()

    async def write_on() -> None:
        while True:
            await writer.send(b"x")
            await asyncio.sleep(0.005)

    with pytest.raises(ConnectionClosed):
        await asyncio.wait_for(write_on(), WITHIN)


async def test_a_full_channel_holds_its_writer_up(engine: Engine, worker: RawWorker) -> None:
    """Without a reader a writer cannot go on for ever; with one it can."""
    write_to, read_from = await ends(worker, 4)
    writer = await channel(engine, write_to)
    sent = 0

    async def write() -> None:
        nonlocal sent
        for _ in range(400):
            await writer.send(b"x" * 65_536)
            sent += 1
        await writer.close()

    writing = asyncio.create_task(write())
    await asyncio.sleep(0.3)
    assert sent < 400

    reader = await channel(engine, read_from)
    assert sum([len(item) async for item in reader]) == 400 * 65_536
    await writing


async def test_channels_end_with_the_engine(worker: RawWorker, engine: Engine) -> None:
    """Neither a waiting reader nor a blocked writer keeps the engine from stopping."""
    (_, waiting), (blocked, _) = await ends(worker), await ends(worker, 1)
    reader, writer = await channel(engine, waiting), await channel(engine, blocked)
    for _ in range(40):
        await writer.send(b"x")
    await engine.stop()

    await soon(lambda: reader.state.name == "CLOSED" and writer.state.name == "CLOSED")
