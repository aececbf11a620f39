"""The HTTP server of the engine: sockets, one task a connection, backpressure both ways.

What is on the wire is decided in `http1` and `framing`.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeAlias, cast

from iii_asgi.engine.client import Body, Reply
from iii_asgi.engine.framing import bare
from iii_asgi.engine.http1 import BadRequestError, Head, read_head
from iii_asgi.engine.http_streams import BUFFERED, SocketBody, SocketReply, Wire

__all__ = ["HttpServer"]

logger = logging.getLogger("iii_asgi.engine")

STOP_SECONDS = LINGER_SECONDS = 2.0

Serve: TypeAlias = "Callable[[Head, Body, Reply], Awaitable[None]]"


class HttpServer:
    """Serves requests on a bound socket.

    Args:
        serve: answers one request; it is cancelled when the client leaves.
    """

    def __init__(self, serve: Serve) -> None:
        self._serve = serve
        self._server: asyncio.Server | None = None
        self._connections: set[_Connection] = set()

    async def start(self, listener: socket.socket) -> None:
        """Serve; returns when connections are accepted."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: _Connection(self._serve, self._connections), sock=listener
        )

    async def stop(self) -> None:
        """Finish what is being answered, then close."""
        if self._server is None:
            return
        self._server.close()
        tasks = [connection.shut() for connection in list(self._connections)]
        if tasks:
            await asyncio.wait(tasks, timeout=STOP_SECONDS)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class _Connection(asyncio.Protocol):
    """One client: its requests are answered one after the other."""

    _transport: asyncio.Transport
    _wire: Wire
    _task: asyncio.Task[None]

    def __init__(self, serve: Serve, connections: set[_Connection]) -> None:
        self._serve = serve
        self._connections = connections
        self._data = b""
        self._body: SocketBody | None = None
        self._news: asyncio.Future[None] | None = None
        self._is_over = False

    # -- as a protocol -------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none by its class
        self._wire = Wire(self._transport)
        self._connections.add(self)
        self._task = asyncio.get_running_loop().create_task(self._run())

    def data_received(self, data: bytes) -> None:
        if self._body is not None and not self._body.has_come:
            data = self._body.feed(data)
        self._data += data
        if len(self._data) > BUFFERED and self._body is not None:
            self._transport.pause_reading()  # these are requests to come
        self._tell()

    def eof_received(self) -> bool:
        """A client that has sent its request and closes its side is gone, as for the engine."""
        self._is_over = True
        if self._body is None:
            self._tell()
        elif self._body.has_come:
            return False
        else:
            self._body.give_up()
            self._tell()
        return True

    def connection_lost(self, error: Exception | None) -> None:
        self._is_over = True
        self._connections.discard(self)
        if self._body is not None:
            self._body.give_up()
        self._task.cancel()

    def pause_writing(self) -> None:
        self._wire.pause()

    def resume_writing(self) -> None:
        self._wire.resume()

    def shut(self) -> asyncio.Task[None]:
        """Take no more requests; return what still goes on."""
        self._is_over = True
        self._tell()
        return self._task

    # -- serving -------------------------------------------------------------------------

    async def _run(self) -> None:
        try:
            while (head := await self._next_head()) is not None:
                if not await self._answer(head):
                    await self._hear_out()
                    break
        except BadRequestError as error:
            self._wire.write(bytes(bare(None, error.status, [])[0]))
        except asyncio.CancelledError:
            pass  # the client has left
        except Exception:  # a bug here must not take the engine along
            logger.exception("serving an HTTP request failed")
        finally:
            self._transport.close()

    async def _hear_out(self) -> None:
        """Let a client that still sends a body find its answer: a close would be a reset."""
        if self._body is None or self._is_silent():
            return
        self._body.drop()
        self._transport.write_eof()
        with suppress(TimeoutError):
            async with asyncio.timeout(LINGER_SECONDS):
                while not self._is_silent():
                    await self._hear()

    def _is_silent(self) -> bool:
        """Whether the client has no more to say of its request."""
        return self._is_over or self._body is None or self._body.has_come

    async def _answer(self, head: Head) -> bool:
        """Answer one request; return whether another one can come."""
        self._body = body = SocketBody(head, self._wire, self._transport)
        data, self._data = self._data, b""
        self._data = body.feed(data) if data and not body.has_come else data
        reply = SocketReply(head, self._wire)
        await self._serve(head, body, reply)
        # What was not read and is not here yet is not waited for, as by a real engine.
        if not (reply.keeps_alive and body.has_come) or self._is_over:
            return False
        self._body = None
        self._transport.resume_reading()
        return True

    async def _next_head(self) -> Head | None:
        while (found := read_head(self._data)) is None:
            if self._is_over:
                return None
            await self._hear()
        head, self._data = found
        return head

    async def _hear(self) -> None:
        """Wait for something from the client."""
        self._news = asyncio.get_running_loop().create_future()
        await self._news

    def _tell(self) -> None:
        if self._news is not None and not self._news.done():
            self._news.set_result(None)
