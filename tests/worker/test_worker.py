"""A worker's life: connect, register, serve, come back after every loss, leave in order."""

from __future__ import annotations

import asyncio
import json
import logging
import os
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from iii_asgi.engine import Engine
from iii_asgi.errors import ConnectionLostError, EngineRefusedError
from iii_asgi.protocol import messages as m
from iii_asgi.worker import worker as worker_module
from iii_asgi.worker.connection import shown
from iii_asgi.worker.worker import ConnectionState, Worker
from tests.engine.helpers import RawWorker, hub_of
from tests.patience import WITHIN
from tests.worker.helpers import Frame, Peer, nothing, open_place, running, soon

pytestmark = pytest.mark.anyio


class States(list[ConnectionState]):
    """The states of a worker's connection, in order."""

    def __init__(self, worker: Worker) -> None:
        super().__init__()
        worker.on_connection_state_change(self.append)


async def offer_f(greeting: m.WorkerRegistered, call: Any) -> list[m.Message]:
    """Offer one function."""
    return [m.RegisterFunction(id="f")]


def make(url: str, **options: Any) -> Worker:
    """Return a worker that does not run yet."""
    return Worker(nothing, offer_f, url=url, **{"name": "w"} | options)


# -- coming ------------------------------------------------------------------------------


async def test_introduction() -> None:
    """A worker says who it is at once, without waiting, and then registers all it has."""
    async with open_place() as place:
        options = {"version": "1.2", "framework": "iii-asgi", "namespace": "blue"}
        trigger = m.RegisterTrigger(id="t", trigger_type="http", function_id="f", config={})
        function = m.RegisterFunction(id="f")
        async with running(place.url, nothing, function, trigger, **options) as worker:
            await worker.registered.wait()
            peer = await place.peer()

    kinds = [frame["type"] for frame in peer.frames]
    # The trigger once it is known that the function is ours.
    assert [kind for kind in kinds if kind.startswith("register")] == [
        "registerfunction",
        "registertrigger",
    ]
    register = peer.frames[0]
    assert register["function_id"] == "engine::workers::register"
    assert register["action"] == {"type": "void"}
    assert "invocation_id" not in register
    data = register["data"]
    assert {key: data[key] for key in ("runtime", "version", "name", "pid", "namespace")} == {
        "runtime": "python",
        "version": "1.2",
        "name": "w",
        "pid": os.getpid(),
        "namespace": "blue",
    }
    assert data["telemetry"]["framework"] == "iii-asgi"
    assert data["os"] == data["os"].lower()
    assert "isolation" not in data


async def test_introduction_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    """The default namespace is left out, and III_ISOLATION is told."""
    monkeypatch.setenv("III_ISOLATION", "container")
    async with open_place() as place, running(place.url) as worker:
        await worker.registered.wait()
        register = await (await place.peer()).one("invokefunction")

    assert register["data"]["isolation"] == "container"
    assert "namespace" not in register["data"]


async def test_states(engine: Engine, caplog: pytest.LogCaptureFixture) -> None:
    """The states of an ordinary life are connecting, connected, disconnected."""
    caplog.set_level(logging.INFO, "iii_asgi")
    async with running(engine.url) as worker:
        states = States(worker)
        assert worker.worker_id is None
        await worker.registered.wait()
        assert worker.worker_id in hub_of(engine).registry.workers

    assert states == ["connecting", "connected", "disconnected"]
    assert caplog.text.count(f"Connected to {engine.url} as w") == 1


async def test_no_more_states(engine: Engine) -> None:
    """Whoever no longer wants to know is told nothing any more."""
    worker = make(engine.url)
    states: list[ConnectionState] = []
    forget = worker.on_connection_state_change(states.append)
    forget()
    working = asyncio.create_task(worker.run())
    await worker.registered.wait()
    await worker.disconnect()
    await working

    assert states == []


