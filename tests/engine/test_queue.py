"""Topics and queues on the engine."""

from __future__ import annotations

import time
from typing import Any

import pytest
from msgspec import Raw

from iii_asgi.engine import Engine
from iii_asgi.engine.registry import Function
from iii_asgi.engine.wire import Outcome
from tests.engine.helpers import Frame, RawWorker, hub_of, soon

pytestmark = pytest.mark.anyio

PUBLISH = "iii::durable::publish"
QUICK = {"backoffDelayMs": 20}


async def subscribe(
    worker: RawWorker, trigger_id: str = "s", function_id: str = "job", **config: Any
) -> None:
    """Subscribe a function to the topic ``orders``."""
    config = {"topic": "orders", "queue_config": QUICK} | config
    await worker.send(
        "registertrigger",
        id=trigger_id,
        trigger_type="durable:subscriber",
        function_id=function_id,
        config=config,
        metadata={"m": 1},
    )
    await worker.settle()


async def publish(worker: RawWorker, data: Any, topic: str = "orders") -> None:
    """Publish a message."""
    assert await worker.result(PUBLISH, {"topic": topic, "data": data}) is None


async def offer_failing(worker: RawWorker, times: int) -> None:
    """Offer ``job``, which fails so many times."""

    async def answering(worker: RawWorker, call: Frame) -> None:
        if len(worker.calls) <= times:
            await worker.answer(call, error={"code": "c", "message": "not yet"})
        else:
            await worker.answer(call, result=None)

    await worker.offer("job", answering)


async def test_each_function_gets_a_message(engine: Engine, worker: RawWorker) -> None:
    """Two triggers of one function are one subscriber; metadata are lost, as they are really."""
    await worker.offer_result("job", None)
    await worker.offer_result("other", None)
    await subscribe(worker)
    await subscribe(worker, "again")
    await subscribe(worker, "o", "other")
    await publish(worker, {"id": 7})
    await publish(worker, [1], topic="nobody")
    await soon(lambda: len(worker.calls) == 2)
    await worker.settle()

    assert sorted(call["function_id"] for call in worker.calls) == ["job", "other"]
    assert [call["data"] for call in worker.calls] == [{"id": 7}, {"id": 7}]
    assert "metadata" not in worker.calls[0]


async def test_a_failed_job_is_tried_again(worker: RawWorker) -> None:
    """After a pause, and after twice that."""
    await offer_failing(worker, 2)
    await subscribe(worker)
    started = time.monotonic()
    await publish(worker, {"id": 7})
    await soon(lambda: len(worker.calls) == 3)

    assert [call["data"] for call in worker.calls] == [{"id": 7}] * 3
    assert time.monotonic() - started > 0.06


@pytest.mark.parametrize(("config", "attempts"), [({}, 3), ({"maxRetries": 1}, 2)])
async def test_a_job_is_given_up(
    worker: RawWorker, config: dict[str, int], attempts: int, caplog: pytest.LogCaptureFixture
) -> None:
    """After three attempts, or as many retries as the subscriber wants."""
    await offer_failing(worker, 99)
    await subscribe(worker, queue_config=QUICK | config)
    await publish(worker, 1)
    await soon(lambda: "given up" in caplog.text)

    assert len(worker.calls) == attempts
    assert f"job failed (c: not yet), attempt {attempts} of {attempts}: given up" in caplog.text


async def test_a_function_of_the_engine_that_breaks(
    engine: Engine, worker: RawWorker, caplog: pytest.LogCaptureFixture
) -> None:
    """The mistake is in the log, and the job is tried again like any other."""
    tries: list[Raw] = []

    async def broken(data: Raw) -> Outcome:
        tries.append(data)
        raise RuntimeError("s3cret")

    hub_of(engine).registry.register(Function(id="own::broken", handler=broken))
    await subscribe(worker, function_id="own::broken")
    await publish(worker, 1)
    await soon(lambda: "given up" in caplog.text)

    assert len(tries) == 3
    assert "RuntimeError: s3cret" in caplog.text


async def test_a_fifo_queue_keeps_the_order(worker: RawWorker) -> None:
    """A message waits until the one before has succeeded."""
    await offer_failing(worker, 1)
    await subscribe(worker, queue_config=QUICK | {"type": "fifo"})
    for number in range(3):
        await publish(worker, number)
    await soon(lambda: len(worker.calls) == 4)

    assert [call["data"] for call in worker.calls] == [0, 0, 1, 2]


async def test_messages_wait_for_their_subscriber(engine: Engine, worker: RawWorker) -> None:
    """What has failed is tried when the worker has come back."""
    async with RawWorker(engine, "first") as first:
        await offer_failing(first, 99)
        await subscribe(first, queue_config={"backoffDelayMs": 200})
        await publish(worker, {"id": 7})
        await soon(lambda: bool(first.calls))
    async with RawWorker(engine, "second") as second:
        await second.offer_result("job", None)
        await subscribe(second)
        await soon(lambda: bool(second.calls))

        assert second.calls[0]["data"] == {"id": 7}


async def test_a_subscriber_can_change_its_mind(worker: RawWorker) -> None:
    """A trigger that is registered again has its new configuration."""
    await offer_failing(worker, 99)
    await subscribe(worker)
    await subscribe(worker, queue_config=QUICK | {"maxRetries": 0})
    await publish(worker, 1)
    await soon(lambda: bool(worker.calls))
    await worker.settle()

    assert len(worker.calls) == 1


async def test_a_trigger_without_a_topic(
    worker: RawWorker, caplog: pytest.LogCaptureFixture
) -> None:
    """It is taken, as a real engine does, and the log says that it never fires."""
    await subscribe(worker, topic="")

    assert "names no topic" in caplog.text
    assert not worker.received("triggerregistrationresult")


@pytest.mark.parametrize(
    ("message", "code"),
    [({"topic": "", "data": 1}, "topic_not_set"), ({"data": 1}, "deserialization_error")],
)
async def test_a_message_without_a_topic(worker: RawWorker, message: Any, code: str) -> None:
    """Its publisher gets an error."""
    assert (await worker.call(PUBLISH, message))["error"]["code"] == code


async def test_an_enqueued_call_is_tried_again(
    worker: RawWorker, caplog: pytest.LogCaptureFixture
) -> None:
    """A named queue retries, too; that it must be known to a real engine is in the log."""
    await offer_failing(worker, 1)
    await worker.result("job", {"a": 1}, action={"type": "enqueue", "queue": "mails"})
    await soon(lambda: len(worker.calls) == 2)

    assert "'mails' must be configured on a real engine" in caplog.text
