"""The HTTP side of the engine as an ASGI app, for who has no socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from starlette.types import Receive, Scope, Send

from iii_asgi.engine.answers import Answer, Control, Headers
from iii_asgi.engine.client import BrokenBodyError
from iii_asgi.engine.framing import Start, Stream, bare, whole
from iii_asgi.engine.http1 import Head
from iii_asgi.engine.service import Service

__all__ = ["AsgiService", "head_of"]

_OF_THE_CONNECTION = (b"connection", b"transfer-encoding")


class AsgiService:
    """Serves ASGI requests as the engine serves those on its HTTP port.

    How an answer is framed on a wire, if it ever comes to one, is left to the caller.
    """

    def __init__(self, service: Service) -> None:
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        head = head_of(scope)
        body = _Body(receive, has_come=head.length == 0)
        reply = _Reply(head, send)
        serving = asyncio.ensure_future(self._service(head, body, reply))
        leaving = asyncio.ensure_future(_departure(body, reply))
        try:
            await asyncio.wait({serving, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if serving.done():
                serving.result()
        finally:
            serving.cancel()
            leaving.cancel()


async def _departure(body: _Body, reply: _Reply) -> None:
    """Return when the client has left: while the body comes, only who reads it knows."""
    await reply.has_begun.wait()
    await body.over.wait()
    await body.wait_for_departure()


def head_of(scope: Scope) -> Head:
    """Return the head of a request from its ASGI scope."""
    headers = [(name.decode("latin-1"), value) for name, value in scope["headers"]]
    named = dict(headers)
    given = named.get("content-length", b"0")
    return Head(
        method=scope["method"],
        path=scope["raw_path"].decode("utf-8", "replace"),
        query=scope["query_string"].decode("utf-8", "replace"),
        headers=headers,
        length=int(given) if given.isdigit() and "transfer-encoding" not in named else None,
    )


class _Body:
    def __init__(self, receive: Receive, *, has_come: bool) -> None:
        self.over = asyncio.Event()
        self._receive = receive
        self._has_left = False
        if has_come:
            self.over.set()

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to be read."""
        return self.over.is_set()

    async def read(self) -> bytes | None:
        """Return the next piece (see `client.Body`)."""
        while not self.is_done:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                self._has_left = True
                self.over.set()
                raise BrokenBodyError
            if not message.get("more_body", False):
                self.over.set()
            if piece := message.get("body", b""):
                return bytes(piece)
        return None

    async def wait_for_departure(self) -> None:
        """Return when the client has left; the body has been read."""
        while not self._has_left:
            self._has_left = (await self._receive())["type"] == "http.disconnect"


class _Reply:
    def __init__(self, head: Head, send: Send) -> None:
        self.has_begun = asyncio.Event()
        self._head = head
        self._send = send

    async def bare(self, status: int, headers: Headers) -> None:
        """Send an empty answer (see `client.Reply`)."""
        await self._start(bare(self._head, status, headers)[0])
        await self._end(b"")

    async def whole(self, answer: Answer) -> None:
        """Send a whole answer."""
        start, body, _ = whole(self._head, answer)
        await self._start(start)
        await self._end(body)

    async def stream(self, control: Control, pieces: AsyncIterator[bytes]) -> None:
        """Send an answer piece by piece; one that is too short is left without an end."""
        stream = Stream(self._head, control)
        await self._start(stream.start)
        self.has_begun.set()
        if not stream.is_complete:
            async for piece in pieces:
                if part := stream.cut(piece):
                    await self._send(
                        {"type": "http.response.body", "body": part, "more_body": True}
                    )
                if stream.is_complete:
                    break
        if not stream.is_short:
            await self._end(b"")

    async def _start(self, start: Start) -> None:
        headers = [pair for pair in start.headers if pair[0] not in _OF_THE_CONNECTION]
        await self._send(
            {"type": "http.response.start", "status": start.status, "headers": headers}
        )

    async def _end(self, body: bytes) -> None:
        await self._send({"type": "http.response.body", "body": body})
