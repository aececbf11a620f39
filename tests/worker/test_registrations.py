"""What a worker has registered, what was refused, and asking for it again."""

from __future__ import annotations

import asyncio
import logging
import time
from itertools import count

import pytest

from iii_asgi.engine import Engine
from iii_asgi.engine import registrations as engine_registrations
from iii_asgi.engine.hub import Hub
from iii_asgi.engine.registry import Worker as EngineWorker
from iii_asgi.protocol import messages as m
from iii_asgi.worker import registrations
from iii_asgi.worker.registration import describe
from iii_asgi.worker.registrations import Patience
from iii_asgi.worker.worker import Worker
from tests.engine.helpers import RawWorker, fetch, hub_of, soon
from tests.patience import WITHIN
from tests.worker.helpers import Peer, nothing, open_place, running

pytestmark = pytest.mark.anyio

QUICK = Patience(share=1.0, first=0.01, longest=0.05, grace=0.15)

REJECTION = {"code": "FUNCTION_NAMESPACE_CONFLICT", "function_id": "f", "owner_worker_id": "o"}


def trigger(trigger_id: str = "t1", path: str = "/a/:x", method: str = "GET") -> m.RegisterTrigger:
    """Return the message that binds an HTTP trigger to ``f``."""
    config = {"api_path": path, "http_method": method}
    return m.RegisterTrigger(id=trigger_id, trigger_type="http", function_id="f", config=config)


FUNCTIONS = tuple(m.RegisterFunction(id=one) for one in ("f", "g"))


@pytest.fixture(autouse=True)
def quick_triggers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask for triggers again soon."""
    monkeypatch.setattr(registrations, "TRIGGERS", QUICK)


async def serve(message: m.InvokeFunction) -> dict[str, object]:
    """Answer an HTTP trigger."""
    return {"status_code": 200, "headers": ["content-type: text/plain"], "body": "ours"}


def owner_of(engine: Engine, function_id: str) -> str | None:
    """Return the name of the worker that owns a function."""
    function = hub_of(engine).registry.get("default", function_id)
    return function.owner.name if function is not None and function.owner else None


# -- on the engine -----------------------------------------------------------------------


async def test_all_at_once(engine: Engine) -> None:
    """When a worker says that it is registered, its functions and routes are there."""
    async with running(engine.url, serve, *FUNCTIONS, trigger()) as worker:
        await worker.registered.wait()
        assert (await fetch(engine, "/a/1")).body == b"ours"
        assert worker.registrations.standby == {}
        assert worker.registrations.refused == {}


async def test_standby(engine: Engine, caplog: pytest.LogCaptureFixture) -> None:
    """A function that another worker owns is waited for, taken over when free, all else served."""
    caplog.set_level(logging.INFO, "iii_asgi")
    async with RawWorker(engine, "owner") as owner:
        await owner.offer("f")
        async with running(engine.url, serve, *FUNCTIONS, trigger()) as worker:
            await worker.registered.wait()
            assert worker.registrations.standby == {"f": owner.id}
            assert owner_of(engine, "g") == "w"

            await owner.send("unregisterfunction", id="f")
            async with asyncio.timeout(WITHIN):
                await soon(lambda: not worker.registrations.standby)
            assert owner_of(engine, "f") == "w"
            assert (await fetch(engine, "/a/1")).body == b"ours"

    messages = [record.getMessage() for record in caplog.records]
    assert messages.count(f"Standing by for worker {owner.id}, which owns f") == 1
    assert messages.count("Ours now: f") == 1


async def test_next_owner(engine: Engine) -> None:
    """When a third one is quicker, the worker stands by for that one."""
    async with RawWorker(engine, "first") as first, RawWorker(engine, "third") as third:
        await first.offer("f")
        async with running(engine.url) as worker:
            await worker.registered.wait()
            await first.send("unregisterfunction", id="f")
            await third.send("registerfunction", id="f")
            await soon(lambda: worker.registrations.standby.get("f") in (third.id, None))
            assert worker.registrations.standby or owner_of(engine, "f") == "w"


async def test_handover(engine: Engine) -> None:
    """An owner that retires unregisters only its functions, and the next one has them at once."""
    async with running(engine.url, serve, *FUNCTIONS, trigger(), name="old") as old:
        await old.registered.wait()
        async with running(engine.url, serve, *FUNCTIONS, trigger(), name="new") as new:
            await new.registered.wait()
            await old.retire(1)
            async with asyncio.timeout(WITHIN):
                await soon(lambda: not new.registrations.standby)
            assert owner_of(engine, "f") == "new"
            assert (await fetch(engine, "/a/1")).body == b"ours"
            await old.disconnect()
            assert (await fetch(engine, "/a/1")).body == b"ours"


async def test_handover_of_a_schedule(engine: Engine) -> None:
    """A cron job goes to the next owner with its function, under the same id."""
    job = m.RegisterTrigger(
        id="c", trigger_type="cron", function_id="f", config={"expression": "@daily"}
    )

    def scheduled() -> list[str | None]:
        return [one.owner.name for one in hub_of(engine).triggers.served if one.id == "c"]

    async with running(engine.url, serve, *FUNCTIONS, job, name="old") as old:
        await old.registered.wait()
        async with running(engine.url, serve, *FUNCTIONS, job, name="new") as new:
            await new.registered.wait()
            assert scheduled() == ["old"]
            await old.retire(1)
            async with asyncio.timeout(WITHIN):
                await soon(lambda: scheduled() == ["new"])
            await old.disconnect()
            assert scheduled() == ["new"]
            assert new.registrations.refused == {}


TOPIC = m.RegisterTrigger(
    id="q",
    trigger_type="durable:subscriber",
    function_id="f",
    config={"topic": "orders", "queue_config": {"backoffDelayMs": 400}},
)


async def test_handover_of_a_queue(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is published while nobody owns the function is kept for the next owner."""
    slow = Patience(share=0, first=0.5, longest=0.5, grace=0)
    monkeypatch.setattr(registrations, "FUNCTIONS", slow)
    got: list[bytes] = []

    async def note(message: m.InvokeFunction) -> None:
        got.append(bytes(message.data))

    async with (
        running(engine.url, serve, *FUNCTIONS, TOPIC, name="old") as old,
        RawWorker(engine, "publisher") as publisher,
    ):

        async def publish(data: int) -> None:
            await publisher.result("iii::durable::publish", {"topic": "orders", "data": data})

        await old.registered.wait()
        async with running(engine.url, note, *FUNCTIONS, TOPIC, name="new") as new:
            await new.registered.wait()
            leaving = asyncio.create_task(old.retire(5))
            await soon(lambda: owner_of(engine, "f") is None)
            await publish(7)
            await leaving
            await old.disconnect()
            assert owner_of(engine, "f") == "new"
            await publish(8)
            await soon(lambda: len(got) == 2)

    assert sorted(got) == [b"7", b"8"]


