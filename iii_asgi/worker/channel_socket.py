"""The connection of one end of a channel: data in, data out, with backpressure both ways."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import cast

from iii_asgi.errors import ConnectionLostError, RemoteProtocolError
from iii_asgi.worker import frames
from iii_asgi.worker.frames import Frames, Opening

__all__ = ["FRAME_SIZE", "ChannelSocket"]

FRAME_SIZE = 256 * 1024
"""Bytes of data in a frame at most. The engine writes up to 408 KiB, the SDKs read up to 1 MiB.
It keeps 64 frames for a slow client, so this is also what such a client costs it."""
HELD = 64 * 1024
"""Bytes from which on what is held is written at once."""
UNSENT = 128 * 1024
"""Bytes that may wait for the engine to read before a writer waits."""
UNREAD = 256 * 1024
"""Bytes that may lie unread before the engine waits."""
GOODBYE = 1.0
"""Seconds that the engine has to end the connection, once it has read all."""

_NORMAL = (1000).to_bytes(2)


class ChannelSocket(asyncio.Protocol):
    """A connected WebSocket, once `opened` is done.

    What one turn of the loop sends leaves in one go: an answer that is complete leaves with
    its control messages and the close.

    Attributes:
        opened: done when the channel can be used; has an `OSError` or a
            `RemoteProtocolError` when it cannot.
        closed: done when the connection is gone, whoever ended it.
    """

    def __init__(self, opening: Opening) -> None:
        self._loop = loop = asyncio.get_running_loop()
        self.opened: asyncio.Future[None] = loop.create_future()
        self.closed: asyncio.Future[None] = loop.create_future()
        self._opening = opening
        self._frames = Frames()
        self._is_leaving = False
        self._goodbye: asyncio.TimerHandle | None = None
        # out
        self._held: list[bytes] = []
        self._held_size = 0
        self._room: asyncio.Future[None] | None = None
        # in
        self._chunks: deque[bytes] = deque()
        self._unread = 0
        self._is_paused = False
        self._arrival: asyncio.Future[None] | None = None

    # -- out -----------------------------------------------------------------------------

    async def send(self, data: bytes, opcode: int = frames.BINARY) -> None:
        """Send one message, or long data in several; waits while the engine is behind.

        Raises:
            ConnectionLostError: the connection is gone.
        """
        if len(data) <= FRAME_SIZE:
            await self._send(opcode, data)
            return
        view = memoryview(data)
        for start in range(0, len(data), FRAME_SIZE):
            await self._send(opcode, view[start : start + FRAME_SIZE])

    async def _send(self, opcode: int, payload: bytes | memoryview) -> None:
        if self._room is not None:
            await self._room
        if self._is_leaving or self.closed.done():
            raise ConnectionLostError("the reader of the channel has left")
        self._put(opcode, payload)

    def _put(self, opcode: int, payload: bytes | memoryview) -> None:
        if not self._held:
            self._loop.call_soon(self._flush)
        header, masked = frames.frame(opcode, payload)
        self._held += (header, masked)
        self._held_size += len(masked)
        if self._held_size >= HELD:
            self._flush()

    def _flush(self) -> None:
        held, self._held, self._held_size = self._held, [], 0
        if held and not self._transport.is_closing():
            self._transport.writelines(held)

    def pause_writing(self) -> None:
        """The engine is behind: let senders wait."""
        self._room = self._loop.create_future()

    def resume_writing(self) -> None:
        """It has caught up."""
        room, self._room = self._room, None
        _resolve(room)

    # -- in ------------------------------------------------------------------------------

    async def receive(self) -> bytes | None:
        """Return the next data, in pieces as they came; None at the end.

        The engine drops the connection at the end, mostly without a close frame.
        """
        while not self._chunks:
            if self._is_leaving or self.closed.done():
                return None
            self._arrival = self._loop.create_future()
            await self._arrival
        chunk = self._chunks.popleft()
        self._unread -= len(chunk)
        if self._is_paused and self._unread <= UNREAD // 2:
            self._is_paused = False
            self._transport.resume_reading()
        return chunk

    def _take(self, chunk: bytes) -> None:
        self._chunks.append(chunk)
        self._unread += len(chunk)
        if self._unread > UNREAD and not self._is_paused:
            self._is_paused = True
            self._transport.pause_reading()
        _resolve(self._arrival)

    # -- the connection ------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the channel."""
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=UNSENT)
        self._transport.write(self._opening.request)

    def data_received(self, data: bytes) -> None:
        """Take what the engine sends."""
        try:
            if not self.opened.done():
                rest = self._opening.take(data)
                if rest is None:
                    return
                self.opened.set_result(None)
                data = rest
            for opcode, payload in self._frames.take(data):
                self._take_frame(opcode, payload)
        except RemoteProtocolError as error:
            self._fail(error)

    def _take_frame(self, opcode: int, payload: bytes) -> None:
        if self._is_leaving:
            return
        if opcode == frames.BINARY:
            self._take(payload)
        elif opcode == frames.PING:
            self._put(frames.PONG, payload)
        elif opcode == frames.CLOSE:
            self._put(frames.CLOSE, payload[:2])
            self._flush()
            self._transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        """Wake whoever waits."""
        self._fail_opening(error or ConnectionResetError("closed"))
        if self._goodbye is not None:
            self._goodbye.cancel()
        _resolve(self.closed)
        _resolve(self._room)
        _resolve(self._arrival)

    def close(self) -> None:
        """Say goodbye, and drop what comes from now on; the engine ends the connection.

        A reader that is slow gets all that was sent: nothing limits that but `abort`.
        """
        if self._is_leaving or self.closed.done():
            return
        self._is_leaving = True
        self._put(frames.CLOSE, _NORMAL)
        self._flush()
        if self._is_paused:
            self._transport.resume_reading()
        self._goodbye = self._loop.call_later(GOODBYE, self._end)

    def _end(self) -> None:
        if self._transport.get_write_buffer_size():
            self._goodbye = self._loop.call_later(GOODBYE, self._end)
        else:
            self._transport.abort()

    def abort(self) -> None:
        """End the connection, whatever is unsent."""
        self._transport.abort()

    def _fail(self, error: RemoteProtocolError) -> None:
        self._fail_opening(error)
        self._transport.abort()

    def _fail_opening(self, error: Exception) -> None:
        if not self.opened.done():
            self.opened.set_exception(error)
            self.opened.exception()  # whoever waited may be gone


def _resolve(future: asyncio.Future[None] | None) -> None:
    if future is not None and not future.done():  # its waiter may have been cancelled
        future.set_result(None)
