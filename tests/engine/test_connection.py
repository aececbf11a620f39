"""A worker's connection: greeting, frames, namespace, taking over, and the end."""

from __future__ import annotations

import json
import logging
from contextlib import suppress

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.version import version as websockets_version

from iii_asgi.engine import Engine, connection
from iii_asgi.engine.wire import is_uuid
from tests.engine.helpers import RawWorker, hub_of, soon

pytestmark = pytest.mark.anyio


async def test_the_engine_greets(worker: RawWorker) -> None:
    """The first frame gives the worker its id and the token to come back with."""
    assert worker.greeting["type"] == "workerregistered"
    assert is_uuid(worker.greeting["worker_id"])
    assert is_uuid(worker.greeting["reattach_token"])
    assert "features" not in worker.greeting


async def test_a_ping_is_answered(worker: RawWorker) -> None:
    """``ping`` → ``pong``."""
    await worker.settle()

    assert worker.frames[-1] == {"type": "pong"}


async def test_binary_frames_are_messages_too(worker: RawWorker) -> None:
    """A frame's kind does not matter; those of tracing are dropped."""
    before = len(worker.received("pong"))
    await worker.send_text(b'OTLP{"resourceSpans":[]}')
    await worker.send_text(b'{"type":"ping"}')

    await soon(lambda: len(worker.received("pong")) > before)


@pytest.mark.parametrize(
    "text",
    ["no json", "[]", "5", '{"no":"type"}', '{"type":"registerfunction"}', '{"type":"PING"}', " "],
)
async def test_bad_frames_do_not_end_the_connection(worker: RawWorker, text: str) -> None:
    """What cannot be read is dropped, and the worker goes on."""
    await worker.send_text(text)

    await worker.settle()


async def test_unknown_types_are_logged_once(
    worker: RawWorker, caplog: pytest.LogCaptureFixture
) -> None:
    """A message of a newer protocol is ignored, with one line in the log."""
    for _ in range(3):
        await worker.send_text('{"type":"fromthefuture","id":1}')
    await worker.settle()

    assert caplog.text.count("fromthefuture") == 1


async def test_a_message_of_the_engine_is_no_message_of_a_worker(
    worker: RawWorker, caplog: pytest.LogCaptureFixture
) -> None:
    """A worker cannot send what only the engine sends."""
    await worker.send("workerregistered", worker_id="x")
    await worker.settle()

    assert "is dropped" in caplog.text


@pytest.mark.skipif(
    int(websockets_version.split(".")[0]) < 16, reason="websockets < 16 cannot limit a frame"
)
async def test_a_frame_above_16_mib_ends_the_connection(engine: Engine) -> None:
    """One large frame closes the connection, with all that the worker registered."""
    async with RawWorker(engine, "large") as large:
        await large.offer("f")
        text = json.dumps({"type": "ping", "x": "x" * (16 * 2**20)})
        with suppress(ConnectionClosed, ConnectionError):
            await large.send_text(text)
        await large.closed.wait()
    await soon(lambda: large.id not in hub_of(engine).registry.workers)

    async with RawWorker(engine) as worker:
        assert (await worker.call("f"))["error"]["code"] == "function_not_found"


async def test_a_large_message_in_fragments_passes(worker: RawWorker) -> None:
    """Fragments of 1 MiB carry more than a frame may."""
    text = json.dumps({"type": "ping", "x": "x" * (20 * 2**20)})
    before = len(worker.received("pong"))
    await worker.send_text([text[at : at + 2**20] for at in range(0, len(text), 2**20)])

    await soon(lambda: len(worker.received("pong")) > before)


# -- namespaces ------------------------------------------------------------------------


