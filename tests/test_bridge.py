"""The bridge: an ASGI app on iii, from its start-up to its shutdown."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from fastapi import BackgroundTasks, FastAPI, Request
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from iii_asgi import Bridge, Settings, process
from iii_asgi.engine import Engine
from iii_asgi.errors import (
    CatalogueError,
    ConnectionLostError,
    EngineRefusedError,
    InvocationError,
    LifespanError,
    SettingsError,
)
from iii_asgi.worker import connection
from iii_asgi.worker.worker import ConnectionState
from tests.engine.helpers import RawWorker, fetch, hub_of, soon
from tests.patience import WITHIN
from tests.worker.helpers import Peer, open_place

pytestmark = pytest.mark.anyio


class Shop:
    """An app that tells what happens to it.

    Attributes:
        app: the app.
        log: what happened, in order.
        release: lets waiting routes go on.
    """

    def __init__(self) -> None:
        self.log: list[str] = []
        self.release = asyncio.Event()
        self.app = FastAPI(title="Shop", lifespan=self._lifespan)
        self.app.get("/quick", tags=["t"])(self.quick)
        self.app.get("/slow", tags=["t"])(self.slow)
        self.app.get("/later", tags=["t"])(self.later)
        self.app.get("/stream", tags=["t"])(self.stream)
        self.app.get("/items/{item_id}", tags=["t"])(self.item)

    @asynccontextmanager
    async def _lifespan(self, app: FastAPI) -> AsyncIterator[dict[str, Any]]:
        self.log.append("up")
        yield {"database": "db"}
        self.log.append("down")

    async def quick(self, request: Request) -> str:
        """Answer at once."""
        return str(request.state.database)

    async def slow(self) -> str:
        """Answer when released."""
        self.log.append("slow begins")
        try:
            await self.release.wait()
        except asyncio.CancelledError:
            self.log.append("slow is cancelled")
            raise
        self.log.append("slow ends")
        return "slow"

    async def later(self, tasks: BackgroundTasks) -> str:
        """Answer at once, and go on working."""
        tasks.add_task(self.work)
        return "later"

    async def work(self) -> None:
        """Work when released."""
        await self.release.wait()
        self.log.append("work ends")

    async def stream(self) -> StreamingResponse:
        """Stream until released."""

        async def pieces() -> AsyncIterator[str]:
            yield "first"
            await self.release.wait()
            yield "last"

        return StreamingResponse(pieces())

    async def item(self, item_id: str) -> str:
        """Give the id back."""
        return item_id


@pytest.fixture(autouse=True)
def quick_and_clean(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try again soon, and leave the collector of this process alone."""
    monkeypatch.setattr(connection, "_FIRST_DELAY", 0.02)
    monkeypatch.setattr(process, "freeze_garbage", lambda: None)


@pytest.fixture
async def engine() -> AsyncIterator[Engine]:
    """An engine on free ports."""
    async with Engine(port=0, http_port=0) as engine:
        yield engine


@pytest.fixture
def shop() -> Shop:
    """An app."""
    return Shop()


def settings(engine: Engine, **given: Any) -> Settings:
    """Return settings for an engine."""
    return Settings(**{"url": engine.url, "name": "shop"} | given)


def at(url: str, shop: Shop) -> AbstractAsyncContextManager[Bridge]:
    """Put the app on an engine."""
    return Bridge(shop.app, settings=Settings(url=url)).connect()


def is_there(engine: Engine, function_id: str) -> bool:
    """Whether the engine has a function."""
    return hub_of(engine).registry.get("default", function_id) is not None


async def served(engine: Engine) -> None:
    """Wait until the routes are there; a process takes its time."""
    async with asyncio.timeout(WITHIN):
        while (await fetch(engine, "/quick")).status != 200:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


# -- connecting --------------------------------------------------------------------------


async def test_connect(engine: Engine, shop: Shop) -> None:
    """Within the context the app is on the engine, whole; afterwards it is gone."""
    bridge = Bridge(shop.app, settings=settings(engine))
    async with bridge.connect() as connected:
        assert connected is bridge
        assert (await fetch(engine, "/quick")).json == "db"
        assert bridge.worker is not None
        assert bridge.worker.state == "connected"
        assert bridge.state == {"database": "db"}
        assert bridge.catalogue.get("t::quick")

    assert bridge.worker is None
    assert shop.log == ["up", "down"]
    assert (await fetch(engine, "/quick")).status == 404


