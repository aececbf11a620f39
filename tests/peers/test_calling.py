"""Our app calls the functions of a worker of an official SDK."""

from __future__ import annotations

import httpx
import pytest

from iii_asgi.errors import InvocationError
from tests.peers.conftest import Ours
from tests.peers.driver import CallError, Peer, Place

pytestmark = pytest.mark.anyio


async def test_route_calls_a_peer(ours: Ours, peer: Peer, http: httpx.AsyncClient) -> None:
    """A route that was reached over HTTP calls a function of the peer and uses its result."""
    answer = await http.post("/shop/checkout", json={"amount": 12.5})
    assert (answer.status_code, answer.json()) == (200, {"charged": 12.5, "by": peer.name})


async def test_there_and_back(ours: Ours, peer: Peer) -> None:
    """A peer calls a route that calls the peer: three calls on two sockets do not block."""
    charged = await peer.call("shop::checkout", {"amount": 3})
    assert charged == {"charged": 3, "by": peer.name}


async def test_error_of_the_peer(ours: Ours, peer: Peer, http: httpx.AsyncClient) -> None:
    """What the peer raises is an InvocationError in the route, with its code and message."""
    answer = await http.post("/shop/checkout", json={"amount": -1})
    assert answer.status_code == 402
    assert answer.json() == {"detail": {"code": "invocation_failed", "message": "card declined"}}


async def test_error_that_the_route_lets_through(
    ours: Ours, peer: Peer, http: httpx.AsyncClient
) -> None:
    """An error of a peer that the route does not handle is a 500 that says nothing of it."""
    answer = await http.post("/shop/careless", json={"amount": -1})
    assert (answer.status_code, answer.text) == (500, "Internal Server Error")
    with pytest.raises(CallError, match=r"^INTERNAL_ERROR: Internal Server Error$"):
        await peer.call("shop::careless", {"amount": -1})


async def test_peer_that_hangs(ours: Ours, peer: Peer, http: httpx.AsyncClient) -> None:
    """A route waits no longer than it wants to."""
    answer = await http.post("/shop/ask", json={"timeout": 0.1})
    assert (answer.status_code, answer.json()) == (504, {"detail": "the bank is slow"})
    assert await peer.note() == "hanging"


async def test_void_call_to_a_peer(ours: Ours, peer: Peer, http: httpx.AsyncClient) -> None:
    """A route can call a peer and not wait."""
    answer = await http.post("/shop/notify", json={"text": "sold"})
    assert answer.status_code == 202
    assert (await peer.note())["data"] == {"text": "sold"}


async def test_bridge_calls_a_peer(ours: Ours, peer: Peer, place: Place) -> None:
    """The bridge itself calls functions, outside of any route."""
    charged = await ours.bridge.trigger(place.id("payments::charge"), {"amount": 1})
    assert charged == {"charged": 1, "by": peer.name}
    with pytest.raises(InvocationError, match="card declined"):
        await ours.bridge.trigger(place.id("payments::charge"), {"amount": -1})


async def test_bridge_calls_the_function_of_a_route(ours: Ours, peer: Peer, place: Place) -> None:
    """A peer's HTTP function takes a direct call that looks like a request."""
    request = {"path_params": {"name": "Ada"}}
    answer = await ours.bridge.trigger(place.id("greet::hello"), request)
    assert answer == {"status_code": 200, "body": {"message": "Hello, Ada!"}}
