"""The body of a request that comes in pieces."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable

import httpx

__all__ = ["Upload"]


class Upload:
    """Fetches a request's stream, a chunk when asked for one.

    Each chunk is fetched in a task of its own. So a `receive` that is cancelled, which
    task groups do to their listeners all the time, loses nothing, and several may wait.
    """

    __slots__ = ("_chunks", "_fetch", "_notify")

    def __init__(self, stream: httpx.AsyncByteStream, notify: Callable[[], None]) -> None:
        self._chunks = aiter(stream)
        self._fetch: asyncio.Task[bytes | None] | None = None
        self._notify = notify

    def is_ready(self) -> bool:
        """Whether `take` has something; if not, fetch it, and `notify` when it is there."""
        if self._fetch is None:
            self._fetch = asyncio.create_task(_next(self._chunks))
            self._fetch.add_done_callback(lambda _: self._notify())
        return self._fetch.done()

    def take(self) -> bytes | None:
        """Return the chunk that is ready, or None at the end of the stream.

        Raises:
            Exception: whatever the stream raised.
        """
        assert self._fetch is not None
        fetched, self._fetch = self._fetch, None
        return fetched.result()

    async def aclose(self) -> None:
        """Stop fetching, and close a generator behind the stream."""
        if self._fetch is not None:
            self._fetch.cancel()
            await asyncio.gather(self._fetch, return_exceptions=True)
        if isinstance(self._chunks, AsyncGenerator):
            await self._chunks.aclose()


async def _next(chunks: AsyncIterator[bytes]) -> bytes | None:
    return await anext(chunks, None)
