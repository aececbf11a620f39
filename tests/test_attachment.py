"""`attach`: the app stays under its web server, and is on iii as long as that runs."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI, Request, WebSocket
from starlette.testclient import TestClient
from starlette.types import ASGIApp, Receive, Scope, Send

from iii_asgi import Settings, attach, get_invocation
from iii_asgi.engine import Engine
from iii_asgi.worker import connection
from tests.engine.helpers import RawWorker, fetch, hub_of, soon
from tests.patience import WITHIN

pytestmark = pytest.mark.anyio


class Log(list[str]):
    """What happened to an app."""


def make_app(log: Log, *, fails_at: str = "") -> FastAPI:
    """Return an app with a lifespan, that may fail."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, Any]]:
        if fails_at == "startup":
            raise RuntimeError("no database")
        log.append("up")
        yield {"database": "db"}
        log.append("down")
        if fails_at == "shutdown":
            raise RuntimeError("no goodbye")

    app = FastAPI(lifespan=lifespan)

    @app.get("/state", tags=["t"])
    async def state(request: Request) -> dict[str, Any]:
        """Tell where the state comes from."""
        on_iii = get_invocation(request) is not None
        return {"database": request.state.database, "on_iii": on_iii}

    @app.websocket("/ws")
    async def ws(socket: WebSocket) -> None:
        await socket.accept()
        await socket.send_text("hello")
        await socket.close()

    return app


class Server:
    """A uvicorn server in a thread of its own."""

    def __init__(self, app: ASGIApp) -> None:
        # Another loop would become that of the whole process, with the oldest uvicorn.
        config = uvicorn.Config(app, port=0, log_config=None, ws="none", loop="asyncio")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._run)

    async def __aenter__(self) -> Server:
        self._thread.start()
        await soon(lambda: self._server.started or not self._thread.is_alive())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.should_exit = True
        await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        with suppress(SystemExit):  # it could not start
            self._server.run()

    @property
    def url(self) -> str:
        """Where it serves."""
        host, port = self._server.servers[0].sockets[0].getsockname()
        return f"http://{host}:{port}"

    @property
    def started(self) -> bool:
        """Whether it serves."""
        return self._server.started

    @property
    def lifespan(self) -> Any:
        """The server's side of the lifespan."""
        return self._server.lifespan


async def get(url: str) -> Any:
    """Ask the server."""
    async with httpx.AsyncClient(trust_env=False) as client:
        return (await client.get(url)).json()


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try again soon."""
    monkeypatch.setattr(connection, "_FIRST_DELAY", 0.02)


@pytest.fixture
async def engine(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Engine]:
    """An engine, where the environment says that it is."""
    async with Engine(port=0, http_port=0) as engine:
        monkeypatch.setenv("III_URL", engine.url)
        yield engine


async def test_both(engine: Engine) -> None:
    """HTTP is served as before, and the functions are on iii; the state reaches both."""
    log = Log()
    async with Server(attach(make_app(log))) as server, RawWorker(engine) as caller:
        await soon(lambda: hub_of(engine).registry.get("default", "t::state") is not None)
        assert await get(f"{server.url}/state") == {"database": "db", "on_iii": False}
        assert await caller.result("t::state", {}) == {"database": "db", "on_iii": True}
        assert log == ["up"]

    assert log == ["up", "down"]


async def test_no_triggers(engine: Engine) -> None:
    """HTTP stays with the web server: the engine gets no triggers ..."""
    async with Server(attach(make_app(Log()))):
        await soon(lambda: hub_of(engine).registry.get("default", "t::state") is not None)
        assert (await fetch(engine, "/state")).status == 404


@pytest.mark.parametrize("given", ["environment", "settings"])
async def test_triggers(given: str, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """... unless it is told so."""
    settings = Settings(url=engine.url) if given == "settings" else None
    if given == "environment":
        monkeypatch.setenv("III_ASGI_HTTP", "routes")
    async with Server(attach(make_app(Log()), settings=settings)), asyncio.timeout(WITHIN):
        while (answer := await fetch(engine, "/state")).status == 404:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        assert answer.json == {"database": "db", "on_iii": True}


async def test_names(engine: Engine) -> None:
    """Functions can be named."""
    attached = attach(make_app(Log()), function_id=lambda route: f"mine::{route.name}")
    async with Server(attached):
        await soon(lambda: hub_of(engine).registry.get("default", "mine::state") is not None)


def test_web_socket() -> None:
    """WebSockets are served as before."""
    attached = attach(make_app(Log()), settings=Settings(url="ws://127.0.0.1:9", http="off"))
    with TestClient(attached) as client, client.websocket_connect("/ws") as socket:
        assert socket.receive_text() == "hello"


async def test_engine_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an engine the app serves all the same, and joins when it comes."""
    async with Engine(port=0, http_port=0) as away:
        port = away.port
    monkeypatch.setenv("III_URL", f"ws://127.0.0.1:{port}")
    async with Server(attach(make_app(Log()))) as server:
        assert (await get(f"{server.url}/state"))["database"] == "db"
        async with Engine(port=port, http_port=0) as engine:
            await soon(lambda: hub_of(engine).registry.get("default", "t::state") is not None)


