"""Cron triggers on the engine."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from iii_asgi.engine import Engine
from tests.engine.helpers import Frame, RawWorker, soon

pytestmark = pytest.mark.anyio

EVERY_SECOND = {"expression": "* * * * * *"}


async def schedule(worker: RawWorker, config: Any = EVERY_SECOND, **fields: Any) -> str | None:
    """Register a cron trigger for ``job``; return the text of the refusal, if any."""
    fields = {"id": "c", "trigger_type": "cron", "function_id": "job"} | fields
    before = len(worker.received("triggerregistrationresult"))
    await worker.send("registertrigger", config=config, **fields)
    await worker.settle()
    refusals = worker.received("triggerregistrationresult")[before:]
    return refusals[0]["error"]["message"] if refusals else None


async def test_a_job_is_called_when_it_is_due(worker: RawWorker) -> None:
    """Once a second, with the times, and with the metadata of the trigger beside them."""
    await worker.offer_result("job", None)
    await schedule(worker, metadata={"m": 1})
    await soon(lambda: len(worker.calls) >= 2)

    first, second = worker.calls[0], worker.calls[1]
    assert first["metadata"] == {"m": 1}
    assert set(first["data"]) == {"trigger", "job_id", "scheduled_time", "actual_time"}
    assert (first["data"]["trigger"], first["data"]["job_id"]) == ("cron", "c")
    assert first["data"]["scheduled_time"] < second["data"]["scheduled_time"]


async def test_a_failure_is_logged(worker: RawWorker, caplog: pytest.LogCaptureFixture) -> None:
    """A job that fails, or is not there, is called again when it is due again."""

    async def fail(worker: RawWorker, call: Frame) -> None:
        await worker.answer(call, error={"code": "c", "message": "broken"})

    await schedule(worker, id="missing", function_id="nothing")
    await worker.offer("job", fail)
    await schedule(worker)
    await soon(lambda: len(worker.calls) >= 2)

    assert "the cron job job failed: c: broken" in caplog.text
    assert "the cron job nothing failed: function_not_found" in caplog.text


async def test_a_long_job_is_not_called_twice(worker: RawWorker) -> None:
    """While it runs, its times are left out."""
    await worker.offer("job")
    await schedule(worker)
    await soon(lambda: bool(worker.calls))
    await asyncio.sleep(1.2)

    assert len(worker.calls) == 1


async def test_an_unregistered_job_is_called_no_more(engine: Engine, worker: RawWorker) -> None:
    """Nor one whose worker has left; its id is free then."""
    await worker.offer_result("job", None)
    async with RawWorker(engine, "other") as other:
        await schedule(other)
        await schedule(other, id="d")
        await other.send("unregistertrigger", id="d", trigger_type="cron")
        await soon(lambda: bool(worker.calls))
    await worker.settle()
    count = len(worker.calls)
    await asyncio.sleep(1.2)

    assert len(worker.calls) == count
    assert await schedule(worker) is None


@pytest.mark.parametrize(
    ("config", "problem"),
    [
        (None, "expression is required"),
        ({}, "expression is required"),
        ({"expression": ""}, "expression is required"),
        ({"expression": "0 3 * * *"}, "six fields, seconds first"),
        ({**EVERY_SECOND, "condition_function_id": "f"}, "does not support condition_function_id"),
    ],
)
async def test_a_wrong_configuration_is_refused(
    worker: RawWorker, config: Any, problem: str
) -> None:
    """The worker is told what is wrong."""
    assert problem in (await schedule(worker, config) or "")


async def test_an_id_has_one_job(worker: RawWorker) -> None:
    """As on a real engine, a second job of the same id is refused, and the first one stays."""
    await worker.offer_result("job", None)
    await schedule(worker)

    assert "registered already" in (await schedule(worker, {"expression": "@daily"}) or "")
    await soon(lambda: bool(worker.calls))


async def test_a_job_that_is_never_due(worker: RawWorker, caplog: pytest.LogCaptureFixture) -> None:
    """The log says so."""
    await schedule(worker, {"expression": "0 0 0 31 2 *"})
    await soon(lambda: "never due again" in caplog.text)
