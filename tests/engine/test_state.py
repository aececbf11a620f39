"""State on the engine: values, and the triggers that see them change."""

from __future__ import annotations

from typing import Any

import pytest

from tests.engine.helpers import RawWorker, soon

pytestmark = pytest.mark.anyio

PLACE = {"scope": "users", "key": "ada"}


async def watch(worker: RawWorker, config: Any, trigger_id: str = "t") -> None:
    """Register a state trigger for ``seen``."""
    await worker.send(
        "registertrigger",
        id=trigger_id,
        trigger_type="state",
        function_id="seen",
        config=config,
        metadata={"m": 1},
    )
    await worker.settle()


async def test_values(worker: RawWorker) -> None:
    """A value is set, got, listed and deleted; the answers have the old one."""
    assert await worker.result("state::get", PLACE) is None
    assert await worker.result("state::set", PLACE | {"value": {"n": 1.50}}) == {
        "old_value": None,
        "new_value": {"n": 1.5},
    }
    assert await worker.result("state::set", PLACE | {"data": None}) == {
        "old_value": {"n": 1.5},
        "new_value": None,
    }
    await worker.result("state::set", {"scope": "users", "key": "bob", "value": 2})
    assert await worker.result("state::list", {"scope": "users"}) == [None, 2]
    assert await worker.result("state::list_groups", {}) == {"groups": ["users"]}
    assert await worker.result("state::delete", {"scope": "users", "key": "bob"}) == 2
    assert await worker.result("state::delete", {"scope": "no", "key": "no"}) is None


async def test_changes_fire(worker: RawWorker) -> None:
    """A trigger gets each change of its scope and key, with the metadata of the trigger."""
    await worker.offer_result("seen", None)
    await watch(worker, PLACE)
    await worker.result("state::set", PLACE | {"value": 1})
    await worker.result("state::set", PLACE | {"value": 2})
    await worker.result("state::set", {"scope": "users", "key": "bob", "value": 1})
    await worker.result("state::delete", PLACE)
    await soon(lambda: len(worker.calls) == 3)

    events = [call["data"] for call in worker.calls]
    assert [event["event_type"] for event in events] == [
        "state:created",
        "state:updated",
        "state:deleted",
    ]
    assert events[1] == {
        "type": "state",
        "event_type": "state:updated",
        **PLACE,
        "old_value": 1,
        "new_value": 2,
    }
    assert worker.calls[0]["metadata"] == {"m": 1}


async def test_a_trigger_of_everything(worker: RawWorker, caplog: pytest.LogCaptureFixture) -> None:
    """Without scope and key a trigger sees all changes; a failure is in the log."""
    await watch(worker, {})
    await worker.result("state::set", PLACE | {"value": 1})
    await soon(lambda: "a state trigger of seen failed: function_not_found" in caplog.text)

    await worker.send("unregistertrigger", id="t", trigger_type="state")
    await worker.offer_result("seen", None)
    await worker.result("state::set", PLACE | {"value": 1})
    assert not worker.calls


async def test_a_wrong_trigger_is_refused(worker: RawWorker) -> None:
    """The worker is told what is wrong."""
    await watch(worker, {"scope": 3})

    refusal = worker.received("triggerregistrationresult")[0]["error"]
    assert refusal["message"] == "scope of a state trigger is a text"


@pytest.mark.parametrize(
    ("function_id", "data", "code"),
    [
        ("state::set", PLACE, "deserialization_error"),
        ("state::get", {"scope": "s"}, "deserialization_error"),
        ("state::update", PLACE | {"ops": []}, "UPDATE_ERROR"),
    ],
)
async def test_refused_calls(worker: RawWorker, function_id: str, data: Any, code: str) -> None:
    """What is missing, and what this engine does not do, is an error that says so."""
    assert (await worker.call(function_id, data))["error"]["code"] == code
