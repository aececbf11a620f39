"""An app through iii, as the tests of its users see it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
import trio
from fastapi import APIRouter, FastAPI, Request
from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.testclient import TestClient
from starlette.types import ASGIApp, Receive, Scope, Send

from iii_asgi import Settings
from iii_asgi.testing import through_iii
from iii_asgi.testing.records import Difference, Records
from iii_asgi.testing.through import Through
from tests.testing.apps import answer_too_much, break_off, current, database, kinds, make_app

QUIET = Settings(access_log=False)


@pytest.fixture
def app() -> FastAPI:
    return make_app()


@pytest.fixture
def records() -> Records:
    return Records()


@pytest.fixture
def client(app: FastAPI, records: Records) -> TestClient:
    return TestClient(Through(app, settings=QUIET, records=records))


@pytest.fixture
def strict(app: FastAPI, records: Records) -> TestClient:
    return TestClient(Through(app, settings=QUIET, records=records, strict=True))


# -- what stays as it is -------------------------------------------------------------------


def test_route(client: TestClient, records: Records) -> None:
    """A request reaches its route as a call of its function, and is counted."""
    answer = client.get("/items/7").json()
    assert answer["function"] == "items::read"
    assert (records.carried, records.direct) == (1, 0)
    assert records.apps[0].requests == {"items::read": 1}
    assert "items::create" in records.apps[0].untouched
    assert not records.differences


def test_body(client: TestClient) -> None:
    """A body arrives as it was sent, and the answer has the route's status."""
    answer = client.post("/items", json={"b": 2.50, "a": [None, "ü"]})
    assert (answer.status_code, answer.json()) == (201, {"b": 2.5, "a": [None, "ü"]})


def test_headers(client: TestClient) -> None:
    """A client gets the app's own headers, and none of the engine's."""
    answer = client.get("/database")
    assert answer.headers == {"content-length": "6", "content-type": "application/json"}


def test_overrides(app: FastAPI, client: TestClient) -> None:
    """A dependency that a test overrides is overridden, also after other requests."""
    assert client.get("/database").json() == "real"
    app.dependency_overrides[database] = lambda: "fake"
    assert client.get("/database").json() == "fake"


def test_exceptions(app: FastAPI, client: TestClient) -> None:
    """An exception of the app reaches the test, or is the app's 500 if the client says so."""
    with pytest.raises(LookupError, match="secret"):
        client.get("/crash")
    quiet = TestClient(Through(app, settings=QUIET), raise_server_exceptions=False)
    assert (quiet.get("/crash").status_code, quiet.get("/crash").text) == (
        500,
        "Internal Server Error",
    )


def test_websockets(client: TestClient, records: Records) -> None:
    """A WebSocket is the app's, and is counted."""
    with client.websocket_connect("/ws") as socket:
        assert socket.receive_text() == "hello"
    assert kinds(records) == {"websocket": ""}


def test_lifespan(records: Records) -> None:
    """The lifespan is the app's, and routes that it adds are there."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, str]]:
        app.add_api_route("/late", lambda: "late")
        yield {"name": "of the lifespan"}

    app = FastAPI(lifespan=lifespan)
    with TestClient(Through(app, settings=QUIET, records=records)) as client:
        assert client.get("/late").json() == "late"
    assert records.carried == 1


def test_new_routes(app: FastAPI, client: TestClient, records: Records) -> None:
    """A route that is added between two requests is on iii, too."""
    client.get("/database")
    app.add_api_route("/new", lambda: "new")
    assert client.get("/new").json() == "new"
    assert records.carried == 2


@pytest.mark.anyio
async def test_same_task(app: FastAPI) -> None:
    """The app runs in the task of the test: its context variables are those of the test."""
    through = through_iii(app, settings=QUIET)
    transport = httpx.ASGITransport(through)
    async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as client:
        token = current.set("the test")
        answer = (await client.get("/items/7")).json()
        assert (answer["user"], answer["task"]) == ("the test", id(asyncio.current_task()))
        assert current.get() == "the app"
        current.reset(token)


@pytest.mark.anyio
async def test_cancelled(app: FastAPI) -> None:
    """A test that gives up on a request cancels the app's part of it."""
    seen: list[str] = []
    entered = asyncio.Event()

    @app.get("/slow")
    async def slow() -> None:
        entered.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            seen.append("cancelled")
            raise

    through = through_iii(app, settings=QUIET)
    transport = httpx.ASGITransport(through)
    async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as client:
        asking = asyncio.create_task(client.get("/slow"))
        await entered.wait()
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
    assert seen == ["cancelled"]


def test_call_of_another_function(client: TestClient) -> None:
    """A route can call a function of its own app."""
    assert client.get("/calls").json()["id"] == "7"


