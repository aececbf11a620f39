"""Serving an HTTP trigger: the exact request in, the exact answer out."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress

import httpx

from iii_asgi.asgi.response import ASGIResponse
from iii_asgi.asgi.stream import ResponseStream
from iii_asgi.asgi.transport import ASGITransport
from iii_asgi.catalogue.model import Function
from iii_asgi.errors import ConnectionLostError, InvocationError
from iii_asgi.exchange import http_trigger
from iii_asgi.exchange.forwarded import forwarded
from iii_asgi.exchange.http_trigger import HttpPayload, HttpResult, HttpTarget
from iii_asgi.exchange.wire_http import HeaderLines, content_type_of
from iii_asgi.invocation import Invocation
from iii_asgi.protocol.messages import ChannelRef
from iii_asgi.serving.bodies import ChannelBody, ChannelOpener
from iii_asgi.serving.leaving import cancels_of
from iii_asgi.serving.streaming import write_stream

__all__ = ["HttpServing"]

logger = logging.getLogger("iii_asgi")

COMPLETION_GRACE = 0.1
"""Seconds that a body of known length may take to be complete and still go inline:
middleware passes even a small JSON answer on in pieces."""


class HttpServing:
    """Serves the HTTP triggers of one function.

    Args:
        function: which one.
        transport: calls the app.
        channels: opens the channels of long bodies.
        prefix: of every HTTP trigger's path on the engine.
        proxy_headers: believe what `forwarded` reads from a request.
    """

    __slots__ = ("_cancels", "_channels", "_proxy_headers", "_target", "_transport")

    def __init__(
        self,
        function: Function,
        transport: ASGITransport,
        channels: ChannelOpener,
        prefix: str = "",
        *,
        proxy_headers: bool = False,
    ) -> None:
        self._target = HttpTarget(function, prefix)
        self._cancels = cancels_of(function)
        self._proxy_headers = proxy_headers
        self._transport = transport
        self._channels = channels

    async def serve(
        self, payload: HttpPayload, invocation: Invocation
    ) -> tuple[int, HttpResult | None]:
        """Return (status, answer); the answer is None when it went through the channel.

        Raises:
            InvocationError: the payload cannot have come from a trigger of this function.
        """
        try:
            path = self._target.path(payload)
        except http_trigger.MissingParameterError:
            return 404, http_trigger.text_result(404, "Not Found")
        request = http_trigger.request(payload, path, invocation, self._body(payload))
        if self._proxy_headers:
            request.extensions["scope"].update(forwarded(payload.headers))
        request.extensions["cancel"] = self._cancels
        try:
            response = await self._transport.handle_async_request(request)
        except httpx.ReadTimeout:
            return 408, http_trigger.text_result(408, "Request Timeout")
        except httpx.ReadError as error:
            logger.info("%s %s: %s", payload.method, path, error)
            return 400, http_trigger.text_result(400, "Bad Request")
        except httpx.RemoteProtocolError:
            return 503, http_trigger.text_result(503, "Service Unavailable")
        stream = response.stream
        assert isinstance(stream, ResponseStream)
        try:
            return response.status_code, await self._answer(payload, response, stream)
        finally:
            stream.disconnect()

    def subject(self, payload: HttpPayload) -> str:
        """Return what was asked, for a log line: ``GET /users/1``."""
        try:
            path = self._target.path(payload)
        except (InvocationError, http_trigger.MissingParameterError):
            # Made up, perhaps to write lines of its own into the log.
            return f"{payload.method!r} {payload.path!r}"
        return f"{payload.method} {path}"

    def _body(self, payload: HttpPayload) -> httpx.AsyncByteStream:
        body = http_trigger.body_of(payload, self._target.function.body)
        if isinstance(body, bytes):
            return httpx.ByteStream(body)
        return self._channel_body(payload, body)

    def _channel_body(self, payload: HttpPayload, ref: ChannelRef) -> ChannelBody:
        return ChannelBody(
            self._channels,
            ref,
            length=_length_of(payload),
            complete=payload.caller_worker_id is not None,
        )

    async def _answer(
        self, payload: HttpPayload, response: ASGIResponse, stream: ResponseStream
    ) -> HttpResult | None:
        """Answer inline where that is exact and short, else through the response channel."""
        headers = response.lines
        try:
            body, whole = await _opening(headers, stream)
        except httpx.RemoteProtocolError:
            # The app broke off before anything left, so this can still be said.
            return http_trigger.text_result(500, "Internal Server Error")
        if whole and len(body) <= http_trigger.INLINE_LIMIT:
            status = response.status_code
            inline = http_trigger.inline_result(payload.method, status, headers, body)
            if inline is not None:
                return inline
        if payload.response is None:
            logger.error("%s %s came without a response channel", payload.method, payload.path)
            return http_trigger.text_result(500, "Internal Server Error")
        try:
            writer = await self._channels.writer(payload.response)
        except ConnectionLostError as error:
            # Mostly the client has left. If not, a null result would leave it waiting.
            logger.info("%s %s cannot be answered: %s", payload.method, payload.path, error)
            return http_trigger.text_result(500, "Internal Server Error")
        with suppress(httpx.RemoteProtocolError):  # it is logged; the client sees a short answer
            await write_stream(writer, response, stream, body)
        return None


def _length_of(payload: HttpPayload) -> int | None:
    """Return the announced length of the body, where it is a number that one can have."""
    length = payload.headers.get("content-length")
    if isinstance(length, str) and length.isdecimal() and len(length) < 20:
        return int(length)
    return None


async def _opening(headers: HeaderLines, stream: ResponseStream) -> tuple[bytes, bool]:
    """Return the body as far as it is there when the way of the answer is chosen, and
    whether that is all of it.

    Chosen by the answer itself, so the same answer always goes the same way: a body in one
    message is all there; one in pieces is waited for only where its announced length is
    short; an event stream never.

    Raises:
        httpx.RemoteProtocolError: the app broke off.
    """
    if content_type_of(headers) == "text/event-stream":
        return b"", False
    if stream.single:  # it is there already, as mostly; what follows would find the same
        return stream.buffered(), True
    chunks: list[bytes] = []
    loop = asyncio.get_running_loop()
    deadline = loop.time() + COMPLETION_GRACE
    try:
        while (chunk := await stream.next_chunk(deadline - loop.time())) is not None:
            chunks.append(chunk)
            if stream.single:
                return chunk, True
            if not _announced_short(headers):
                return chunk, False
    except TimeoutError:
        return b"".join(chunks), False
    return b"".join(chunks), True


def _announced_short(headers: HeaderLines) -> bool:
    for name, value in headers:
        if name.lower() == b"content-length":
            return value.isdigit() and int(value) <= http_trigger.INLINE_LIMIT
    return False
