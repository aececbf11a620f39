"""What a catalogue becomes on one engine."""

from __future__ import annotations

from typing import Any

import pytest

from iii_asgi.catalogue.model import Catalogue, EventTrigger, Function
from iii_asgi.errors import InvocationError
from iii_asgi.protocol import messages as m
from iii_asgi.worker import offer

pytestmark = pytest.mark.anyio

GREETING = m.WorkerRegistered(worker_id="w")


def catalogue(*kinds: str) -> Catalogue:
    """Return a catalogue of one function with triggers."""
    events = tuple(EventTrigger(kind, f"jobs::run::{kind}", kind, {}) for kind in kinds)
    function = Function(id="jobs::run", kind="route", methods=("GET",), path="/jobs", events=events)
    return Catalogue((function,))


@pytest.mark.parametrize(
    ("answer", "waiting"),
    [
        ({"triggers": [{"id": "cron"}, {"id": "http"}, "odd"]}, ["log"]),
        ({"triggers": []}, ["cron", "log"]),
        (InvocationError("function_not_found", "no such function"), []),
    ],
)
async def test_triggers_that_wait(
    answer: Any, waiting: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    """A trigger whose type nothing provides is a warning, where the engine tells its types."""

    async def call(function_id: str, data: Any, **options: Any) -> Any:
        if isinstance(answer, Exception):
            raise answer
        return answer

    messages = await offer.registrations(catalogue("cron", "log"), "default", GREETING, call)

    assert [type(one) for one in messages[-2:]] == [m.RegisterTrigger] * 2
    assert [record.getMessage() for record in caplog.records] == [
        f"The trigger {kind} of jobs::run waits: nothing on this engine provides it"
        for kind in waiting
    ]


async def test_no_triggers() -> None:
    """An app without such triggers asks the engine nothing."""

    async def call(function_id: str, data: Any, **options: Any) -> Any:
        raise AssertionError(function_id)

    assert len(await offer.registrations(catalogue(), "default", GREETING, call)) == 1
