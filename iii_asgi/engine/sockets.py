"""The WebSocket side of the engine: workers at ``/``, channels, and tracing, which is dropped."""

from __future__ import annotations

import asyncio
import logging
import socket
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import parse_qsl, urlsplit

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.version import version as websockets_version

from iii_asgi.engine.channels import Channel, ChannelClosedError
from iii_asgi.engine.connection import Connection
from iii_asgi.engine.hub import Hub

__all__ = ["Sockets"]

WORKERS = "/"
TELEMETRY = "/otel"
CHANNELS = "/ws/channels/"

MiB = 2**20
# A frame above 16 MiB, or a message above 64 MiB, ends the connection. Before websockets 16
# only the message can be limited.
_MAX_SIZE = (64 * MiB, 16 * MiB) if int(websockets_version.split(".")[0]) >= 16 else 64 * MiB


class Sockets:
    """Serves the engine's WebSocket port."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._server: Server | None = None

    async def start(self, listener: socket.socket) -> None:
        """Serve on a bound socket."""
        self._server = await serve(
            self._handle,
            sock=listener,
            process_request=self._admit,
            compression=None,
            ping_interval=None,  # the engine sends none either
            max_size=_MAX_SIZE,
            close_timeout=2,
            server_header=None,
            logger=_quiet(),
        )

    async def stop(self) -> None:
        """Close all connections and wait for their end."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    def _admit(self, connection: ServerConnection, request: Request) -> Response | None:
        """Refuse what is no WebSocket, a path that is none, a channel that is not there."""
        path = urlsplit(request.path).path
        is_channel = path.startswith(CHANNELS) and path != CHANNELS
        if not is_channel and path not in (WORKERS, TELEMETRY):
            return connection.respond(HTTPStatus.NOT_FOUND, "There is nothing here.\n")
        if request.headers.get("Upgrade", "").lower() != "websocket":
            return connection.respond(HTTPStatus.BAD_REQUEST, "This port speaks WebSocket.\n")
        if not is_channel:
            return None
        if (end := _End.of(request.path)) is None:
            return connection.respond(HTTPStatus.BAD_REQUEST, "Needed: key, dir=read|write.\n")
        if self._hub.channels.find(end.channel_id, end.key) is None:
            return connection.respond(HTTPStatus.NOT_FOUND, "There is no such channel.\n")
        return None

    async def _handle(self, connection: ServerConnection) -> None:
        assert connection.request is not None, "it was admitted by its request"
        path = connection.request.path
        if urlsplit(path).path == WORKERS:
            await Connection(self._hub, connection).run()
        elif end := _End.of(path):
            await self._join(connection, end)
        else:
            with suppress(ConnectionClosed):
                while True:
                    await connection.recv(decode=False)

    async def _join(self, connection: ServerConnection, end: _End) -> None:
        """Connect a socket to a channel; an end that is taken already is closed at once."""
        channel = self._hub.channels.find(end.channel_id, end.key)
        if channel is None:
            return
        self._hub.channels.hold(channel)
        try:
            if end.direction == "read" and not channel.reader_taken:
                await _read(connection, channel)
            elif end.direction == "write" and not channel.writer_taken:
                await _write(connection, channel)
        finally:
            self._hub.channels.release(channel)


@dataclass(frozen=True, slots=True)
class _End:
    """The end of a channel that a URL names."""

    channel_id: str
    key: str
    direction: str

    @classmethod
    def of(cls, url: str) -> _End | None:
        parts = urlsplit(url)
        query = dict(parse_qsl(parts.query))
        key, direction = query.get("key"), query.get("dir")
        if not key or direction not in ("read", "write"):
            return None
        return cls(parts.path.removeprefix(CHANNELS), key, direction)


async def _read(connection: ServerConnection, channel: Channel) -> None:
    """Pass a channel on to its reader."""
    channel.reader_taken = True
    departure = asyncio.create_task(connection.wait_closed())
    departure.add_done_callback(lambda _: channel.abandon())
    try:
        while (item := await channel.get()) is not None:
            await connection.send(item)
    except ConnectionClosed:
        pass
    finally:
        channel.abandon()
        departure.cancel()


async def _write(connection: ServerConnection, channel: Channel) -> None:
    """Pass what a writer sends on to its channel; a writer whose reader is gone is closed."""
    channel.writer_taken = True
    try:
        while True:
            await channel.put(await connection.recv())
    except (ConnectionClosed, ChannelClosedError):
        pass
    finally:
        channel.close()


def _quiet() -> logging.Logger:
    """Return a logger that does not tell of every connection."""
    quiet = logging.getLogger("iii_asgi.engine.sockets")
    quiet.setLevel(logging.WARNING)
    return quiet
