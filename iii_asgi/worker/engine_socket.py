"""The socket to the engine: messages without a queue, one write for each turn of the loop.

What `recv` gives has lain in a queue and waited for the turn of the task that reads it: a
twentieth of what an invocation costs. What `websockets` does for each frame, in and out, is as
much again: it is left out for whole text messages, which most are. And under load several
answers are ready in the same turn, and the answers that are sent once more come in batches: one
system call for each of them would be a tenth, and as much again for the engine that reads them
one by one.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any, cast

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode
from websockets.protocol import Event, State

from iii_asgi.errors import RemoteProtocolError
from iii_asgi.worker.frames import TEXT, frame, head_of

__all__ = ["EngineSocket"]

FRAGMENT = 1024 * 1024
"""A longer message is sent in fragments of this size: the engine resets a connection at a
single frame above 16 MiB (protocol: messages)."""

MOST_HELD = 64 * 1024
"""Bytes from which on what is held is written at once."""

_SWITCHING = b"HTTP/1.1 101 "
_WHOLE_TEXT = 0x80 | TEXT  # the first byte of a frame (RFC 6455, section 5.2)


class EngineSocket(ClientConnection):
    """A connection for ``connect(create_connection=…)``.

    Attributes:
        take: is offered each text message as it comes, and returns whether it has taken it.
            It must not raise. What it leaves, and what comes in pieces, is for `recv`.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.take: Callable[[bytes], bool] | None = None
        self._sending: set[asyncio.Task[None]] = set()  # long messages, and what waits for them
        self._is_framed: bool | None = None  # whether it is known where frames begin; None: not yet
        self._begun = b""  # a head of a frame that is not complete
        self._to_pass = 0  # bytes of a frame that has begun to pass on
        self._is_left = False  # whether that has been offered

    # -- receiving ---------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        """Offer whole messages; what else the engine sends is for `websockets`."""
        if not self._is_framed:
            data = self._opened(data)
        if self._to_pass:
            data = self._pass_on(data)
        data, self._begun = self._begun + data, b""
        start, end = 0, len(data)
        while start < end:
            found = _frame_at(data, start)
            if found is None:
                self._begun = data[start:]
                break
            begin, stop = found
            is_whole = data[start] == _WHOLE_TEXT and stop <= end
            if not (is_whole and self._take(data[begin:stop])):
                self._to_pass, self._is_left = stop - start, is_whole
                self._pass_on(data[start:stop])
            start = stop

    def _opened(self, data: bytes) -> bytes:
        """Pass on what belongs to the handshake, and return what follows it."""
        head, blank_line, frames = data.partition(b"\r\n\r\n")
        if self._is_framed is None and blank_line and head.startswith(_SWITCHING):
            self._is_framed = True
            super().data_received(head + blank_line)
            return frames
        self._is_framed = False  # refused; or in pieces, and who knows where they were cut
        super().data_received(data)
        return b""

    def _pass_on(self, data: bytes) -> bytes:
        """Pass on what there is of a frame, and return what follows it."""
        part, rest = data[: self._to_pass], data[self._to_pass :]
        self._to_pass -= len(part)
        super().data_received(part)
        return rest

    def _take(self, text: bytes) -> bool:
        # After the end, or an illegal frame, the library drops what still comes. So do we.
        is_over = self.protocol.close_rcvd is not None or self.protocol.parser_exc is not None
        return not is_over and self.take is not None and self.take(text)

    def process_event(self, event: Event) -> None:
        """Offer a whole message that came in pieces, before it goes into the queue."""
        if (
            self._is_left
            or not isinstance(event, Frame)
            or event.opcode is not Opcode.TEXT
            or not event.fin
            or not self._take(bytes(event.data))
        ):
            super().process_event(event)

    # -- sending -----------------------------------------------------------------------

    def post(self, text: bytes) -> asyncio.Task[None] | None:
        """Write a text message at once where it is short; else return the task that does.

        On a connection that is gone it is dropped.
        """
        if len(text) <= FRAGMENT and not self._sending:
            # Unlike `send` it does not wait while the engine reads slowly. Nothing is gained
            # by that: what waits there or in the buffer is as large.
            if self.protocol.state is State.OPEN:
                self.transport.write(b"".join(frame(TEXT, text)))
            return None
        task = self.loop.create_task(self._send_fragments(text))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)
        return task

    async def write(self, text: bytes) -> None:
        """Write a text message (see `post`), all of it even if the caller is cancelled."""
        if (sending := self.post(text)) is not None:
            # Half a message would make the connection unusable.
            await asyncio.shield(sending)

    async def send_paced(self, text: bytes) -> None:
        """Write a text message at the pace of the engine: for whoever makes calls in a loop."""
        if len(text) > FRAGMENT:
            await self.write(text)
            return
        with contextlib.suppress(ConnectionClosed):
            await self.send(text, text=True)

    async def _send_fragments(self, text: bytes) -> None:
        pieces = (text[start : start + FRAGMENT] for start in range(0, len(text) or 1, FRAGMENT))
        with contextlib.suppress(ConnectionClosed):
            await self.send(pieces, text=True)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Put the gathering transport between the connection and its own."""
        gathering = _GatheringTransport(cast(asyncio.Transport, transport), self.loop)
        super().connection_made(cast(asyncio.Transport, gathering))


def _frame_at(data: bytes, start: int) -> tuple[int, int] | None:
    """Return where a frame has its payload, and where it ends; None when its head is not whole."""
    try:
        head = head_of(data, start)
    except RemoteProtocolError:
        return start, len(data) + 1  # never whole: `websockets` ends the connection
    return None if head is None else (head[2], head[2] + head[1])


class _GatheringTransport:
    """Holds back what is written until the loop's next turn; else it is the transport."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._held: list[bytes] = []
        self._size = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Hold data back until the loop has run what is ready now."""
        if not self._held:
            self._loop.call_soon(self._flush)
        self._held.append(data)
        self._size += len(data)
        if self._size > MOST_HELD:  # for the backpressure of a loop that only sends
            self._flush()

    def write_eof(self) -> None:
        """Write what is held, then say that no more comes."""
        self._flush()
        self._transport.write_eof()

    def close(self) -> None:
        """Write what is held, then close."""
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        held, self._held, self._size = self._held, [], 0
        if held and not self._transport.is_closing():
            self._transport.write(b"".join(held))
