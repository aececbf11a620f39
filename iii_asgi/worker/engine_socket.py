"""The socket to the engine: messages without a queue, one write for each turn of the loop.

What `recv` gives has lain in a queue and waited for the turn of the task that reads it: a
twentieth of what an invocation costs. And under load several answers are ready in the same
turn, and the answers that are sent once more come in batches: one system call for each of them
would be a tenth, and as much again for the engine that reads them one by one.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any, cast

from websockets.asyncio.client import ClientConnection
from websockets.asyncio.server import broadcast
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode
from websockets.protocol import Event

__all__ = ["EngineSocket"]

FRAGMENT = 1024 * 1024
"""A longer message is sent in fragments of this size: the engine resets a connection at a
single frame above 16 MiB (protocol: messages)."""

MOST_HELD = 64 * 1024
"""Bytes from which on what is held is written at once."""


class EngineSocket(ClientConnection):
    """A connection for ``connect(create_connection=…)``.

    Attributes:
        take: is offered each text message as it comes, and returns whether it has taken it.
            It must not raise. What it leaves, and what comes in fragments, is for `recv`.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.take: Callable[[bytes], bool] | None = None
        self._sending: set[asyncio.Task[None]] = set()  # long messages, and what waits for them

    # -- receiving ---------------------------------------------------------------------

    def process_event(self, event: Event) -> None:
        """Offer a whole message, before it goes into the queue."""
        if (
            self.take is None
            or not isinstance(event, Frame)
            or event.opcode is not Opcode.TEXT
            or not event.fin
            or not self.take(bytes(event.data))
        ):
            super().process_event(event)

    # -- sending -----------------------------------------------------------------------

    def post(self, text: bytes) -> asyncio.Task[None] | None:
        """Write a text message at once where it is short; else return the task that does.

        On a connection that is gone it is dropped.
        """
        if len(text) <= FRAGMENT and not self._sending:
            # Half the price of `send`, which waits while the engine reads slowly. Nothing
            # is gained by that: what waits there or in the buffer is as large.
            broadcast((self,), text.decode())
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
        pieces = (text[start : start + FRAGMENT] for start in range(0, len(text), FRAGMENT))
        with contextlib.suppress(ConnectionClosed):
            await self.send(pieces, text=True)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Put the gathering transport between the connection and its own."""
        gathering = _GatheringTransport(cast(asyncio.Transport, transport), self.loop)
        super().connection_made(cast(asyncio.Transport, gathering))


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
