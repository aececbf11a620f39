"""What a trigger sends, as arguments."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from iii_asgi.catalogue.model import EventTrigger
from iii_asgi.exchange.event import arguments_of

CRON = {"trigger": "cron", "job_id": "j"}


def event(kind: str, arguments: Any = None) -> EventTrigger:
    """Return a trigger."""
    return EventTrigger("id", f"jobs::run::{kind}", kind, {}, arguments)


@pytest.mark.parametrize(
    ("trigger", "payload", "expected"),
    [
        (event("cron"), CRON, None),
        (event("cron", {"kind": "daily"}), CRON, {"kind": "daily"}),
        (event("cron", lambda given: {"by": given["job_id"]}), CRON, {"by": "j"}),
        (event("durable:subscriber"), {"id": 7}, {"id": 7}),
        (event("durable:subscriber"), [1, 2], [1, 2]),
        (event("durable:subscriber", {}), {"id": 7}, {}),
        (event("state", lambda given: given["new_value"]), {"new_value": {"n": 1}}, {"n": 1}),
        (event("log"), None, None),
    ],
)
def test_arguments(trigger: EventTrigger, payload: Any, expected: Any) -> None:
    """They are those that stand there, or those that are made, or the event; cron's is none."""
    assert arguments_of(trigger, payload) == expected


def test_python_values() -> None:
    """A function may return what JSON has no word for."""
    made = event("cron", lambda _: {"day": date(2026, 1, 2), "sum": Decimal("1.50")})

    assert arguments_of(made, CRON) == {"day": "2026-01-02", "sum": "1.50"}


@pytest.mark.parametrize("made", [None, "daily", [1], {"x": object()}])
def test_no_arguments(made: Any) -> None:
    """What is no arguments is a mistake of the function."""
    with pytest.raises(TypeError):
        arguments_of(event("cron", lambda _: made), CRON)
