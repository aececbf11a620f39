"""Requests of test clients over sockets: the engine of the environment, or an embedded one."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import httpx
import pytest
from fastapi import FastAPI, Request
from starlette.requests import ClientDisconnect
from starlette.testclient import TestClient

from iii_asgi import Settings
from iii_asgi.testing.host import Host
from iii_asgi.testing.over_engine import EngineRoads
from iii_asgi.testing.records import Records
from iii_asgi.testing.through import Through
from tests.testing.apps import answer_too_much, break_off, current, make_app, make_excluding_app

QUIET = Settings(access_log=False)


@pytest.fixture(scope="module")
def roads() -> Iterator[EngineRoads]:
    with Host.of_environment() as host:
        roads = EngineRoads(host)
        yield roads
        host.submit(roads.leave_all()).result()


def through(roads: EngineRoads, app: FastAPI, *, strict: bool = False) -> Through:
    return Through(app, settings=QUIET, records=Records(), open_road=roads.open, strict=strict)


def test_clients(roads: EngineRoads) -> None:
    """A client that keeps its loop and one that does not get the same answers."""
    app = through(roads, make_app())
    for _ in range(2):
        assert TestClient(app).get("/items/7").json()["function"] == "items::read"
    with TestClient(app) as client:
        assert client.post("/items", json={"a": 1}).json() == {"a": 1}
        assert client.post("/items", content=b"{").status_code == 422
        with pytest.raises(LookupError, match="secret"):
            client.get("/crash")
    assert app.records.carried == 5
    assert not app.records.differences


@pytest.mark.anyio
async def test_same_task(roads: EngineRoads) -> None:
    """The app runs in the task of the test, though its worker is elsewhere."""
    transport = httpx.ASGITransport(through(roads, make_app()))
    async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as client:
        token = current.set("the test")
        answer = (await client.get("/items/7")).json()
        assert (answer["user"], answer["task"]) == ("the test", id(asyncio.current_task()))
        assert answer["url"] == "http://shop.test/items/7"
        assert current.get() == "the app"
        current.reset(token)


def test_call_of_another_function(roads: EngineRoads) -> None:
    """A route that calls a function of its own app is answered, in the loop of the test."""
    assert TestClient(through(roads, make_app())).get("/calls").json()["id"] == "7"


def test_engine_answers(roads: EngineRoads) -> None:
    """What the engine answers itself goes to the app; strictly it stands."""
    app = make_app()
    assert TestClient(through(roads, app)).get("/nowhere").json() == {"detail": "Not Found"}
    answer = TestClient(through(roads, app, strict=True)).get("/nowhere")
    assert answer.status_code == 404
    assert answer.json() != {"detail": "Not Found"}


def test_losses(roads: EngineRoads) -> None:
    """What is lost on the way is there all the same; strictly it is lost."""
    app = through(roads, make_app())
    assert TestClient(app).get("/items?q=1&q=2").json() == ["1", "2"]
    assert app.records.differences.keys() == {"query-repeated"}
    strict = TestClient(through(roads, make_app(), strict=True))
    assert strict.get("/items?q=1&q=2").json() == ["2"]
    assert strict.get("/tokens").json() == []


@pytest.mark.anyio
async def test_upload_that_breaks_off(roads: EngineRoads) -> None:
    """The app hears of it, whatever the engine makes of it."""
    app = FastAPI()

    @app.post("/uploads")
    async def upload(request: Request) -> int:
        return len(await request.body())

    for line in ((b"content-length", b"5"), (b"transfer-encoding", b"chunked")):
        with pytest.raises(ClientDisconnect):
            await break_off(through(roads, app), line)


def test_answer_to_an_upload_that_breaks_off(roads: EngineRoads) -> None:
    """An app that makes do with what came is heard, though nobody waits for it at an engine."""
    app = FastAPI()

    @app.post("/uploads")
    async def upload(request: Request) -> str:
        try:
            return str(len(await request.body()))
        except ClientDisconnect:
            return "gone"

    client = TestClient(through(roads, app, strict=True))
    assert client.post("/uploads", content="12", headers={"content-length": "9"}).json() == "gone"


@pytest.mark.parametrize("length", ["0", "1", "1000"])
def test_wrong_length(length: str, roads: EngineRoads) -> None:
    """A body of another length than announced arrives in whole; strictly no more than that."""
    app = FastAPI()

    @app.post("/uploads")
    async def upload(request: Request) -> int:
        return len(await request.body())

    def ask(*, strict: bool) -> int:
        client = TestClient(through(roads, app, strict=strict))
        size: int = client.post("/uploads", content="12", headers={"content-length": length}).json()
        return size

    assert ask(strict=False) == 2
    if length == "1000":
        with pytest.raises(ClientDisconnect):
            ask(strict=True)
    else:
        assert ask(strict=True) == int(length)


def test_answer_that_is_too_long(roads: EngineRoads) -> None:
    """A test client gets all that the app sends, once, whatever the engine makes of it."""
    app = Through(answer_too_much, settings=QUIET, records=Records(), open_road=roads.open)
    assert TestClient(app).get("/").content == b"1" * 1_000_000 + b"2" * 4_000_000


def test_two_apps(roads: EngineRoads) -> None:
    """Apps with the same functions take turns on the engine."""
    apps = [through(roads, make_app()) for _ in range(2)]
    for app in [*apps, *apps]:
        assert TestClient(app).get("/items/7").status_code == 200
    assert [app.records.carried for app in apps] == [2, 2]


def test_app_in_an_app(roads: EngineRoads) -> None:
    """An app may ask another one; one with the same functions is asked without iii."""
    inner, outer = through(roads, make_app()), make_app()

    @outer.get("/outer")
    async def ask() -> int:
        transport = httpx.ASGITransport(inner)
        async with httpx.AsyncClient(transport=transport, base_url="http://inner.test") as client:
            return (await client.get("/items/7")).status_code

    app = through(roads, outer)
    assert TestClient(app).get("/outer").json() == 200
    assert app.records.carried == 1
    assert (inner.records.carried, inner.records.direct) == (0, 1)
    assert "same functions" in next(iter(inner.records.differences["not-carried"])).note


def test_new_routes(roads: EngineRoads) -> None:
    """A route that is added between two requests is put on the engine, too."""
    own = make_app()
    app = through(roads, own)
    TestClient(app).get("/database")
    own.add_api_route("/new", lambda: "new")
    assert TestClient(app).get("/new").json() == "new"
    assert app.records.carried == 2


def test_excluded(roads: EngineRoads) -> None:
    """A route that is excluded is the app's to its tests, after its start-up too; strictly 404."""
    own = make_excluding_app()
    TestClient(own).get("/internal")
    app = through(roads, own)
    assert TestClient(app).get("/internal").json() == "internal"
    assert TestClient(app).get("/items/internal").json() == "internal"
    assert TestClient(app).get("/items/1").json() == "1"
    assert app.records.differences.keys() == {"excluded"}
    assert app.records.carried == 1
    strict = TestClient(through(roads, own, strict=True))
    assert strict.get("/internal").status_code == 404
    assert strict.get("/items/internal").status_code == 404
    assert strict.get("/items/1").status_code == 200
