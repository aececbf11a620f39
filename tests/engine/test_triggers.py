"""Triggers that wait, and trigger types that workers provide."""

from __future__ import annotations

from typing import Any

import pytest

from iii_asgi.engine import Engine
from tests.engine.helpers import RawWorker, fetch, soon

pytestmark = pytest.mark.anyio


async def bind(worker: RawWorker, trigger_id: str, **fields: Any) -> None:
    """Register a trigger of the type ``mine``."""
    fields = {"trigger_type": "mine", "function_id": "f", "config": {"k": 1}} | fields
    await worker.send("registertrigger", id=trigger_id, **fields)
    await worker.settle()


async def provide(worker: RawWorker, kind: str = "mine") -> None:
    """Register a trigger type."""
    await worker.send("registertriggertype", id=kind, description="Mine")
    await worker.settle()


async def listed(worker: RawWorker) -> list[str]:
    """Return the ids of the triggers that somebody serves."""
    rows = await worker.result("engine::registered-triggers::list", {})
    return [row["id"] for row in rows["registered_triggers"]]


async def test_an_unknown_type_waits(worker: RawWorker, caplog: pytest.LogCaptureFixture) -> None:
    """The worker hears nothing, the log has a warning, the trigger is not listed."""
    before = len(worker.frames)
    await bind(worker, "t", trigger_type="log")

    assert [frame["type"] for frame in worker.frames[before:]] == ["pong"]
    assert "nothing provides the trigger type 'log'" in caplog.text
    assert await listed(worker) == []


async def test_a_provider_gets_what_waited_and_what_comes(
    engine: Engine, worker: RawWorker
) -> None:
    """Triggers are handed to the worker that provides their type."""
    await bind(worker, "early", metadata={"m": 1})
    async with RawWorker(engine, "provider") as provider:
        await provide(provider)
        await bind(worker, "late", config=None)
        await soon(lambda: len(provider.received("registertrigger")) == 2)

        assert provider.received("registertrigger") == [
            {
                "type": "registertrigger",
                "id": "early",
                "trigger_type": "mine",
                "function_id": "f",
                "config": {"k": 1},
                "metadata": {"m": 1},
            },
            {
                "type": "registertrigger",
                "id": "late",
                "trigger_type": "mine",
                "function_id": "f",
                "config": None,
            },
        ]
        assert await listed(worker) == ["early", "late"]


async def test_a_provider_is_told_of_the_end(engine: Engine, worker: RawWorker) -> None:
    """Unregistering, and the owner's departure, reach the provider."""
    async with RawWorker(engine, "provider") as provider:
        await provide(provider)
        async with RawWorker(engine, "owner") as owner:
            await bind(owner, "one")
            await bind(owner, "two")
            await owner.send("unregistertrigger", id="one", trigger_type="mine")
            await owner.send("unregistertrigger", id="unknown")
        await soon(lambda: len(provider.received("unregistertrigger")) == 2)

        assert [frame["id"] for frame in provider.received("unregistertrigger")] == ["one", "two"]


async def test_a_providers_refusal_reaches_the_owner(engine: Engine, worker: RawWorker) -> None:
    """The owner gets the error, and the trigger waits again; others cannot refuse."""
    async with RawWorker(engine, "provider") as provider:
        await provide(provider)
        await bind(worker, "t")
        refusal = {"trigger_type": "mine", "function_id": "f"}
        error = {"code": "c", "message": "m"}
        await worker.send("triggerregistrationresult", id="t", error=error, **refusal)
        await worker.settle()
        assert await listed(worker) == ["t"]

        await provider.send("triggerregistrationresult", id="t", **refusal)
        await provider.send("triggerregistrationresult", id="t", error=error, **refusal)
        await soon(lambda: bool(worker.received("triggerregistrationresult")))

        assert worker.received("triggerregistrationresult") == [
            {"type": "triggerregistrationresult", "id": "t", "error": error, **refusal}
        ]
        assert await listed(worker) == []


async def test_triggers_outlive_their_provider(engine: Engine, worker: RawWorker) -> None:
    """They wait when it leaves, and are handed to the next one."""
    async with RawWorker(engine, "provider") as provider:
        await provide(provider)
        await bind(worker, "t")
    async with RawWorker(engine, "next") as successor:
        await provide(successor)
        await soon(lambda: bool(successor.received("registertrigger")))

        assert await listed(worker) == ["t"]


