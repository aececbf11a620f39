"""Channels as a client: one WebSocket each, for a body that no message can carry.

Binary frames are data, text frames are messages about it, the writer's close is the end.
The engine holds 64 frames; then it stops reading, and so the writer waits.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, TypeAlias

from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as websockets_connect
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.uri import parse_uri

from iii_asgi.errors import ConnectionLostError
from iii_asgi.protocol.messages import ChannelRef
from iii_asgi.worker import connection

__all__ = ["Channels", "Reader", "Writer"]

Closing: TypeAlias = dict[asyncio.Task[None], ClientConnection]
"""What closes in the background, by the task that closes it."""

FRAME_SIZE = 64 * 1024
"""The engine and the SDKs expect data in frames of at most this many bytes."""


class Reader:
    """The reading end of a channel. Iterate over it for the data; text frames are skipped."""

    def __init__(self, socket: ClientConnection, closing: Closing) -> None:
        self._socket = socket
        self._closing = closing

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            while True:
                frame = await self._socket.recv()
                if isinstance(frame, bytes) and frame:
                    yield frame
        except ConnectionClosed:
            # The engine drops the TCP connection at the end, without a close frame.
            return

    async def aclose(self) -> None:
        """Leave the channel; the writer learns of it at its next write."""
        _close(self._socket, self._closing)


class Writer:
    """The writing end of a channel."""

    def __init__(self, socket: ClientConnection, closing: Closing) -> None:
        self._socket = socket
        self._closing = closing

    async def send_text(self, frame: bytes) -> None:
        """Write a control message (JSON text)."""
        await self._send(frame, text=True)

    async def send(self, data: bytes) -> None:
        """Write data; waits while the channel is full. Empty data is a heartbeat.

        Raises:
            ConnectionLostError: the reader has left.
        """
        if len(data) <= FRAME_SIZE:
            await self._send(data)
            return
        view = memoryview(data)
        for start in range(0, len(data), FRAME_SIZE):
            await self._send(view[start : start + FRAME_SIZE])

    async def _send(self, frame: bytes | memoryview, *, text: bool | None = None) -> None:
        try:
            await self._socket.send(frame, text=text)
        except ConnectionClosed:
            raise ConnectionLostError("the reader of the channel has left") from None

    async def wait_closed(self) -> None:
        """Wait until the channel is closed: the reader has left, which a write brings out."""
        await self._socket.wait_closed()

    def close(self) -> None:
        """End the data. The closing handshake goes on in the background."""
        _close(self._socket, self._closing)


class Channels:
    """Opens the ends of channels at one engine."""

    def __init__(self, engine_url: str, token: str | None = None) -> None:
        self._url = engine_url
        # No pings: a channel lives as long as one body, and its peer is the engine.
        self._options: dict[str, Any] = {
            "additional_headers": {"Authorization": f"Bearer {token}"} if token else None,
            "compression": None,
            "ping_interval": None,
            "max_size": None,
            "open_timeout": 10,
            "close_timeout": 1,
            **_proxy_of(engine_url),
        }
        self._closing: Closing = {}

    async def reader(self, ref: ChannelRef) -> Reader:
        """Take the reading end.

        Raises:
            ConnectionLostError: the channel is gone, or its end was taken before.
        """
        return Reader(await self._open(ref), self._closing)

    async def writer(self, ref: ChannelRef) -> Writer:
        """Take the writing end (see `reader`)."""
        return Writer(await self._open(ref), self._closing)

    async def aclose(self) -> None:
        """Close what is still closing: a client that stalls has two seconds more."""
        await asyncio.gather(*map(connection.close, self._closing.values()))
        await asyncio.gather(*self._closing, return_exceptions=True)

    async def _open(self, ref: ChannelRef) -> ClientConnection:
        try:
            return await websockets_connect(connection.channel_url(self._url, ref), **self._options)
        except (OSError, WebSocketException) as error:
            raise ConnectionLostError(
                f"channel {ref.channel_id} cannot be opened ({type(error).__name__})"
            ) from error


def _close(socket: ClientConnection, closing: Closing) -> None:
    """Close in the background: nobody has to wait for the handshake."""
    task = asyncio.get_running_loop().create_task(socket.close())
    closing[task] = socket
    task.add_done_callback(closing.pop)


def _proxy_of(engine_url: str) -> dict[str, Any]:
    """Look for a proxy once, not at each channel: it costs a quarter of opening one."""
    try:
        from websockets.proxy import get_proxy
    except ImportError:  # before websockets 16 it looks by itself, or knows no proxies
        return {}
    return {"proxy": get_proxy(parse_uri(engine_url))}
