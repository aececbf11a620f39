"""A front end that shows how an answer came, and apps that answer in odd ways."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from iii_asgi import Bridge, Settings
from iii_asgi.engine import Engine
from tests.engine.helpers import RawWorker, channel

__all__ = [
    "Endpoint",
    "Exchange",
    "Front",
    "Pages",
    "bridged",
    "chunk",
    "start",
]

Endpoint: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]


def start(*headers: str, status: int = 200) -> Message:
    """Return the start of a response with headers such as ``content-type: text/plain``."""
    lines = [line.encode().partition(b": ") for line in headers]
    return {
        "type": "http.response.start",
        "status": status,
        "headers": [(name, value) for name, _, value in lines],
    }


def chunk(body: bytes = b"", more: bool = False) -> Message:
    """Return a body message."""
    return {"type": "http.response.body", "body": body, "more_body": more}


class Pages:
    """An ASGI app without a framework: an endpoint for each path of one segment.

    Attributes:
        disconnects: paths whose endpoint saw the client leave.
    """

    def __init__(self) -> None:
        self._endpoints: dict[str, Endpoint] = {}

    def add(self, endpoint: Endpoint) -> Endpoint:
        """Serve an endpoint at its name, as a decorator."""
        self._endpoints[f"/{endpoint.__name__}"] = endpoint
        return endpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._endpoints[scope["path"]](scope, receive, send)


@asynccontextmanager
async def bridged(engine: Engine, app: ASGIApp, **settings: Any) -> AsyncIterator[Bridge]:
    """Put an app on an engine."""
    settings = {"url": engine.url, "name": "app", "service": "app"} | settings
    async with Bridge(app, settings=Settings(**settings)).connect() as bridge:
        yield bridge


@dataclass
class Exchange:
    """How an HTTP request was answered.

    Attributes:
        result: the answer that came inline; None when there was none.
        error: the error that came inline.
        controls: the messages that came through the response channel.
        chunks: the data that came through it, heartbeats left out.
    """

    result: Any = None
    error: Any = None
    controls: list[Any] = field(default_factory=list)
    chunks: list[bytes] = field(default_factory=list)

    @property
    def is_inline(self) -> bool:
        """Whether it came in the result of the invocation."""
        return self.result is not None

    @property
    def status(self) -> int:
        """The status, whichever way it came."""
        if self.is_inline:
            return int(self.result["status_code"])
        return int(self.controls[0]["status_code"])

    @property
    def headers(self) -> dict[str, str]:
        """The headers, whichever way they came."""
        if self.is_inline:
            return dict(line.split(": ", 1) for line in self.result["headers"])
        return dict(self.controls[1]["headers"])

    @property
    def body(self) -> bytes:
        """The body, whichever way it came."""
        return str(self.result["body"]).encode() if self.is_inline else b"".join(self.chunks)


class Front:
    """An HTTP front end made of a worker: it holds requests, as the engine's own does.

    With it a test sees whether an answer comes inline or by channel, and when.
    """

    def __init__(self, engine: Engine, worker: RawWorker) -> None:
        self._engine = engine
        self._worker = worker

    async def ask(self, path: str, method: str = "GET", **fields: Any) -> Exchange:
        """Send a request to ``app::app``, and read the answer to its end."""
        exchange = Exchange()
        ref, reader = await self.download()
        reading = asyncio.create_task(self._read(reader, exchange))
        answer = await self.invoke(self.payload(path, method, response=ref, **fields))
        exchange.result, exchange.error = answer.get("result"), answer.get("error")
        if exchange.result is not None or exchange.error is not None:
            reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        await reader.close()
        return exchange

    async def invoke(self, payload: Any, function_id: str = "app::app") -> Any:
        """Call a function as a trigger does."""
        return await self._worker.call(function_id, payload)

    def payload(self, path: str, method: str = "GET", **fields: Any) -> dict[str, Any]:
        """Return what the trigger of a path of one segment sends."""
        data: dict[str, Any] = {
            "method": method,
            "path": "/:p1",
            "headers": {"host": "test"},
            "path_params": {"p1": path.lstrip("/")},
            "query_params": {},
            "body": None,
            "trigger": {"type": "http", "path": "/:p1", "method": method},
        }
        return data | fields

    async def download(self) -> tuple[Any, ClientConnection]:
        """Make a response channel: its reference, and the end that the client reads."""
        refs = await self._worker.result("engine::channels::create", {})
        return refs["writer"], await channel(self._engine, refs["reader"])

    async def upload(self) -> tuple[Any, ClientConnection]:
        """Make a request body's channel: its reference, and the end that the client writes."""
        refs = await self._worker.result("engine::channels::create", {})
        return refs["reader"], await channel(self._engine, refs["writer"])

    async def _read(self, reader: ClientConnection, exchange: Exchange) -> None:
        with suppress(ConnectionClosed):
            async for frame in reader:
                if isinstance(frame, str):
                    exchange.controls.append(json.loads(frame))
                elif frame:
                    exchange.chunks.append(frame)
