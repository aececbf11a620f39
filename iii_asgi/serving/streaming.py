"""An answer on its way through a channel: pieces as they come, while somebody reads."""

from __future__ import annotations

import asyncio

import httpx

from iii_asgi.asgi.response import ASGIResponse
from iii_asgi.asgi.stream import ResponseStream
from iii_asgi.errors import ConnectionLostError
from iii_asgi.exchange.http_answer import control_frames
from iii_asgi.serving.bodies import ChannelWriter

__all__ = ["HEARTBEAT", "write_stream"]

HEARTBEAT = 0.4
"""Seconds of silence after which an empty frame asks whether the client is still there. The
built-in front end answers the first one, the standalone one the fourth."""
TOGETHER = 64 * 1024
"""Bytes up to which pieces that are there at the same time leave as one."""


async def write_stream(
    writer: ChannelWriter, response: ASGIResponse, stream: ResponseStream, opening: bytes = b""
) -> None:
    """Write an answer into its channel, and end it there.

    Returns at the end, or when the reader has left; the app is told then.

    Args:
        writer: of the channel.
        response: its status and headers.
        stream: its body.
        opening: what was taken from the body before.

    Raises:
        httpx.RemoteProtocolError: the app broke off.
    """
    leaving = asyncio.create_task(writer.wait_closed())
    leaving.add_done_callback(lambda _: _abandon(stream))
    try:
        for frame in control_frames(response.status_code, response.lines):
            await writer.send_text(frame)
        if opening:
            await writer.send(opening)
        await _pump(stream, writer)
    except (ConnectionLostError, httpx.StreamClosed):
        pass  # the reader has left
    finally:
        leaving.cancel()
        writer.close()


def _abandon(stream: ResponseStream) -> None:
    stream.disconnect()
    stream.wake()  # whoever waits for the next chunk


async def _pump(stream: ResponseStream, writer: ChannelWriter) -> None:
    """Move pieces as they come; while none comes, ask whether the client is still there.

    An empty frame puts nothing into the answer, fails when the client has left, and keeps
    a silent stream alive (protocol: the heartbeat).
    """
    while True:
        try:
            chunk = await stream.next_chunk(HEARTBEAT)
        except TimeoutError:
            chunk = b""
        if chunk is None:
            return
        await writer.send(stream.with_more(chunk, TOGETHER))
