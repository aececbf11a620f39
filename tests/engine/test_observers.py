"""HTTP routes bound by observing, on the interface of 0.25."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from iii_asgi.engine import Engine
from tests.engine.helpers import Frame, RawWorker, fetch, soon

pytestmark = pytest.mark.anyio

SOURCE = "http::on-request"


@pytest.fixture
async def engine() -> AsyncIterator[Engine]:
    """An engine with observers, in place of the older one."""
    async with Engine(port=0, http_port=0, api="0.25") as engine:
        yield engine


async def observe(
    worker: RawWorker,
    args: Any,
    *,
    observer_id: str = "o",
    source: str = SOURCE,
    target: str = "f",
    **fields: Any,
) -> Frame:
    """Observe, and return the engine's word on it."""
    before = len(worker.received("observeresult"))
    await worker.send(
        "observe",
        id=observer_id,
        source={"function_id": source, "args": args} | fields.pop("options", {}),
        target={"function_id": target},
        **fields,
    )
    await soon(lambda: len(worker.received("observeresult")) > before)
    return worker.received("observeresult")[-1]


async def test_the_engine_announces_it(engine: Engine, worker: RawWorker) -> None:
    """The greeting has the feature, the lists have the function, which cannot be called."""
    listed = await worker.result("engine::functions::list", {"worker": "iii-http"})

    assert worker.greeting["features"] == ["observe.v1"]
    assert [row["function_id"] for row in listed["functions"]] == [SOURCE]
    assert (await worker.call(SOURCE, {}))["error"]["code"] == "function_not_invokable"


async def test_a_route_is_bound_and_taken_back(engine: Engine, worker: RawWorker) -> None:
    """An observer is a route like one of a trigger."""
    await worker.offer_result("f", {"body": "seen"})
    result = await observe(worker, {"method": "GET", "path": "/f/:x"}, metadata={"m": 1})
    answer = await fetch(engine, "/f/1")
    await worker.send("unobserve", id="o")
    await worker.settle()

    assert result == {"type": "observeresult", "id": "o", "state": "active", "warnings": []}
    assert answer.json == "seen"
    assert worker.calls[0]["metadata"] == {"m": 1}
    assert (await fetch(engine, "/f/1")).status == 404


async def test_a_target_that_is_not_there_is_a_warning(worker: RawWorker) -> None:
    """The function may come later."""
    result = await observe(worker, {"path": "/f"})

    assert result["state"] == "active"
    assert "not registered yet" in result["warnings"][0]


async def test_an_observer_goes_with_its_worker(engine: Engine, worker: RawWorker) -> None:
    """The route is gone when the worker that observed leaves."""
    await worker.offer_result("f", {"body": "seen"})
    async with RawWorker(engine, "observer") as observer:
        await observe(observer, {"path": "/f"})
        assert (await fetch(engine, "/f")).status == 200
    await worker.settle()

    assert (await fetch(engine, "/f")).status == 404


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"args": {"path": "/users/:user_id"}}, "HTTP_ROUTE_CONFLICT"),
        ({"args": {"path": "/users/:user_id", "method": "PUT"}}, "HTTP_ROUTE_CONFLICT"),
        ({"args": {"path": "/*"}}, "INVALID_ARGS"),
        ({"args": {"path": "/a", "method": "TRACE"}}, "INVALID_ARGS"),
        ({"args": {"path": "/a", "middleware_function_ids": ["m"]}}, "INVALID_ARGS"),
        ({"args": {"path": "/a", "host": "x"}}, "INVALID_ARGS"),
        ({"args": {"method": "GET"}}, "INVALID_ARGS"),
        ({"args": None}, "INVALID_ARGS"),
        ({"args": {}, "source": "users::create"}, "UNSUPPORTED"),
        ({"args": {"path": "/a"}, "options": {"filters": {"a": 1}}}, "UNSUPPORTED"),
        ({"args": {"path": "/a"}, "max_fires": 1}, "UNSUPPORTED"),
    ],
)
async def test_what_cannot_be_observed_is_refused(
    worker: RawWorker, fields: dict[str, Any], code: str
) -> None:
    """Nothing is left out silently: the state is an error with a code."""
    await observe(worker, {"path": "/users/:id"})
    result = await observe(worker, **fields, observer_id="second")

    assert result["state"] == "error"
    assert result["error"]["code"] == code


async def test_triggers_still_work(engine: Engine, worker: RawWorker) -> None:
    """Engines of 0.25 have both ways."""
    await worker.offer_result("f", {"body": "seen"})
    await worker.bind("/f")

    assert (await fetch(engine, "/f")).json == "seen"


async def test_the_older_engine_ignores_it() -> None:
    """On the interface of 0.23 an observer is nothing, and nobody says so."""
    async with Engine(port=0, http_port=0) as engine, RawWorker(engine) as worker:
        await worker.send(
            "observe", id="o", source={"function_id": SOURCE}, target={"function_id": "f"}
        )
        await worker.send("unobserve", id="o")
        await worker.settle()

        assert not worker.received("observeresult")
