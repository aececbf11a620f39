"""What several tests of this room need: a real server, and one way to ask all three."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import httpx
import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from iii_asgi.asgi.stream import ResponseStream
from iii_asgi.asgi.transport import ASGITransport
from tests.patience import WITHIN

START: dict[str, Any] = {"type": "http.response.start", "status": 200, "headers": []}


def chunk(body: Any, more: bool = True) -> Message:
    """Return a body message."""
    return {"type": "http.response.body", "body": body, "more_body": more}


END = chunk(b"", more=False)


class Answer(NamedTuple):
    """What a client sees of a response."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


async def ask(transport: httpx.AsyncBaseTransport, request: httpx.Request) -> Answer:
    """Return the whole answer, without the headers that servers add."""
    added = {b"date", b"server", b"transfer-encoding", b"connection"}
    response = await transport.handle_async_request(request)
    try:
        body = await response.aread()
    finally:
        await response.aclose()
    headers = [(name.lower(), value) for name, value in response.headers.raw]
    return Answer(response.status_code, [h for h in headers if h[0] not in added], body)


def get(target: bytes = b"/", method: str = "GET") -> httpx.Request:
    """Return a request without a body."""
    return httpx.Request(method, "http://testserver", extensions={"target": target})


def unexpected_error(request: httpx.Request, error: BaseException) -> None:
    """Fail: no exception should have been reported."""
    raise AssertionError("the app let an exception through") from error


async def until(condition: Callable[[], object]) -> None:
    """Wait until something is so, for at most five seconds."""
    async with asyncio.timeout(WITHIN):
        while not condition():  # noqa: ASYNC110  (no event tells of it)
            await asyncio.sleep(0.001)


async def echo_scope(scope: Scope, receive: Receive, send: Send) -> None:
    """An app that answers with its scope, without what differs between two servers."""
    assert scope["type"] == "http"
    hidden = {"asgi", "client", "extensions"}
    shown = {name: value for name, value in scope.items() if name not in hidden}
    await send(START)
    await send(chunk(repr(sorted(shown.items())).encode(), more=False))


@contextmanager
def uvicorn_server(app: ASGIApp, **config: Any) -> Iterator[str]:
    """Serve an app with uvicorn on a free port; give its URL."""
    config = {"ws": "none", "lifespan": "off", "log_config": None, "access_log": False} | config
    server = uvicorn.Server(uvicorn.Config(app, port=0, loop="asyncio", **config))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.005)
        host, port = server.servers[0].sockets[0].getsockname()
        yield f"http://{host}:{port}"
    finally:
        server.should_exit = True
        thread.join()


Endpoint = Callable[[Receive, Send], Awaitable[None]]


def app_of(endpoint: Endpoint) -> ASGIApp:
    """Make an app of a function that needs no scope."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await endpoint(receive, send)

    return app


class Reports(list[BaseException]):
    """An error handler that keeps what it is told."""

    def __call__(self, request: httpx.Request, error: BaseException) -> None:
        self.append(error)


async def ok(receive: Receive, send: Send) -> None:
    """An endpoint that answers at once."""
    await send(START)
    await send(chunk(b"ok", more=False))


async def fetch(app: ASGIApp, request: httpx.Request | None = None, **options: Any) -> str:
    """Return the body of one answer, by default of GET /."""
    async with ASGITransport(app, **{"on_error": unexpected_error} | options) as transport:
        return (await ask(transport, request or get())).body.decode()


async def stream_of(transport: ASGITransport) -> ResponseStream:
    """Start GET / and return the stream of its response."""
    stream = (await transport.handle_async_request(get())).stream
    assert isinstance(stream, ResponseStream)
    return stream
