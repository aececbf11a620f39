"""The engine's own functions, called as workers call them."""

from __future__ import annotations

from typing import Any

import pytest

from iii_asgi.engine import Engine
from tests.engine.helpers import RawWorker, channel, soon

pytestmark = pytest.mark.anyio


async def code_of(worker: RawWorker, function_id: str, data: Any) -> str:
    """Return the error code of a call."""
    return str((await worker.call(function_id, data))["error"]["code"])


# -- introducing -----------------------------------------------------------------------


async def test_an_introduction_is_confirmed(engine: Engine) -> None:
    """A worker that tells who it is gets ``success``, and is listed with what it told."""
    async with RawWorker(engine, None) as worker:
        answer = await worker.introduce(
            name="shop",
            runtime="python",
            version="1.2",
            os="Linux",
            pid=7,
            description=" sells\u202e things\n",
            telemetry={"language": "en"},
            features=["observe.v1"],
        )
        detail = await worker.result("engine::workers::info", {"name": "shop"})

    assert answer["result"] == {"success": True}
    assert detail["worker"].pop("connected_at_ms") > 0
    assert detail["worker"] == {
        "id": worker.id,
        "name": "shop",
        "namespace": "default",
        "runtime": "python",
        "version": "1.2",
        "os": "Linux",
        "pid": 7,
        "description": "sells things",
        "isolation": None,
        "ip_address": "127.0.0.1",
        "status": "connected",
        "function_count": 0,
        "active_invocations": 0,
        "internal": False,
    }


async def test_a_name_is_taken_once_in_a_namespace(engine: Engine, worker: RawWorker) -> None:
    """The second of a name is refused whole and its connection closed."""
    async with RawWorker(engine, None) as second:
        await second.send(
            "invokefunction",
            function_id="engine::workers::register",
            data={"name": "worker", "runtime": "x"},
            action={"type": "void"},
        )
        await second.closed.wait()

        assert second.received("registrationrejected") == [
            {
                "type": "registrationrejected",
                "code": "WORKER_NAMESPACE_CONFLICT",
                "namespace": "default",
                "worker_name": "worker",
                "owner_worker_id": worker.id,
            }
        ]
    async with RawWorker(engine, "worker", namespace="other") as third:
        await third.settle()


async def test_a_blank_namespace_is_refused(engine: Engine) -> None:
    """An empty namespace is an error; the worker can try again."""
    async with RawWorker(engine, None) as worker:
        refused = await worker.introduce(name="n", namespace=" ")
        accepted = await worker.introduce(name="n", namespace="real")

    assert refused["error"]["code"] == "INVALID_NAMESPACE"
    assert accepted["result"] == {"success": True}


async def test_a_name_is_not_required(engine: Engine) -> None:
    """Workers without a name collide with nobody."""
    async with RawWorker(engine, None) as one, RawWorker(engine, None) as two:
        for worker in (one, two):
            assert (await worker.introduce(name=None))["result"] == {"success": True}


# -- functions -------------------------------------------------------------------------


@pytest.fixture
async def shop(worker: RawWorker) -> RawWorker:
    """A worker with a few functions and a trigger."""
    await worker.offer("users::list", description="All users", metadata={"x": 1})
    await worker.offer("users::get", request_format={"type": "object"}, response_format={})
    await worker.offer("docs::page", description="About users", metadata={"internal": True})
    await worker.bind("/users", function_id="users::list", id="t1")
    return worker


async def ids(worker: RawWorker, /, **wanted: Any) -> list[str]:
    """Return the ids that ``engine::functions::list`` gives."""
    rows = await worker.result("engine::functions::list", wanted)
    return [row["function_id"] for row in rows["functions"]]


async def test_functions_are_listed_by_id(shop: RawWorker) -> None:
    """The engine's own and internal ones only when asked for."""
    rows = await shop.result("engine::functions::list", {"worker": "worker"})

    assert rows["functions"] == [
        {"function_id": "users::get", "namespace": "default", "worker_name": "worker"},
        {
            "function_id": "users::list",
            "namespace": "default",
            "worker_name": "worker",
            "description": "All users",
            "metadata": {"x": 1},
        },
    ]
    assert await ids(shop) == [
        "iii::durable::publish",
        "state::delete",
        "state::get",
        "state::list",
        "state::list_groups",
        "state::set",
        "state::update",
        "users::get",
        "users::list",
    ]
    everything = await ids(shop, include_internal=True)
    assert "docs::page" in everything
    assert "engine::workers::register" in everything


