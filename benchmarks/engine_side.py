"""The engine's side of the wire, from prebuilt frames: a load generator for workers.

It greets, takes every registration and answers the calls of a worker that starts; then it
sends invocations as fast as they are answered. It routes nothing and speaks no HTTP, so
what is measured is the worker.
"""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
from picows import WSFrame, WSListener, WSMsgType, WSTransport, WSUpgradeRequest, ws_create_server

from benchmarks.channel_side import Answer, Body
from benchmarks.load import Load, Sample
from benchmarks.payloads import HttpCall, frame_parts
from benchmarks.processes import Program
from iii_asgi.protocol import messages as m

__all__ = ["EngineSide", "engine_side"]

_ANSWER = re.compile(rb'"invocation_id": ?"00000000-0000-4000-8000-(\d{12})"').search
_CHANNEL = re.compile(rb"/ws/channels/(\d{12})\?.*dir=(read|write)").match
_SUCCESS = re.compile(rb'"status_code": ?200\b').search
_MAX_FRAME = 64 * 1024 * 1024


class EngineSide(WSListener):  # type: ignore[misc]  # picows is compiled
    """One engine, with one worker at a time."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._functions: dict[str, asyncio.Event] = {}
        self._load: Load | None = None
        self._parts = [b""]
        self._body = b""
        self._unanswered: set[int] = set()
        self._streaming: set[int] = set()  # their answers come by channel
        self._next = 0
        self._first: asyncio.Future[bytes] | None = None
        self._worker: WSTransport | None = None

    # -- the load ------------------------------------------------------------------------

    async def registered(self, function_id: str, program: Program) -> None:
        """Wait until the worker has registered a function."""
        event = self._functions.setdefault(function_id, asyncio.Event())
        for _ in range(300):
            program.check()
            try:
                async with asyncio.timeout(0.1):
                    await event.wait()
                    return
            except TimeoutError:
                continue
        raise RuntimeError(f"the worker has not registered {function_id} in 30 s")

    async def ask(self, call: HttpCall, patience: float = 10) -> Load:
        """Invoke a function once, and see that its answer is a good one."""
        self._parts, self._body = frame_parts(call), call.body
        self._load = load = Load()
        self._first = asyncio.get_running_loop().create_future()
        load.more = False
        self._invoke(load)
        async with asyncio.timeout(patience):
            answer = await self._first
            await load.ended.wait()
        if not _SUCCESS(answer):
            raise RuntimeError(f"{call.function_id} answers {answer.decode(errors='replace')}")
        return load

    async def load(
        self, call: HttpCall, outstanding: int, program: Program, seconds: float
    ) -> Sample:
        """Keep so many invocations outstanding."""
        await self.ask(call)
        self._load = load = Load()
        for _ in range(outstanding):
            self._invoke(load)
        return await load.sample(program, seconds)

    def _invoke(self, load: Load) -> None:
        self._next = number = self._next + 1
        self._unanswered.add(number)
        load.called()
        assert self._worker is not None
        self._worker.send(WSMsgType.TEXT, (b"%012d" % number).join(self._parts))

    def _answered(self, frame: bytes) -> bool:
        """Take an answer; False when the frame is none."""
        found = _ANSWER(frame)
        if found is None or self._load is None:
            return False
        number = int(found[1])
        if number in self._unanswered:  # else an answer that is sent once more
            self._unanswered.discard(number)
            if number not in self._streaming:
                self._has_status(frame)
                if self._load.answer():
                    self._invoke(self._load)
        return True

    def channel(self, url: bytes) -> WSListener:
        """Return our end of the channel that a worker wants to join."""
        found = _CHANNEL(url)
        if found is None or self._load is None:
            raise ValueError(f"there is no channel {url.decode()}")
        if found[2] == b"read":
            return Body(self._body)
        number, load = int(found[1]), self._load
        self._streaming.add(number)
        return Answer(self._has_status, lambda: self._has_streamed(number, load), load.first_byte)

    def _has_streamed(self, number: int, load: Load) -> None:
        self._streaming.discard(number)
        self._unanswered.discard(number)  # its result, which is null, may come a moment later
        if load.answer():
            self._invoke(load)

    def _has_status(self, text: bytes) -> None:
        if self._first is not None and not self._first.done():
            self._first.set_result(text)

    # -- the wire ------------------------------------------------------------------------

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Greet."""
        self._worker = transport
        self._send(m.WorkerRegistered(worker_id=str(uuid.uuid4())))

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Take one frame of the worker."""
        if frame.msg_type == WSMsgType.TEXT:
            text = frame.get_payload_as_bytes()
            if not self._answered(text):
                self._take(text)
        elif frame.msg_type == WSMsgType.CLOSE:
            transport.send_close(frame.get_close_code(), frame.get_close_message())
            transport.disconnect()

    def _take(self, text: bytes) -> None:
        try:
            message = m.decode(text)
        except msgspec.DecodeError:
            return  # a peer's message that this version does not know
        if isinstance(message, m.RegisterFunction):
            self._functions.setdefault(message.id, asyncio.Event()).set()
        elif isinstance(message, m.InvokeFunction) and isinstance(message.invocation_id, str):
            self._send(
                m.InvocationResult(
                    invocation_id=message.invocation_id,
                    function_id=message.function_id,
                    result={},
                )
            )

    def _send(self, message: m.Message) -> None:
        assert self._worker is not None
        self._worker.send(WSMsgType.TEXT, m.encode(message))


class _Ignore(WSListener):  # type: ignore[misc]  # picows is compiled
    """The official SDK sends its traces over a socket of their own."""

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Say nothing."""


@asynccontextmanager
async def engine_side(port: int) -> AsyncIterator[EngineSide]:
    """Listen as an engine does."""
    engine = EngineSide(f"ws://127.0.0.1:{port}")

    def choose(request: WSUpgradeRequest) -> WSListener:
        if request.path.startswith(b"/ws/channels/"):
            return engine.channel(request.path)
        return _Ignore() if request.path.startswith(b"/otel") else engine

    server = await ws_create_server(choose, "127.0.0.1", port, max_frame_size=_MAX_FRAME)
    try:
        yield engine
    finally:
        server.close()
