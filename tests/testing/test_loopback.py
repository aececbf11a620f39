"""An app through iii without an engine, as clients and servers of ASGI apps see it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Annotated, Any

import httpx
import pytest
from fastapi import BackgroundTasks, Body, FastAPI, Query, Request, UploadFile, WebSocket
from fastapi.responses import StreamingResponse
from starlette.testclient import TestClient

from iii_asgi import Settings, get_invocation
from iii_asgi.errors import InvocationError, InvocationTimeoutError
from iii_asgi.testing.loopback import Loopback

pytestmark = pytest.mark.anyio

current = ContextVar("current", default="nobody")


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, str]]:
    app.add_api_route("/late", lambda: "late")
    yield {"database": "open"}


@pytest.fixture
def app() -> FastAPI:
    """An app with a bit of everything."""
    app = FastAPI(title="Shop", lifespan=lifespan)
    app.state.done = []

    @app.get("/items/{item_id}")
    async def read(item_id: str, request: Request) -> dict[str, Any]:
        invocation = get_invocation(request)
        return {
            "item_id": item_id,
            "function_id": invocation and invocation.function_id,
            "current": current.get(),
            "loop": id(asyncio.get_running_loop()),
        }

    @app.get("/state")
    async def state(request: Request) -> str:
        return str(request.state.database)

    @app.get("/crash")
    async def crash() -> None:
        raise ValueError("secret")

    @app.get("/later")
    async def later(tasks: BackgroundTasks) -> str:
        async def work() -> None:
            await asyncio.sleep(0.01)
            app.state.done.append("later")

        tasks.add_task(work)
        return "soon"

    @app.post("/files")
    async def files(file: UploadFile) -> int:
        return len(await file.read())

    @app.get("/long")
    async def long() -> StreamingResponse:
        return StreamingResponse(iter([b"\xff" * 100_000] * 50))

    @app.get("/calls/{item_id}")
    async def calls(item_id: str, request: Request) -> Any:
        invocation = get_invocation(request)
        assert invocation is not None
        return await invocation.worker.trigger("items::read", {"item_id": item_id})

    @app.get("/calls-badly/{function_id}")
    async def calls_badly(function_id: str, request: Request, timeout: float = 20) -> str:
        invocation = get_invocation(request)
        assert invocation is not None
        try:
            await invocation.worker.trigger(function_id, {}, timeout=timeout)
        except InvocationTimeoutError:
            return "no answer in time"
        except InvocationError as error:
            return error.code
        return "an answer"

    @app.get("/slow")
    async def slow() -> None:
        await asyncio.sleep(0.2)

    @app.websocket("/socket")
    async def socket(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.send_text("hello")
        await websocket.close()

    return app


@pytest.fixture(params=["routes", "app"])
def loopback(app: FastAPI, request: pytest.FixtureRequest) -> Loopback:
    """The app through iii, with each kind of triggers."""
    return Loopback(app, settings=Settings(http=request.param, access_log=False))


def test_goes_through_iii(loopback: Loopback) -> None:
    """A request arrives as an invocation, and its answer comes back."""
    answer = TestClient(loopback).get("/items/a%20b").json()
    assert answer["item_id"] == "a b"
    assert answer["function_id"] in ("items::read", "shop::app")


def test_lifespan(loopback: Loopback) -> None:
    """The client runs the app's lifespan; its state and the routes that it adds are there."""
    with TestClient(loopback) as client:
        assert client.get("/state").json() == "open"
        assert client.get("/late").json() == "late"
    with TestClient(loopback) as client:  # and once more
        assert client.get("/state").json() == "open"


def test_without_a_lifespan(loopback: Loopback) -> None:
    """Without a lifespan the routes are looked at when the first request comes."""
    assert loopback.catalogue is None
    client = TestClient(loopback)
    assert client.get("/items/1").status_code == 200
    assert loopback.catalogue is not None
    assert loopback.catalogue.get("items::read")


def test_crash(loopback: Loopback) -> None:
    """An exception of the app is raised to the test, or is a 500, as the client wishes."""
    with pytest.raises(ValueError, match="secret"):
        TestClient(loopback).get("/crash")
    answer = TestClient(loopback, raise_server_exceptions=False).get("/crash")
    assert (answer.status_code, answer.text) == (500, "Internal Server Error")


def test_background_work_is_done(app: FastAPI, loopback: Loopback) -> None:
    """When a client has its answer, the background work of the request is done."""
    TestClient(loopback).get("/later")
    assert app.state.done == ["later"]


def test_bodies(loopback: Loopback) -> None:
    """Long bodies go through channels in memory, both ways."""
    client = TestClient(loopback)
    assert client.post("/files", files={"file": b"x" * 5_000_000}).json() == 5_000_000
    assert client.get("/long").content == b"\xff" * 5_000_000