async def test_functions_are_filtered(shop: RawWorker) -> None:
    """By prefix, by worker, and by search: hits of the id before those of the description."""
    assert await ids(shop, prefix="users::g") == ["users::get"]
    assert await ids(shop, worker="nobody") == []
    assert await ids(shop, workers=["worker", "nobody"]) == ["users::get", "users::list"]
    assert await ids(shop, search="LIST", prefix="users") == ["users::list"]
    assert await ids(shop, search="users", include_internal=True) == [
        "users::get",
        "users::list",
        "docs::page",
    ]


async def test_a_function_is_described(shop: RawWorker) -> None:
    """With schemas and triggers; what is not set is left out."""
    detail = await shop.result("engine::functions::info", {"function_id": "users::get"})
    assert detail == {
        "function_id": "users::get",
        "namespace": "default",
        "worker_name": "worker",
        "request_schema": {"type": "object"},
        "response_schema": {},
        "registered_triggers": [],
    }

    detail = await shop.result("engine::functions::info", {"function_id": "users::list"})
    assert detail["registered_triggers"] == [
        {
            "id": "t1",
            "trigger_type": "http",
            "config": {"api_path": "/users", "http_method": "GET"},
        }
    ]


async def test_several_functions_are_described_at_once(shop: RawWorker) -> None:
    """One that is not there is marked, and does not fail the rest."""
    batch = await shop.result(
        "engine::functions::info", {"function_ids": ["users::get", "no::such", "users::get"]}
    )

    assert [entry["function_id"] for entry in batch["functions"]] == ["users::get", "no::such"]
    assert batch["functions"][1] == {"function_id": "no::such", "error": "not_found"}


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"function_id": "a", "function_ids": ["b"]},
        {"function_ids": []},
        {"function_ids": [str(n) for n in range(33)]},
    ],
)
async def test_info_wants_one_form_of_ids(worker: RawWorker, data: Any) -> None:
    """One id, or 1 to 32 of them."""
    assert await code_of(worker, "engine::functions::info", data) == "INVALID_ARGUMENTS"


async def test_an_id_of_several_namespaces_must_be_told_apart(
    engine: Engine, worker: RawWorker
) -> None:
    """`default` wins, an only one is found, several are an error that names them."""
    info = "engine::functions::info"
    async with (
        RawWorker(engine, "a", namespace="a") as a,
        RawWorker(engine, "b", namespace="b") as b,
    ):
        await a.offer("only")
        for owner in (a, b):
            await owner.offer("f")

        assert (await worker.result(info, {"function_id": "only"}))["namespace"] == "a"
        error = (await worker.call(info, {"function_id": "f"}))["error"]
        assert error["code"] == "NOT_FOUND"
        assert "a, b" in error["message"]
        found = await worker.result(info, {"function_id": "f", "namespace": "b"})
        assert found["worker_name"] == "b"
        await worker.offer("f")
        assert (await worker.result(info, {"function_id": "f"}))["namespace"] == "default"


async def test_a_function_of_a_nameless_worker_has_its_service(engine: Engine) -> None:
    """Without a name the part before ``::`` stands for the worker."""
    async with RawWorker(engine, None) as worker:
        await worker.introduce(name=None)
        await worker.offer("users::get")
        detail = await worker.result("engine::functions::info", {"function_id": "users::get"})

    assert detail["worker_name"] == "users"


# -- workers ---------------------------------------------------------------------------


async def test_workers_are_listed(engine: Engine, worker: RawWorker) -> None:
    """The engine's own parts stand beside connected workers; who told no pid is not there."""
    async with RawWorker(engine, "quiet", pid=None):
        rows = (await worker.result("engine::workers::list", {}))["workers"]

    assert [row["name"] for row in rows] == [
        "iii-cron",
        "iii-engine-functions",
        "iii-http",
        "iii-queue",
        "iii-state",
        "worker",
    ]
    assert {row["runtime"] for row in rows} == {"engine", "test"}


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        ({"runtime": "test"}, ["worker"]),
        ({"status": "connected"}, ["worker"]),
        ({"search": "WORK"}, ["worker"]),
        ({"search": "nobody"}, []),
    ],
)
async def test_workers_are_filtered(worker: RawWorker, wanted: Any, names: list[str]) -> None:
    """By runtime, status and name."""
    rows = (await worker.result("engine::workers::list", wanted))["workers"]

    assert [row["name"] for row in rows] == names


async def test_calls_in_flight_are_counted(engine: Engine, worker: RawWorker) -> None:
    """For the worker that calls, and for the one that serves."""
    await worker.offer("f")
    async with RawWorker(engine, "caller") as caller:
        await caller.send(
            "invokefunction",
            function_id="f",
            data=None,
            invocation_id="0e5b1a3c-58a2-4c5e-9e5c-0a4f3f1d2b12",
        )
        await soon(lambda: bool(worker.calls))
        rows = (await worker.result("engine::workers::list", {"runtime": "test"}))["workers"]

    assert [(row["name"], row["active_invocations"]) for row in rows] == [
        ("caller", 1),
        ("worker", 1),
    ]


