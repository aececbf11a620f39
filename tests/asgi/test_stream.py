"""The pipe that carries a response body."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from iii_asgi.asgi import stream as module
from iii_asgi.asgi.stream import HIGH_WATER, ClientDisconnectedError, ResponseStream
from tests.patience import WITHIN

pytestmark = pytest.mark.anyio


async def test_chunks_then_end() -> None:
    """Chunks come one by one as they were fed, then None, again and again."""
    stream = ResponseStream()
    stream.feed(b"a", last=False)
    stream.feed(b"b", last=True)

    assert [await stream.next_chunk() for _ in range(4)] == [b"a", b"b", None, None]


async def test_iteration() -> None:
    """Iterating gives the whole body, without empty chunks."""
    stream = ResponseStream()
    for chunk in (b"", b"a", b"", b"b"):
        stream.feed(chunk, last=False)
    stream.feed(b"", last=True)

    assert [chunk async for chunk in stream] == [b"a", b"b"]


async def test_buffered() -> None:
    """All that has arrived can be taken at once."""
    stream = ResponseStream()
    assert stream.buffered() == b""
    stream.feed(b"a", last=False)
    assert stream.buffered() == b"a"
    stream.feed(b"b", last=False)
    stream.feed(b"c", last=True)
    assert stream.buffered() == b"bc"
    assert await stream.next_chunk() is None


@pytest.mark.parametrize(
    ("chunks", "expected"),
    [
        ([b"a"], b"a"),
        ([b"a", b"b", b"c"], b"abc"),
        ([b"a", b"bc", b"defg", b"h"], b"abc"),
        ([b"long enough", b"b"], b"long enough"),
    ],
)
async def test_with_more(chunks: list[bytes], expected: bytes) -> None:
    """Small pieces that are there can be taken together, in order, up to a size."""
    stream = ResponseStream()
    for chunk in chunks:
        stream.feed(chunk, last=False)
    first = await stream.next_chunk()
    assert first is not None

    assert stream.with_more(first, 6) == expected
    assert stream.buffered() == b"".join(chunks)[len(expected) :]


async def test_with_more_makes_room() -> None:
    """What is taken together is taken: the writer may go on."""
    stream = ResponseStream()
    stream.feed(b"x", last=False)
    stream.feed(b"y" * HIGH_WATER, last=False)
    waiting = asyncio.create_task(stream.room())
    await asyncio.sleep(0)
    first = await stream.next_chunk()
    assert first is not None
    stream.with_more(first, HIGH_WATER + 1)

    await waiting


@pytest.mark.parametrize(
    ("messages", "single"),
    [
        ([(b"a", True)], True),
        ([(b"", True)], True),
        ([(b"a", False), (b"", True)], False),
        ([(b"", False), (b"a", True)], False),
        ([(b"a", False)], False),
    ],
)
async def test_single(messages: list[tuple[bytes, bool]], single: bool) -> None:
    """A body is single when its first message is its last, however they are timed."""
    stream = ResponseStream()
    for chunk, last in messages:
        stream.feed(chunk, last)

    assert stream.single is single
    assert stream.complete is messages[-1][1]


async def test_waiting_reader() -> None:
    """A reader that waits gets the next chunk when it is fed."""
    stream = ResponseStream()
    asyncio.get_running_loop().call_soon(stream.feed, b"late", False)

    assert await stream.next_chunk() == b"late"


async def test_timeout() -> None:
    """A timeout is raised once the time is over, and nothing is lost by it."""
    stream = ResponseStream()
    loop = asyncio.get_running_loop()
    started = loop.time()
    with pytest.raises(TimeoutError):
        await stream.next_chunk(timeout=0.05)
    assert loop.time() - started >= 0.04

    stream.feed(b"a", last=True)
    assert await stream.next_chunk(timeout=0) == b"a"
    assert await stream.next_chunk(timeout=0) is None


async def test_empty_chunk_is_not_progress() -> None:
    """An empty chunk does not prolong the time that a reader gives."""
    stream = ResponseStream()
    loop = asyncio.get_running_loop()
    for number in range(1000):
        loop.call_later(number / 100, stream.feed, b"", False)
    async with asyncio.timeout(WITHIN):
        with pytest.raises(TimeoutError):
            await stream.next_chunk(timeout=0.1)


async def test_cancelled_reader() -> None:
    """A reader that was cancelled while it waited loses nothing."""
    stream = ResponseStream()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(stream.next_chunk(), 0.01)
    stream.feed(b"a", last=True)

    assert await stream.next_chunk() == b"a"


async def test_backpressure() -> None:
    """Above the high-water mark the writer waits until enough has been read."""
    stream = ResponseStream()
    assert stream.feed(b"x" * HIGH_WATER, last=False) is False
    assert stream.feed(b"y", last=False) is True
    assert stream.feed(b"z", last=False) is True
    waiting = [asyncio.create_task(stream.room()) for _ in range(2)]
    await asyncio.sleep(0.01)
    assert not any(task.done() for task in waiting)
    await stream.next_chunk()

    await asyncio.gather(*waiting)


async def test_last_message_does_not_wait() -> None:
    """The last message waits for nobody, so background work begins at once."""
    assert ResponseStream().feed(b"x" * (HIGH_WATER + 1), last=True) is False


async def test_close_frees_writers() -> None:
    """When the reader leaves, waiting writers go on."""
    stream = ResponseStream()
    stream.feed(b"x" * (HIGH_WATER + 1), last=False)
    waiting = asyncio.create_task(stream.room())
    await asyncio.sleep(0)
    await stream.aclose()

    await waiting


async def test_closed() -> None:
    """After closing there is nothing to read, and no end is made up."""
    stream = ResponseStream()
    stream.feed(b"a", last=False)
    await stream.aclose()

    assert stream.closed
    with pytest.raises(httpx.StreamClosed):
        await stream.next_chunk()


async def test_close_after_the_end() -> None:
    """Closing a complete body changes nothing."""
    stream = ResponseStream()
    stream.feed(b"a", last=True)
    await stream.aclose()

    assert not stream.closed
    assert await stream.next_chunk() == b"a"


async def test_broken() -> None:
    """What was sent before a break can be read, then the error is raised, every time."""
    stream = ResponseStream()
    stream.feed(b"a", last=False)
    stream.break_off(httpx.RemoteProtocolError("broken"))

    assert await stream.next_chunk() == b"a"
    for _ in range(2):
        with pytest.raises(httpx.RemoteProtocolError, match="broken"):
            await stream.next_chunk()


async def test_first_end_counts() -> None:
    """A body that is complete, or left, cannot break any more."""
    complete, left = ResponseStream(), ResponseStream()
    complete.feed(b"", last=True)
    await left.aclose()
    for stream in (complete, left):
        stream.break_off(RuntimeError("too late"))

        assert stream.error is None


async def test_discard(monkeypatch: pytest.MonkeyPatch) -> None:
    """What an app sends into the void is dropped; after a grace it may only end."""
    stream = ResponseStream()
    stream.disconnect()
    await stream.discard(more=True)
    monkeypatch.setattr(module, "_GRACE", -1)
    await stream.discard(more=False)

    with pytest.raises(ClientDisconnectedError):
        await stream.discard(more=True)


async def test_discard_at_once() -> None:
    """The first messages into the void do not wait: who is being cancelled then, as streams are,
    is so at a place of its own."""
    stream = ResponseStream()
    stream.disconnect()
    dropping = stream.discard(more=True)

    with pytest.raises(StopIteration):
        dropping.send(None)


async def test_discard_gives_way() -> None:
    """Many of them let others run."""
    stream = ResponseStream()
    stream.disconnect()
    others: list[bool] = []
    asyncio.get_running_loop().call_soon(others.append, True)
    for _ in range(100):
        await stream.discard(more=True)

    assert others
