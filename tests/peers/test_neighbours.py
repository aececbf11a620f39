"""A worker of an official SDK lives beside our app: functions, names, routes, one HTTP port."""

from __future__ import annotations

import hashlib

import httpx
import pytest
from fastapi import FastAPI

from tests.peers.conftest import Ours, our_bridge, served
from tests.peers.driver import Peer, Place, until

pytestmark = pytest.mark.anyio


async def test_post_users(peer: Peer, http: httpx.AsyncClient) -> None:
    """The documented users::create on POST /users answers with its status and headers."""
    answer = await http.post("/users", json={"name": "Ada"})
    assert answer.status_code == 201
    assert answer.headers["location"] == "/users/7"
    assert answer.json() == {"id": 7, "name": "Ada"}


async def test_get_greeting(peer: Peer, http: httpx.AsyncClient) -> None:
    """The documented greet::hello on /greet/:name gets its path parameter."""
    answer = await http.get("/greet/Ada")
    assert (answer.status_code, answer.json()) == (200, {"message": "Hello, Ada!"})


async def test_one_port_for_both(ours: Ours, peer: Peer, http: httpx.AsyncClient) -> None:
    """Our routes and the peer's are answered on one port, each by its own worker."""
    assert (await http.get("/items/1")).json() == {"item_id": 1, "name": "pen"}
    assert (await http.get("/greet/Bob")).json() == {"message": "Hello, Bob!"}
    created = await http.post("/items", json={"name": "cap", "price": 2})
    assert (created.status_code, created.headers["location"]) == (201, "/items/3")
    assert (await http.post("/users", json={})).status_code == 201


async def test_the_engine_answers_what_is_nobodys(
    ours: Ours, peer: Peer, http: httpx.AsyncClient
) -> None:
    """A path that nobody has is a 404 of the engine, a method that nobody has a 405."""
    nowhere = await http.get("/nowhere")
    assert (nowhere.status_code, nowhere.json()["error"]["code"]) == (404, "NOT_FOUND")
    wrong = await http.delete("/users")
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "POST")
    assert (await http.put("/items/1")).status_code == 405


async def test_error_of_a_peer_over_http(peer: Peer, http: httpx.AsyncClient) -> None:
    """What a peer's HTTP function raises is the engine's 500."""
    answer = await http.get("/fail")
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (500, "invocation_failed")
    assert error["message"] == "out of paper"


async def test_trigger_metadata(peer: Peer, place: Place, http: httpx.AsyncClient) -> None:
    """The metadata of an HTTP trigger comes with each of its calls."""
    assert (await http.post("/notes", json={"text": "hi"})).status_code == 202
    note = await peer.note()
    assert note["data"] == {"text": "hi"}
    if note["metadata"] is None and not place.is_embedded:
        pytest.skip("the HTTP front of this engine loses the metadata of triggers")
    assert note["metadata"] == {"source": "web"}


async def test_function_metadata(ours: Ours, peer: Peer, place: Place) -> None:
    """What a route says of itself to other workers stands in the engine's list."""
    asked = {"function_id": place.id("items::reserve")}
    assert (await peer.call("engine::functions::info", asked))["metadata"] == {"group": "stock"}


async def test_peer_streams_its_answer(peer: Peer, http: httpx.AsyncClient) -> None:
    """A peer answers HTTP through the response channel."""
    answer = await http.get("/page")
    assert (answer.status_code, answer.text) == (203, "one two three")
    assert answer.headers["x-by"] == peer.name


async def test_peer_reads_the_exact_body(peer: Peer, http: httpx.AsyncClient) -> None:
    """A peer reads the bytes of a request from the request channel."""
    data = b'{"b": 2.50,  "a": 1}' * 20_000
    answer = (await http.post("/upload", content=data)).json()
    assert answer["bytes"] == len(data)
    assert answer["sha256"] == hashlib.sha256(data).hexdigest()


async def test_ours_beside_it_streams_too(ours: Ours, peer: Peer, http: httpx.AsyncClient) -> None:
    """Our routes read and write bytes over the same port, whatever the peer does there."""
    assert (await http.post("/about/size", content=b"\xff" * 300_000)).json() == {"bytes": 300_000}
    assert (await http.get("/about/stream", params={"chunks": 9})).content == (
        b"\x00\xff" * 32 * 1024 * 9
    )


async def test_everybody_is_listed(ours: Ours, peer: Peer, place: Place) -> None:
    """The engine lists the workers, and the functions of each."""
    workers = (await peer.call("engine::workers::list", {}))["workers"]
    assert {peer.name, ours.bridge.settings.name} <= {worker["name"] for worker in workers}
    functions = (await peer.call("engine::functions::list", {}))["functions"]
    known = {function["function_id"] for function in functions}
    assert {place.id("items::read"), place.id("users::create")} <= known


async def test_id_of_a_peer(peer: Peer, place: Place) -> None:
    """A function that a peer owns already is the peer's until it gives it up; then it is ours."""
    contested = place.id("contested::who")
    await peer.do("offer", function_id=contested)
    app = FastAPI(openapi_url=None)

    @app.get("/contested/who", tags=[f"contested{place.run}"])
    async def who() -> str:
        return "ours"

    @app.get("/contested/free", tags=[f"contested{place.run}"])
    async def free() -> str:
        return "ours too"

    async with our_bridge(app, place, name=f"contender{place.run}").connect() as bridge:
        assert bridge.worker is not None
        registrations = bridge.worker.registrations
        assert list(registrations.standby) == [contested]
        assert await bridge.trigger(contested) == peer.name
        assert await peer.call("contested::free") == "ours too"

        await peer.do("withdraw", function_id=contested)
        await until(lambda: not registrations.standby)
        assert await peer.call("contested::who") == "ours"


async def test_ids_of_ours(ours: Ours, peer: Peer, place: Place) -> None:
    """A peer can neither take a function of ours nor take it away, and lives on."""
    await peer.do("offer", function_id=place.id("about::echo"))
    assert await peer.call("about::echo", {"text": "still ours"}) == "still ours"
    await peer.do("withdraw", function_id=place.id("about::echo"))
    assert await peer.call("about::echo", {"text": "and still"}) == "and still"
    assert await ours.bridge.trigger(place.id("payments::charge"), {"amount": 1})


async def test_shape_of_a_peer(peer: Peer, place: Place, http: httpx.AsyncClient) -> None:
    """A route of ours with a peer's path shape takes over its parameter names: two names for
    one shape would break the engine's router."""
    app = FastAPI(openapi_url=None)

    @app.delete("/greet/{who}", tags=[f"greetings{place.run}"])
    async def forget(who: str) -> str:
        return f"forgot {who}"

    async with served(our_bridge(app, place, name=f"forgetful{place.run}"), place):
        assert (await http.delete("/greet/Ada")).json() == "forgot Ada"
        assert (await http.get("/greet/Ada")).json() == {"message": "Hello, Ada!"}


async def test_trigger_of_a_peer_on_our_function(
    ours: Ours, peer: Peer, place: Place, http: httpx.AsyncClient
) -> None:
    """Over HTTP our function is reached by its own paths alone, whoever adds a trigger."""
    await peer.do("trigger", function_id=place.id("items::read"), method="GET", path="/p/:item_id")

    async def is_there() -> bool:  # a real engine's front may take a moment
        return (await http.get("/p/1")).status_code != 404

    await until(is_there)
    answer = await http.get("/p/1")
    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "BAD_REQUEST")
    assert "no HTTP trigger" in answer.json()["error"]["message"]