async def test_broken_callback(engine: Engine, caplog: pytest.LogCaptureFixture) -> None:
    """A callback that raises is logged; the worker and the other callbacks go on."""

    def broken(state: ConnectionState) -> None:
        raise RuntimeError("oh")

    worker = make(engine.url)
    worker.on_connection_state_change(broken)
    states = States(worker)
    working = asyncio.create_task(worker.run())
    async with asyncio.timeout(WITHIN):
        await worker.registered.wait()
    await worker.disconnect()
    await working

    assert states == ["connecting", "connected", "disconnected"]
    assert "A callback failed on connection state 'connected'" in caplog.text


async def test_trigger(engine: Engine) -> None:
    """A worker calls functions of others; not before it is connected, nor after."""
    worker = make(engine.url)
    with pytest.raises(ConnectionLostError, match="not connected to ws://"):
        await worker.trigger("h")
    working = asyncio.create_task(worker.run())
    await worker.registered.wait()
    async with RawWorker(engine) as other:
        await other.offer_result("h", 42)
        assert await worker.trigger("h", {}) == 42
    await worker.disconnect()
    await working
    with pytest.raises(ConnectionLostError):
        await worker.trigger("h")


async def test_calls_while_offering(engine: Engine) -> None:
    """What to register may depend on what the engine answers."""

    async def offer(greeting: m.WorkerRegistered, call: Any) -> list[m.Message]:
        names = [one["name"] for one in (await call("engine::workers::list", {}))["workers"]]
        return [m.RegisterFunction(id="second" if "first" in names else "alone")]

    async with RawWorker(engine, "first"):
        worker = Worker(nothing, offer, url=engine.url, name="w")
        working = asyncio.create_task(worker.run())
        await worker.registered.wait()
        assert hub_of(engine).registry.get("default", "second")
        await worker.disconnect()
        await working


# -- coming back -------------------------------------------------------------------------


async def drop(peer: Peer) -> None:
    """Break the connection."""
    peer.drop()


def closing(code: int) -> Callable[[Peer], Awaitable[None]]:
    """Return an ending: a close in order, with this code."""

    async def close(peer: Peer) -> None:
        await peer.socket.close(code)

    return close


async def half_frame(peer: Peer) -> None:
    """Break off in the middle of a frame."""
    peer.socket.transport.write(b"\x81\x7e\x10")
    peer.socket.transport.close()


async def no_websocket(peer: Peer) -> None:
    """Send what no WebSocket sends."""
    peer.socket.transport.write(b"\xff" * 100)


@pytest.mark.parametrize(
    "end", [drop, closing(1000), closing(1001), closing(1011), half_frame, no_websocket]
)
async def test_reconnect(
    end: Callable[[Peer], Awaitable[None]], caplog: pytest.LogCaptureFixture
) -> None:
    """However a connection ends, the worker comes back; reattaching is the first it does then."""
    async with open_place() as place, running(place.url) as worker:
        states = States(worker)
        await worker.registered.wait()
        first = await place.peer(0)
        greeted = worker.worker_id
        await end(first)
        second = await place.peer(1)
        await second.one("registerfunction")
        await soon(worker.registered.is_set)

    assert states == ["connecting", "connected", "reconnecting", "connected", "disconnected"]
    assert second.frames[0] == {
        "type": "reattach",
        "previous_worker_id": greeted,
        "reattach_token": "t",
    }
    assert second.frames[1]["function_id"] == "engine::workers::register"
    assert not first.received("reattach")
    assert "Next try in 0.0 s" in caplog.text


async def test_no_token() -> None:
    """An engine that gives no token is not told of the past."""

    async def greet(peer: Peer) -> None:
        await peer.send("workerregistered", worker_id="1")
        await peer.listen()

    async with open_place(greet) as place, running(place.url) as worker:
        await worker.registered.wait()
        (await place.peer(0)).drop()
        await (await place.peer(1)).one("registerfunction")

    assert not place.peers[1].received("reattach")


async def test_registered_again(engine: Engine) -> None:
    """After a loss everything is served again, and nothing is there twice."""
    async with RawWorker(engine) as other, running(engine.url) as worker:
        await worker.registered.wait()
        assert worker.worker_id is not None
        first = worker.worker_id
        link = hub_of(engine).registry.workers[first].link
        await link.retire()
        await soon(lambda: worker.worker_id != first and worker.registered.is_set())

        assert await other.result("f") is None
        names = [one.name for one in hub_of(engine).registry.workers.values()]
        assert names.count("w") == 1


