"""Requests that end early: a caller that leaves, an upload that breaks, a transport that closes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import anyio
import httpx
import pytest
from fastapi import FastAPI
from starlette.types import Receive, Send

from iii_asgi.asgi.transport import ASGITransport
from tests.asgi.helpers import (
    END,
    START,
    Reports,
    app_of,
    ask,
    chunk,
    fetch,
    get,
    ok,
    stream_of,
    unexpected_error,
    until,
)

pytestmark = pytest.mark.anyio


async def test_cancelled_caller() -> None:
    """Cancelling the request is a disconnect for the app, which is not cancelled."""
    events: list[str] = []

    async def app(receive: Receive, send: Send) -> None:
        await receive()
        events.append((await receive())["type"])
        await send(START)
        await send(END)
        events.append("finished")

    transport = ASGITransport(app_of(app), on_error=unexpected_error)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(transport.handle_async_request(get()), 0.01)
    await transport.drain(1)

    assert events == ["http.disconnect", "finished"]


async def test_failure_after_the_caller_left() -> None:
    """What an app raises after its client left is reported, but for our own OSError."""

    async def app(receive: Receive, send: Send) -> None:
        await receive()
        await receive()
        raise ValueError

    reports = Reports()
    transport = ASGITransport(app_of(app), on_error=reports)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(transport.handle_async_request(get()), 0.01)
    await transport.drain(1)

    assert [type(error) for error in reports] == [ValueError]


async def test_cancelled_while_the_app_fails() -> None:
    """An exception whose caller is cancelled at that very moment is reported."""
    gate = asyncio.Event()

    async def app(receive: Receive, send: Send) -> None:
        await gate.wait()
        asking.cancel()
        raise ValueError

    reports = Reports()
    transport = ASGITransport(app_of(app), on_error=reports)
    asking = asyncio.create_task(transport.handle_async_request(get()))
    await asyncio.sleep(0)
    gate.set()
    with pytest.raises(asyncio.CancelledError):
        await asking
    await transport.drain(1)

    assert [type(error) for error in reports] == [ValueError]


@pytest.mark.parametrize("grouped", [False, True])
async def test_our_own_error(grouped: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """The OSError of an app that streams on without a client is no news to anyone."""
    monkeypatch.setattr("iii_asgi.asgi.stream._GRACE", -1)

    async def endless(receive: Receive, send: Send) -> None:
        await send(START)
        while True:
            await send(chunk(b"x"))

    async def app(receive: Receive, send: Send) -> None:
        if not grouped:
            await endless(receive, send)
        async with anyio.create_task_group() as group:
            group.start_soon(endless, receive, send)

    transport = ASGITransport(app_of(app), on_error=unexpected_error)
    await (await stream_of(transport)).aclose()
    await until(lambda: not transport.tasks)


async def test_upload_is_closed() -> None:
    """A request stream that the app did not read to its end is closed when the app ends."""
    closed: list[bool] = []

    async def app(receive: Receive, send: Send) -> None:
        await receive()
        await ok(receive, send)

    class Parts(httpx.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            try:
                yield b"a"
                yield b"b"
            finally:
                closed.append(True)

    request = httpx.Request("POST", "http://shop", stream=Parts())
    assert await fetch(app_of(app), request) == "ok"
    assert closed == [True]


async def test_broken_upload() -> None:
    """An upload that breaks before the response starts raises its error to the caller."""

    async def app(receive: Receive, send: Send) -> None:
        assert (await receive())["type"] == "http.disconnect"

    async def parts() -> AsyncIterator[bytes]:
        raise httpx.ReadTimeout("the body did not begin")
        yield b""

    request = httpx.Request("POST", "http://shop", content=parts())
    with pytest.raises(httpx.ReadTimeout, match="did not begin"):
        await fetch(app_of(app), request, raise_app_exceptions=False)


async def test_drain_cancels() -> None:
    """After its time, draining disconnects and cancels what still runs, without a report;
    who waits for an answer gets an error."""
    events: list[str] = []

    async def app(receive: Receive, send: Send) -> None:
        try:
            await asyncio.sleep(60)
        finally:
            await receive()
            events.append((await receive())["type"])

    transport = ASGITransport(app_of(app), raise_app_exceptions=False, on_error=unexpected_error)
    asking = asyncio.create_task(transport.handle_async_request(get()))
    await asyncio.sleep(0)
    await transport.drain(0.01)

    assert events == ["http.disconnect"]
    assert not transport.tasks
    with pytest.raises(httpx.RemoteProtocolError, match="stopped"):
        await asking


async def test_drain_waits() -> None:
    """Draining waits for what ends in time, also for what came meanwhile."""
    app = FastAPI()

    @app.get("/{number}")
    async def answer(number: int) -> int:
        await asyncio.sleep(0.02)
        return number

    transport = ASGITransport(app, on_error=unexpected_error)
    asking = [asyncio.create_task(ask(transport, get(b"/1")))]
    await asyncio.sleep(0.01)
    draining = asyncio.create_task(transport.drain(5))
    await asyncio.sleep(0)
    asking.append(asyncio.create_task(ask(transport, get(b"/2"))))
    await draining

    assert [(await answer).status for answer in asking] == [200, 200]


async def test_drain_cancels_background_work() -> None:
    """Background work that is not done in time is cancelled; its answer was given."""
    cancelled = asyncio.Event()

    async def app(receive: Receive, send: Send) -> None:
        await ok(receive, send)
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            cancelled.set()
            raise

    transport = ASGITransport(app_of(app), on_error=unexpected_error)
    stream = await stream_of(transport)
    await transport.drain(0)

    assert cancelled.is_set()
    assert stream.buffered() == b"ok"


async def test_close() -> None:
    """Closing disconnects streams at once and waits for background work."""
    events: list[str] = []

    async def app(receive: Receive, send: Send) -> None:
        await receive()
        await send(START)
        events.append((await receive())["type"])
        await asyncio.sleep(0.02)
        events.append("done")

    transport = ASGITransport(app_of(app), on_error=unexpected_error)
    stream = await stream_of(transport)
    await transport.aclose()

    assert events == ["http.disconnect", "done"]
    with pytest.raises(httpx.RemoteProtocolError, match="stopped"):
        await stream.next_chunk()
