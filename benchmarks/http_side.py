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


class _Client(asyncio.Protocol):
    """One connection: asks, reads the answer to its end, asks again."""

    def __init__(self, request: bytes, load: Load) -> None:
        self._request = request
        self._load = load
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._ask()

    def _ask(self) -> None:
        self._load.called()
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        if self._received:
            data = self._received + data
        end = data.find(_END)
        length = _LENGTH(data, 0, end) if end >= 0 else None
        if length is None or len(data) < end + len(_END) + int(length[1]):
            self._received = data
            return
        self._received = b""
        if not data.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(f"the server answers {data[:300]!r}")
        if self._load.answer():
            self._ask()
        else:
            self._transport.close()


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

    async def ask(self, call: HttpCall) -> None:
        """Ask once."""
        load = Load()
        load.more = False
        await self._connect(call, load)
        async with asyncio.timeout(10):
            await load.ended.wait()

    async def load(
        self, call: HttpCall, outstanding: int, program: Program, seconds: float
    ) -> Sample:
        """Keep so many connections busy."""
        load = Load()
        for _ in range(outstanding):
            await self._connect(call, load)
        return await load.sample(program, seconds)

    async def _connect(self, call: HttpCall, load: Load) -> None:
        request = _request(call)
        loop = asyncio.get_running_loop()
        await loop.create_connection(lambda: _Client(request, load), "127.0.0.1", self._port)


def _request(call: HttpCall) -> bytes:
    lines = (
        f"GET {call.target} HTTP/1.1",
        "host: localhost:3111",
        "user-agent: curl/8.5.0",
        "accept: */*",
        "content-type: application/json",
    )
    return "\r\n".join((*lines, "", "")).encode()
