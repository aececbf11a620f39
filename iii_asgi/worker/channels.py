"""Channels as a client: one WebSocket each, for a body that no message can carry.

Binary frames are data, text frames are messages about it, the writer's close is the end.
The engine holds 64 frames; then it stops reading, and so the writer waits.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from typing import Protocol
from urllib.parse import urlsplit
from urllib.request import getproxies

from websockets.exceptions import WebSocketException
from websockets.uri import parse_uri

from iii_asgi.errors import ConnectionLostError, RemoteProtocolError
from iii_asgi.protocol.messages import ChannelRef
from iii_asgi.worker import connection, frames
from iii_asgi.worker.channel_socket import ChannelSocket
from iii_asgi.worker.frames import Opening
from iii_asgi.worker.proxied_socket import ProxiedSocket

__all__ = ["Channels", "Reader", "Writer"]

OPEN_TIMEOUT = 10.0
"""Seconds within which a channel is open, or is not there."""


class Socket(Protocol):
    """What both kinds of sockets do (see `ChannelSocket`)."""

    closed: asyncio.Future[None]

    async def send(self, data: bytes, opcode: int = frames.BINARY) -> None: ...

    async def receive(self) -> bytes | None: ...

    def close(self) -> None: ...

    def abort(self) -> None: ...


class Reader:
    """The reading end of a channel. Iterate over it for the data; text frames are skipped."""

    def __init__(self, socket: Socket) -> None:
        self._socket = socket

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while (chunk := await self._socket.receive()) is not None:
            yield chunk

    async def aclose(self) -> None:
        """Leave the channel; the writer learns of it at its next write."""
        self._socket.close()


class Writer:
    """The writing end of a channel."""

    def __init__(self, socket: Socket) -> None:
        self._socket = socket

    async def send_text(self, frame: bytes) -> None:
        """Write a control message (JSON text)."""
        await self._socket.send(frame, frames.TEXT)

    async def send(self, data: bytes) -> None:
        """Write data; waits while the channel is full. Empty data is a heartbeat.

        Raises:
            ConnectionLostError: the reader has left.
        """
        await self._socket.send(data)

    async def wait_closed(self) -> None:
        """Wait until the channel is closed: the reader has left, which a write brings out."""
        await asyncio.shield(self._socket.closed)

    def close(self) -> None:
        """End the data. The closing handshake goes on in the background."""
        self._socket.close()


class Channels:
    """Opens the ends of channels at one engine."""

    def __init__(self, engine_url: str, token: str | None = None) -> None:
        self._url = engine_url
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._place = None if _needs_proxy(engine_url) else _Place(engine_url, self._headers)
        self._sockets: set[Socket] = set()

    async def reader(self, ref: ChannelRef) -> Reader:
        """Take the reading end.

        Raises:
            ConnectionLostError: the channel is gone, or its end was taken before.
        """
        return Reader(await self._open(ref))

    async def writer(self, ref: ChannelRef) -> Writer:
        """Take the writing end (see `reader`)."""
        return Writer(await self._open(ref))

    async def aclose(self) -> None:
        """Close what is open: a client that stalls has two seconds more."""
        for socket in list(self._sockets):
            socket.close()
        await self._ended(connection.CLOSE_TIMEOUT)
        for socket in list(self._sockets):
            socket.abort()
        await self._ended()

    async def _ended(self, timeout: float | None = None) -> None:
        if self._sockets:
            await asyncio.wait([one.closed for one in self._sockets], timeout=timeout)

    async def _open(self, ref: ChannelRef) -> Socket:
        url = connection.channel_url(self._url, ref)
        try:
            async with asyncio.timeout(OPEN_TIMEOUT):
                socket: Socket = await (
                    ProxiedSocket.open(url, self._headers)
                    if self._place is None
                    else self._place.open(url)
                )
        except (OSError, RemoteProtocolError, WebSocketException) as error:
            raise ConnectionLostError(
                f"channel {ref.channel_id} cannot be opened ({connection.reason(error)})"
            ) from error
        self._sockets.add(socket)
        socket.closed.add_done_callback(lambda _: self._sockets.discard(socket))
        return socket


class _Place:
    """An engine that is reached directly."""

    def __init__(self, url: str, headers: Mapping[str, str]) -> None:
        parts = urlsplit(url)
        is_secure = parts.scheme == "wss"
        self._host = parts.hostname or ""
        self._port = parts.port or (443 if is_secure else 80)
        self._netloc = parts.netloc
        self._ssl = ssl.create_default_context() if is_secure else None
        self._headers = "".join(f"{name}: {value}\r\n" for name, value in headers.items())

    async def open(self, url: str) -> ChannelSocket:
        """Connect.

        Raises:
            OSError, RemoteProtocolError: it is not there.
        """
        opening = Opening(self._netloc, f"/{url.split('/', 3)[3]}", self._headers)
        _, socket = await asyncio.get_running_loop().create_connection(
            lambda: ChannelSocket(opening), self._host, self._port, ssl=self._ssl
        )
        try:
            await socket.opened
        except BaseException:  # cancelled, too
            socket.abort()
            raise
        return socket


def _needs_proxy(url: str) -> bool:
    """Whether only `websockets` knows the way: by a proxy, or with a password in the URL.

    Asked once, not for each channel.
    """
    if "@" in urlsplit(url).netloc:
        return True
    if not getproxies():
        return False
    try:
        from websockets.proxy import get_proxy
    except ImportError:  # before websockets 16 it looks by itself, or knows no proxies
        return True
    return get_proxy(parse_uri(url)) is not None