async def test_engine_away(caplog: pytest.LogCaptureFixture) -> None:
    """While the engine is away it is tried for ever, with a line each time, until it is there."""
    engine = Engine(port=0, http_port=0)
    await engine.start()
    url, port = engine.url, engine.port
    await engine.stop()
    async with running(url) as worker:
        states = States(worker)
        await soon(lambda: caplog.text.count(f"{url} refused. Next try in") >= 3)
        async with Engine(port=port, http_port=0):
            async with asyncio.timeout(WITHIN):
                await worker.registered.wait()

    assert states[:3] == ["connecting", "reconnecting", "connected"]


async def test_restart(caplog: pytest.LogCaptureFixture) -> None:
    """An engine that stops and starts again has the functions again."""
    async with Engine(port=0, http_port=0) as engine:
        url, port = engine.url, engine.port
        task = running(url)
        worker = await task.__aenter__()
        await worker.registered.wait()
    await soon(lambda: worker.state == "reconnecting")
    async with Engine(port=port, http_port=0) as engine:
        async with asyncio.timeout(WITHIN):
            await worker.registered.wait()
        async with RawWorker(engine) as other:
            assert await other.result("f") is None
        await task.__aexit__(None, None, None)


async def silent(peer: Peer) -> None:
    """Accept and say nothing."""
    await peer.socket.wait_closed()


async def mute(peer: Peer) -> None:
    """Greet and answer nothing."""
    await peer.welcome(answers=False)


