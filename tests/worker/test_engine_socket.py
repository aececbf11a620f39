"""The socket to the engine: messages without a queue, one write for each turn of the loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from websockets.asyncio.client import connect

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
