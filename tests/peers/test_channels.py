"""Channels between our worker and the official SDKs, and from one SDK to the other."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from typing import Any

import pytest

from iii_asgi.protocol.messages import ChannelRef
from iii_asgi.worker.channels import Channels
from tests.peers.conftest import Ours
from tests.peers.driver import Kind, Peer, Place, start_peer

pytestmark = pytest.mark.anyio

CHUNK = b"\x00\xff" * 32 * 1024


@pytest.fixture
async def channels(place: Place) -> AsyncIterator[Channels]:
    """Our side of channels."""
    channels = Channels(place.url)
    yield channels
    await channels.aclose()


def digest(data: bytes, *messages: str) -> dict[str, Any]:
    """Return what a reader should tell of a channel."""
    sha256 = hashlib.sha256(data).hexdigest()
    return {"bytes": len(data), "sha256": sha256, "messages": list(messages)}


async def test_we_write_and_a_peer_reads(
    ours: Ours, peer: Peer, place: Place, channels: Channels
) -> None:
    """What we write into a channel, text and data, the peer reads to its end."""
    ends = await ours.bridge.trigger("engine::channels::create", {"buffer_size": 64})
    writer = await channels.writer(ChannelRef(**ends["writer"]))
    await writer.send_text(b"begin")
    await writer.send(CHUNK * 3 + b"rest")
    writer.close()
    counted = await ours.bridge.trigger(place.id("files::count"), {"source": ends["reader"]})
    assert counted == digest(CHUNK * 3 + b"rest", "begin")


async def test_a_peer_writes_and_we_read(
    ours: Ours, peer: Peer, place: Place, channels: Channels
) -> None:
    """What a peer writes into a channel we read to its end."""
    ends = await ours.bridge.trigger("engine::channels::create", {})
    produced = {"sink": ends["writer"], "chunks": 5}
    await ours.bridge.trigger(place.id("files::produce"), produced)
    reader = await channels.reader(ChannelRef(**ends["reader"]))
    assert b"".join([chunk async for chunk in reader]) == CHUNK * 5


async def test_from_one_sdk_to_the_other(kind: Kind, peer: Peer, place: Place) -> None:
    """A worker of one SDK hands a worker of the other a channel that it writes into."""
    other: Kind = "node" if kind == "python" else "python"
    there = place.apart("_other")
    async with start_peer(other, there):
        sent = await peer.do("send_file", function_id=there.id("files::count"))
    assert sent == digest(CHUNK * 3, "begin")
