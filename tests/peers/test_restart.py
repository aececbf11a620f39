"""The engine goes away and comes back on the same port."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import httpx
import pytest

from iii_asgi.engine.engine import Engine
from iii_asgi.errors import ConnectionLostError, InvocationError
from tests.peers.app import create_app
from tests.peers.conftest import our_bridge
from tests.peers.driver import Kind, Place, start_peer, until

pytestmark = pytest.mark.anyio


async def test_everybody_comes_back(kind: Kind) -> None:
    """After a restart of the engine we and the peer are there again, with all functions and
    routes; the call that was under way is lost."""
    async with AsyncExitStack() as stack:
        async with Engine(port=0, http_port=0) as engine:
            place = Place(engine.url, engine.http_url)
            peer = await stack.enter_async_context(start_peer(kind, place))
            ours = await stack.enter_async_context(our_bridge(create_app(), place).connect())
            states: list[str] = []
            ours.on_connection_state_change(states.append)
            hanging = asyncio.create_task(ours.trigger("payments::hang", {}))
            assert await peer.note() == "hanging"

        # Whether the engine still says that the peer has gone, or goes first itself.
        with pytest.raises((ConnectionLostError, InvocationError)):
            await hanging
        async with Engine(port=engine.port, http_port=engine.http_port):
            await until(lambda: peer.sees("pages::upload"))
            await until(lambda: peer.sees("shop::wait"))
            assert await peer.call("items::read", {"item_id": 1}) == {"item_id": 1, "name": "pen"}
            assert await peer.call("shop::checkout", {"amount": 1})
            async with httpx.AsyncClient(base_url=place.http_url) as http:
                assert (await http.get("/items/1")).status_code == 200
                assert (await http.get("/greet/Ada")).status_code == 200
            assert states == ["reconnecting", "connected"]
            await stack.aclose()
