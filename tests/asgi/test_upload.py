"""Request bodies that come in pieces."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from iii_asgi.asgi.upload import Upload

pytestmark = pytest.mark.anyio


class Pieces(httpx.AsyncByteStream):
    """A stream of two chunks that notes when it is closed."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.closed = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            yield b"a"
            await self.gate.wait()
            yield b"b"
        finally:
            self.closed = True


async def take(upload: Upload, notified: asyncio.Event) -> bytes | None:
    """Return the next chunk, when it is there."""
    while not upload.is_ready():
        notified.clear()
        await notified.wait()
    return upload.take()


async def test_in_order() -> None:
    """Chunks come in order, then None."""
    notified = asyncio.Event()
    pieces = Pieces()
    pieces.gate.set()
    upload = Upload(pieces, notified.set)

    assert [await take(upload, notified) for _ in range(3)] == [b"a", b"b", None]
    await upload.aclose()


async def test_asked_for() -> None:
    """A chunk is fetched when it is asked for, not before."""
    notified = asyncio.Event()
    upload = Upload(Pieces(), notified.set)
    await asyncio.sleep(0.01)
    assert not notified.is_set()

    assert await take(upload, notified) == b"a"
    await upload.aclose()


async def test_cancelled_wait() -> None:
    """Giving up the wait for a chunk does not lose it."""
    notified = asyncio.Event()
    pieces = Pieces()
    upload = Upload(pieces, notified.set)
    await take(upload, notified)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(take(upload, notified), 0.01)
    pieces.gate.set()

    assert await take(upload, notified) == b"b"
    await upload.aclose()


@pytest.mark.parametrize("fetching", [False, True])
async def test_close(fetching: bool) -> None:
    """Closing ends the stream's generator, also while it is at work."""
    notified = asyncio.Event()
    pieces = Pieces()
    upload = Upload(pieces, notified.set)
    await take(upload, notified)
    if fetching:
        assert not upload.is_ready()
        await asyncio.sleep(0)
    await upload.aclose()

    assert pieces.closed


async def test_error() -> None:
    """What the stream raises is raised to who takes."""

    async def failing() -> AsyncIterator[bytes]:
        raise httpx.ReadError("gone")
        yield b""

    notified = asyncio.Event()
    upload = Upload(httpx.Request("POST", "http://x", content=failing()).stream, notified.set)  # type: ignore[arg-type]

    with pytest.raises(httpx.ReadError, match="gone"):
        await take(upload, notified)
