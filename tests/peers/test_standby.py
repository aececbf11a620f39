"""Two bridges of one app: the second one stands by, and takes over."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import httpx
import pytest

from iii_asgi import Bridge
from tests.fronts import until_served
from tests.peers.app import create_app
from tests.peers.conftest import our_bridge, served
from tests.peers.driver import CallError, Kind, Peer, Place, our_process, start_peer, until

pytestmark = pytest.mark.anyio


@pytest.fixture
def alone(place: Place) -> Place:
    """A place where no other app of ours is."""
    return place.apart("_standby")


@pytest.fixture
async def caller(kind: Kind, alone: Place) -> AsyncIterator[Peer]:
    """Who calls the app."""
    async with start_peer(kind, alone) as peer:
        yield peer


@pytest.fixture
async def http(alone: Place) -> AsyncIterator[httpx.AsyncClient]:
    """A client of its routes."""
    async with httpx.AsyncClient(base_url=alone.http_url + alone.prefix) as client:
        yield client


def bridge(name: str, place: Place) -> Bridge:
    """Return a bridge of the app that tells its name."""
    return our_bridge(create_app(name, place.run), place, name=name + place.run)


def standing_by(bridge: Bridge) -> set[str]:
    """Return the functions that a bridge waits for."""
    assert bridge.worker is not None
    return set(bridge.worker.registrations.standby)


async def test_standing_by(alone: Place, caller: Peer, http: httpx.AsyncClient) -> None:
    """The second bridge is connected and waits for every function; the first one serves."""
    async with served(bridge("one", alone), alone), bridge("two", alone).connect() as second:
        assert standing_by(second) == {function.id for function in second.catalogue.functions}
        assert second.worker is not None
        assert second.worker.state == "connected"
        assert (await caller.call("about::me"))["name"] == "one"
        assert (await http.get("/about/me")).json()["name"] == "one"


async def test_the_second_leaves(alone: Place, caller: Peer, http: httpx.AsyncClient) -> None:
    """When the one that stands by leaves, the first one keeps its functions and its routes."""
    async with served(bridge("one", alone), alone):
        async with bridge("two", alone).connect() as second:
            assert standing_by(second)

        assert (await caller.call("about::me"))["name"] == "one"
        assert (await http.get("/about/me")).json()["name"] == "one"


async def test_taking_over(alone: Place, caller: Peer, http: httpx.AsyncClient) -> None:
    """When the first one leaves it ends its call; the second serves what comes then."""
    async with AsyncExitStack() as first:
        await first.enter_async_context(served(bridge("one", alone), alone))
        async with bridge("two", alone).connect() as second:
            waiting = asyncio.create_task(caller.call("shop::wait", {"seconds": 0.5}))
            await caller.note()
            calling = asyncio.create_task(until_two_answers(caller))
            await first.aclose()
            assert await waiting == "one"
            answers = await calling
            assert set(answers) <= {"one", "function_not_found", "two"}
            assert answers == sorted(answers, key=["one", "function_not_found", "two"].index)
            await until(lambda: not standing_by(second))
            assert (await http.get("/about/me")).json()["name"] == "two"


async def test_taking_over_from_the_dead(
    alone: Place, caller: Peer, http: httpx.AsyncClient
) -> None:
    """When the first one dies, the second serves within about a second."""
    async with our_process(alone) as process:
        assert (await caller.call("about::me"))["name"] == "process"
        async with bridge("two", alone).connect() as second:
            process.kill()
            await until(lambda: not standing_by(second), timeout=3)
            assert (await caller.call("about::me"))["name"] == "two"
            await until_served(alone.http_url, second)
            assert (await http.get("/about/me")).json()["name"] == "two"


async def until_two_answers(caller: Peer) -> list[str]:
    """Call again and again; return who answered, or the code of the error, in order."""
    answers: list[str] = []
    while answers[-1:] != ["two"]:
        try:
            answers.append((await caller.call("about::me"))["name"])
        except CallError as error:
            answers.append(error.code)
    return answers
