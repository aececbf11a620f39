"""The two streams of a request on a socket: its body comes in, its answer goes out."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator

from iii_asgi.engine.answers import Answer, Control, Headers
from iii_asgi.engine.client import BrokenBodyError
from iii_asgi.engine.framing import Stream, bare, whole
from iii_asgi.engine.http1 import BodyReader, Head, body_reader

__all__ = ["BUFFERED", "SocketBody", "SocketReply", "Wire"]

BUFFERED = 2**18
"""More than so many bytes are not taken in before somebody reads them."""

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Wire:
    """The way back to a client."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._may_write = asyncio.Event()
        self._may_write.set()

    def write(self, data: bytes) -> None:
        """Send bytes."""
        if data:
            self._transport.write(data)

    async def drain(self) -> None:
        """Wait while the client reads slower than it is written to."""
        if not self._may_write.is_set():
            await self._may_write.wait()

    def pause(self) -> None:
        """The client is slow."""
        self._may_write.clear()

    def resume(self) -> None:
        """It has caught up."""
        self._may_write.set()


class SocketBody:
    """The body of a request, as a `Body`."""

    def __init__(self, head: Head, wire: Wire, transport: asyncio.Transport) -> None:
        self._reader: BodyReader = body_reader(head)
        self._wire = wire
        self._transport = transport
        self._wants_word = head.expects_continue
        self._pieces: deque[bytes] = deque()
        self._size = 0
        self._unused = b""
        self._is_broken = self._is_unwanted = False
        self._news: asyncio.Future[None] | None = None

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to be read."""
        return (self._reader.is_done and not self._pieces) or self._is_broken

    @property
    def has_come(self) -> bool:
        """Whether all of it is here."""
        return self._reader.is_done

    async def read(self) -> bytes | None:
        """Return the next piece; None at the end.

        Raises:
            BrokenBodyError: it broke off, or is not framed as it says.
        """
        while not self._pieces:
            if self._reader.is_done:
                return None
            if self._is_broken:
                raise BrokenBodyError
            if self._wants_word:
                self._wants_word = False
                self._wire.write(_CONTINUE)
            self._news = asyncio.get_running_loop().create_future()
            await self._news
        piece = self._pieces.popleft()
        self._size -= len(piece)
        if self._size < BUFFERED:
            self._transport.resume_reading()
        return piece

    def feed(self, data: bytes) -> bytes:
        """Take in what the client sent; return what is behind the body."""
        piece, rest = self._reader.feed(self._unused + data if self._unused else data)
        self._is_broken = self._is_broken or self._reader.is_broken
        if piece and not self._is_unwanted:
            self._pieces.append(piece)
            self._size += len(piece)
            if self._size >= BUFFERED:
                self._transport.pause_reading()
        self._tell()
        if self._reader.is_done:
            self._unused = b""
            return rest
        self._unused = rest
        return b""

    def give_up(self) -> None:
        """No more will come."""
        self._is_broken = not self._reader.is_done
        self._tell()

    def drop(self) -> None:
        """Throw away what has come and what comes."""
        self._is_unwanted = True
        self._pieces.clear()
        self._transport.resume_reading()

    def _tell(self) -> None:
        if self._news is not None and not self._news.done():
            self._news.set_result(None)


class SocketReply:
    """The answer to a request, as a `Reply`.

    Attributes:
        keeps_alive: whether another request may come, once it is sent.
    """

    def __init__(self, head: Head, wire: Wire) -> None:
        self.keeps_alive = False
        self._head = head
        self._wire = wire

    async def bare(self, status: int, headers: Headers) -> None:
        """Send an empty answer with exactly these headers, and the date."""
        start, keeps_alive = bare(self._head, status, headers)
        await self._end(bytes(start), keeps_alive)

    async def whole(self, answer: Answer) -> None:
        """Send a whole answer."""
        start, body, keeps_alive = whole(self._head, answer)
        await self._end(bytes(start) + body, keeps_alive)

    async def stream(self, control: Control, pieces: AsyncIterator[bytes]) -> None:
        """Send an answer piece by piece, each as it comes."""
        stream = Stream(self._head, control)
        start = bytes(stream.start)
        if not stream.is_complete:
            async for piece in pieces:
                self._wire.write(start + stream.piece(piece))
                await self._wire.drain()
                start = b""
                if stream.is_complete:
                    break
        end, keeps_alive = stream.end()
        await self._end(start + end, keeps_alive)

    async def _end(self, data: bytes, keeps_alive: bool) -> None:
        self._wire.write(data)
        self.keeps_alive = keeps_alive
        await self._wire.drain()
