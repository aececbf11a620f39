"""Who goes away in the middle of a call."""

from __future__ import annotations

import asyncio
import signal

import httpx
import pytest

from tests.peers.app import create_app
from tests.peers.conftest import our_bridge
from tests.peers.driver import CallError, Kind, Place, our_process, start_peer, until

pytestmark = pytest.mark.anyio


@pytest.fixture
def alone(place: Place) -> Place:
    """A place where no other app of ours is."""
    return place.apart("_departures")


async def test_we_die(kind: Kind, alone: Place) -> None:
    """When our process dies, the call that it served fails at once and its functions go."""
    async with start_peer(kind, alone) as peer, our_process(alone) as process:
        waiting = asyncio.create_task(peer.call("shop::wait", {"seconds": 60}))
        await peer.note()
        process.kill()
        with pytest.raises(CallError) as raised:
            await waiting
        assert raised.value.code == "invocation_stopped"
        assert await peer.misses("shop::wait")


async def test_we_leave(kind: Kind, alone: Place) -> None:
    """When our process is asked to stop, it takes no more calls, ends its own, and exits 0."""
    async with start_peer(kind, alone) as peer, our_process(alone) as process:
        waiting = asyncio.create_task(peer.call("shop::wait", {"seconds": 0.5}))
        await peer.note()
        process.send_signal(signal.SIGTERM)
        await until(lambda: peer.misses("shop::wait"))
        assert not waiting.done()
        assert await waiting == "process"
        assert await process.wait() == 0


async def test_a_peer_dies(kind: Kind, alone: Place) -> None:
    """When a peer dies, the route that waits for it gets an error at once and goes on."""
    async with (
        our_bridge(create_app(run=alone.run), alone).connect(),
        start_peer(kind, alone) as peer,
        httpx.AsyncClient(base_url=alone.http_url + alone.prefix) as http,
    ):
        asking = asyncio.create_task(http.post("/shop/ask", json={}))
        assert await peer.note() == "hanging"
        peer.kill()
        answer = await asking
        assert (answer.status_code, answer.json()) == (502, {"detail": "invocation_stopped"})
        gone = await http.post("/shop/ask", json={})
        assert (gone.status_code, gone.json()) == (502, {"detail": "function_not_found"})
