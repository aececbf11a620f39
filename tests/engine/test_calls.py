"""Calls between workers."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

import pytest

from iii_asgi.engine import Engine
from tests.engine.helpers import Frame, RawWorker, soon

pytestmark = pytest.mark.anyio

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


async def echo(worker: RawWorker, call: Frame) -> None:
    """Answer a call with its data."""
    await worker.answer(call, result=call["data"])


@pytest.mark.parametrize("data", [[1, "x"], "text", 5, None])
async def test_a_call_reaches_the_owner_and_comes_back(
    engine: Engine, worker: RawWorker, data: Any
) -> None:
    """The data arrives as sent, and the result goes to the caller."""
    await worker.offer("echo", echo)
    async with RawWorker(engine, "caller") as caller:
        answer = await caller.call("echo", data)

    assert worker.calls[-1]["data"] == data
    assert answer.get("result") == data
    assert answer["function_id"] == "echo"


async def test_a_call_without_data_is_an_error(engine: Engine, worker: RawWorker) -> None:
    """A call that a real engine would drop is answered with what is missing."""
    await worker.offer("echo", echo)
    async with RawWorker(engine, "caller") as caller:
        await caller.send("invokefunction", function_id="echo", invocation_id=str(uuid.uuid4()))
        await soon(lambda: any("error" in one for one in caller.received("invocationresult")))

    assert caller.received("invocationresult")[-1]["error"]["code"] == "missing_data"


async def test_an_object_gains_the_callers_id(engine: Engine, worker: RawWorker) -> None:
    """The caller cannot pretend to be another worker."""
    await worker.offer("echo", echo)
    async with RawWorker(engine, "caller") as caller:
        result = await caller.result("echo", {"a": 1, "_caller_worker_id": "forged"})

    assert result == {"_caller_worker_id": caller.id, "a": 1}


async def test_a_call_of_its_own_function_gains_the_id_too(worker: RawWorker) -> None:
    """A worker that calls itself through the engine is a caller like any other."""
    await worker.offer("echo", echo)

    assert await worker.result("echo", {"a": 1}) == {"_caller_worker_id": worker.id, "a": 1}


async def test_lost_the_spelling_of_data_and_result(engine: Engine, worker: RawWorker) -> None:
    """What passes the engine is re-written, on the way there and back."""
    await worker.offer("echo", echo)
    async with RawWorker(engine, "caller") as caller:
        await caller.send_text(
            '{"type":"invokefunction","function_id":"echo","invocation_id":'
            f'"{uuid.uuid4()}","data":[{{"b":1,"a":12345678901234567890123}}]}}'
        )
        await soon(lambda: bool(caller.received("invocationresult")))

    assert list(worker.calls[-1]["data"][0].items()) == [("a", 1.2345678901234568e22), ("b", 1)]


async def test_null_leaves_the_result_out(worker: RawWorker) -> None:
    """A null result is an answer without the field."""
    await worker.offer_result("f", None)

    assert worker.received("invocationresult")[-1].keys().isdisjoint({"error"})
    assert (await worker.call("f", {})).keys() == {"type", "invocation_id", "function_id"}


async def test_an_error_is_passed_on(worker: RawWorker) -> None:
    """Code and message reach the caller, and an error wins over a result."""

    async def fail(worker: RawWorker, call: Frame) -> None:
        await worker.answer(call, result=1, error={"code": "C", "message": "m"})

    await worker.offer("f", fail)

    assert (await worker.call("f"))["error"] == {"code": "C", "message": "m"}


async def test_the_first_answer_counts(worker: RawWorker) -> None:
    """A second answer, and one for an unknown id, change nothing."""

    async def answer_twice(worker: RawWorker, call: Frame) -> None:
        await worker.answer(call | {"invocation_id": str(uuid.uuid4())}, result="unknown")
        await worker.answer(call, result="first")
        await worker.answer(call, result="second")

    await worker.offer("f", answer_twice)

    assert await worker.result("f") == "first"
    await worker.settle()
    assert len(worker.received("invocationresult")) == 2  # the introduction's, and this one


async def test_trace_and_metadata_go_along(engine: Engine, worker: RawWorker) -> None:
    """The callee gets the trace with its own name; the caller gets back what it sent."""
    await worker.offer("echo", echo)
    async with RawWorker(engine, "caller") as caller:
        answer = await caller.call(
            "echo", {}, traceparent=PARENT, baggage="k=v", metadata={"b": 1, "a": 2}
        )

    call = worker.calls[-1]
    assert (call["traceparent"], call["baggage"]) == (PARENT, "k=v,iii.function.id=echo")
    assert list(call["metadata"].items()) == [("a", 2), ("b", 1)]
    assert (answer["traceparent"], answer["baggage"]) == (PARENT, "k=v")


async def test_a_void_call_has_no_answer(engine: Engine, worker: RawWorker) -> None:
    """The callee gets an invocation id all the same; the caller hears nothing, ever."""
    await worker.offer("echo", echo)
    async with RawWorker(engine, "caller") as caller:
        before = len(caller.frames)
        void = {"action": {"type": "void"}}
        await caller.send(
            "invokefunction", function_id="echo", data={}, invocation_id=str(uuid.uuid4()), **void
        )
        await caller.send("invokefunction", function_id="echo", data={}, **void)
        await caller.send("invokefunction", function_id="echo", data={})
        await caller.send("invokefunction", function_id="no::such", data={}, **void)
        await soon(lambda: len(worker.calls) == 3)
        await worker.settle()
        await caller.settle()

    assert all(call["invocation_id"] for call in worker.calls)
    assert [frame["type"] for frame in caller.frames[before:]] == ["pong"]


async def test_an_unknown_function_is_an_error(worker: RawWorker) -> None:
    """The error has the engine's code and says where the id exists."""

    async def code_and_message(function_id: str, **fields: Any) -> tuple[str, str]:
        error = (await worker.call(function_id, {}, **fields))["error"]
        return error["code"], error["message"]

    code, message = await code_and_message("no::such")
    assert code == "function_not_found"
    assert "no::such not found in namespace default" in message

    await worker.offer("f")
    code, message = await code_and_message("f", namespace="elsewhere")
    assert code == "function_not_found"
    assert "registered in namespace(s): default" in message

    code, message = await code_and_message("engine::state::get")
    assert code == "function_not_found"
    assert "embedded engine" in message