def test_trio(app: FastAPI, records: Records) -> None:
    """Under trio the request goes to the app, and is counted."""

    async def ask() -> int:
        through = Through(app, settings=QUIET, records=records)
        transport = httpx.ASGITransport(through)
        async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as client:
            return (await client.get("/database")).status_code

    assert trio.run(ask) == 200
    assert (records.carried, records.direct) == (0, 1)
    assert "trio" in kinds(records)["not-carried"]


# -- what an engine does otherwise ---------------------------------------------------------

Ask = Callable[[TestClient], httpx.Response]

LOSSES: dict[str, tuple[str, dict[str, Any], Any, Any]] = {
    # kind: (path, more of the request, what the app answers, what it answers when it is lost)
    "query-repeated": ("/items?q=1&q=2", {}, ["1", "2"], ["2"]),
    "query-bytes": ("/items?q=%ff", {}, ["\ufffd"], ["\ufffd"]),
    "header-repeated": (
        "/tokens", {"headers": [("x-token", "a"), ("x-token", "b")]}, ["a", "b"], ["b"],
    ),
    "header-bytes": ("/tokens", {"headers": [("x-token", b"\xfc")]}, ["Ã¼"], [""]),
    "https": (
        "https://testserver/items/7", {}, "https://testserver/items/7", "http://testserver/items/7",
    ),
}  # fmt: skip


def said(answer: Any) -> Any:
    found = answer.json()
    return found["url"] if isinstance(found, dict) else found


@pytest.mark.parametrize("kind", LOSSES)
def test_losses(kind: str, client: TestClient, records: Records) -> None:
    """What an engine would lose of a request reaches the app all the same, and is counted."""
    path, more, whole, _ = LOSSES[kind]
    assert said(client.get(path, **more)) == whole
    assert kinds(records).keys() == {kind}
    assert records.carried == 1


@pytest.mark.parametrize("kind", LOSSES)
def test_strict_losses(kind: str, strict: TestClient, records: Records) -> None:
    """Strictly, what an engine loses is lost."""
    path, more, _, lost = LOSSES[kind]
    assert said(strict.get(path, **more)) == lost
    assert kinds(records).keys() == {kind}


LENGTH, CHUNKED = (b"content-length", b"5"), (b"transfer-encoding", b"chunked")


def make_uploads() -> FastAPI:
    app = FastAPI()

    @app.post("/uploads")
    async def upload(request: Request) -> int:
        return len(await request.body())

    return app


@pytest.mark.anyio
async def test_upload_that_breaks_off(records: Records) -> None:
    """The app hears of it; where an engine would not tell it that is counted, and strictly so."""
    app = Through(make_uploads(), settings=QUIET, records=records)
    with pytest.raises(ClientDisconnect):
        await break_off(app, LENGTH)
    assert not records.differences
    with pytest.raises(ClientDisconnect):
        await break_off(app, CHUNKED)
    assert kinds(records) == {"cut": ""}

    strict = Through(make_uploads(), settings=QUIET, strict=True)
    assert await break_off(strict, CHUNKED) == [200, b"2"]
    with pytest.raises(ClientDisconnect):
        await break_off(strict, LENGTH)


def test_client_address(client: TestClient, strict: TestClient, records: Records) -> None:
    """The client's address is counted where it is read; strictly there is none."""
    client.get("/database")
    assert not records.differences
    assert client.get("/client").json() == "testclient"
    assert kinds(records) == {"client": ""}
    strict.get("/database")
    assert records.differences["client"].total() == 1
    assert strict.get("/client").json() == "nobody"
    assert records.differences["client"].total() == 2


@pytest.mark.parametrize(
    ("method", "path", "kind", "status", "by_engine"),
    [
        ("GET", "/nowhere", "path", 404, 404),
        ("GET", "/items/", "unreachable", 200, 404),
        ("DELETE", "/items", "method", 405, 405),
        ("OPTIONS", "/items", "options", 405, 200),
        ("GET", "/items/a%2Fb", "path", 404, 404),
    ],
)
def test_answered_by_the_engine(
    method: str, path: str, kind: str, status: int, by_engine: int, records: Records, app: FastAPI
) -> None:
    """What an engine answers itself goes to the app, and is counted; strictly it answers."""
    client = TestClient(Through(app, settings=QUIET, records=records))
    assert client.request(method, path).status_code == status
    assert kinds(records).keys() == {kind}
    assert records.direct == 1
    strict = TestClient(Through(app, settings=QUIET, strict=True))
    assert strict.request(method, path).status_code == by_engine


def test_cors(client: TestClient, strict: TestClient, records: Records) -> None:
    """CORS headers of the app stay and are counted; strictly the engine's stand there."""
    answer = client.get("/cors")
    assert answer.headers["access-control-allow-origin"] == "http://shop.test"
    assert kinds(records) == {"cors": ""}
    answer = strict.get("/cors")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["x-own"] == "1"