def test_no_trigger(app: FastAPI) -> None:
    """The engine answers what no trigger has."""
    client = TestClient(Loopback(app, settings=Settings(access_log=False)))
    assert client.get("/nothing").json() == {"error": {"code": "NOT_FOUND", "message": "Not Found"}}
    assert client.put("/items/1").content == b""
    assert client.options("/items/1").status_code == 200


def test_other_scopes(loopback: Loopback) -> None:
    """A WebSocket, which no trigger reaches, goes to the app itself."""
    with TestClient(loopback).websocket_connect("/socket") as socket:
        assert socket.receive_text() == "hello"


def test_calls(loopback: Loopback) -> None:
    """A route can call a function of the same app."""
    client = TestClient(loopback)
    assert client.get("/calls/7").json()["item_id"] == "7"
    assert client.get("/calls-badly/slow::slow?timeout=0.02").json() == "no answer in time"
    assert client.get("/calls-badly/crash::crash").json() == "INTERNAL_ERROR"
    assert client.get("/calls-badly/shop::nothing").json() == "function_not_found"


def calling_app(made: list[str]) -> FastAPI:
    """Make an app with a route that calls any function, and another that has arguments."""

    class Described(FastAPI):
        def openapi(self) -> dict[str, Any]:
            made.append("openapi")
            return super().openapi()

    app = Described(title="Shop")

    @app.post("/orders/{order_id}/notes")
    async def add_note(
        order_id: int, tags: Annotated[list[str], Query()], text: Annotated[str, Body(embed=True)]
    ) -> dict[str, Any]:
        return {"order_id": order_id, "tags": tags, "text": text}

    @app.post("/call/{function_id}")
    async def call(function_id: str, data: Annotated[Any, Body()], request: Request) -> Any:
        invocation = get_invocation(request)
        assert invocation is not None
        return await invocation.worker.trigger(function_id, data)

    return app


def test_flat_call() -> None:
    """Arguments of a call go where the route expects them, by its schema, as on iii."""
    made: list[str] = []
    loopback = Loopback(calling_app(made), settings=Settings(access_log=False))
    client = TestClient(loopback)
    arguments = {"order_id": 7, "tags": ["a", "b"], "text": "hello"}
    for _ in range(2):
        assert client.post("/call/orders::add_note", json=arguments).json() == arguments
    assert made == ["openapi"]
    client.post("/orders/7/notes?tags=a", json={"text": "hello"})
    assert made == ["openapi"]


def test_described_when_called() -> None:
    """The app's schemas are not made before they are needed; the engine lists them then."""
    made: list[str] = []
    loopback = Loopback(calling_app(made), settings=Settings(access_log=False))
    client = TestClient(loopback)
    client.post("/orders/7/notes?tags=a", json={"text": "hello"})
    assert not made
    about = client.post(
        "/call/engine::functions::info", json={"function_id": "orders::add_note"}
    ).json()
    assert set(about["request_schema"]["properties"]) == {"order_id", "tags", "text"}
    assert made == ["openapi"]


def test_excluded(app: FastAPI) -> None:
    """What is excluded does not run, and is the app's to everybody else."""
    app.add_api_route("/items/none", lambda: "never", methods=["POST"])
    for http in ("routes", "app"):
        settings = Settings(exclude=("/state", "/items/*"), http=http, access_log=False)
        with TestClient(Loopback(app, settings=settings)) as client:
            assert client.get("/items/1").status_code == 404
            assert client.post("/items/none").status_code == 404
            assert client.get("/late").json() == "late"
    assert TestClient(app).get("/items/1").status_code == 200


async def test_context(loopback: Loopback) -> None:
    """The app runs in the caller's event loop, and sees its context variables."""
    transport = httpx.ASGITransport(loopback)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        current.set("somebody")
        answer = (await client.get("/items/1")).json()
    assert answer["current"] == "somebody"
    assert answer["loop"] == id(asyncio.get_running_loop())


async def test_at_once(loopback: Loopback) -> None:
    """Many requests at once do not mix."""
    transport = httpx.ASGITransport(loopback)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        answers = await asyncio.gather(*[client.get(f"/items/{n}") for n in range(50)])
    assert [one.json()["item_id"] for one in answers] == [str(n) for n in range(50)]


def test_prefix(app: FastAPI) -> None:
    """With a prefix the app is found under it alone, as on an engine."""
    settings = Settings(prefix="/shop", access_log=False)
    client = TestClient(Loopback(app, settings=settings))
    assert client.get("/shop/items/1").json()["item_id"] == "1"
    assert client.get("/items/1").status_code == 404
