"""Start-up and shutdown of an app."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from typing import Any

import anyio
import pytest
from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from iii_asgi.asgi import lifespan as module
from iii_asgi.asgi.lifespan import Lifespan
from iii_asgi.errors import LifespanError
from iii_asgi.settings import LifespanMode
from tests.asgi.helpers import app_of, until

pytestmark = pytest.mark.anyio

STARTED = {"type": "lifespan.startup.complete"}
STOPPED = {"type": "lifespan.shutdown.complete"}


async def django(scope: Scope, receive: Receive, send: Send) -> None:
    """An app that knows HTTP alone."""
    if scope["type"] != "http":
        raise ValueError("only HTTP here")


async def silent(scope: Scope, receive: Receive, send: Send) -> None:
    """An app that returns at once."""


def fastapi(events: list[str], fail_at: str = "") -> FastAPI:
    """A FastAPI app with a lifespan."""

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, str]]:
        events.append("start")
        if fail_at == "start":
            raise RuntimeError("no database")
        yield {"pool": "a pool"}
        events.append("stop")
        if fail_at == "stop":
            raise RuntimeError("stuck connection")

    return FastAPI(lifespan=lifespan)


@pytest.mark.parametrize("mode", ["auto", "on"])
async def test_runs_once(mode: LifespanMode) -> None:
    """Start-up runs, gives the state, and shutdown runs, once each."""
    events: list[str] = []
    lifespan = Lifespan(fastapi(events), mode)
    await lifespan.startup()
    assert lifespan.state == {"pool": "a pool"}
    assert events == ["start"]
    await lifespan.shutdown()
    await lifespan.shutdown()

    assert events == ["start", "stop"]
    with pytest.raises(RuntimeError, match="once"):
        await lifespan.startup()


async def test_context_manager() -> None:
    """As a context manager it starts up, and shuts down whatever happens inside."""
    events: list[str] = []
    with contextlib.suppress(KeyError):
        async with Lifespan(fastapi(events)) as lifespan:
            assert lifespan.state
            raise KeyError

    assert events == ["start", "stop"]


async def test_off() -> None:
    """Off is off: the app is not called."""
    events: list[str] = []
    async with Lifespan(fastapi(events), "off") as lifespan:
        assert lifespan.state == {}

    assert events == []


@pytest.mark.parametrize("app", [django, silent])
async def test_app_without_one(app: ASGIApp) -> None:
    """An app that raises or returns has no lifespan: fine with auto, an error with on."""
    async with Lifespan(app, "auto"):
        pass

    with pytest.raises(LifespanError, match="lifespan=auto"):
        await Lifespan(app, "on").startup()


async def test_suspicious_exception(caplog: pytest.LogCaptureFixture) -> None:
    """With auto, an app that takes the event and raises is let be, with a warning."""

    async def app(receive: Receive, send: Send) -> None:
        await receive()
        raise ValueError("no database")

    async with Lifespan(app_of(app)):
        pass

    [record] = caplog.records
    assert record.levelno == logging.WARNING
    assert record.exc_info is not None


@pytest.mark.parametrize("mode", ["auto", "on"])
async def test_failed_startup(mode: LifespanMode) -> None:
    """A start-up that fails is an error with the app's own message."""
    with pytest.raises(LifespanError, match=r"(?s)start-up failed: .*no database"):
        await Lifespan(fastapi([], fail_at="start"), mode).startup()


async def test_failed_shutdown() -> None:
    """A shutdown that fails is an error with the app's own message, once."""
    lifespan = Lifespan(fastapi([], fail_at="stop"))
    await lifespan.startup()
    with pytest.raises(LifespanError, match=r"(?s)shutdown failed: .*stuck connection"):
        await lifespan.shutdown()

    await lifespan.shutdown()


async def test_raising_shutdown() -> None:
    """An app that raises at the shutdown without a message has failed all the same."""

    async def app(receive: Receive, send: Send) -> None:
        await receive()
        await send(STARTED)
        await receive()
        raise ValueError("stuck connection")

    lifespan = Lifespan(app_of(app))
    await lifespan.startup()
    with pytest.raises(LifespanError, match="stuck connection") as caught:
        await lifespan.shutdown()
    assert isinstance(caught.value.__cause__, ValueError)


@pytest.mark.parametrize("raises", [False, True])
async def test_early_end(raises: bool, caplog: pytest.LogCaptureFixture) -> None:
    """A lifespan that ends before its time needs no shutdown; an exception is logged."""

    async def app(receive: Receive, send: Send) -> None:
        await receive()
        await send(STARTED)
        if raises:
            raise ValueError

    async with Lifespan(app_of(app)):
        await asyncio.sleep(0)

    assert [record.levelno for record in caplog.records] == [logging.ERROR] * raises


async def test_one_task() -> None:
    """Start-up and shutdown run in one task, so a task group may stay open in between."""
    events: list[str] = []

    async def tick() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            events.append("tick cancelled")

    @contextlib.asynccontextmanager
    async def group(app: FastAPI) -> AsyncIterator[None]:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(tick)
            yield
            tasks.cancel_scope.cancel()

    async with Lifespan(FastAPI(lifespan=group)):
        await asyncio.sleep(0.01)

    assert events == ["tick cancelled"]


@pytest.mark.parametrize(
    "messages",
    [
        [STOPPED],
        [STARTED, STARTED],
        [STARTED, {"type": "lifespan.startup.failed"}],
        [{"type": "http.response.start"}],
    ],
)
async def test_refused(messages: list[Any]) -> None:
    """A message out of turn is a RuntimeError in the app."""
    refused: list[RuntimeError] = []

    async def app(receive: Receive, send: Send) -> None:
        for message in messages:
            try:
                await send(message)
            except RuntimeError as error:
                refused.append(error)

    lifespan = Lifespan(app_of(app))
    await lifespan.startup()
    await until(lambda: refused)

    assert "unexpected" in str(refused[0])


async def test_slow_startup(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A start-up that takes long says so, once; a quick one says nothing."""
    monkeypatch.setattr(module, "_PATIENCE", 0.01)
    gate = asyncio.Event()

    async def app(receive: Receive, send: Send) -> None:
        await receive()
        await gate.wait()
        await send(STARTED)
        await receive()
        await send(STOPPED)

    lifespan = Lifespan(app_of(app))
    asyncio.get_running_loop().call_later(0.05, gate.set)
    with caplog.at_level(logging.INFO, logger="iii_asgi"):
        await lifespan.startup()
        await lifespan.shutdown()

    assert [record.message for record in caplog.records] == [
        "still waiting for the application's startup"
    ]


async def test_cancelled_startup() -> None:
    """Giving up on a start-up cancels it, and waits until it has cleaned up."""
    events: list[str] = []

    async def app(receive: Receive, send: Send) -> None:
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0)
            events.append("cleaned up")

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(Lifespan(app_of(app)).startup(), 0.01)

    assert events == ["cleaned up"]


async def test_app_that_does_not_return(monkeypatch: pytest.MonkeyPatch) -> None:
    """An app that has said all and does not return is cancelled."""
    monkeypatch.setattr(module, "_CANCEL_TIMEOUT", 0.05)
    cancelled = asyncio.Event()

    async def app(receive: Receive, send: Send) -> None:
        await receive()
        await send(STARTED)
        await receive()
        await send(STOPPED)
        try:
            await receive()
        finally:
            cancelled.set()

    lifespan = Lifespan(app_of(app))
    await lifespan.startup()
    await lifespan.shutdown()

    assert cancelled.is_set()