async def test_a_worker_is_described(shop: RawWorker) -> None:
    """With its functions, trigger types and triggers."""
    await shop.send("registertriggertype", id="mine", description="Mine")
    detail = await shop.result("engine::workers::info", {"name": "worker"})

    assert [row["function_id"] for row in detail["functions"]] == [
        "docs::page",
        "users::get",
        "users::list",
    ]
    assert [row["id"] for row in detail["trigger_types"]] == ["mine"]
    assert [row["id"] for row in detail["registered_triggers"]] == ["t1"]
    assert detail["worker"]["function_count"] == 3


async def test_the_engines_own_part_is_described(worker: RawWorker) -> None:
    """A real engine lists its functions under this name, so this one does."""
    detail = await worker.result("engine::workers::info", {"name": "iii-engine-functions"})

    assert detail["worker"]["internal"] is True
    assert "engine::functions::list" in [row["function_id"] for row in detail["functions"]]


async def test_a_worker_that_is_not_there_is_an_error(engine: Engine, worker: RawWorker) -> None:
    """The error names the namespaces that have one of that name."""
    info = "engine::workers::info"
    assert await code_of(worker, info, {"name": "nobody"}) == "NOT_FOUND"
    async with RawWorker(engine, "there", namespace="n"):
        assert (await worker.result(info, {"name": "there"}))["worker"]["namespace"] == "n"
        error = (await worker.call(info, {"name": "there", "namespace": "default"}))["error"]

    assert error["code"] == "NOT_FOUND"
    assert "namespace(s) n" in error["message"]


# -- triggers and channels -------------------------------------------------------------


async def test_trigger_types_are_listed(worker: RawWorker) -> None:
    """Each stands under the worker that a real engine names."""
    kinds = (await worker.result("engine::triggers::list", {}))["triggers"]

    assert [(kind["id"], kind["worker_name"], kind["namespace"]) for kind in kinds] == [
        ("cron", "iii-cron", "default"),
        ("durable:subscriber", "iii-queue", "default"),
        ("http", "iii-http", "default"),
        ("state", "iii-state", "default"),
    ]
    assert (await worker.result("engine::triggers::list", {"search": "no"})) == {"triggers": []}


async def test_triggers_are_listed(shop: RawWorker) -> None:
    """With their configuration, and a short form of it."""
    path = "/" + "x" * 100
    await shop.bind(path, function_id="no::such", id="t2")
    rows = (await shop.result("engine::registered-triggers::list", {}))["registered_triggers"]

    assert rows[0] == {
        "id": "t1",
        "trigger_type": "http",
        "function_id": "users::list",
        "worker_name": "worker",
        "config": {"api_path": "/users", "http_method": "GET"},
        "config_summary": '{"api_path":"/users","http_method":"GET"}',
    }
    assert rows[1]["worker_name"] == "no"
    assert rows[1]["config_summary"] == '{"api_path":"' + path[:67] + "…"


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        ({"trigger_type": "http"}, 1),
        ({"trigger_type": "cron"}, 0),
        ({"function_id": "users::list"}, 1),
        ({"function_id": "other"}, 0),
        ({"worker": "worker"}, 1),
        ({"worker": "other"}, 0),
        ({"search": "T1"}, 1),
    ],
)
async def test_triggers_are_filtered(shop: RawWorker, wanted: Any, count: int) -> None:
    """By type, function, worker and search."""
    rows = await shop.result("engine::registered-triggers::list", wanted)

    assert len(rows["registered_triggers"]) == count


async def test_a_channel_is_made(engine: Engine, worker: RawWorker) -> None:
    """Two references to one channel, which can be connected to."""
    ends = await worker.result("engine::channels::create", {"buffer_size": 4})
    writer, reader = await channel(engine, ends["writer"]), await channel(engine, ends["reader"])
    await writer.send(b"x")

    assert await reader.recv() == b"x"
    assert ends["writer"] == ends["reader"] | {"direction": "write"}
    await writer.close()
    await reader.close()


@pytest.mark.parametrize(
    ("function_id", "data"),
    [
        ("engine::channels::create", None),
        ("engine::channels::create", {"buffer_size": "x"}),
        ("engine::channels::create", {"buffer_size": -1}),
        ("engine::workers::info", {}),
        ("engine::functions::list", [1]),
    ],
)
async def test_wrong_arguments_are_an_error(worker: RawWorker, function_id: str, data: Any) -> None:
    """Arguments of the wrong shape are told, with the engine's code."""
    assert await code_of(worker, function_id, data) == "deserialization_error"
