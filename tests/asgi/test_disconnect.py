"""A client that leaves: what becomes of the app, next to what becomes of it under uvicorn."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import BackgroundTasks, Depends, FastAPI, Request, Response
from fastapi.responses import StreamingResponse
from starlette.background import BackgroundTask
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.types import ASGIApp, Receive, Scope, Send

from iii_asgi.asgi.stream import ClientDisconnectedError
from iii_asgi.asgi.transport import ASGITransport
from tests.asgi.helpers import START, chunk, stream_of, until, uvicorn_server


def make_app(events: list[str], *, middleware: bool) -> ASGIApp:
    """An app that notes what happens in it, "over" last."""

    def note(event: str) -> None:
        if events[-1:] != [event]:
            events.append(event)

    async def session() -> AsyncIterator[None]:
        try:
            yield
        except BaseException as error:
            note(f"rollback: {type(error).__name__}")
            raise
        note("commit")

    def stream(pause: float, size: int) -> StreamingResponse:
        async def parts() -> AsyncIterator[bytes]:
            while True:
                note("part")
                yield b"x" * size
                await asyncio.sleep(pause)

        return StreamingResponse(parts(), background=BackgroundTask(note, "background"))

    async def idle(_: None = Depends(session)) -> StreamingResponse:
        return stream(pause=60, size=1)

    async def busy(_: None = Depends(session)) -> StreamingResponse:
        return stream(pause=0, size=64 * 1024)

    async def slow(tasks: BackgroundTasks, _: None = Depends(session)) -> str:
        tasks.add_task(note, "background")
        note("working")
        await asyncio.sleep(0.2)
        note("worked")
        return "done"

    async def pass_on(request: Request, call_next: RequestResponseEndpoint) -> Response:
        return await call_next(request)

    app = FastAPI()
    for endpoint in (idle, busy, slow):
        app.get(f"/{endpoint.__name__}")(endpoint)
    if middleware:
        app.add_middleware(BaseHTTPMiddleware, dispatch=pass_on)

    async def noting(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await app(scope, receive, send)
        except BaseException as error:
            note(f"raised: {type(error).__name__}")
            raise
        finally:
            note("over")

    return noting


async def leave(transport: httpx.AsyncBaseTransport, url: str, events: list[str]) -> None:
    """Ask, leave when the app is at work or has sent something, wait for the app's end."""

    async def first_chunk() -> None:
        response = await transport.handle_async_request(httpx.Request("GET", url))
        assert isinstance(response.stream, httpx.AsyncByteStream)
        async with contextlib.aclosing(response.stream):
            await anext(aiter(response.stream))

    asking = asyncio.create_task(first_chunk())
    await until(lambda: "working" in events or asking.done())
    asking.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await asking
    await until(lambda: "over" in events)


@pytest.mark.anyio
@pytest.mark.parametrize("middleware", [False, True])
@pytest.mark.parametrize("path", ["/idle", "/busy", "/slow"])
async def test_as_uvicorn(path: str, middleware: bool) -> None:
    """The app does the same, to the end: a stream stops, an endpoint finishes its work,
    dependencies commit, background tasks run."""
    expected: list[str] = []
    with uvicorn_server(make_app(expected, middleware=middleware)) as url:
        async with httpx.AsyncHTTPTransport() as theirs:
            await leave(theirs, url + path, expected)
    events: list[str] = []
    async with ASGITransport(make_app(events, middleware=middleware)) as ours:
        await leave(ours, "http://testserver" + path, events)

    assert events == expected


@pytest.mark.anyio
async def test_app_that_does_not_listen() -> None:
    """A stream that nothing stops is refused after a while, though uvicorn never would."""
    ended: list[BaseException] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(START)
        try:
            while True:
                await send(chunk(b"x"))
        except OSError as error:
            ended.append(error)
            raise

    stream = await stream_of(ASGITransport(app))
    await stream.aclose()
    await until(lambda: ended)

    assert isinstance(ended[0], ClientDisconnectedError)


@pytest.mark.anyio
@pytest.mark.parametrize("moment", ["before", "within"])
async def test_cancel(moment: str) -> None:
    """Where the request asks for it, a departure cancels the app."""
    events: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if moment == "within":
            await send(START)
        events.append("working")
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            events.append("cancelled")
            raise

    async with ASGITransport(app) as transport:
        request = httpx.Request("GET", "http://x", extensions={"cancel": lambda scope: True})
        asking = asyncio.create_task(transport.handle_async_request(request))
        await until(lambda: events)
        if moment == "within":
            await (await asking).aclose()
        else:
            asking.cancel()
        await until(lambda: "cancelled" in events)


@pytest.mark.anyio
@pytest.mark.parametrize("choice", ["cancel", "finish"])
async def test_cancel_by_scope(choice: str) -> None:
    """Whether it is cancelled can depend on what the app has put into its scope."""
    events: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        scope["choice"] = choice
        await send(START)
        try:
            await asyncio.sleep(0.05)
        except asyncio.CancelledError:
            events.append("cancel")
            raise
        events.append("finish")

    def cancels(scope: Scope) -> bool:
        return bool(scope["choice"] == "cancel")

    async with ASGITransport(app) as transport:
        request = httpx.Request("GET", "http://x", extensions={"cancel": cancels})
        await (await transport.handle_async_request(request)).aclose()
        await until(lambda: events)

    assert events == [choice]


@pytest.mark.anyio
async def test_cancel_leaves_background_work() -> None:
    """What the app does after its answer is no longer for the client, and is not cancelled."""
    done: list[bool] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(START)
        await send(chunk(b"answer", more=False))
        await asyncio.sleep(0.02)
        done.append(True)

    async with ASGITransport(app) as transport:
        request = httpx.Request("GET", "http://x", extensions={"cancel": lambda scope: True})
        await (await transport.handle_async_request(request)).aclose()
        await until(lambda: done)