async def test_startup_fails(engine: Engine, caplog: pytest.LogCaptureFixture) -> None:
    """When the app's start-up fails, the server's does, with the app's own words."""
    async with Server(attach(make_app(Log(), fails_at="startup"))) as server:
        assert not server.started

    assert server.lifespan.startup_failed
    assert "no database" in caplog.text


async def test_shutdown_fails(engine: Engine, caplog: pytest.LogCaptureFixture) -> None:
    """When its shutdown fails the server is told, too."""
    async with Server(attach(make_app(Log(), fails_at="shutdown"))) as server:
        assert server.started

    assert server.lifespan.shutdown_failed
    assert "no goodbye" in caplog.text


async def test_bug_at_startup(engine: Engine, caplog: pytest.LogCaptureFixture) -> None:
    """An error that nobody expected is a start-up failure as well: a server would take it for
    an app that has no lifespan, and serve on."""

    def broken(route: object) -> str:
        raise ZeroDivisionError("oh")

    log = Log()
    async with Server(attach(make_app(log), function_id=broken)) as server:
        assert not server.started

    assert server.lifespan.startup_failed
    assert log == ["up", "down"]
    assert "Attaching to iii failed at startup" in caplog.text


async def test_refused(engine: Engine, caplog: pytest.LogCaptureFixture) -> None:
    """A refusal by the engine is logged, and the app serves on."""
    settings = Settings(url=engine.url, name="taken", http="off")
    attached = attach(make_app(Log()), settings=settings)
    async with RawWorker(engine, "taken"), Server(attached) as server:
        await soon(lambda: "No longer on iii: WORKER_NAMESPACE_CONFLICT" in caplog.text)
        assert (await get(f"{server.url}/state"))["database"] == "db"


async def test_no_lifespan(engine: Engine) -> None:
    """An app without a lifespan is attached as well."""

    async def plain(scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "http"
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"1"})

    async with Server(attach(plain, settings=Settings(url=engine.url, http="off"))) as server:
        assert await get(server.url) == 1


def test_client() -> None:
    """A test client drives it like the app, without an engine."""
    log = Log()
    attached = attach(make_app(log), settings=Settings(url="ws://127.0.0.1:9", http="off"))
    with TestClient(attached) as client:
        assert client.get("/state").json() == {"database": "db", "on_iii": False}

    assert log == ["up", "down"]


async def test_server_without_state(engine: Engine) -> None:
    """A server that knows no lifespan state is served, too."""
    sent: list[str] = []
    events = iter([{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])

    async def receive() -> Any:
        return next(events)

    async def send(message: Any) -> None:
        sent.append(message["type"])

    attached = attach(make_app(Log()), settings=Settings(url=engine.url, http="off"))
    await attached({"type": "lifespan"}, receive, send)

    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