async def test_a_provider_at_home_comes_first(engine: Engine, worker: RawWorker) -> None:
    """A type of one's own namespace is taken before that of `default`, however late it comes."""

    def ids(provider: RawWorker, kind: str) -> list[str]:
        return [frame["id"] for frame in provider.received(kind)]

    async with (
        RawWorker(engine, "common") as common,
        RawWorker(engine, "owner", namespace="n") as owner,
        RawWorker(engine, "home", namespace="n") as home,
    ):
        await provide(common)
        await bind(owner, "t", namespace="n")
        await bind(owner, "strict", trigger_namespace="elsewhere")
        await soon(lambda: ids(common, "registertrigger") == ["t"])
        assert common.received("registertrigger")[0]["namespace"] == "n"

        await provide(home)
        await soon(lambda: ids(home, "registertrigger") == ["t"])
        await soon(lambda: ids(common, "unregistertrigger") == ["t"])
        assert home.received("registertrigger")[0]["trigger_namespace"] == "n"


async def test_http_triggers_name_functions_that_need_not_exist(
    engine: Engine, worker: RawWorker
) -> None:
    """The trigger is accepted; a request is a 500 until the function is there."""
    assert await worker.bind("/f") is None
    missing = await fetch(engine, "/f")
    await worker.offer_result("f", {"body": "here"})

    assert missing.status == 500
    assert missing.json["error"]["code"] == "function_not_found"
    assert (await fetch(engine, "/f")).json == "here"


async def test_a_trigger_can_target_any_namespace(engine: Engine, worker: RawWorker) -> None:
    """The target's namespace is the message's, not the worker's; without one it is `default`."""
    async with RawWorker(engine, "other", namespace="n") as other:
        await other.offer_result("f", {"body": "of n"})
        await worker.bind("/n", namespace="n")
        await other.bind("/default")

        assert (await fetch(engine, "/n")).json == "of n"
        assert (await fetch(engine, "/default")).status == 500


async def test_metadata_comes_with_each_call(engine: Engine, worker: RawWorker) -> None:
    """The trigger's metadata is the call's: the way to know which one fired."""
    await worker.offer_result("f", {"body": "x"})
    await worker.bind("/a", metadata={"which": "a"})
    await worker.bind("/b")
    await fetch(engine, "/a")
    await fetch(engine, "/b")

    assert [call.get("metadata") for call in worker.calls] == [{"which": "a"}, None]


async def test_the_same_trigger_from_two_workers(engine: Engine, worker: RawWorker) -> None:
    """With one id the route outlives the worker that registered it first."""
    await worker.offer_result("f", {"body": "x"})
    async with RawWorker(engine, "first") as first:
        await first.bind("/f", id="same")
        await worker.bind("/f", id="same")
    await worker.settle()

    assert (await fetch(engine, "/f")).status == 200


async def test_another_trigger_of_the_same_route_replaces_it(
    engine: Engine, worker: RawWorker
) -> None:
    """Silently, as on the engine; when it goes, the route is gone."""
    await worker.offer_result("f", {"body": "first"})
    await worker.offer_result("g", {"body": "second"})
    assert await worker.bind("/f", id="one") is None
    assert await worker.bind("/f", function_id="g", id="two") is None
    assert (await fetch(engine, "/f")).json == "second"

    await worker.send("unregistertrigger", id="two")
    await worker.settle()
    assert (await fetch(engine, "/f")).status == 404


async def test_a_function_of_the_engine_can_be_bound(engine: Engine, worker: RawWorker) -> None:
    """A trigger may fire any function; what is no answer is an empty object."""
    await worker.bind("/workers", function_id="engine::workers::list")

    assert (await fetch(engine, "/workers")).json == {}


async def test_a_worker_can_serve_a_type_of_the_engine(engine: Engine, worker: RawWorker) -> None:
    """It gets the triggers; when it leaves, the engine serves them again, or they wait."""
    await bind(worker, "t", trigger_type="state", config={"scope": "s"})
    await bind(worker, "wrong", trigger_type="state", config={"scope": 3})
    await worker.offer_result("f", None)
    async with RawWorker(engine, "provider") as provider:
        await provide(provider, "state")
        await bind(worker, "theirs", trigger_type="state", config={"scope": 3})
        await soon(lambda: len(provider.received("registertrigger")) == 2)
        await worker.result("state::set", {"scope": "s", "key": "k", "value": 1})

        assert await listed(worker) == ["t", "theirs"]
        assert not worker.calls
    await worker.result("state::set", {"scope": "s", "key": "k", "value": 2})
    await soon(lambda: len(worker.calls) == 1)

    assert await listed(worker) == ["t"]
