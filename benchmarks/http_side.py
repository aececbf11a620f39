"""HTTP clients that keep their connections: a load generator for servers."""

from __future__ import annotations

import asyncio
import re
from typing import cast

from benchmarks.load import Load, Sample
from benchmarks.payloads import HttpCall
from benchmarks.processes import Program

__all__ = ["HttpSide"]

_LENGTH = re.compile(rb"content-length: ?(\d+)", re.IGNORECASE).search
_END = b"\r\n\r\n"
_LAST_CHUNK = b"\r\n0\r\n\r\n"


class _Client(asyncio.Protocol):
    """One connection: asks, reads the answer to its end, asks again."""

    def __init__(self, request: bytes, body: bytes, load: Load) -> None:
        self._request = request
        self._body = body
        self._load = load
        self._head = b""
        self._is_in_body = False
        self._left: int | None = None  # of the body; None: to the last chunk
        self._tail = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._ask()

    def _ask(self) -> None:
        self._load.called()
        self._transport.write(self._request)
        if self._body:
            self._transport.write(self._body)

    def data_received(self, data: bytes) -> None:
        if not self._is_in_body:
            self._head += data
            end = self._head.find(_END)
            if end < 0:
                return
            data, self._head = self._begin(end), b""
        if data and self._left != 0:
            self._load.first_byte(data)
        if not self._has_ended(data):
            return
        self._is_in_body = False
        if self._load.answer():
            self._ask()
        else:
            self._transport.close()

    def _begin(self, end: int) -> bytes:
        """Read the head; return what of the body came with it."""
        head = self._head
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(f"the server answers {head[:300]!r}")
        length = _LENGTH(head, 0, end)
        self._is_in_body = True
        self._left = int(length[1]) if length else None
        self._tail = b""
        return head[end + (len(_END) if length else len(_END) - 2) :]

    def _has_ended(self, data: bytes) -> bool:
        if self._left is not None:
            self._left -= len(data)
            return self._left <= 0
        self._tail = (self._tail + data)[-len(_LAST_CHUNK) :]
        return self._tail == _LAST_CHUNK


class HttpSide:
    """Asks a server on a local port, with keep-alive."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def listening(self, program: Program) -> None:
        """Wait until the server accepts connections."""
        for _ in range(15_000):
            program.check()
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", self._port)
            except OSError:
                await asyncio.sleep(0.002)
            else:
                writer.close()
                return
        raise RuntimeError("the server does not listen")

    async def ask(self, call: HttpCall, patience: float = 10) -> Load:
        """Ask once."""
        load = Load()
        load.more = False
        await self._connect(call, load)
        async with asyncio.timeout(patience):
            await load.ended.wait()
        return load

    async def load(
        self, call: HttpCall, outstanding: int, program: Program, seconds: float
    ) -> Sample:
        """Keep so many connections busy."""
        load = Load()
        for _ in range(outstanding):
            await self._connect(call, load)
        return await load.sample(program, seconds)

    async def _connect(self, call: HttpCall, load: Load) -> None:
        head = _head(call)
        loop = asyncio.get_running_loop()
        await loop.create_connection(
            lambda: _Client(head, call.body, load), "127.0.0.1", self._port
        )


def _head(call: HttpCall) -> bytes:
    lines = [f"{name}: {value}" for name, value in call.headers.items()]
    return "\r\n".join((f"{call.method} {call.target} HTTP/1.1", *lines, "", "")).encode()