async def test_handover_of_a_queue_and_much_else(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is lost either where the next owner has many functions to ask for first."""
    apply = engine_registrations.apply

    async def slowly(hub: Hub, worker: EngineWorker, message: m.Message) -> None:
        if isinstance(message, m.RegisterFunction | m.RegisterTrigger):
            await asyncio.sleep(0.005)
        await apply(hub, worker, message)

    got: set[int] = set()

    async def note(message: m.InvokeFunction) -> None:
        got.add(int(bytes(message.data)))

    more = [m.RegisterFunction(id=f"g::{number}") for number in range(80)]
    many: list[m.Message] = [*FUNCTIONS, *more, TOPIC]
    async with (
        running(engine.url, note, *many, name="old") as old,
        RawWorker(engine, "publisher") as publisher,
    ):
        await old.registered.wait()
        async with running(engine.url, note, *many, name="new") as new:
            await new.registered.wait()
            monkeypatch.setattr(engine_registrations, "apply", slowly)
            leaving = asyncio.create_task(leave(old))
            sent = 0
            while not leaving.done() or new.registrations.standby:
                order = {"topic": "orders", "data": sent}
                await publisher.result("iii::durable::publish", order)
                sent += 1
                await asyncio.sleep(0.01)
            await soon(lambda: got == set(range(sent)))


async def leave(worker: Worker) -> None:
    """Let a worker go."""
    await worker.retire(20)
    await worker.disconnect()


async def test_a_queue_that_nobody_can_take_over(engine: Engine) -> None:
    """An owner that is alone waits for nobody."""
    async with running(engine.url, serve, *FUNCTIONS, TOPIC) as worker:
        await worker.registered.wait()
        started = time.monotonic()
        await worker.retire(5)

    assert time.monotonic() - started < 1


async def test_a_queue_that_nobody_takes_over(engine: Engine) -> None:
    """The owner waits for one who may stand by, and no longer than such a one would."""
    async with (
        running(engine.url, serve, *FUNCTIONS, TOPIC) as worker,
        RawWorker(engine, "other", runtime="python") as other,
    ):
        await worker.registered.wait()
        await other.settle()
        started = time.monotonic()
        await worker.retire(5)

    assert 1 < time.monotonic() - started < 4


async def test_the_second_leaves(engine: Engine) -> None:
    """When the one that stands by goes, the owner's routes stay as they are."""
    async with running(engine.url, serve, *FUNCTIONS, trigger(), name="first") as first:
        await first.registered.wait()
        async with running(engine.url, serve, *FUNCTIONS, trigger(), name="second") as second:
            await second.registered.wait()

        await soon(lambda: len(hub_of(engine).registry.workers) == 1)
        assert (await fetch(engine, "/a/1")).body == b"ours"


async def test_leaving_what_is_not_ours(engine: Engine) -> None:
    """A worker that stands by leaves the functions of the owner alone."""
    async with RawWorker(engine, "owner") as owner:
        await owner.offer("f")
        async with running(engine.url, serve, *FUNCTIONS) as worker:
            await worker.registered.wait()
        await owner.settle()

        assert owner_of(engine, "f") == "owner"


async def test_refused_trigger(engine: Engine, caplog: pytest.LogCaptureFixture) -> None:
    """A trigger that the engine refuses is a warning with its words, and all else is served."""
    caplog.set_level(logging.INFO, "iii_asgi")
    async with RawWorker(engine, "other") as other:
        await other.offer("h")
        assert await other.bind("/a/:y", function_id="h", id="theirs") is None
        async with running(engine.url, serve, *FUNCTIONS, trigger(), trigger("t2", "/b")) as worker:
            await worker.registered.wait()
            await soon(lambda: bool(worker.registrations.refused))
            assert list(worker.registrations.refused) == ["t1"]
            assert (await fetch(engine, "/b")).body == b"ours"

            await other.send("unregistertrigger", id="theirs", trigger_type="http")
            await soon(lambda: not worker.registrations.refused)
            assert (await fetch(engine, "/a/1")).body == b"ours"

    messages = [record.getMessage() for record in caplog.records]
    refusals = [one for one in messages if one.startswith("The engine refused trigger GET /a/:x")]
    assert len(refusals) == 1
    assert messages.count("Ours now: trigger GET /a/:x of f") == 1


# -- an engine that answers as it likes --------------------------------------------------


async def refuse_late(peer: Peer) -> None:
    """Answer the round trips first, refuse the trigger later."""
    error = {"code": "X", "message": "too late"}
    refusal = {"id": "t1", "trigger_type": "http", "function_id": "f", "error": error}

    async def refuse() -> None:
        for number in count(1):
            await peer.times(number, "registertrigger")
            await asyncio.sleep(0.01)
            await peer.send("triggerregistrationresult", **refusal)

    async with asyncio.TaskGroup() as tasks:
        refusing = tasks.create_task(refuse())
        await peer.welcome()
        refusing.cancel()


async def test_slow_refusal(caplog: pytest.LogCaptureFixture) -> None:
    """A refusal that comes after a while counts: the trigger is asked for less and less often."""
    async with (
        open_place(refuse_late) as place,
        running(place.url, nothing, *FUNCTIONS, trigger()) as worker,
    ):
        await worker.registered.wait()
        peer = await place.peer()
        began = time.monotonic()
        await soon(lambda: len(peer.received("registertrigger")) >= 3)
        await asyncio.sleep(0.5)
        asked = len(peer.received("registertrigger"))
        waited = time.monotonic() - began
        assert worker.registrations.refused == {"t1": "too late"}

    assert asked <= 3 + waited / QUICK.grace
    assert len([one for one in caplog.records if "too late" in one.getMessage()]) == 1


async def test_observer_refused(caplog: pytest.LogCaptureFixture) -> None:
    """A refused observer is a warning as well."""
    observe = m.Observe(
        id="o1",
        source=m.ObserveSource(function_id="http::on-request", args={"path": "/a"}),
        target=m.ObserveTarget(function_id="f"),
    )
    async with (
        open_place() as place,
        running(place.url, nothing, *FUNCTIONS, observe) as worker,
    ):
        await worker.registered.wait()
        error = {"code": "HTTP_ROUTE_CONFLICT", "message": "taken"}
        await (await place.peer()).send("observeresult", id="o1", state="failed", error=error)
        await soon(lambda: bool(worker.registrations.refused))

    assert "The engine refused trigger {'path': '/a'} of f: taken" in caplog.text


async def test_words_on_others(caplog: pytest.LogCaptureFixture) -> None:
    """What the engine says of things that nobody registered changes nothing."""
    async with open_place() as place, running(place.url) as worker:
        await worker.registered.wait()
        peer = await place.peer()
        error = {"code": "X", "message": "no"}
        await peer.send("registrationrejected", code="ODD")
        await peer.send("registrationrejected", code="ODD", function_id="not::ours")
        trigger_result = {"id": "t9", "trigger_type": "http", "function_id": "f"}
        await peer.send("triggerregistrationresult", **trigger_result)
        await peer.send("triggerregistrationresult", **trigger_result, error=error)
        await peer.send("observeresult", id="o9", state="active")
        await peer.settle()

        assert (worker.registrations.standby, worker.registrations.refused) == ({}, {})

    assert caplog.text.count("The engine rejected a registration: ODD") == 2


async def test_rejected_without_owner(caplog: pytest.LogCaptureFixture) -> None:
    """A rejection that does not name the owner is understood."""
    async with open_place() as place, running(place.url) as worker:
        await worker.registered.wait()
        rejection = {"code": "FUNCTION_NAMESPACE_CONFLICT", "function_id": "f"}
        await (await place.peer()).send("registrationrejected", **rejection)
        await soon(lambda: "Standing by for worker unknown, which owns f" in caplog.text)
        await soon(lambda: not worker.registrations.standby)


async def test_lost_while_standing_by() -> None:
    """The waiting ends with the connection, and begins anew on the next one."""

    async def script(peer: Peer) -> None:
        await peer.send("registrationrejected", **REJECTION)
        await peer.welcome(answers=False)

    async def answer(peer: Peer) -> None:
        call = await peer.one("invokefunction", function_id="engine::workers::list")
        await peer.send("registrationrejected", **REJECTION)
        await peer.answer(call, {})

    async with open_place(script) as place, running(place.url) as worker:
        for number in range(2):
            peer = await place.peer(number)
            await answer(peer)
            await worker.registered.wait()
            # It asks again, and gets no answer any more.
            await peer.times(2, "registerfunction")
            peer.drop()


async def test_slow_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine that is slow to answer while a worker stands by is asked again."""

    async def script(peer: Peer) -> None:
        await peer.send("registrationrejected", **REJECTION)
        await peer.welcome(answers=False)

    async with open_place(script) as place, running(place.url) as worker:
        peer = await place.peer()
        call = await peer.one("invokefunction", function_id="engine::workers::list")
        await peer.answer(call, {})
        await worker.registered.wait()
        await peer.send("registrationrejected", **REJECTION)
        monkeypatch.setattr(registrations, "ROUND_TRIP_TIMEOUT", 0.02)
        await soon(lambda: len(peer.received("registerfunction")) > 3)

        assert worker.registrations.standby == {"f": "o"}


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"api_path": "/a", "http_method": "PUT"}, "trigger PUT /a of f"),
        ({"expression": "* * * * * *"}, "trigger cron of f"),
        ("odd", "trigger cron of f"),
    ],
)
def test_describe(config: object, words: str) -> None:
    """A trigger is described by its route, where it has one."""
    binding = m.RegisterTrigger(id="t", trigger_type="cron", function_id="f", config=config)
    assert describe(binding) == words


def test_pauses() -> None:
    """Whoever stands by asks often at first, and never less than once a second."""
    assert [registrations.FUNCTIONS.pause(waited) for waited in (0, 1, 10, 3600)] == [
        0.001,
        0.02,
        0.2,
        1.0,
    ]