async def test_an_enqueued_call_is_made_later(worker: RawWorker) -> None:
    """The caller gets a receipt, and not the result; the function gets the data as they were."""
    await worker.offer("echo", echo)
    action = {"type": "enqueue", "queue": "default"}
    receipt = await worker.result("echo", {"a": 1}, action=action)
    await soon(lambda: bool(worker.calls))

    assert list(receipt) == ["messageReceiptId"]
    assert worker.calls[0]["data"] == {"a": 1}


async def test_a_queue_without_a_name_is_an_error(worker: RawWorker) -> None:
    """The engine says what it misses."""
    error = (await worker.call("echo", {}, action={"type": "enqueue"}))["error"]

    assert error["code"] == "enqueue_error"
    assert "queue" in error["message"]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"action": {"type": "weird"}}, "invalid_action"),
        ({"namespace": "  "}, "INVALID_NAMESPACE"),
        ({"invocation_id": "no-uuid"}, "invalid_invocation_id"),
    ],
)
async def test_calls_that_cannot_be_are_answered(
    worker: RawWorker, fields: dict[str, Any], code: str
) -> None:
    """A call that is wrong in itself is an error, not silence."""
    assert (await worker.call("f", {}, **fields))["error"]["code"] == code


async def test_data_that_cannot_be_passed_on_is_refused(worker: RawWorker) -> None:
    """A number beyond a double is JSON, but nothing that the engine can print."""
    await worker.offer("echo", echo)
    invocation_id = str(uuid.uuid4())
    await worker.send_text(
        '{"type":"invokefunction","function_id":"echo","data":1e400,'
        f'"invocation_id":"{invocation_id}"}}'
    )
    await soon(lambda: worker.received("invocationresult")[-1]["invocation_id"] == invocation_id)

    assert worker.received("invocationresult")[-1]["error"]["code"] == "invalid_data"


async def test_a_result_that_cannot_be_passed_on_is_an_error(worker: RawWorker) -> None:
    """The caller gets an answer even when the owner's is unusable."""

    async def answer_surrogate(worker: RawWorker, call: Frame) -> None:
        await worker.send_text(
            '{"type":"invocationresult","function_id":"f","result":1e400,'
            f'"invocation_id":"{call["invocation_id"]}"}}'
        )

    await worker.offer("f", answer_surrogate)

    assert (await worker.call("f"))["error"]["code"] == "invocation_error"


async def test_calls_are_stopped_when_the_owner_leaves(engine: Engine, worker: RawWorker) -> None:
    """The caller is told at once, and the function is gone."""
    async with RawWorker(engine, "owner") as owner:
        await owner.offer("f")
        answer = asyncio.create_task(worker.call("f"))
        await soon(lambda: bool(owner.calls))
        owner.abort()

        assert (await answer)["error"]["code"] == "invocation_stopped"
    assert (await worker.call("f"))["error"]["code"] == "function_not_found"


async def test_an_owner_outlives_its_callers(engine: Engine, worker: RawWorker) -> None:
    """An answer for a caller that has left goes nowhere, and the owner works on."""
    await worker.offer("f")
    async with RawWorker(engine, "caller") as caller:
        await caller.send(
            "invokefunction", function_id="f", data={}, invocation_id=str(uuid.uuid4())
        )
        await soon(lambda: bool(worker.calls))
        caller.abort()
        await caller.closed.wait()
    await worker.answer(worker.calls[0], result="late")
    await worker.settle()

    listed = await worker.result("engine::workers::list", {"search": "worker"})
    assert listed["workers"][0]["active_invocations"] == 0


async def test_a_slow_worker_holds_up_only_its_callers(engine: Engine, worker: RawWorker) -> None:
    """While one worker does not read, others are served."""
    await worker.offer("echo", echo)
    async with RawWorker(engine, "slow") as slow, RawWorker(engine, "caller") as caller:
        await slow.offer("f")
        slow.pause()
        for _ in range(20):
            await caller.send(
                "invokefunction",
                function_id="f",
                data="x" * 2**20,
                invocation_id=str(uuid.uuid4()),
            )

        assert await caller.result("echo", "still") == "still"
        slow.abort()


async def test_two_calls_cannot_share_an_id(engine: Engine, worker: RawWorker) -> None:
    """A second call with an id that is in flight is refused; the first is answered."""
    await worker.offer("f")
    invocation_id = str(uuid.uuid4())
    async with RawWorker(engine, "one") as one, RawWorker(engine, "two") as two:
        first = asyncio.create_task(one.call("f", 1, invocation_id=invocation_id))
        await soon(lambda: bool(worker.calls))
        second = await two.call("f", 2, invocation_id=invocation_id)
        await worker.answer(worker.calls[0], result="first")

        assert second["error"]["code"] == "invocation_error"
        assert (await first)["result"] == "first"
