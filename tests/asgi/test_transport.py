"""The transport as a whole: apps of all kinds, from the request to the last of the answer."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import sys
from collections.abc import AsyncIterator, Iterator
from typing import Any

import anyio
import httpx
import pytest
from fastapi import BackgroundTasks, Depends, FastAPI, Request
from fastapi.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from iii_asgi.asgi.transport import ASGITransport
from tests.asgi.helpers import (
    END,
    START,
    app_of,
    ask,
    chunk,
    fetch,
    get,
    ok,
)

pytestmark = pytest.mark.anyio


async def test_under_a_client() -> None:
    """It works as the transport of an httpx client, redirects, cookies and all."""
    app = FastAPI()

    @app.post("/items/")
    async def create(request: Request) -> dict[str, Any]:
        return {"body": (await request.body()).decode(), "cookie": request.cookies.get("a")}

    transport = ASGITransport(app, client=("10.0.0.1", 7))
    async with httpx.AsyncClient(
        transport=transport, base_url="http://shop", cookies={"a": "1"}, follow_redirects=True
    ) as client:
        response = await client.post("/items", content="hello")
        async with client.stream("POST", "/items/", content="again") as streamed:
            text = await streamed.aread()

    assert response.json() == {"body": "hello", "cookie": "1"}
    assert text == b'{"body":"again","cookie":"1"}'


async def test_streaming_both_ways() -> None:
    """Parts go up and come down while both sides are at work, in lockstep if need be."""

    async def echo(receive: Receive, send: Send) -> None:
        await send(START)
        while (message := await receive())["more_body"]:
            await send(chunk(message["body"].upper()))
        await send(END)

    answers: asyncio.Queue[bytes] = asyncio.Queue()
    seen: list[bytes] = []

    async def parts() -> AsyncIterator[bytes]:
        for part in (b"a", b"b", b"c"):
            yield part
            seen.append(await answers.get())

    request = httpx.Request("POST", "http://shop", content=parts())
    response = await ASGITransport(app_of(echo)).handle_async_request(request)
    async for part in response.aiter_raw():
        answers.put_nowait(part)

    assert seen == [b"A", b"B", b"C"]


async def test_response_starts_before_the_body() -> None:
    """The response is there as soon as the app has started it."""
    gate = asyncio.Event()

    async def app(receive: Receive, send: Send) -> None:
        await send(START)
        await gate.wait()
        await send(END)

    response = await ASGITransport(app_of(app)).handle_async_request(get())
    gate.set()

    assert await response.aread() == b""


async def test_sync_request_stream() -> None:
    """A request with a sync stream is refused, as httpx's client refuses it."""

    async def read(receive: Receive, send: Send) -> None:
        await receive()

    request = httpx.Request("POST", "http://shop", content=iter([b"a"]))
    with pytest.raises(AssertionError, match="sync stream"):
        await fetch(app_of(read), request)


async def test_state_is_copied() -> None:
    """Each request gets a shallow copy of the state as it is then."""
    state: dict[str, Any] = {}
    seen: list[dict[str, Any]] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(dict(scope["state"]))
        scope["state"]["mine"] = True
        await ok(receive, send)

    transport = ASGITransport(app, state=state)
    await ask(transport, get())
    state["pool"] = "a pool"
    await ask(transport, get())

    assert seen == [{}, {"pool": "a pool"}]


async def test_no_state() -> None:
    """Without a state there is none in the scope, as without a lifespan."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        assert "state" not in scope
        await ok(receive, send)

    assert await fetch(app) == "ok"


async def test_context_variables() -> None:
    """The app sees the caller's context variables, a sync route too; its own stay its own."""
    variable = contextvars.ContextVar("variable", default="unset")
    app = FastAPI()

    @app.get("/async")
    async def read() -> str:
        value = variable.get()
        variable.set("changed")
        return value

    @app.get("/sync")
    def read_in_a_thread() -> str:
        return variable.get()

    variable.set("set")

    assert await fetch(app, get(b"/async")) == '"set"'
    assert await fetch(app, get(b"/sync")) == '"set"'
    assert variable.get() == "set"