async def test_silence(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """What does not greet is tried again: it may be a hung engine, or none."""
    monkeypatch.setattr(worker_module, "GREETING_TIMEOUT", 0.02)
    async with open_place(silent) as place, running(place.url):
        await place.peer(2)

    assert "timed out. Next try in" in caplog.text


async def test_no_answer(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """An engine that greets and never answers is hung, and is tried again."""
    from iii_asgi.worker import registrations

    monkeypatch.setattr(registrations, "ROUND_TRIP_TIMEOUT", 0.02)
    monkeypatch.setattr(registrations, "PER_REGISTRATION", 0)
    async with open_place(mute) as place, running(place.url) as worker:
        await place.peer(2)

        assert not worker.registered.is_set()

    assert "no answer within 0.02 s" in caplog.text


async def test_not_an_engine(caplog: pytest.LogCaptureFixture) -> None:
    """A web server at that address is told apart, and tried again: it may be a proxy."""

    def refuse(socket: ServerConnection, request: Request) -> Response:
        return socket.respond(502, "")

    async with (
        open_place(nothing, process_request=refuse) as place,
        running(place.url),
    ):
        await soon(lambda: caplog.text.count("answered HTTP 502, not a WebSocket") >= 2)


async def test_unexpected_failure(engine: Engine, caplog: pytest.LogCaptureFixture) -> None:
    """What nobody has thought of is tried again as well, and the log has its traceback."""
    offers = 0

    async def offer(greeting: m.WorkerRegistered, call: Any) -> list[m.Message]:
        nonlocal offers
        offers += 1
        raise ZeroDivisionError("a bug")

    worker = Worker(nothing, offer, url=engine.url, name="w")
    working = asyncio.create_task(worker.run())
    await soon(lambda: offers == 2)
    await worker.disconnect()
    await working

    record = next(one for one in caplog.records if "failed (ZeroDivisionError" in one.getMessage())
    assert record.exc_info is not None
    assert record.exc_info[0] is ZeroDivisionError


async def test_backing_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pauses grow from one failure to the next, and are short again after a success."""
    pauses: list[float] = []

    def delays() -> Any:
        for number in range(1000):
            pauses.append(number)
            yield 0.005

    good = True

    async def script(peer: Peer) -> None:
        if good:
            await peer.welcome()

    monkeypatch.setattr(worker_module, "delays", delays)
    async with open_place(script) as place, running(place.url) as worker:
        await worker.registered.wait()
        good = False
        (await place.peer()).drop()
        await place.peer(3)
        good = True
        await soon(worker.registered.is_set)
        (await place.peer(len(place.peers) - 1)).drop()
        await soon(lambda: pauses.count(0) == 2)

    assert pauses[:3] == [0, 1, 2]


async def test_lost_work(engine: Engine) -> None:
    """A call that a lost connection brought is told; what it called fails; nothing is answered."""
    outcomes: list[object] = []

    async def handler(message: m.InvokeFunction) -> str:
        try:
            await worker.trigger("never")
        except (ConnectionLostError, asyncio.CancelledError) as error:
            outcomes.append(type(error))
        return "late"

    async with RawWorker(engine) as other, running(engine.url, handler) as worker:
        await worker.registered.wait()
        await other.offer("never")
        calling = asyncio.create_task(other.call("f"))
        await soon(lambda: bool(other.calls))
        assert worker.worker_id is not None
        await hub_of(engine).registry.workers[worker.worker_id].link.retire()

        assert (await calling)["error"]["code"] == "invocation_stopped"
        await soon(lambda: bool(outcomes))
        await soon(worker.registered.is_set)
        assert (await other.call("engine::workers::list", {}))["result"]


# -- refused for good --------------------------------------------------------------------


async def test_name_taken(engine: Engine, caplog: pytest.LogCaptureFixture) -> None:
    """A name that is taken ends the worker, with what to do; it does not try again."""
    async with RawWorker(engine, "w"):
        worker = make(engine.url)
        states = States(worker)
        with pytest.raises(EngineRefusedError, match="choose another name") as caught:
            await worker.run()

    assert caught.value.code == "WORKER_NAMESPACE_CONFLICT"
    assert states == ["connecting", "failed"]
    assert "Next try" not in caplog.text


@pytest.mark.parametrize(("status", "code"), [(401, "UNAUTHORIZED"), (403, "FORBIDDEN")])
async def test_unauthorized(status: int, code: str) -> None:
    """An engine that does not know the token ends the worker, with what to check."""

    def refuse(socket: ServerConnection, request: Request) -> Response:
        return socket.respond(status, "")

    async with open_place(nothing, process_request=refuse) as place:
        worker = make(place.url, token="wrong")
        with pytest.raises(EngineRefusedError, match=f"{code}: .*III_TOKEN"):
            await worker.run()

    assert worker.state == "failed"


async def test_refused_later() -> None:
    """Also a worker that has served before can be refused for good."""

    async def script(peer: Peer) -> None:
        if len(place.peers) > 1:
            await peer.send("registrationrejected", code="WORKER_NAMESPACE_CONFLICT")
        await peer.welcome()

    async with open_place(script) as place:
        worker = make(place.url)
        states = States(worker)
        working = asyncio.create_task(worker.run())
        await worker.registered.wait()
        (await place.peer()).drop()
        with pytest.raises(EngineRefusedError):
            await working

    assert states == ["connecting", "connected", "reconnecting", "failed"]


# -- leaving -----------------------------------------------------------------------------


async def test_retire() -> None:
    """A worker that retires unregisters its functions, makes sure, and finishes what runs."""
    release = asyncio.Event()

    async def handler(message: m.InvokeFunction) -> str:
        await release.wait()
        return "done"

    async with open_place() as place, running(place.url, handler) as worker:
        await worker.registered.wait()
        peer = await place.peer()
        call = await peer.invoke()
        await peer.settle()
        retiring = asyncio.create_task(worker.retire(5))
        await peer.one("unregisterfunction")
        await peer.settle()
        assert not retiring.done()
        release.set()
        await retiring
        await peer.one("invocationresult", invocation_id=call, result="done")
        assert worker.state == "connected"

    kinds = [(one["type"], one.get("function_id")) for one in peer.frames]
    taken_back = kinds.index(("unregisterfunction", None))
    assert kinds[taken_back + 1] == ("invokefunction", "engine::workers::list")
    assert not peer.received("unregistertrigger")


async def test_retire_in_time() -> None:
    """Calls that do not end in time are left to the end, which answers them with an error."""
    started = asyncio.get_running_loop().time()

    async def handler(message: m.InvokeFunction) -> None:
        await asyncio.sleep(10)

    async with open_place() as place, running(place.url, handler) as worker:
        await worker.registered.wait()
        peer = await place.peer()
        await peer.invoke()
        await peer.settle()
        await worker.retire(0.05)
        assert not peer.received("invocationresult")
        await worker.disconnect()
        answer = await peer.one("invocationresult")

    assert answer["error"]["code"] == "invocation_stopped"
    assert asyncio.get_running_loop().time() - started < 5


async def test_retire_from_hung_engine() -> None:
    """An engine that does not answer any more holds nobody up."""
    answers = True

    async def script(peer: Peer) -> None:
        await peer.send("workerregistered", worker_id="1", reattach_token="t")
        with suppress(ConnectionClosed):
            while True:
                frame = json.loads(await peer.socket.recv())
                if answers and "invocation_id" in frame:
                    await peer.answer(frame, {})

    async with open_place(script) as place, running(place.url) as worker:
        await worker.registered.wait()
        answers = False
        async with asyncio.timeout(WITHIN):
            await worker.retire(0.05)


async def test_retire_without_engine() -> None:
    """Without a connection there is nothing to finish, and trying ends."""
    worker = make("ws://127.0.0.1:9")
    states = States(worker)
    working = asyncio.create_task(worker.run())
    await soon(lambda: worker.state == "reconnecting")
    await worker.retire(1)
    await worker.disconnect()
    await working

    assert states == ["connecting", "reconnecting", "disconnected"]


async def test_lost_while_retiring() -> None:
    """A connection that is lost while the worker retires is not opened again."""

    async def handler(message: m.InvokeFunction) -> None:
        await asyncio.sleep(10)

    async with open_place() as place, running(place.url, handler) as worker:
        states = States(worker)
        await worker.registered.wait()
        peer = await place.peer()
        await peer.invoke()
        await peer.settle()
        retiring = asyncio.create_task(worker.retire(5))
        await peer.one("unregisterfunction")
        peer.drop()
        await retiring
        await soon(lambda: worker.state == "disconnected")

    assert len(place.peers) == 1
    assert states == ["connecting", "connected", "disconnected"]


async def test_cancelled(engine: Engine) -> None:
    """A worker that is cancelled is disconnected as well, and leaves no task."""
    before = asyncio.all_tasks()
    worker = make(engine.url)
    working = asyncio.create_task(worker.run())
    await worker.registered.wait()
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working

    assert worker.state == "disconnected"
    await soon(lambda: "w" not in [one.name for one in hub_of(engine).registry.workers.values()])
    await soon(lambda: asyncio.all_tasks() <= before)


async def test_our_own_connection(caplog: pytest.LogCaptureFixture) -> None:
    """A name that the engine still holds for our last connection is tried again."""

    async def script(peer: Peer) -> None:
        if len(place.peers) > 1:
            await peer.welcome("second")
            return
        await peer.send("workerregistered", worker_id="mine", reattach_token="first")
        await peer.socket.recv()
        await peer.send(
            "registrationrejected", code="WORKER_NAMESPACE_CONFLICT", owner_worker_id="mine"
        )

    async with open_place(script) as place, running(place.url) as worker:
        await worker.registered.wait()

    assert "the engine has not noticed yet that we were away" in caplog.text


async def test_engine_that_forbids_its_lists() -> None:
    """An error answer of the engine shows as well that it has read what came before."""

    class Strict(Peer):
        async def answer(self, call: Frame, result: Any = None) -> None:
            if "invocation_id" in call:
                error = {"code": "FORBIDDEN", "message": "not for you"}
                fields = {key: call[key] for key in ("invocation_id", "function_id")}
                await self.send("invocationresult", error=error, **fields)

    async def script(peer: Peer) -> None:
        peer.__class__ = Strict
        await peer.welcome()

    function = m.RegisterFunction(id="f")
    async with open_place(script) as place, running(place.url, nothing, function) as worker:
        await worker.registered.wait()


def test_urls_in_the_log() -> None:
    """A query, which may hold a token, is not logged."""
    assert shown("ws://engine:1/path?token=secret") == "ws://engine:1/path"