async def test_registrations_wait_for_the_namespace(engine: Engine, worker: RawWorker) -> None:
    """What comes before the introduction is done after it, in its namespace and in order."""
    async with RawWorker(engine, None) as late:
        await late.offer("f")
        await late.offer("g")
        await late.send("unregisterfunction", id="g")
        assert (await worker.call("f"))["error"]["code"] == "function_not_found"

        await late.introduce(name="late", namespace="other")
        listed = await worker.result("engine::functions::list", {"worker": "late"})

    assert listed["functions"] == [
        {"function_id": "f", "namespace": "other", "worker_name": "late"}
    ]


async def test_a_silent_worker_has_the_default_namespace(
    engine: Engine, worker: RawWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a while registrations are done without an introduction, which then comes too late."""
    monkeypatch.setattr(connection, "NAMESPACE_GRACE", 0.05)
    async with RawWorker(engine, None) as silent:
        await silent.offer_result("f", "found")
        await soon(lambda: silent.id in _ids_with_namespace(engine))
        assert await worker.result("f") == "found"

        await silent.introduce(name="silent", namespace="other")
        assert await worker.result("f") == "found"
        listed = await worker.result("engine::workers::list", {"search": "silent"})

    assert listed["workers"][0]["namespace"] == "default"


def _ids_with_namespace(engine: Engine) -> list[str]:
    workers = hub_of(engine).registry.workers.values()
    return [worker.id for worker in workers if worker.namespace]


async def test_one_id_can_be_in_two_namespaces(engine: Engine, worker: RawWorker) -> None:
    """A call without namespace means `default`, whoever calls."""
    async with RawWorker(engine, "other", namespace="other") as other:
        await worker.offer_result("f", "of default")
        await other.offer_result("f", "of other")

        assert await other.result("f") == "of default"
        assert await worker.result("f", namespace="other") == "of other"


# -- coming back -----------------------------------------------------------------------


async def test_a_worker_takes_its_old_connection_over(engine: Engine) -> None:
    """With the token the old connection is retired before the next message is read."""
    async with RawWorker(engine, "same") as old, RawWorker(engine, None) as new:
        await old.offer("f")
        await new.send(
            "reattach",
            previous_worker_id=old.id,
            reattach_token=old.greeting["reattach_token"],
        )
        await new.introduce(name="same")
        await new.offer_result("f", "of the new one")

        assert await new.result("f") == "of the new one"
        assert not new.received("registrationrejected")
        await old.closed.wait()


@pytest.mark.parametrize("token", ["wrong", None])
async def test_without_the_token_nothing_is_taken_over(
    engine: Engine, worker: RawWorker, token: str | None
) -> None:
    """Worker ids are public, so an id alone does not evict anybody."""
    async with RawWorker(engine, "thief") as thief:
        await thief.send("reattach", previous_worker_id=worker.id, reattach_token=token)
        await thief.send("reattach", previous_worker_id="unknown", reattach_token="x")
        await thief.settle()

    await worker.settle()


# -- the end ---------------------------------------------------------------------------


async def test_a_worker_that_leaves_takes_everything_along(
    engine: Engine, worker: RawWorker
) -> None:
    """Functions, triggers and the name are free again."""
    async with RawWorker(engine, "leaving") as leaving:
        await leaving.offer("f")
        await leaving.bind("/f")
    await soon(lambda: leaving.id not in hub_of(engine).registry.workers)

    assert (await worker.result("engine::registered-triggers::list", {})) == {
        "registered_triggers": []
    }
    async with RawWorker(engine, "leaving") as again:
        await again.offer_result("f", "again")
        assert await worker.result("f") == "again"


async def test_a_bug_does_not_leave_a_caller_without_answer(
    engine: Engine, worker: RawWorker, caplog: pytest.LogCaptureFixture
) -> None:
    """When the engine itself fails, the caller is told and the log has the trace."""
    caplog.set_level(logging.ERROR)
    del hub_of(engine).registry  # what a bug may do

    assert (await worker.call("f"))["error"]["code"] == "internal_error"
    assert "AttributeError" in caplog.text