async def test_again(engine: Engine, shop: Shop) -> None:
    """A bridge can be connected again, but not twice at a time."""
    bridge = Bridge(shop.app, settings=settings(engine))
    for _ in range(2):
        async with bridge.connect():
            assert (await fetch(engine, "/quick")).status == 200
            with pytest.raises(RuntimeError, match="connected already"):
                async with bridge.connect():
                    pass


async def test_environment(engine: Engine, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without settings the environment tells where the engine is; a mistake there is told."""
    monkeypatch.setenv("III_URL", engine.url)
    async with Bridge(shop.app).connect():
        assert is_there(engine, "t::quick")

    monkeypatch.setenv("III_URL", "http://engine")
    with pytest.raises(SettingsError, match="III_URL: 'http://engine' is not a ws://"):
        Bridge(shop.app)


async def test_trigger(engine: Engine, shop: Shop) -> None:
    """A bridge calls functions while it is connected."""
    bridge = Bridge(shop.app, settings=settings(engine))
    with pytest.raises(ConnectionLostError, match="not connected"):
        await bridge.trigger("bank::pay")
    async with RawWorker(engine, "bank") as bank, bridge.connect():
        await bank.offer_result("bank::pay", "paid")
        assert await bridge.trigger("bank::pay", {"sum": 3}, timeout=1) == "paid"
        with pytest.raises(InvocationError, match="function_not_found"):
            await bridge.trigger("bank::none")
    with pytest.raises(ConnectionLostError, match="not connected"):
        await bridge.trigger("bank::pay")


async def test_states(engine: Engine, shop: Shop) -> None:
    """Whoever asks is told the states of the connection, before it is there and while it is."""
    bridge = Bridge(shop.app, settings=settings(engine))
    early: list[ConnectionState] = []
    late: list[ConnectionState] = []
    bridge.on_connection_state_change(early.append)
    async with bridge.connect():
        bridge.on_connection_state_change(late.append)

    assert early == ["connecting", "connected", "disconnected"]
    assert late == ["disconnected"]


async def test_names(engine: Engine, shop: Shop) -> None:
    """Functions can be named by a callable."""
    bridge = Bridge(
        shop.app, settings=settings(engine), function_id=lambda route: f"mine::{route.name}"
    )
    assert bridge.catalogue.get("mine::quick")
    async with bridge.connect():
        assert is_there(engine, "mine::quick")


async def test_prefix(engine: Engine, shop: Shop) -> None:
    """Under a prefix the routes are there, and nowhere else."""
    async with Bridge(shop.app, settings=settings(engine, prefix="/shop")).connect():
        assert (await fetch(engine, "/shop/items/7")).json == "7"
        assert (await fetch(engine, "/items/7")).status == 404


async def test_namespace(engine: Engine, shop: Shop) -> None:
    """In a namespace of its own the app is reached over HTTP, too."""
    async with Bridge(shop.app, settings=settings(engine, namespace="blue")).connect():
        assert (await fetch(engine, "/items/7")).json == "7"
        assert not is_there(engine, "t::item")
        assert hub_of(engine).registry.get("blue", "t::item")


# -- what cannot be ----------------------------------------------------------------------


async def test_startup_fails(engine: Engine) -> None:
    """When the app's start-up fails nothing is registered."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        raise RuntimeError("no database")
        yield

    app = FastAPI(lifespan=lifespan)
    with pytest.raises(LifespanError, match="no database"):
        async with Bridge(app, settings=settings(engine)).connect():
            pass

    assert "shop" not in [one.name for one in hub_of(engine).registry.workers.values()]


async def test_contradiction(engine: Engine, shop: Shop) -> None:
    """Names that cannot be are told, and the app is shut down in order."""
    bridge = Bridge(shop.app, settings=settings(engine), function_id=lambda route: "engine::f")
    with pytest.raises(CatalogueError):
        async with bridge.connect():
            pass

    assert shop.log == ["up", "down"]


async def test_name_taken(engine: Engine, shop: Shop) -> None:
    """A name that is taken is told, and the app is shut down in order."""
    async with RawWorker(engine, "shop"):
        with pytest.raises(EngineRefusedError):
            async with Bridge(shop.app, settings=settings(engine)).connect():
                pass

    assert shop.log == ["up", "down"]


async def test_refused_later(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    """A refusal that comes later is logged: nobody waits for it."""

    async def script(peer: Peer) -> None:
        if len(place.peers) > 1:
            await peer.send("registrationrejected", code="WORKER_NAMESPACE_CONFLICT")
        await peer.welcome()

    async with open_place(script) as place, at(place.url, shop) as bridge:
        place.peers[0].drop()
        await soon(lambda: "No longer on iii: WORKER_NAMESPACE_CONFLICT" in caplog.text)
        assert bridge.worker is not None
        assert bridge.worker.state == "failed"

    assert shop.log == ["up", "down"]


async def test_without_engine(shop: Shop) -> None:
    """Without waiting the context begins though the engine is away, and ends in order."""
    states: list[ConnectionState] = []
    bridge = Bridge(shop.app, settings=Settings(url="ws://127.0.0.1:9"))
    bridge.on_connection_state_change(states.append)
    async with bridge.connect(wait=False):
        await soon(lambda: "reconnecting" in states)
        with pytest.raises(ConnectionLostError):
            await bridge.trigger("f")

    assert states == ["connecting", "reconnecting", "disconnected"]
    assert shop.log == ["up", "down"]


# -- what other workers and engines make of it -------------------------------------------


async def test_spelling_of_others(engine: Engine, shop: Shop) -> None:
    """A shape that another worker has registered keeps its parameter names: two would break the
    engine's router."""
    async with RawWorker(engine, "other") as other:
        await other.offer("f")
        assert await other.bind("/items/:their_name", "PUT") is None
        async with Bridge(shop.app, settings=settings(engine)).connect() as bridge:
            function = bridge.catalogue.get("t::item")
            assert function is not None
            assert [one.api_path for one in function.triggers] == ["/items/:their_name"]
            assert (await fetch(engine, "/items/7")).json == "7"


async def test_spelling_of_others_when_more_come(engine: Engine) -> None:
    """On a new connection the spellings are those of all triggers that are there then."""
    app = FastAPI()

    @app.get("/users/{user_id}")
    @app.get("/orders/{order_id}")
    async def read() -> None:
        """Read nothing."""

    def paths(bridge: Bridge) -> set[str]:
        return {one.api_path for f in bridge.catalogue.functions for one in f.triggers}

    async with RawWorker(engine, "other") as other:
        await other.offer("f")
        await other.bind("/users/:uid", "PUT")
        async with Bridge(app, settings=settings(engine)).connect() as bridge:
            assert {"/users/:uid", "/orders/:order_id"} <= paths(bridge)
            assert bridge.worker is not None
            first = bridge.worker.worker_id
            assert first is not None
            await other.bind("/orders/:oid/lines", "PUT")
            await hub_of(engine).registry.workers[first].link.retire()
            await soon(lambda: first not in hub_of(engine).registry.workers)
            await other.bind("/orders/:oid", "PUT")
            worker = bridge.worker
            await soon(lambda: worker.worker_id != first and worker.registered.is_set())

            assert {"/users/:uid", "/orders/:oid"} <= paths(bridge)


async def test_connected_twice(engine: Engine, shop: Shop) -> None:
    """One bridge is connected once at a time, and says so before it starts the app again."""
    bridge = Bridge(shop.app, settings=settings(engine))
    async with bridge.connect():
        with pytest.raises(RuntimeError, match="connected already"):
            async with bridge.connect():
                raise AssertionError
        assert await bridge.trigger("t::item", {"item_id": 7}) == "7"


@pytest.mark.parametrize(
    "answer",
    [
        {"error": {"code": "FORBIDDEN", "message": "not for you"}},
        {"result": ["odd"]},
        {"result": {}},
        {},
    ],
    ids=str,
)
async def test_odd_engine(
    answer: dict[str, Any], shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    """An engine that does not list its triggers is served without them."""

    class Odd(Peer):
        async def answer(self, call: dict[str, Any], result: Any = None) -> None:
            if call["function_id"] != "engine::registered-triggers::list":
                return await super().answer(call, result)
            fields = {"invocation_id": call["invocation_id"], "function_id": call["function_id"]}
            return await self.send("invocationresult", **fields, **answer)

    async def script(peer: Peer) -> None:
        peer.__class__ = Odd
        await peer.welcome()

    async with open_place(script) as place, at(place.url, shop):
        assert place.peers[0].received("registertrigger")

    assert ("does not list its triggers" in caplog.text) is ("error" in answer)


async def test_observers(shop: Shop) -> None:
    """Where the engine has observers, HTTP routes are bound by observing."""
    async with Engine(port=0, http_port=0, api="0.25") as engine, at(engine.url, shop):
        assert (await fetch(engine, "/items/7")).json == "7"


async def test_observers_without_http(shop: Shop) -> None:
    """Where it has observers and no HTTP to observe, by triggers."""

    class New(Peer):
        async def answer(self, call: dict[str, Any], result: Any = None) -> None:
            if call["function_id"] != "engine::functions::info":
                return await super().answer(call, result)
            error = {"code": "function_not_found", "message": "no"}
            fields = {"invocation_id": call["invocation_id"], "function_id": call["function_id"]}
            return await self.send("invocationresult", **fields, error=error)

    async def script(peer: Peer) -> None:
        peer.__class__ = New
        await peer.send("workerregistered", worker_id="1", features=["observe.v1"])
        await peer.listen()

    async with open_place(script) as place, at(place.url, shop):
        assert place.peers[0].received("registertrigger")
        assert not place.peers[0].received("observe")


async def test_engine_lost(engine: Engine, shop: Shop) -> None:
    """When the connection drops, the work it brought runs on to its end; the app is back soon."""
    bridge = Bridge(shop.app, settings=settings(engine))
    async with RawWorker(engine, "caller") as caller, bridge.connect():
        calling = asyncio.create_task(caller.call("t::slow", {}))
        await soon(lambda: "slow begins" in shop.log)
        assert bridge.worker is not None
        assert bridge.worker.worker_id is not None
        await hub_of(engine).registry.workers[bridge.worker.worker_id].link.retire()
        assert (await calling)["error"]["code"] == "invocation_stopped"
        shop.release.set()
        await soon(lambda: "slow ends" in shop.log)
        await soon(lambda: is_there(engine, "t::quick"))
        assert await caller.result("t::quick", {}) == "db"

    assert "slow is cancelled" not in shop.log


async def test_app_error(engine: Engine, caplog: pytest.LogCaptureFixture) -> None:
    """What the app lets through is logged once, with the function and the traceback."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise RuntimeError("the password is swordfish")

    options = settings(engine, http="app", service="raw", lifespan="off")
    async with Bridge(app, settings=options).connect():
        assert (await fetch(engine, "/")).body == b"Internal Server Error"

    (record,) = [one for one in caplog.records if one.exc_info]
    assert record.getMessage() == "Exception in ASGI application, serving raw::app"


# -- leaving -----------------------------------------------------------------------------


async def test_order(engine: Engine, shop: Shop) -> None:
    """At the end: no new calls, those that run finish, background work ends, the socket closes,
    and the app shuts down last."""
    async with RawWorker(engine, "caller") as caller:
        connected = Bridge(shop.app, settings=settings(engine)).connect()
        await connected.__aenter__()
        assert await caller.result("t::later", {}) == "later"
        calling = asyncio.create_task(caller.call("t::slow", {}))
        await soon(lambda: "slow begins" in shop.log)
        leaving = asyncio.create_task(connected.__aexit__(None, None, None))
        await soon(lambda: not is_there(engine, "t::slow"))
        workers = [one.name for one in hub_of(engine).registry.workers.values()]
        assert "shop" in workers
        assert (await caller.call("t::quick", {}))["error"]["code"] == "function_not_found"
        shop.release.set()
        assert (await calling)["result"] == "slow"
        await leaving

    assert shop.log == ["up", "slow begins", "slow ends", "work ends", "down"] or shop.log == [
        "up",
        "slow begins",
        "work ends",
        "slow ends",
        "down",
    ]


async def test_timeout(engine: Engine, shop: Shop) -> None:
    """What does not end in time is cancelled with an answer, before the app shuts down."""
    options = settings(engine, timeout_graceful_shutdown=0.1)
    async with RawWorker(engine, "caller") as caller:
        async with Bridge(shop.app, settings=options).connect():
            over_http = asyncio.create_task(fetch(engine, "/slow"))
            directly = asyncio.create_task(caller.call("t::slow", {}))
            streamed = asyncio.create_task(fetch(engine, "/stream"))
            await soon(lambda: shop.log.count("slow begins") == 2)
            await asyncio.sleep(0.2)
        async with asyncio.timeout(WITHIN):
            assert (await over_http).status == 503
            assert (await directly)["error"]["code"] == "UNAVAILABLE"
            assert ((await streamed).status, (await streamed).body) == (200, b"first")

    assert shop.log.count("slow is cancelled") == 2
    assert shop.log[-1] == "down"


async def test_nothing_left(engine: Engine, shop: Shop) -> None:
    """Nothing is left of a bridge that is gone: no task."""
    before = asyncio.all_tasks()
    async with Bridge(shop.app, settings=settings(engine)).connect():
        shop.release.set()
        assert (await fetch(engine, "/quick")).status == 200
        assert (await fetch(engine, "/stream")).body == b"firstlast"

    await soon(lambda: asyncio.all_tasks() <= before)


async def test_broken_body(engine: Engine, shop: Shop) -> None:
    """An error within the context passes, and all ends in order."""
    with pytest.raises(ZeroDivisionError):
        async with Bridge(shop.app, settings=settings(engine)).connect():
            raise ZeroDivisionError

    assert shop.log == ["up", "down"]


# -- serving -----------------------------------------------------------------------------


async def serving(engine: Engine, shop: Shop, **given: Any) -> asyncio.Task[None]:
    """Serve in this loop until a signal."""
    bridge = Bridge(shop.app, settings=settings(engine, **given))
    task = asyncio.create_task(bridge.serve())
    await served(engine)
    return task


async def test_signal(engine: Engine, shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    """A signal ends it when what runs has ended."""
    caplog.set_level(logging.INFO, "iii_asgi")
    task = await serving(engine, shop)
    asking = asyncio.create_task(fetch(engine, "/slow"))
    await soon(lambda: "slow begins" in shop.log)
    os.kill(os.getpid(), signal.SIGTERM)
    await soon(lambda: "Stopping: finishing what runs" in caplog.text)
    shop.release.set()
    await task

    assert (await asking).json == "slow"
    assert shop.log == ["up", "slow begins", "slow ends", "down"]


async def test_second_signal(engine: Engine, shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    """A second one ends it at once; what runs is cancelled with an answer, all the same."""
    caplog.set_level(logging.INFO, "iii_asgi")
    task = await serving(engine, shop, timeout_graceful_shutdown=60)
    asking = asyncio.create_task(fetch(engine, "/slow"))
    await soon(lambda: "slow begins" in shop.log)
    os.kill(os.getpid(), signal.SIGTERM)
    await soon(lambda: "Stopping" in caplog.text)
    os.kill(os.getpid(), signal.SIGTERM)
    async with asyncio.timeout(WITHIN):
        with pytest.raises(asyncio.CancelledError):
            await task

    assert (await asking).status == 503
    assert shop.log == ["up", "slow begins", "slow is cancelled", "down"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_signal_at_the_start(
    number: signal.Signals, engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    """One that comes while the app starts, which may hang, ends that, and all."""
    caplog.set_level(logging.INFO, "iii_asgi")
    log: list[str] = []

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        log.append("hangs")
        try:
            await asyncio.sleep(60)
        finally:
            log.append("cleaned up")
        yield

    before = asyncio.all_tasks()
    task = asyncio.create_task(
        Bridge(FastAPI(lifespan=lifespan), settings=settings(engine)).serve()
    )
    await soon(lambda: bool(log))
    os.kill(os.getpid(), number)
    await task

    assert log == ["hangs", "cleaned up"]
    assert caplog.text.count("Stopped while the app was starting") == 1
    await soon(lambda: asyncio.all_tasks() <= before)


async def test_timeout_at_the_start(engine: Engine) -> None:
    """A time that is up in the app's own start-up is a start-up that failed."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with asyncio.timeout(0.01):
            await asyncio.sleep(60)
        yield

    with pytest.raises(LifespanError, match="TimeoutError"):
        await Bridge(FastAPI(lifespan=lifespan), settings=settings(engine)).serve()


async def test_serve_refused(engine: Engine, shop: Shop) -> None:
    """A refusal ends it, too."""
    async with RawWorker(engine, "shop"):
        with pytest.raises(EngineRefusedError):
            await Bridge(shop.app, settings=settings(engine)).serve()

    assert shop.log == ["up", "down"]


# -- run, in a process of its own --------------------------------------------------------

PROGRAM = """
import asyncio
from contextlib import asynccontextmanager
from fastapi import FastAPI
from iii_asgi import Bridge

@asynccontextmanager
async def lifespan(app):
    print("up", flush=True)
    {startup}
    yield
    print("down", flush=True)

app = FastAPI(lifespan=lifespan)

@app.get("/quick")
async def quick():
    return "quick"

@app.get("/slow", tags=["t"])
async def slow(seconds: float = 0):
    print("begins", flush=True)
    await asyncio.sleep(seconds)
    return "slow"

Bridge(app).run()
print("returned", flush=True)
"""


@pytest.fixture
def program(engine: Engine, tmp_path: Path) -> Iterator[Any]:
    """Start a program that runs an app; stop it in the end."""
    started: list[subprocess.Popen[str]] = []

    def start(startup: str = "") -> subprocess.Popen[str]:
        path = tmp_path / "program.py"
        path.write_text(PROGRAM.format(startup=startup))
        child = subprocess.Popen(
            [sys.executable, str(path)],
            env=os.environ | {"III_URL": engine.url, "III_ASGI_TIMEOUT_GRACEFUL_SHUTDOWN": "30"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(child)
        return child

    yield start
    for child in started:
        with suppress(ProcessLookupError):
            child.kill()
        child.communicate()


async def test_run(engine: Engine, program: Any) -> None:
    """A program serves until SIGTERM, finishes what runs, and ends with exit code 0."""
    child = program()
    await served(engine)
    asking = asyncio.create_task(fetch(engine, "/slow?seconds=0.3"))
    assert await asyncio.to_thread(child.stdout.readline) == "up\n"
    assert await asyncio.to_thread(child.stdout.readline) == "begins\n"
    child.send_signal(signal.SIGTERM)
    out, err = await asyncio.to_thread(child.communicate, timeout=20)

    assert (await asking).json == "slow"
    assert (child.returncode, out) == (0, "down\nreturned\n"), err
    assert "Connected to" in err
    assert "Traceback" not in err


async def test_run_hanging(engine: Engine, program: Any) -> None:
    """A program whose start-up hangs says that a signal ended it there, and ends well."""
    child = program("await asyncio.sleep(60)")
    assert await asyncio.to_thread(child.stdout.readline) == "up\n"
    child.send_signal(signal.SIGTERM)
    out, err = await asyncio.to_thread(child.communicate, timeout=20)

    assert (child.returncode, out) == (0, "returned\n"), err
    assert err.count("Stopped while the app was starting") == 1
    assert "Traceback" not in err


async def test_run_killed_twice(engine: Engine, program: Any) -> None:
    """A second signal ends it at once, without a traceback."""
    child = program()
    await served(engine)
    asking = asyncio.create_task(fetch(engine, "/slow?seconds=60"))
    assert await asyncio.to_thread(child.stdout.readline) == "up\n"
    assert await asyncio.to_thread(child.stdout.readline) == "begins\n"
    child.send_signal(signal.SIGINT)
    await soon(lambda: not is_there(engine, "t::slow"))
    started = time.monotonic()
    child.send_signal(signal.SIGINT)
    out, err = await asyncio.to_thread(child.communicate, timeout=20)

    assert time.monotonic() - started < 5
    assert (await asking).status == 503
    assert (child.returncode, out) == (0, "down\nreturned\n"), err
    assert "Traceback" not in err


async def test_run_startup_fails(engine: Engine, program: Any) -> None:
    """When the app's start-up fails `run` logs that and exits with code 3."""
    child = program("raise RuntimeError('no database')")
    out, err = await asyncio.to_thread(child.communicate, timeout=20)

    assert (child.returncode, out) == (3, "up\n")
    assert "the application's start-up failed" in err
    assert "no database" in err