async def test_concurrent_isolation() -> None:
    """Requests at the same time do not see each other."""
    app = FastAPI()

    @app.post("/{number}")
    async def answer(number: int, request: Request) -> list[Any]:
        await asyncio.sleep(0.001 * (number % 7))
        request.state.number = number
        body = await request.body()
        await asyncio.sleep(0)
        return [number, request.state.number, body.decode(), request.headers["x-number"]]

    async def ask_one(client: httpx.AsyncClient, number: int) -> None:
        text = str(number)
        response = await client.post(f"/{text}", content=text, headers={"x-number": text})
        assert response.json() == [number, number, text, text]

    transport = ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
        await asyncio.gather(*(ask_one(client, number) for number in range(100)))


async def test_cancel_scopes() -> None:
    """Cancel scopes, timeouts and child tasks of the app work: it has a task of its own."""

    async def child(send: Send, message: Message) -> None:
        await send(message)

    async def app(receive: Receive, send: Send) -> None:
        await receive()
        with anyio.move_on_after(0.01) as scope:
            await receive()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.01):
                await receive()
        async with asyncio.TaskGroup() as group:
            group.create_task(child(send, START))
        async with asyncio.TaskGroup() as group:
            group.create_task(child(send, chunk(b"a")))
            group.create_task(child(send, chunk(b"b")))
        await send(chunk(str(scope.cancelled_caught).encode(), more=False))

    assert await fetch(app_of(app)) == "abTrue"


@pytest.mark.skipif(sys.version_info < (3, 12), reason="eager tasks came with Python 3.12")
@pytest.mark.parametrize("pause", [False, True])
async def test_eager_tasks(pause: bool) -> None:
    """It works in a loop whose tasks begin at once, and forgets what has ended there."""

    async def app(receive: Receive, send: Send) -> None:
        await receive()
        if pause:
            await asyncio.sleep(0)
        await ok(receive, send)

    loop = asyncio.get_running_loop()
    loop.set_task_factory(asyncio.eager_task_factory)  # type: ignore[attr-defined]
    try:
        transport = ASGITransport(app_of(app))
        assert (await ask(transport, get())).body == b"ok"
        assert not transport.tasks
    finally:
        loop.set_task_factory(None)


@pytest.mark.parametrize("path", [b"/async", b"/sync"])
async def test_generators(path: bytes) -> None:
    """Async and sync generators stream."""
    app = FastAPI()

    @app.get("/async")
    async def stream() -> StreamingResponse:
        async def parts() -> AsyncIterator[str]:
            for number in range(3):
                yield str(number)

        return StreamingResponse(parts())

    @app.get("/sync")
    def stream_from_a_thread() -> StreamingResponse:
        def parts() -> Iterator[str]:
            yield from "012"

        return StreamingResponse(parts())

    assert await fetch(app, get(path)) == "012"


async def test_background_task() -> None:
    """A background task runs on after the answer, also when the response is closed."""
    app = FastAPI()
    gate, done = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        await gate.wait()
        done.set()

    @app.get("/")
    async def answer(tasks: BackgroundTasks) -> str:
        tasks.add_task(work)
        return "ok"

    transport = ASGITransport(app)
    assert (await ask(transport, get())).body == b'"ok"'
    assert len(transport.tasks) == 1
    gate.set()
    await transport.drain()

    assert done.is_set()
    assert not transport.tasks


async def test_dependency_teardown() -> None:
    """The code after a dependency's yield runs, also after a stream."""
    app = FastAPI()
    events: list[str] = []

    async def dependency() -> AsyncIterator[None]:
        yield
        events.append("teardown")

    @app.get("/", dependencies=[Depends(dependency)])
    async def answer() -> StreamingResponse:
        async def parts() -> AsyncIterator[bytes]:
            events.append("stream")
            yield b"x"

        return StreamingResponse(parts())

    assert await fetch(app) == "x"
    assert sorted(events) == ["stream", "teardown"]
