"""The connection of a channel's end, with `websockets` as the other side."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeAlias

import pytest
from websockets.asyncio.server import ServerConnection, serve

from iii_asgi.errors import ConnectionLostError, RemoteProtocolError
from iii_asgi.worker import channel_socket
from iii_asgi.worker.channel_socket import FRAME_SIZE, UNREAD, ChannelSocket
from iii_asgi.worker.frames import TEXT, Opening
from tests.engine.helpers import soon
from tests.patience import WITHIN

pytestmark = pytest.mark.anyio

Script: TypeAlias = Callable[[ServerConnection], Awaitable[None]]


@asynccontextmanager
async def connected(script: Script) -> AsyncIterator[ChannelSocket]:
    """Give a socket whose other side does what the script says."""
    async with serve(script, "127.0.0.1", 0, close_timeout=0.2, max_size=None) as server:
        port = server.sockets[0].getsockname()[1]
        socket = await opened(port)
        yield socket
        socket.abort()
        await socket.closed


async def opened(port: int) -> ChannelSocket:
    """Connect, and open."""
    opening = Opening(f"127.0.0.1:{port}", "/")
    loop = asyncio.get_running_loop()
    _, socket = await loop.create_connection(lambda: ChannelSocket(opening), "127.0.0.1", port)
    await socket.opened
    return socket


@asynccontextmanager
async def listening(
    handle: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> AsyncIterator[int]:
    """Serve TCP; give the port."""
    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def read_all(socket: ChannelSocket) -> bytes:
    """Read to the end."""
    chunks = []
    while (chunk := await socket.receive()) is not None:
        chunks.append(chunk)
    return b"".join(chunks)


async def test_both_ways() -> None:
    """Messages go out as they are, long data in several, and data comes in."""
    received: list[str | bytes] = []

    async def script(peer: ServerConnection) -> None:
        received.extend([await peer.recv() for _ in range(4)])
        await peer.send("a message")
        await peer.send(bytes(1_000_000))

    async with connected(script) as socket:
        await socket.send(b"control", TEXT)
        await socket.send(b"")
        await socket.send(b"x" * (FRAME_SIZE + 1))
        assert await read_all(socket) == bytes(1_000_000)

    assert received == ["control", b"", b"x" * FRAME_SIZE, b"x"]


async def test_one_write() -> None:
    """What one turn of the loop sends leaves in one piece, the close with it."""
    pieces: list[bytes] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        key = next(line for line in request.split(b"\r\n") if line.startswith(b"Sec-WebSocket-Key"))
        writer.write(_accept(key.split(b": ")[1]))
        while data := await reader.read(2**16):
            pieces.append(data)
            writer.close()

    async with listening(handle) as port:
        socket = await opened(port)
        for text in (b"status", b"headers"):
            await socket.send(text, TEXT)
        await socket.send(b"body")
        socket.close()
        await socket.closed

    assert [len(one) for one in pieces] == [sum(6 + n for n in (6, 7, 4, 2))]


def _accept(key: bytes) -> bytes:
    from websockets.utils import accept_key

    answer = f"HTTP/1.1 101 X\r\nSec-WebSocket-Accept: {accept_key(key.decode())}\r\n\r\n"
    return answer.encode()


async def test_writer_waits() -> None:
    """Who writes waits while the other side reads nothing, and goes on when it does."""
    go_on = asyncio.Event()
    sizes: list[int] = []

    async def script(peer: ServerConnection) -> None:
        peer.transport.pause_reading()
        await go_on.wait()
        peer.transport.resume_reading()
        async for frame in peer:
            sizes.append(len(frame))

    async with connected(script) as socket:
        sending = asyncio.create_task(socket.send(bytes(30_000_000)))
        await asyncio.wait([sending], timeout=0.3)
        assert not sending.done()
        go_on.set()
        await sending
        socket.close()
        await soon(lambda: sum(sizes) == 30_000_000)


async def test_reader_waits() -> None:
    """The other side waits while nobody reads."""
    sent = 0

    async def script(peer: ServerConnection) -> None:
        nonlocal sent
        for _ in range(400):
            await peer.send(bytes(2**16))
            sent += 1

    async with connected(script) as socket:
        await asyncio.sleep(0.3)
        assert sent < 300
        assert socket._unread < UNREAD + 2**20
        assert len(await read_all(socket)) == 400 * 2**16


async def test_departure() -> None:
    """When the other side goes, writing is an error, and reading is the end."""
    for way in ("close", "drop"):

        async def script(peer: ServerConnection, way: str = way) -> None:
            await peer.send(b"last")
            if way == "drop":
                peer.transport.abort()

        async with connected(script) as socket:
            await asyncio.wait_for(asyncio.shield(socket.closed), WITHIN)
            with pytest.raises(ConnectionLostError, match="has left"):
                await socket.send(b"x")
            assert await read_all(socket) == b"last"


async def test_departure_frees_writers() -> None:
    """Who waits to write learns of a departure."""

    async def script(peer: ServerConnection) -> None:
        peer.transport.pause_reading()
        await asyncio.sleep(0.2)
        peer.transport.abort()

    async with connected(script) as socket:
        with pytest.raises(ConnectionLostError):
            await socket.send(bytes(50_000_000))


async def test_ping() -> None:
    """A ping is answered: proxies ask that way."""
    latencies: list[float] = []

    async def script(peer: ServerConnection) -> None:
        latencies.append(await (await peer.ping()))

    async with connected(script) as socket:
        assert await read_all(socket) == b""

    assert len(latencies) == 1


async def test_goodbye_without_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """A side that never answers a goodbye is left, once it has read everything."""
    monkeypatch.setattr(channel_socket, "GOODBYE", 0.1)
    done = asyncio.Event()
    received = 0

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal received
        request = await reader.readuntil(b"\r\n\r\n")
        key = next(line for line in request.split(b"\r\n") if line.startswith(b"Sec-WebSocket-Key"))
        writer.write(_accept(key.split(b": ")[1]))
        await asyncio.sleep(0.4)
        while data := await reader.read(2**20):
            received += len(data)
        done.set()
        writer.close()

    async with listening(handle) as port:
        socket = await opened(port)
        sending = asyncio.create_task(socket.send(bytes(8_000_000)))
        await asyncio.sleep(0.05)
        await sending
        socket.close()
        socket.close()
        await asyncio.wait_for(done.wait(), WITHIN)

    assert received > 8_000_000


async def test_what_comes_after_the_goodbye() -> None:
    """What comes after it is dropped, and the end still seen."""

    async def script(peer: ServerConnection) -> None:
        while True:
            await peer.send(bytes(2**16))

    async with connected(script) as socket:
        await asyncio.sleep(0.1)
        socket.close()
        async with asyncio.timeout(WITHIN):
            await asyncio.shield(socket.closed)


async def test_nonsense() -> None:
    """A side that breaks the rules is left."""

    async def script(peer: ServerConnection) -> None:
        peer.transport.write(b"\xff\xff\xff\xff")
        await peer.wait_closed()

    async with connected(script) as socket:
        assert await read_all(socket) == b""


@pytest.mark.parametrize("answer", [b"HTTP/1.1 404 Not Found\r\n\r\n", b"hello\r\n\r\n", b""])
async def test_refused(answer: bytes) -> None:
    """Whoever does not accept the opening is an error at once."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    async with listening(handle) as port:
        with pytest.raises((RemoteProtocolError, OSError)):
            await opened(port)