def test_broken_answer(app: FastAPI, records: Records) -> None:
    """An answer that breaks off is what a test client makes of it, and is counted."""
    client = TestClient(
        Through(app, settings=QUIET, records=records), raise_server_exceptions=False
    )
    assert client.get("/half").status_code == 200
    assert kinds(records) == {"answer": "200 leaves as 500"}


def test_answer_that_is_too_long(records: Records) -> None:
    """A test client gets all that the app sends, once, though a server would break it off."""
    client = TestClient(Through(answer_too_much, settings=QUIET, records=records))
    assert client.get("/").content == b"1" * 1_000_000 + b"2" * 4_000_000
    assert kinds(records).keys() == {"answer"}


def test_odd_status(app: FastAPI, client: TestClient, records: Records) -> None:
    """A status that no server sends reaches a test client, and is counted."""
    assert client.get("/odd").status_code == 123
    assert "123" in kinds(records)["answer"]
    strict = TestClient(Through(app, settings=QUIET, strict=True), raise_server_exceptions=False)
    assert strict.get("/odd").status_code == 500


def test_no_answer(records: Records) -> None:
    """An app that answers nothing is found out by the test client, as without iii."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        pass

    with pytest.raises(AssertionError, match="did not receive any response"):
        TestClient(Through(app, settings=QUIET)).get("/")


def test_impossible_app(records: Records) -> None:
    """An app that cannot be on iii is called, and each request says why it cannot."""
    app = FastAPI()
    twice = {"x-iii-function-id": "a::a"}
    app.add_api_route("/a", lambda: "/a", openapi_extra=twice)
    app.add_api_route("/b", lambda: "/b", openapi_extra=twice)
    client = TestClient(Through(app, settings=QUIET, records=records))
    assert client.get("/a").json() == "/a"
    assert "a::a" in kinds(records)["catalogue"]


# -- apps of other makes -------------------------------------------------------------------


async def plain(scope: Scope, receive: Receive, send: Send) -> None:
    """An app without routes."""
    await PlainTextResponse(scope["path"])(scope, receive, send)


def wrapped(app: ASGIApp) -> ASGIApp:
    """Wrap an app as asgi-lifespan does."""

    async def app_with_state(scope: Scope, receive: Receive, send: Send) -> None:
        scope["state"] = {"wrapped": True}
        await app(scope, receive, send)

    return app_with_state


def test_app_without_routes(records: Records) -> None:
    """An app whose routes cannot be seen is one function, for all paths."""
    client = TestClient(Through(plain, settings=QUIET, records=records))
    assert client.get("/any/where").text == "/any/where"
    assert records.carried == 1


def test_wrapped_app(app: FastAPI, records: Records) -> None:
    """The routes of an app are found in a function that is around it."""
    client = TestClient(Through(wrapped(app), settings=QUIET, records=records))
    assert client.get("/items/7").json()["function"] == "items::read"
    assert records.apps[0].title == "Shop"


def test_difference_is_of_a_test(client: TestClient, records: Records) -> None:
    """A difference stands with the test that made it."""
    records.test = "test_it"
    client.get("/nowhere")
    difference = Difference("path", "test_it", "GET /nowhere", "engine 404, app 404")
    assert records.differences["path"] == {difference: 1}


def test_included_routers(records: Records) -> None:
    """Routers are included, nested and mounted, and what is added to them later is on iii."""
    inner, router = APIRouter(prefix="/inner", tags=["deep"]), APIRouter(prefix="/teas")
    inner.add_api_route("/{number}", lambda number: number)
    router.add_api_route("", lambda: "teas", name="list_teas")
    router.include_router(inner)
    app, sub = FastAPI(title="Shop"), FastAPI(title="Sub")
    app.include_router(router, prefix="/v1")
    sub.include_router(router)
    app.mount("/sub", sub)
    client = TestClient(Through(app, settings=QUIET, records=records))
    for path, answer in {
        "/v1/teas": "teas", "/v1/teas/inner/7": "7", "/sub/teas": "teas", "/sub/teas/inner/7": "7",
    }.items():  # fmt: skip
        assert client.get(path).json() == answer
    assert (records.carried, records.direct) == (4, 0)
    inner.add_api_route("/late/found", lambda: "late")
    # Since 0.137.2 FastAPI asks the router itself, and finds it.
    direct = TestClient(app).get("/v1/teas/inner/late/found")
    assert client.get("/v1/teas/inner/late/found").json() == direct.json()
    assert records.carried == (5 if direct.is_success else 4)


def test_router_alone(records: Records) -> None:
    """A router is an app of its own to a client, and to iii."""

    async def page(request: Request) -> Response:
        return PlainTextResponse("page")

    router = APIRouter(routes=[Route("/page", page), Mount("/more", routes=[Route("/", page)])])
    client = TestClient(Through(router, settings=QUIET, records=records))
    assert client.get("/page").text == client.get("/more/").text == "page"
    assert (records.carried, records.direct) == (2, 0)
    assert records.apps[0].title == "APIRouter"
