"""Channels: order, backpressure, and what happens when an end goes."""

from __future__ import annotations

import asyncio
import time

import pytest

from iii_asgi.engine.channels import TAKE_WITHIN, Channel, ChannelClosedError, Channels

pytestmark = pytest.mark.anyio


async def test_items_come_in_order_and_then_the_end() -> None:
    """The reader gets what was written before the close, bytes and text."""
    channel = Channel()
    for item in (b"1", "two", b""):
        await channel.put(item)
    channel.close()

    assert [await channel.get() for _ in range(4)] == [b"1", "two", b"", None]
    assert channel.ended


async def test_a_full_channel_blocks_its_writer() -> None:
    """The writer waits at 64 items until one is read."""
    channel = Channel()
    for number in range(64):
        await channel.put(str(number))
    write = asyncio.create_task(channel.put("64"))
    await asyncio.sleep(0)
    assert not write.done()

    assert channel.take() == "0"
    await write


async def test_a_reader_waits_for_its_writer() -> None:
    """An empty channel is read as soon as something comes."""
    channel = Channel()
    read = asyncio.create_task(channel.get())
    await asyncio.sleep(0)
    await channel.put(b"x")

    assert await read == b"x"


async def test_a_write_fails_when_the_reader_is_gone() -> None:
    """The departure wakes a blocked writer and fails every write after it."""
    channel = Channel(1)
    await channel.put(b"1")
    write = asyncio.create_task(channel.put(b"2"))
    await asyncio.sleep(0)
    channel.abandon()

    with pytest.raises(ChannelClosedError):
        await write
    with pytest.raises(ChannelClosedError):
        await channel.put(b"3")


@pytest.mark.parametrize(("asked", "real"), [(0, 1), (4, 4), (10_000, 1024)])
async def test_the_capacity_has_bounds(asked: int, real: int) -> None:
    """A channel holds from 1 to 1024 items."""
    channel = Channel(asked)
    for _ in range(real):
        await channel.put(b"")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await channel.put(b"")


async def test_a_channel_is_found_by_id_and_key() -> None:
    """A wrong key finds nothing."""
    channels = Channels()
    channel = channels.create()

    assert channels.find(channel.id, channel.key) is channel
    assert channels.find(channel.id, "other") is None
    assert channels.find("other", channel.key) is None


async def test_discarding_closes_the_ends_that_nobody_took() -> None:
    """Whoever holds the other end learns of it."""
    channels = Channels()
    unread, unwritten = channels.create(), channels.create()
    unread.writer_taken = unwritten.reader_taken = True
    channels.discard(unread)
    channels.discard(unwritten)

    assert await unwritten.get() is None
    with pytest.raises(ChannelClosedError):
        await unread.put(b"")


async def test_the_sweep_takes_what_nobody_connected_to() -> None:
    """After five minutes a channel with a free end goes, one in use stays."""
    channels = Channels()
    waiting, running, ended = channels.create(), channels.create(), channels.create()
    running.writer_taken = running.reader_taken = True
    ended.writer_taken = ended.reader_taken = True
    ended.close()

    channels.sweep(time.monotonic())
    assert channels.find(waiting.id, waiting.key)
    channels.sweep(time.monotonic() + TAKE_WITHIN + 1)
    assert channels.find(waiting.id, waiting.key) is None
    assert channels.find(ended.id, ended.key) is None
    assert channels.find(running.id, running.key)
