"""One log line an invocation."""

from __future__ import annotations

import asyncio
import logging
import re
from typing import Any

import pytest

from iii_asgi.errors import InvocationError
from iii_asgi.serving.access import AccessLog

pytestmark = pytest.mark.anyio


async def served(outcome: Any) -> tuple[Any, Any]:
    """Serve: give an outcome, or raise it."""
    if isinstance(outcome, BaseException):
        raise outcome
    return outcome, "result"


@pytest.mark.parametrize(
    ("outcome", "word"),
    [
        (200, "200"),
        (InvocationError("NOT_FOUND", "no"), "NOT_FOUND"),
        (RuntimeError("no"), "failed"),
        (asyncio.CancelledError(), "stopped"),
    ],
)
async def test_line(outcome: Any, word: str, caplog: pytest.LogCaptureFixture) -> None:
    """A line tells what was asked, which function served it, how it ended and how long it took."""
    caplog.set_level(logging.INFO, "iii_asgi.access")
    watching = AccessLog().watch(served(outcome), "http", "GET /users/1", "users::get")
    if isinstance(outcome, BaseException):
        with pytest.raises(type(outcome)):
            await watching
    else:
        assert await watching == (outcome, "result")

    (record,) = caplog.records
    assert re.fullmatch(
        rf"http  GET /users/1   users::get   {word}   \d+\.\d ms", record.getMessage()
    )


async def test_arguments(caplog: pytest.LogCaptureFixture) -> None:
    """A formatter finds the parts of the line in the record."""
    caplog.set_level(logging.INFO, "iii_asgi.access")
    await AccessLog().watch(served(200), "call", "", "users::get")

    args = caplog.records[0].args
    assert isinstance(args, tuple)
    assert args[:4] == ("call", "", "users::get", 200)
    assert isinstance(args[4], float)
