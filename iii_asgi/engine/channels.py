"""Channels: pairs of a writer's and a reader's end, with a bounded buffer between them."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from typing import TypeAlias

from iii_asgi.engine.wire import new_id
from iii_asgi.protocol.messages import ChannelRef

__all__ = ["Channel", "ChannelClosedError", "Channels", "Item"]

Item: TypeAlias = "bytes | str"
"""What passes a channel: bytes are data, text is a message."""

DEFAULT_CAPACITY = 64
MAX_CAPACITY = 1024
SWEEP_EVERY = 60.0
TAKE_WITHIN = 300.0


class ChannelClosedError(Exception):
    """The reader is gone: nothing more can be written."""


class Channel:
    """A one-way pipe. Whoever takes an end must close it: `close` or `abandon`.

    Attributes:
        id, key: what its references carry.
        ended: the writer is done and all was read.
        writer_taken, reader_taken: each end can be taken once.
    """

    def __init__(self, capacity: int = DEFAULT_CAPACITY) -> None:
        self.id = new_id()
        self.key = new_id()
        self.created = time.monotonic()
        self.writer_taken = False
        self.reader_taken = False
        self._capacity = min(max(capacity, 1), MAX_CAPACITY)
        self._items: deque[Item] = deque()
        self._writer_done = False
        self._reader_gone = False
        self._unnoticed = 0
        self._on_change: Callable[[], None] | None = None
        self._room: asyncio.Future[None] | None = None

    @property
    def writer(self) -> ChannelRef:
        """The reference to the end that is written to."""
        return ChannelRef(self.id, self.key, "write")

    @property
    def reader(self) -> ChannelRef:
        """The reference to the end that is read from."""
        return ChannelRef(self.id, self.key, "read")

    @property
    def ended(self) -> bool:
        """Whether nothing is left to read and nothing will come."""
        return self._reader_gone or (self._writer_done and not self._items)

    # -- the writer's side -------------------------------------------------------------

    async def put(self, item: Item) -> None:
        """Write; waits while the buffer is full.

        Raises:
            ChannelClosedError: the reader is gone.
        """
        while len(self._items) >= self._capacity and not self._reader_gone:
            self._room = asyncio.get_running_loop().create_future()
            await self._room
        if not self._reader_gone:
            self._items.append(item)
            self._changed()
        elif self._unnoticed:
            self._unnoticed -= 1
        else:
            raise ChannelClosedError

    def close(self) -> None:
        """The writer is done: the reader gets what is left, then the end."""
        self._writer_done = True
        self._changed()

    # -- the reader's side -------------------------------------------------------------

    def take(self) -> Item | None:
        """Return the next item without waiting; None when there is none now."""
        if not self._items:
            return None
        item = self._items.popleft()
        self._make_room()
        return item

    async def get(self) -> Item | None:
        """Return the next item; None at the end."""
        while not self._items and not self.ended:
            change = asyncio.Event()
            self.notify(change.set)
            await change.wait()
        return self.take()

    def notify(self, on_change: Callable[[], None] | None) -> None:
        """Call `on_change` whenever something was written, or the writer is done."""
        self._on_change = on_change

    def abandon(self, after: int = 0) -> None:
        """The reader is gone: what is left is lost, and a write fails.

        Args:
            after: how many writes go nowhere before one fails.
        """
        self._reader_gone = True
        self._unnoticed = after
        self._items.clear()
        self._make_room()
        self._changed()

    def _changed(self) -> None:
        if self._on_change is not None:
            self._on_change()

    def _make_room(self) -> None:
        if self._room is not None and not self._room.done():
            self._room.set_result(None)


class Channels:
    """The channels that can be connected to, by id."""

    def __init__(self) -> None:
        self._channels: dict[str, Channel] = {}
        self._in_use: set[Channel] = set()

    def create(self, capacity: int = DEFAULT_CAPACITY) -> Channel:
        """Make a channel whose ends wait to be taken."""
        channel = Channel(capacity)
        self._channels[channel.id] = channel
        return channel

    def find(self, channel_id: str, key: str) -> Channel | None:
        """Return the channel with that id and key."""
        channel = self._channels.get(channel_id)
        return channel if channel is not None and channel.key == key else None

    def discard(self, channel: Channel) -> None:
        """Forget a channel: an end that nobody has taken is closed."""
        self._channels.pop(channel.id, None)
        if not channel.reader_taken:
            channel.abandon()
        if not channel.writer_taken:
            channel.close()

    def hold(self, channel: Channel) -> None:
        """A socket has an end of the channel."""
        self._in_use.add(channel)

    def release(self, channel: Channel) -> None:
        """The socket is done with it."""
        self._in_use.discard(channel)

    def sweep(self, now: float) -> None:
        """Forget channels that have ended, or of which an end was not taken in time."""
        for channel in list(self._channels.values()):
            is_running = channel.reader_taken and channel.writer_taken and not channel.ended
            if not is_running and now - channel.created > TAKE_WITHIN:
                self.discard(channel)

    async def sweep_forever(self) -> None:
        """Sweep once a minute."""
        while True:
            await asyncio.sleep(SWEEP_EVERY)
            self.sweep(time.monotonic())

    def shut(self) -> None:
        """End all channels: the engine stops."""
        for channel in {*self._channels.values(), *self._in_use}:
            channel.close()
            channel.abandon()
