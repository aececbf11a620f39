"""A client that sends requests byte by byte as given, and reads answers off the wire."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from types import TracebackType

from tests.patience import WITHIN

__all__ = ["HOST", "Answer", "Connection", "Request"]

HOST = "shop.example:8000"

Lines = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request.

    Attributes:
        target: as it stands in the request line; text is UTF-8.
        lines: headers as they stand on the wire; ``Host`` is added where they have none.
        body: whole, with its content-length; or in pieces, as chunks.
        version: of HTTP.
    """

    target: str | bytes
    method: str = "GET"
    lines: tuple[str | bytes, ...] = ()
    body: bytes | tuple[bytes, ...] = b""
    version: str = "1.1"

    def encode(self, prefix: str = "") -> bytes:
        """Return the bytes to send, with the path under a prefix."""
        lines = [_bytes(line) for line in self.lines]
        names = {line.partition(b":")[0].lower() for line in lines}
        if b"host" not in names and self.version != "1.0":
            lines.insert(0, b"Host: " + HOST.encode())
        if isinstance(self.body, tuple):
            lines.append(b"Transfer-Encoding: chunked")
            body = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (*self.body, b""))
        else:
            body = self.body
            if body and b"content-length" not in names:
                lines.append(b"Content-Length: %d" % len(body))
        # A target begins with the path, or is a whole URL.
        target = re.sub(rb"^(http://[^/]+|)/", rb"\1%s/" % prefix.encode(), _bytes(self.target))
        first = b"%s %s HTTP/%s" % (self.method.encode(), target, self.version.encode())
        return b"\r\n".join([first, *lines, b"", b""]) + body


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode()


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, read off the wire.

    Attributes:
        lines: headers in order, names in lower case, values as latin-1.
        whole: it ended as it had announced.
        spread: seconds between the first and the last piece of the body.
    """

    status: int
    lines: Lines
    body: bytes = b""
    whole: bool = True
    spread: float = 0.0

    def get(self, name: str) -> str | None:
        """Return the value of the first header of that name."""
        return next((value for key, value in self.lines if key == name), None)


class Connection:
    """A connection that is kept for the next request, and opened anew where it was closed."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._reader: asyncio.StreamReader
        self._writer: asyncio.StreamWriter | None = None

    async def __aenter__(self) -> Connection:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._close()

    async def ask(self, request: Request, prefix: str = "") -> tuple[Answer, bool]:
        """Send a request; return the answer, and whether the connection was a used one."""
        async with asyncio.timeout(WITHIN):
            if self._writer is not None:
                answer = await self._try(request, prefix)
                if answer is not None:
                    return answer, True
            self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
            return await self._try(request, prefix) or Answer(0, (), whole=False), False

    async def _try(self, request: Request, prefix: str) -> Answer | None:
        """Send a request and return the answer; None when the connection was closed before."""
        assert self._writer is not None
        self._writer.write(request.encode(prefix))
        try:
            answer = await self._read(request.method)
        except (asyncio.IncompleteReadError, ConnectionError):
            self._close()
            return None
        if not answer.whole or (answer.get("connection") or "").lower() == "close":
            self._close()
        return answer

    def _close(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    async def _read(self, method: str) -> Answer:
        head = await self._reader.readuntil(b"\r\n\r\n")
        status, lines = _parse(head)
        if 100 <= status < 200:
            return await self._read(method)
        if method == "HEAD" or status in (204, 304):
            return Answer(status, lines)
        body, whole, times = bytearray(), True, []
        try:
            async for piece in self._body(Answer(status, lines)):
                body += piece
                times.append(asyncio.get_running_loop().time())
        except (asyncio.IncompleteReadError, ConnectionError):
            whole = False
        spread = times[-1] - times[0] if times else 0.0
        return Answer(status, lines, bytes(body), whole, spread)

    async def _body(self, head: Answer) -> AsyncIterator[bytes]:
        if head.get("transfer-encoding") == "chunked":
            while size := int(await self._reader.readuntil(b"\r\n"), 16):
                yield await self._reader.readexactly(size)
                await self._reader.readexactly(2)
            await self._reader.readexactly(2)
            return
        left = int(head.get("content-length") or 2**60)
        while left > 0:
            if not (piece := await self._reader.read(min(left, 2**16))):
                if head.get("content-length") is None:
                    return
                raise asyncio.IncompleteReadError(b"", left)
            left -= len(piece)
            yield piece


def _parse(head: bytes) -> tuple[int, Lines]:
    first, *lines = head.decode("latin-1").split("\r\n")[:-2]
    pairs = (line.partition(":") for line in lines)
    return int(first.split(" ")[1]), tuple(
        (name.lower(), value.strip()) for name, _, value in pairs
    )
