"""A short visit to the engine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from websockets.asyncio.server import ServerConnection, serve

from iii_asgi.engine import Engine
from iii_asgi.errors import ConnectionLostError, EngineRefusedError, InvocationError
from iii_asgi.worker import client
from iii_asgi.worker.client import visit
from tests.worker.helpers import open_place

pytestmark = pytest.mark.anyio

VISITOR = {"runtime": "python", "name": "visitor", "pid": 1}


@pytest.fixture
async def url() -> AsyncIterator[str]:
    """Where workers connect to an engine."""
    async with Engine(port=0, http_port=0) as engine:
        yield engine.url


async def test_calls(url: str) -> None:
    """A visitor is a worker like others while it is there, and can call."""
    async with visit(url, metadata=VISITOR) as link:
        listed = await link.call("engine::workers::list", {})

    assert "visitor" in [one["name"] for one in listed["workers"]]


async def test_error_of_a_call(url: str) -> None:
    """An error answer is raised, and the visit ends in order."""
    with pytest.raises(InvocationError, match="function_not_found"):
        async with visit(url, metadata=VISITOR) as link:
            await link.call("nothing::here", {})


async def test_serves_nothing() -> None:
    """A call that comes to a visitor all the same is answered: there is no such function."""
    async with open_place() as place, visit(place.url, metadata=VISITOR):
        await place.peers[0].invoke("f")
        answer = await place.peers[0].one("invocationresult")

    assert answer["error"] == {
        "code": "function_not_found",
        "message": "this worker has no f",
    }


async def test_events_of_others() -> None:
    """What the engine says of other things is no matter to a visitor."""
    async with open_place() as place, visit(place.url, metadata=VISITOR) as link:
        trigger = {"id": "t", "trigger_type": "http", "function_id": "f"}
        await place.peers[0].send("triggerregistrationresult", **trigger)
        assert await link.call("engine::workers::list", {}) == {}


async def test_no_engine() -> None:
    """Where nothing listens the error says so."""
    with pytest.raises(ConnectionLostError, match="refused"):
        async with visit("ws://127.0.0.1:9", metadata=VISITOR):
            pass


async def test_name_in_use(url: str) -> None:
    """A name that another worker has is a refusal for good."""
    async with visit(url, metadata=VISITOR):
        with pytest.raises(EngineRefusedError):
            async with visit(url, metadata=VISITOR) as second:
                await second.call("engine::workers::list", {})


async def test_no_greeting(monkeypatch: pytest.MonkeyPatch) -> None:
    """What accepts and says nothing is no iii engine."""
    monkeypatch.setattr(client, "GREETING_TIMEOUT", 0.1)

    async def silent(socket: ServerConnection) -> None:
        await socket.wait_closed()

    async with serve(silent, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(ConnectionLostError, match="does not greet"):
            async with visit(f"ws://127.0.0.1:{port}", metadata=VISITOR):
                pass


async def test_own_timeout_is_not_the_greeting(url: str) -> None:
    """A timeout of the visitor's own passes as it is."""
    with pytest.raises(TimeoutError):
        async with visit(url, metadata=VISITOR), asyncio.timeout(0.01):
            await asyncio.sleep(1)


async def test_unauthorized() -> None:
    """An engine that answers 401 has refused for good."""

    def refuse(socket: ServerConnection, request: object) -> object:
        return socket.respond(401, "who are you?")

    async def never(socket: ServerConnection) -> None: ...

    async with serve(never, "127.0.0.1", 0, process_request=refuse) as server:  # type: ignore[arg-type]
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(EngineRefusedError, match="UNAUTHORIZED"):
            async with visit(f"ws://127.0.0.1:{port}", "token", metadata=VISITOR):
                pass
