"""A request body that is read from its channel while the app asks for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Protocol

import httpx

from iii_asgi.errors import ConnectionLostError
from iii_asgi.protocol.messages import ChannelRef

__all__ = ["ChannelBody", "ChannelOpener", "ChannelReader", "ChannelWriter"]

FIRST_CHUNK_TIMEOUT = 25.0
"""Seconds for an announced body to begin: just under the engine's own 30."""
UNANNOUNCED_TIMEOUT = 0.5
"""Seconds after which a body without a length that has not begun is empty, where the front
end is known to call only when bodies are complete."""


class ChannelReader(Protocol):
    """The reading end of a channel."""

    def __aiter__(self) -> AsyncIterator[bytes]:
        """Iterate over the data."""
        ...

    async def aclose(self) -> None:
        """Leave the channel."""
        ...


class ChannelWriter(Protocol):
    """The writing end of a channel."""

    async def send_text(self, frame: bytes) -> None:
        """Write a control message."""
        ...

    async def send(self, data: bytes) -> None:
        """Write data; ConnectionLostError when the reader has left."""
        ...

    async def wait_closed(self) -> None:
        """Wait until the channel is closed; the engine closes it at a write to nobody."""
        ...

    def close(self) -> None:
        """End the data."""
        ...


class ChannelOpener(Protocol):
    """Opens the ends of channels; ConnectionLostError when one cannot be opened."""

    async def reader(self, ref: ChannelRef) -> ChannelReader:
        """Take a reading end."""
        ...

    async def writer(self, ref: ChannelRef) -> ChannelWriter:
        """Take a writing end."""
        ...


class ChannelBody(httpx.AsyncByteStream):
    """The exact bytes of a request, as they come.

    The channel is opened at the first read and left after `length` bytes: on one front end
    it is never closed after the last one (protocol: two HTTP front ends).

    Args:
        channels: opens the channel.
        ref: the channel.
        length: the announced content-length, or None: read to the end.
        complete: the front end calls only when it has the whole body.

    Iterating raises `httpx.ReadTimeout` when the body does not begin, and `httpx.ReadError`
    when it breaks off.
    """

    def __init__(
        self, channels: ChannelOpener, ref: ChannelRef, *, length: int | None, complete: bool
    ) -> None:
        self._channels = channels
        self._ref = ref
        self._length = length
        self._complete = complete

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            reader = await self._channels.reader(self._ref)
        except ConnectionLostError as error:
            raise httpx.ReadError(str(error)) from error
        left = self._length
        try:
            frames = aiter(reader)
            chunk = await self._first(frames)
            while chunk is not None:
                if left is not None:
                    chunk, left = chunk[:left], left - len(chunk)
                yield chunk
                if left is not None and left <= 0:
                    return
                chunk = await anext(frames, None)
            if left:
                raise httpx.ReadError("the client went away before its body was complete")
        finally:
            await reader.aclose()

    async def _first(self, frames: AsyncIterator[bytes]) -> bytes | None:
        unannounced = self._length is None and self._complete
        try:
            async with asyncio.timeout(UNANNOUNCED_TIMEOUT if unannounced else FIRST_CHUNK_TIMEOUT):
                return await anext(frames, None)
        except TimeoutError:
            if unannounced:
                return None
            raise httpx.ReadTimeout("the announced body did not begin") from None
