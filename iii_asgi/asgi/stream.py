"""The body of a response, on its way from the app to whoever reads it."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable

import httpx

__all__ = ["HIGH_WATER", "ClientDisconnectedError", "ResponseStream"]

HIGH_WATER = 256 * 1024
"""Bytes that may lie unread before the app's `send` waits."""

_GRACE = 1.0  # seconds, see ResponseStream.discard
# Messages dropped without waiting. Frameworks cancel a stream whose client has left; if that
# struck while it waits here, its generator would keep its `finally` until it is collected.
_AT_ONCE = 16


class ClientDisconnectedError(OSError):
    """Raised in an app that goes on streaming to a client that has left."""


class ResponseStream(httpx.AsyncByteStream):
    """A pipe with a bound: the app's task writes into it, one reader reads.

    Iterate it, or take the body piece by piece with `next_chunk` and `buffered`. Closing
    it before the body is complete is the client's departure, which the app is told.

    Attributes:
        complete: the app has sent all of the body (some may still be unread).
        single: the first body message was the last one.
        closed: the exchange ended before the body was complete.
        error: what cut it short, None when the reader itself left.
        on_departure: called when the reader leaves before the body is complete.
    """

    __slots__ = (
        "_began",
        "_chunks",
        "_closed_at",
        "_dropped",
        "_reader",
        "_size",
        "_watch",
        "closed",
        "complete",
        "error",
        "on_departure",
        "single",
    )

    def __init__(self) -> None:
        self.complete = False
        self.single = False
        self.closed = False
        self.error: BaseException | None = None
        self.on_departure: Callable[[], object] | None = None
        self._began = False
        self._chunks: deque[bytes] = deque()
        self._size = 0
        self._closed_at = 0.0
        self._dropped = 0
        self._reader: asyncio.Future[bool] | None = None
        self._watch: asyncio.Event | None = None

    # -- the reader's side -------------------------------------------------------------

    async def next_chunk(self, timeout: float | None = None) -> bytes | None:
        """Return the next piece of the body, never empty, or None at its end.

        Args:
            timeout: seconds to wait at most; None waits for as long as it takes.

        Raises:
            TimeoutError: nothing came in time; the stream goes on.
            httpx.RemoteProtocolError: the app broke off.
            httpx.StreamClosed: the stream was closed before its end.
        """
        while not self._chunks:
            if self.complete:
                return None
            self.raise_if_broken()
            if self.closed:
                raise httpx.StreamClosed
            await self.wait(timeout)
        chunk = self._chunks.popleft()
        self._taken(len(chunk))
        return chunk

    def with_more(self, chunk: bytes, limit: int) -> bytes:
        """Return a piece together with those that have arrived after it, up to `limit` bytes."""
        chunks = self._chunks
        if not chunks or (size := len(chunk) + len(chunks[0])) > limit:
            return chunk
        together = [chunk, chunks.popleft()]
        while chunks and size + len(chunks[0]) <= limit:
            size += len(chunks[0])
            together.append(chunks.popleft())
        self._taken(size - len(chunk))
        return b"".join(together)

    def buffered(self) -> bytes:
        """Take all that has arrived and is unread; empty when there is nothing."""
        chunks = self._chunks
        body = chunks[0] if len(chunks) == 1 else b"".join(chunks)
        chunks.clear()
        self._taken(len(body))
        return body

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while (chunk := await self.next_chunk()) is not None:
            yield chunk

    async def aclose(self) -> None:
        """Leave: the app sees a disconnect, unless its answer is complete already."""
        self.disconnect()

    async def wait(self, timeout: float | None = None) -> None:
        """Wait until the app's side moves on; there is one reader, so one waiter.

        Raises:
            TimeoutError: it did not within `timeout` seconds.
        """
        loop = asyncio.get_running_loop()
        self._reader = reader = loop.create_future()
        if timeout is None:
            await reader
            return
        timer = loop.call_later(timeout, _resolve, reader, False)
        try:
            if not await reader:
                raise TimeoutError
        finally:
            timer.cancel()

    def raise_if_broken(self) -> None:
        """Raise what cut the exchange short, if anything did."""
        if self.error is not None:
            raise self.error

    def _taken(self, size: int) -> None:
        was_full = self._size > HIGH_WATER
        self._size -= size
        if was_full and self._size <= HIGH_WATER:
            self.notify()

    # -- the app's side ----------------------------------------------------------------

    def feed(self, chunk: bytes, last: bool) -> bool:
        """Take a piece of the body; return whether the app should wait for `room`."""
        if chunk:
            self._chunks.append(chunk)
            self._size += len(chunk)
        if last:
            self.complete = True
            self.single = not self._began
            self.notify()
        self._began = True
        if chunk or last:
            self.wake()
        return self._size > HIGH_WATER and not last

    async def room(self) -> None:
        """Wait until the reader has taken enough, or has left."""
        while self._size > HIGH_WATER and not self.closed:
            await self.change()

    async def discard(self, more: bool) -> None:
        """Drop a message of an app whose client has left.

        A server drops such messages in silence (ASGI 2.3), and apps count on it: raising
        would roll back the dependencies and skip the background tasks of an endpoint
        that has done its work. But an app that neither listens for the disconnect nor
        ends would stream for ever. So after a grace, long enough for all that listen, a
        message that announces more is refused.

        Raises:
            ClientDisconnectedError: the app goes on and on.
        """
        if more and time.monotonic() - self._closed_at > _GRACE:
            raise ClientDisconnectedError("the client has disconnected")
        self._dropped += 1
        if self._dropped > _AT_ONCE:
            await asyncio.sleep(0)  # a loop that only sends must not block all others

    def wake(self) -> None:
        """Let the waiting reader look again."""
        if (reader := self._reader) is not None:
            self._reader = None
            _resolve(reader, True)

    async def change(self) -> None:
        """Wait until something changes that `receive` or `send` may wait for.

        Any number of the app's tasks may wait here, and each may be cancelled.
        """
        if self._watch is None:
            self._watch = asyncio.Event()
        await self._watch.wait()

    def notify(self) -> None:
        """Let everybody in `change` look again."""
        if self._watch is not None:
            self._watch.set()
            self._watch.clear()

    # -- the end -----------------------------------------------------------------------

    @property
    def over(self) -> bool:
        """Whether the exchange has ended, one way or the other."""
        return self.complete or self.closed

    def disconnect(self) -> None:
        """The reader has left. Without effect once the body is complete."""
        if not self.over:
            self.closed = True
            self._closed_at = time.monotonic()
            self._chunks.clear()
            self._size = 0
            self.notify()
            self.departed()

    def departed(self) -> None:
        """Let the app's side act on a departure."""
        if self.on_departure is not None:
            self.on_departure()

    def break_off(self, error: BaseException) -> None:
        """End the exchange before the body is complete; `error` is for the reader."""
        if not self.over:
            self.closed = True
            self._closed_at = time.monotonic()
            self.error = error
            self.notify()
            self.wake()


def _resolve(future: asyncio.Future[bool], result: bool) -> None:
    if not future.done():  # its waiter may have been cancelled
        future.set_result(result)
