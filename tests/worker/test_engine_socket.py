"""The socket to the engine: messages without a queue, one write for each turn of the loop."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.utils import accept_key

from iii_asgi.worker.engine_socket import EngineSocket
from tests.worker.helpers import Peer, Place, open_place, soon

pytestmark = pytest.mark.anyio


class Written(list[bytes]):
    """What goes to the system, write by write."""

    def __init__(self, connection: EngineSocket) -> None:
        super().__init__()
        self._transport = connection.transport._transport  # type: ignore[attr-defined]
        self._write = self._transport.write
        self._transport.write = self

    def __call__(self, data: bytes) -> None:
        self.append(data)
        self._write(data)


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    """A server."""

    async def script(peer: Peer) -> None:
        await peer.listen()

    async with open_place(script) as place:
        yield place


async def open_connection(place: Place) -> EngineSocket:
    """Return a connection."""
    socket = await connect(place.url, create_connection=EngineSocket, compression=None)
    assert isinstance(socket, EngineSocket)
    return socket


async def test_one_write(place: Place) -> None:
    """Messages of one turn are one write, and all arrive in order."""
    socket = await open_connection(place)
    written = Written(socket)
    await asyncio.gather(*(socket.send(f'{{"type":"{number}"}}') for number in range(10)))
    await soon(lambda: len(place.peers[0].frames) == 10)

    assert [frame["type"] for frame in place.peers[0].frames] == [str(n) for n in range(10)]
    assert len(written) == 1
    await socket.close()


async def test_next_turn(place: Place) -> None:
    """A message of a later turn does not wait."""
    socket = await open_connection(place)
    written = Written(socket)
    for number in range(3):
        await socket.send('{"type":"a"}')
        await soon(lambda number=number: len(place.peers[0].frames) == number + 1)  # type: ignore[misc]

    assert len(written) == 3
    await socket.close()


async def test_close(place: Place) -> None:
    """What was sent before the end arrives."""
    socket = await open_connection(place)
    await socket.send('{"type":"last"}')
    socket.transport.close()
    await soon(lambda: bool(place.peers[0].frames))
    await socket.wait_closed()


async def test_half_close(place: Place) -> None:
    """So does what was sent before no more comes."""
    socket = await open_connection(place)
    await socket.send('{"type":"last"}')
    socket.transport.write_eof()
    await soon(lambda: bool(place.peers[0].frames))
    await socket.wait_closed()


async def test_abort() -> None:
    """What is held when the connection breaks is dropped, in silence."""

    async def silent(peer: Peer) -> None:
        await peer.socket.wait_closed()

    async with open_place(silent) as place:
        socket = await open_connection(place)
        await socket.send('{"type":"lost"}')
        socket.transport.abort()
        await asyncio.sleep(0)
        await socket.wait_closed()


# -- taking messages -------------------------------------------------------------------


async def test_take() -> None:
    """A message that is taken never comes to `recv`; what is left does, in order."""
    taken: list[bytes] = []

    def take(text: bytes) -> bool:
        taken.append(text)
        return text.startswith(b"mine")

    async def script(peer: Peer) -> None:
        await peer.socket.recv()
        for text in ("mine 1", "yours 1", "mine 2", "yours 2"):
            await peer.socket.send(text)

    async with open_place(script) as place:
        socket = await open_connection(place)
        socket.take = take
        await socket.send("go")
        received = [await socket.recv(decode=False) for _ in range(2)]

    assert taken == [b"mine 1", b"yours 1", b"mine 2", b"yours 2"]
    assert received == [b"yours 1", b"yours 2"]


def framed(first: int, payload: bytes) -> bytes:
    """Return a frame as a server sends it."""
    size = len(payload)
    length = bytes((size,)) if size < 126 else b"\x7e" + size.to_bytes(2)
    return bytes((first,)) + length + payload


STREAM = b"".join(
    [
        framed(0x81, b"mine 1"),
        framed(0x81, b"yours 1"),
        framed(0x89, b"ping"),
        framed(0x01, b"frag"),
        framed(0x80, b"ments"),
        framed(0x81, b"mine 2" + b"x" * 300),
        framed(0x82, b"mine, binary"),
        framed(0x81, b""),
        framed(0x81, b"mine 3"),
    ]
)


@pytest.mark.parametrize("size", [*range(1, 40), 100, 300, len(STREAM)])
async def test_cut_anywhere(size: int, place: Place) -> None:
    """However the stream is cut into pieces, each message comes once, and in order."""
    socket = await open_connection(place)
    taken: list[bytes] = []
    left: list[bytes] = []

    def take(text: bytes) -> bool:
        (taken if text.startswith(b"mine") else left).append(text)
        return text.startswith(b"mine")

    socket.take = take
    for start in range(0, len(STREAM), size):
        socket.data_received(STREAM[start : start + size])
    received = [await socket.recv(decode=False) for _ in range(4)]

    assert taken == [b"mine 1", b"mine 2" + b"x" * 300, b"mine 3"]
    assert left == [b"yours 1", b""]
    assert received == [b"yours 1", b"fragments", b"mine, binary", b""]
    await socket.close()


@pytest.mark.parametrize("frame", [framed(0xC1, b"a"), b"\x81\x81aaaab", framed(0x83, b"a")])
async def test_illegal_frame(frame: bytes, place: Place) -> None:
    """A frame that a server must not send ends the connection, and is offered to nobody."""
    socket = await open_connection(place)
    taken: list[bytes] = []
    socket.take = lambda text: not taken.append(text)  # type: ignore[func-returns-value]
    socket.data_received(framed(0x81, b"good") + frame + framed(0x81, b"late"))
    socket.data_received(framed(0x81, b"later"))
    await socket.wait_closed()

    assert taken == [b"good"]
    assert socket.protocol.close_sent is not None
    assert socket.protocol.close_sent.code == 1002


async def test_after_the_end(place: Place) -> None:
    """What comes after the engine has said goodbye is offered to nobody."""
    socket = await open_connection(place)
    taken: list[bytes] = []
    socket.take = lambda text: not taken.append(text)  # type: ignore[func-returns-value]
    goodbye = framed(0x88, b"\x03\xe8")
    socket.data_received(framed(0x81, b"good") + goodbye + framed(0x81, b"late"))
    await socket.wait_closed()

    assert taken == [b"good"]


@asynccontextmanager
async def answering(answer: Callable[[str], list[bytes]]) -> AsyncIterator[str]:
    """Give the URL of a server that answers an opening, made of its key, piece by piece."""
    is_over = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = (await reader.readuntil(b"\r\n\r\n")).decode()
        key = re.search(r"Sec-WebSocket-Key: (\S+)", request)
        assert key is not None
        for piece in answer(key[1]):
            writer.write(piece)
            await asyncio.sleep(0.05)
        await reader.read()
        writer.close()
        await writer.wait_closed()
        is_over.set()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        await is_over.wait()


@pytest.mark.parametrize("at", [5, -2, None])
async def test_opening_in_pieces(at: int | None) -> None:
    """Messages arrive, also where the answer to the opening came in pieces, or with the first."""

    def answer(key: str) -> list[bytes]:
        head = (
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Accept: {accept_key(key)}\r\n\r\n"
        ).encode()
        first = framed(0x81, b"first")
        return [head + first] if at is None else [head[:at], head[at:], first]

    async with answering(answer) as url:
        socket = await connect(url, create_connection=EngineSocket, compression=None)
        assert await socket.recv() == "first"
        socket.transport.abort()
        await socket.wait_closed()


async def test_refused_opening() -> None:
    """An answer that is no WebSocket is the error that it would be anywhere."""

    def answer(key: str) -> list[bytes]:
        return [b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno"]

    async with answering(answer) as url:
        with pytest.raises(InvalidStatus, match="401"):
            await connect(url, create_connection=EngineSocket)


async def test_take_only_whole_text() -> None:
    """Fragments and binary messages are not offered."""
    taken: list[bytes] = []

    async def script(peer: Peer) -> None:
        await peer.socket.recv()
        await peer.socket.send(["frag", "ments"])
        await peer.socket.send(b"binary")
        await peer.socket.send("text")
        await peer.socket.wait_closed()

    async with open_place(script) as place:
        socket = await open_connection(place)
        socket.take = lambda text: not taken.append(text)  # type: ignore[func-returns-value]
        await socket.send("go")
        received = [await socket.recv(decode=False) for _ in range(2)]
        await soon(lambda: bool(taken))
        await socket.close()

    assert received == [b"fragments", b"binary"]
    assert taken == [b"text"]
