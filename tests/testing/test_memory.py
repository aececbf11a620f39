"""Channels in memory, as the bridge uses them."""

from __future__ import annotations

import asyncio

import pytest

from iii_asgi.engine.channels import Channels
from iii_asgi.errors import ConnectionLostError
from iii_asgi.testing.memory import MemoryChannels
from iii_asgi.worker.channel_socket import FRAME_SIZE
from tests.patience import WITHIN

pytestmark = pytest.mark.anyio


async def test_frames() -> None:
    """Data arrives in frames of limited size; heartbeats and control messages are skipped."""
    channels = Channels()
    channel = channels.create()
    opener = MemoryChannels(channels)
    writer = await opener.writer(channel.writer)
    await writer.send_text(b"{}")
    await writer.send(b"x" * (FRAME_SIZE + 1))
    await writer.send(b"")
    writer.close()
    reader = await opener.reader(channel.reader)
    assert [len(frame) async for frame in reader] == [FRAME_SIZE, 1]


async def test_departure() -> None:
    """A writer learns at its next write that the reader has left."""
    channels = Channels()
    channel = channels.create()
    opener = MemoryChannels(channels)
    writer = await opener.writer(channel.writer)
    reader = await opener.reader(channel.reader)
    await reader.aclose()
    closing = asyncio.create_task(writer.wait_closed())
    with pytest.raises(ConnectionLostError):
        await writer.send(b"")
    await asyncio.wait_for(closing, WITHIN)


async def test_each_end_once() -> None:
    """An end can be taken once; a channel that is gone not at all."""
    channels = Channels()
    channel = channels.create()
    opener = MemoryChannels(channels)
    await opener.reader(channel.reader)
    await opener.writer(channel.writer)
    with pytest.raises(ConnectionLostError):
        await opener.reader(channel.reader)
    with pytest.raises(ConnectionLostError):
        await opener.writer(channel.writer)
    channels.discard(channel)
    with pytest.raises(ConnectionLostError):
        await opener.reader(channel.reader)
