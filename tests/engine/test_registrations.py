"""Registering functions and triggers, and how refusals reach the worker."""

from __future__ import annotations

from typing import Any

import pytest

from iii_asgi.engine import Engine
from tests.engine.helpers import RawWorker, fetch

pytestmark = pytest.mark.anyio


async def test_a_function_has_one_owner(engine: Engine, worker: RawWorker) -> None:
    """The second worker is refused that function only, and stays connected."""
    await worker.offer_result("f", "of the first")
    async with RawWorker(engine, "second") as second:
        await second.offer_result("f", "of the second")
        await second.offer_result("g", "too")

        assert second.received("registrationrejected") == [
            {
                "type": "registrationrejected",
                "code": "FUNCTION_NAMESPACE_CONFLICT",
                "namespace": "default",
                "function_id": "f",
                "owner_worker_id": worker.id,
            }
        ]
        assert await second.result("f") == "of the first"
        assert await worker.result("g") == "too"


async def test_an_owner_can_register_again(worker: RawWorker) -> None:
    """A repeated registration replaces the description."""
    await worker.offer("f", description="one")
    await worker.offer("f", description="two")

    detail = await worker.result("engine::functions::info", {"function_id": "f"})
    assert detail["description"] == "two"
    assert not worker.received("registrationrejected")


async def test_a_function_is_handed_over(engine: Engine, worker: RawWorker) -> None:
    """Unregistered, it is free for another; calls in flight are finished by the old owner."""
    await worker.offer("f")
    async with RawWorker(engine, "next") as successor, RawWorker(engine, "caller") as caller:
        await caller.send(
            "invokefunction",
            function_id="f",
            data=1,
            invocation_id="0e5b1a3c-58a2-4c5e-9e5c-0a4f3f1d2b11",
        )
        await caller.settle()
        await worker.send("unregisterfunction", id="f")
        await worker.settle()
        await successor.offer_result("f", "of the next")
        await worker.answer(worker.calls[0], result="of the old")
        await worker.settle()

        assert await caller.result("f") == "of the next"
        results = [frame["result"] for frame in caller.received("invocationresult")[1:]]
        assert results == ["of the old", "of the next"]


async def test_only_the_owner_unregisters(engine: Engine, worker: RawWorker) -> None:
    """Another worker's ``unregisterfunction`` changes nothing."""
    await worker.offer_result("f", "still here")
    async with RawWorker(engine, "other") as other:
        await other.send("unregisterfunction", id="f")
        await other.settle()

    assert await worker.result("f") == "still here"


@pytest.mark.parametrize(
    ("function_id", "fields", "reason"),
    [
        ("engine::mine", {}, "reserved"),
        ("engine::workers::list", {}, "reserved"),
        ("f", {"invocation": {"url": "http://127.0.0.1:9/"}}, "does not call URLs"),
    ],
)
async def test_what_the_engine_does_not_do_is_refused(
    worker: RawWorker,
    caplog: pytest.LogCaptureFixture,
    function_id: str,
    fields: dict[str, Any],
    reason: str,
) -> None:
    """Reserved ids and HTTP-invoked functions are refused; the log says why."""
    await worker.offer(function_id, **fields)

    (rejected,) = worker.received("registrationrejected")
    assert rejected["code"] == "FUNCTION_NAMESPACE_CONFLICT"
    assert rejected["function_id"] == function_id
    assert rejected["owner_worker_id"] == ""
    assert reason in caplog.text


async def test_a_null_invocation_is_none(worker: RawWorker) -> None:
    """A field that is null counts as left out."""
    await worker.offer("f", invocation=None, metadata=None, request_format=None, description=None)

    assert not worker.received("registrationrejected")


@pytest.mark.parametrize("field", ["namespace", "trigger_namespace"])
async def test_a_blank_namespace_is_refused(worker: RawWorker, field: str) -> None:
    """A namespace that is named and empty is an error, not `default`."""
    error = await worker.bind("/a", **{field: " "})

    assert error is not None
    assert error["code"] == "INVALID_NAMESPACE"
    assert field in error["message"]


@pytest.mark.parametrize("path", [None, 5])
async def test_an_http_trigger_needs_a_path(worker: RawWorker, path: Any) -> None:
    """Without ``api_path`` the trigger is refused."""
    error = await worker.bind(path)

    assert error is not None
    assert error["code"] == "trigger_registration_failed"
    assert "api_path" in error["message"]


@pytest.mark.parametrize("key", ["condition_function_id", "middleware_function_ids"])
async def test_unsupported_http_configuration_is_refused(worker: RawWorker, key: str) -> None:
    """What would change the answers is never silently left out."""
    error = await worker.bind("/a", config={key: ["f"]})

    assert error is not None
    assert f"does not support {key}" in error["message"]


async def test_empty_configuration_is_none(worker: RawWorker) -> None:
    """SDKs send the keys that they know, empty; and unknown keys are ignored."""
    config: Any = {"condition_function_id": None, "middleware_function_ids": [], "other": 1}

    assert await worker.bind("/a", config=config) is None


async def test_what_panics_the_real_engine_is_refused(engine: Engine, worker: RawWorker) -> None:
    """The worker gets an error that says so, and everything else goes on."""
    await worker.offer_result("f", {"body": "served"})
    assert await worker.bind("/users/:id") is None
    other_names = await worker.bind("/users/:user_id", "DELETE")
    odd_segment = await worker.bind("/a{b}c")

    assert other_names is not None
    assert "real engine's HTTP router panics" in other_names["message"]
    assert odd_segment is not None
    assert "real engine's HTTP router panics" in odd_segment["message"]
    assert (await fetch(engine, "/users/7")).json == "served"


async def test_services_and_later_messages_are_ignored(worker: RawWorker) -> None:
    """``registerservice`` groups nothing here; ``unregistertriggertype`` is of a later wire."""
    await worker.send("registerservice", id="s", name="S")
    await worker.send("registertriggertype", id="mine", description="d")
    await worker.send("unregistertriggertype", id="mine")
    await worker.settle()

    listed = await worker.result("engine::triggers::list", {"prefix": "mine"})
    assert [kind["id"] for kind in listed["triggers"]] == ["mine"]
