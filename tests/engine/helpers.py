"""Clients of an engine that speak the bare protocol: a worker, and HTTP over a socket."""

from __future__ import annotations

import asyncio
import json
import re
import uuid
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, TypeAlias, get_args
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from iii_asgi.engine import Engine
from iii_asgi.engine.front import FrontName
from iii_asgi.engine.hub import Hub
from tests.patience import WITHIN

__all__ = [
    "FRONTS",
    "Answering",
    "Frame",
    "HttpAnswer",
    "RawWorker",
    "channel",
    "fetch",
    "hub_of",
    "open_http",
    "parse",
    "raw_http",
    "soon",
]

Frame: TypeAlias = dict[str, Any]
Answering: TypeAlias = Callable[["RawWorker", Frame], Awaitable[None]]

FRONTS: tuple[FrontName, ...] = get_args(FrontName)


class RawWorker:
    """A worker that sends and receives frames as they are.

    Attributes:
        frames: everything received, in order.
        calls: the calls received.
    """

    def __init__(self, engine: Engine, name: str | None = "worker", **introduction: Any) -> None:
        self.frames: list[Frame] = []
        self.calls: list[Frame] = []
        self.closed = asyncio.Event()
        self._url = engine.url
        self._introduction = {"runtime": "test", "name": name, "pid": 1} | introduction
        self._functions: dict[str, Answering] = {}
        self._answers: dict[str, asyncio.Future[Frame]] = {}
        self._socket: ClientConnection
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> RawWorker:
        self._socket = await connect(self._url, max_size=2**26, compression=None)
        self.greeting = json.loads(await self._socket.recv())
        self._spawn(self._read())
        if self._introduction["name"] is not None:
            await self.introduce()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if not self.closed.is_set():
            await self._socket.close()
        for task in self._tasks:
            task.cancel()

    @property
    def id(self) -> str:
        """The worker's id, from the greeting."""
        return str(self.greeting["worker_id"])

    # -- registering -------------------------------------------------------------------

    async def introduce(self, **more: Any) -> Frame:
        """Call ``engine::workers::register``."""
        return await self.call("engine::workers::register", self._introduction | more)

    async def offer(
        self, function_id: str, answering: Answering | None = None, **more: Any
    ) -> None:
        """Register a function; without `answering` it never answers."""
        if answering is not None:
            self._functions[function_id] = answering
        await self.send("registerfunction", id=function_id, **more)
        await self.settle()

    async def offer_result(self, function_id: str, result: Any) -> None:
        """Register a function that always gives this result."""

        async def answering(worker: RawWorker, call: Frame) -> None:
            await worker.answer(call, result=result)

        await self.offer(function_id, answering)

    async def bind(
        self, path: Any, method: str = "GET", function_id: str = "f", **fields: Any
    ) -> Frame | None:
        """Register an http trigger; return the error the engine answers with, or None."""
        config = {"api_path": path, "http_method": method} | fields.pop("config", {})
        fields = {"id": str(uuid.uuid4())} | fields
        before = len(self.received("triggerregistrationresult"))
        await self.send(
            "registertrigger",
            trigger_type="http",
            function_id=function_id,
            config=config,
            **fields,
        )
        await self.settle()
        results = self.received("triggerregistrationresult")[before:]
        return results[0]["error"] if results else None

    # -- talking -----------------------------------------------------------------------

    async def send(self, kind: str, **fields: Any) -> None:
        """Send one frame."""
        await self.send_text(json.dumps({"type": kind} | fields))

    async def send_text(self, text: str | bytes | list[str]) -> None:
        """Send text (or bytes, or fragments) as it is."""
        await self._socket.send(text)

    async def call(self, function_id: str, data: Any = None, **fields: Any) -> Frame:
        """Call a function and return the frame of its answer."""
        fields = {"invocation_id": str(uuid.uuid4())} | fields
        answer = asyncio.get_running_loop().create_future()
        self._answers[fields["invocation_id"]] = answer
        await self.send("invokefunction", function_id=function_id, data=data, **fields)
        return await asyncio.wait_for(answer, WITHIN)

    async def result(self, function_id: str, data: Any = None, **fields: Any) -> Any:
        """Call a function and return its result."""
        answer = await self.call(function_id, data, **fields)
        assert "error" not in answer, answer
        return answer.get("result")

    async def answer(self, call: Frame, **fields: Any) -> None:
        """Answer a call that came."""
        await self.send(
            "invocationresult",
            invocation_id=call["invocation_id"],
            function_id=call["function_id"],
            **fields,
        )

    async def settle(self) -> None:
        """Wait until the engine has read what was sent: a ping has come back."""
        before = len(self.received("pong"))
        await self.send("ping")
        await soon(lambda: len(self.received("pong")) > before)

    def received(self, kind: str) -> list[Frame]:
        """Return the frames of one type that have come."""
        return [frame for frame in self.frames if frame["type"] == kind]

    def pause(self) -> None:
        """Stop reading from the socket."""
        self._socket.transport.pause_reading()

    def abort(self) -> None:
        """Drop the connection without a word."""
        self._socket.transport.abort()

    async def _read(self) -> None:
        with suppress(ConnectionClosed):
            async for text in self._socket:
                self._take(json.loads(text))
        self.closed.set()

    def _take(self, frame: Frame) -> None:
        self.frames.append(frame)
        if frame["type"] == "invokefunction":
            self.calls.append(frame)
            if answering := self._functions.get(frame["function_id"]):
                self._spawn(answering(self, frame))
        elif answer := self._answers.pop(frame.get("invocation_id", ""), None):
            answer.set_result(frame)

    def _spawn(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """A response, read off the wire. Names of headers are lower-case."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        """Return the first header of that name."""
        return next((value for key, value in self.headers if key == name), None)

    @property
    def json(self) -> Any:
        """The body, parsed."""
        return json.loads(self.body)


async def fetch(
    engine: Engine,
    path: str,
    method: str = "GET",
    headers: tuple[str, ...] = (),
    body: bytes = b"",
) -> HttpAnswer:
    """Send one request, byte by byte as given, and read to the end of the connection."""
    lines = ["Host: test", "Connection: close", *headers]
    if body and not any(line.lower().startswith("transfer-encoding") for line in headers):
        lines.append(f"Content-Length: {len(body)}")
    head = "\r\n".join([f"{method} {path} HTTP/1.1", *lines, "", ""])
    return parse(await raw_http(engine, head.encode() + body))


async def raw_http(engine: Engine, request: bytes) -> bytes:
    """Send bytes to the HTTP port and return all that comes back."""
    reader, writer = await open_http(engine)
    writer.write(request)
    try:
        return await asyncio.wait_for(reader.read(), WITHIN)
    finally:
        writer.close()


async def open_http(engine: Engine) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connect to the HTTP port."""
    place = urlsplit(engine.http_url)
    assert place.port is not None
    return await asyncio.open_connection(place.hostname, place.port)


def parse(response: bytes) -> HttpAnswer:
    """Read a response; a chunked body is put together."""
    head, _, body = response.partition(b"\r\n\r\n")
    status, *lines = head.decode("latin-1").split("\r\n")
    pairs = [line.partition(":") for line in lines]
    headers = [(name.lower(), value.strip()) for name, _, value in pairs]
    if ("transfer-encoding", "chunked") in headers:
        body = b"".join(re.findall(rb"(?s)[0-9a-f]+\r\n(.*?)\r\n", body))
    return HttpAnswer(int(status.split()[1]), headers, body)


async def channel(engine: Engine, ref: Frame) -> ClientConnection:
    """Connect to the end of a channel that a reference names."""
    query = f"key={ref['access_key']}&dir={ref['direction']}"
    url = f"{engine.url}/ws/channels/{ref['channel_id']}?{query}"
    return await connect(url, max_size=2**26, compression=None)


def hub_of(engine: Engine) -> Hub:
    """Look inside an engine, for what no frame tells."""
    return engine._hub


async def soon(condition: Callable[[], bool]) -> None:
    """Wait until something has become true."""
    async with asyncio.timeout(WITHIN):
        while not condition():  # noqa: ASYNC110 - there is nothing to wait for but time
            await asyncio.sleep(0.005)
