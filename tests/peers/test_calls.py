"""A worker of an official SDK calls the functions of our app."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.patience import WITHIN
from tests.peers.conftest import Ours
from tests.peers.driver import CallError, Peer

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("ours")]


async def failure(peer: Peer, function_id: str, data: Any = None) -> CallError:
    """Return the error that a call is answered with."""
    with pytest.raises(CallError) as raised:
        await peer.call(function_id, data)
    return raised.value


async def test_flat_arguments(peer: Peer) -> None:
    """A route is called with plain arguments, path and query alike, and gives its value."""
    assert await peer.call("items::read", {"item_id": 1}) == {"item_id": 1, "name": "pen"}
    assert (await peer.call("items::read", {"item_id": 2, "loud": True}))["name"] == "INK"


async def test_arguments_of_a_body(peer: Peer) -> None:
    """What a POST route reads from its JSON body are arguments like any other."""
    created = await peer.call("items::create", {"name": "cap", "price": 2.5})
    assert created == {"item_id": 3, "name": "cap", "price": 2.5}


async def test_list_payload(peer: Peer) -> None:
    """A payload that is a list is the whole body."""
    items = [{"name": "pen", "price": 1}, {"name": "ink", "price": 2.5}]
    assert await peer.call("items::total", items) == 3.5


async def test_no_arguments(peer: Peer) -> None:
    """A route without parameters is called without a payload."""
    assert (await peer.call("about::me"))["name"] == "first"


async def test_nothing_comes_back(peer: Peer) -> None:
    """A 204 is null."""
    assert await peer.call("items::delete", {"item_id": 1}) is None


async def test_http_envelope(peer: Peer) -> None:
    """Under $http a caller has the HTTP of it: status, headers and body."""
    body = {"name": "cap", "price": 2.5}
    answer = await peer.call("items::create", {"$http": {"body": body}})
    assert answer["status_code"] == 201
    assert answer["headers"]["location"] == "/items/3"
    assert answer["body"] == {"item_id": 3, **body}


async def test_http_envelope_of_a_failure(peer: Peer) -> None:
    """Under $http a 404 is an answer and no error."""
    answer = await peer.call("items::read", {"$http": {"path_params": {"item_id": 9}}})
    assert (answer["status_code"], answer["body"]) == (404, {"detail": "no item 9"})


async def test_error_of_the_app(peer: Peer) -> None:
    """An HTTPException is the SDK's own error, with a code of the table and the detail."""
    error = await failure(peer, "items::read", {"item_id": 9})
    assert (error.code, error.message) == ("NOT_FOUND", "no item 9")


async def test_validation_error(peer: Peer) -> None:
    """A 422 names the argument that is wrong."""
    error = await failure(peer, "items::create", {"name": "cap", "price": -1})
    assert error.code == "VALIDATION_ERROR"
    assert error.message.startswith("price: ")


async def test_missing_path_parameter(peer: Peer) -> None:
    """Without its path parameter a route is not called, and the error names it."""
    error = await failure(peer, "items::read", {})
    assert error.code == "BAD_REQUEST"
    assert "item_id" in error.message


async def test_exception_of_the_app(peer: Peer) -> None:
    """Nothing of an unexpected exception reaches the caller."""
    error = await failure(peer, "items::broken")
    assert (error.code, error.message) == ("INTERNAL_ERROR", "Internal Server Error")


async def test_error_as_a_value(peer: Peer) -> None:
    """A function that returns its errors gives a value, so that nobody tries it again."""
    value = await peer.call("items::reserve", {"item_id": 1})
    assert value["success"] is False
    assert value["error"]["code"] == "CONFLICT"


async def test_unknown_function(peer: Peer) -> None:
    """A function that nobody has is the engine's own error."""
    assert (await failure(peer, "items::unknown")).code == "function_not_found"


async def test_void_call(peer: Peer, ours: Ours) -> None:
    """A call that waits for nothing runs the route all the same."""
    await peer.void("about::note", {"text": "in passing"})
    async with asyncio.timeout(WITHIN):
        assert await ours.app.state.notes.get() == "in passing"


async def test_metadata(peer: Peer) -> None:
    """A route sees what the caller attached to its call, and which worker that was."""
    me = await peer.call("about::me", {}, metadata={"tenant": "blue"})
    workers = await peer.call("engine::workers::list", {})
    names = {worker["id"]: worker["name"] for worker in workers["workers"]}
    assert me["metadata"] == {"tenant": "blue"}
    assert me["trigger"] is None
    assert names[me["caller_worker_id"]] == peer.name


async def test_calls_side_by_side(peer: Peer) -> None:
    """Of a hundred calls at a time each gets its own answer."""
    texts = [f"text {number}" for number in range(100)]
    answers = await asyncio.gather(*(peer.call("about::echo", {"text": text}) for text in texts))
    assert answers == texts


@pytest.mark.parametrize(
    "text",
    ["", "grüße 🌍\n\x00", "x" * 3 * 1024 * 1024],
    ids=["empty", "beyond-ascii", "long"],
)
async def test_text_goes_through(peer: Peer, text: str) -> None:
    """Text of any kind and of some size comes back as it went: 3 MiB go in fragments."""
    assert await peer.call("about::echo", {"text": text}) == (text or None)
