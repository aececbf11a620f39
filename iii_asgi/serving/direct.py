"""Serving a direct call: plain arguments in, a plain value out."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from typing import Any, Literal

import httpx

from iii_asgi.asgi.response import ASGIResponse
from iii_asgi.asgi.stream import ResponseStream
from iii_asgi.asgi.transport import ASGITransport
from iii_asgi.catalogue.model import EventTrigger, Function
from iii_asgi.errors import ConnectionLostError, InvocationError
from iii_asgi.exchange import event, values
from iii_asgi.exchange.direct_call import Call, DirectTarget
from iii_asgi.exchange.multipart import Piece
from iii_asgi.exchange.wire_http import HeaderLines, content_type_of
from iii_asgi.invocation import Invocation
from iii_asgi.protocol.messages import ChannelRef
from iii_asgi.serving.bodies import ChannelBody, ChannelOpener, ChannelWriter
from iii_asgi.serving.leaving import cancels_of
from iii_asgi.serving.streaming import write_stream

__all__ = ["DirectServing"]

logger = logging.getLogger("iii_asgi")


class DirectServing:
    """Serves the direct calls of one function."""

    __slots__ = ("_cancels", "_channels", "_errors", "_target", "_transport")

    def __init__(
        self,
        function: Function,
        transport: ASGITransport,
        channels: ChannelOpener,
        errors: Literal["raise", "return"],
    ) -> None:
        self._target = DirectTarget(function)
        self._cancels = cancels_of(function)
        self._transport = transport
        self._channels = channels
        self._errors = function.errors or errors

    async def serve(self, arguments: Any, invocation: Invocation) -> tuple[int, Any]:
        """Return (status, value).

        Raises:
            InvocationError: the arguments do not fit, or the app answered 400 or above.
        """
        try:
            call = self._target.call(arguments)
        except InvocationError as error:
            return 400, self._error(error.code, error.message, 400, None)
        response = await self._ask(call, invocation)
        status, raw_headers = response.status_code, response.lines
        stream = response.stream
        assert isinstance(stream, ResponseStream)
        try:
            if call.response is not None:
                writer = await self._writer(call.response)
                if call.wants_http or status < 300:
                    await _write(writer, response, stream)
                    return status, values.envelope_of(status, raw_headers, b"")
                writer.close()  # what comes now is no body
            body = await _collect(raw_headers, stream)
        finally:
            stream.disconnect()
        if call.wants_http or 300 <= status < 400:
            return status, values.envelope_of(status, raw_headers, body)
        if status < 400:
            return status, values.value_of(raw_headers, body)
        code, message, detail = values.error_of(status, raw_headers, body, self._target.name_at)
        return status, self._error(code, message, status, detail)

    async def serve_event(
        self, trigger: EventTrigger, payload: Any, invocation: Invocation
    ) -> tuple[int, Any]:
        """Serve what a trigger sent: see `serve`, whose arguments it becomes."""
        try:
            arguments = event.arguments_of(trigger, payload)
        except Exception:  # the user's function; its message may hold anything
            logger.exception("The arguments of %s cannot be made", trigger.function_id)
            return 500, self._error("INTERNAL_ERROR", "Internal Server Error", 500, None)
        return await self.serve(arguments, invocation)

    async def _ask(self, call: Call, invocation: Invocation) -> ASGIResponse:
        """Run the app until its answer begins.

        Raises:
            InvocationError: there is none.
        """
        stream = None if call.body is not None else _Pieces(call.pieces, self._channels)
        request = call.request(invocation, stream)
        request.extensions["cancel"] = self._cancels
        try:
            return await self._transport.handle_async_request(request)
        except httpx.ReadTimeout:
            raise InvocationError(
                "REQUEST_TIMEOUT", "nothing was written to a channel of the arguments"
            ) from None
        except httpx.ReadError:
            raise InvocationError(
                "BAD_REQUEST", "a channel of the arguments cannot be read to its end"
            ) from None
        except httpx.RemoteProtocolError:
            raise InvocationError("UNAVAILABLE", "Service Unavailable") from None

    async def _writer(self, ref: ChannelRef) -> ChannelWriter:
        try:
            return await self._channels.writer(ref)
        except ConnectionLostError:
            raise InvocationError(
                "BAD_REQUEST", "the channel of $response cannot be opened"
            ) from None

    def _error(self, code: str, message: str, status: int, detail: Any) -> dict[str, Any]:
        """Return the value that stands for an error, unless errors are to be raised."""
        if self._errors == "raise":
            raise InvocationError(code, message)
        error = {"code": code, "message": message, "status_code": status, "detail": detail}
        return {"success": False, "error": error}


class _Pieces(httpx.AsyncByteStream):
    """A body of which some is in channels, read when the app asks for it."""

    def __init__(self, pieces: Sequence[Piece], channels: ChannelOpener) -> None:
        self._pieces = pieces
        self._channels = channels

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            if isinstance(piece, bytes):
                yield piece
                continue
            chunks = aiter(ChannelBody(self._channels, piece, length=None, complete=False))
            try:
                async for chunk in chunks:
                    yield chunk
            finally:
                # When the app has read enough, the channel is left at once.
                if isinstance(chunks, AsyncGenerator):
                    await chunks.aclose()


async def _write(writer: ChannelWriter, response: ASGIResponse, stream: ResponseStream) -> None:
    """Write an answer into its channel, to its end or until nobody reads any more.

    Raises:
        InvocationError: the app broke off.
    """
    try:
        await write_stream(writer, response, stream)
    except httpx.RemoteProtocolError:
        raise InvocationError("INTERNAL_ERROR", "Internal Server Error") from None


async def _collect(raw_headers: HeaderLines, stream: ResponseStream) -> bytes:
    """Return the whole body.

    Raises:
        InvocationError: it is an event stream, too long, or the app broke off.
    """
    if content_type_of(raw_headers) == "text/event-stream":
        raise InvocationError(
            "NOT_ACCEPTABLE",
            "this function answers with an event stream: give a channel as $response",
        )
    chunks: list[bytes] = []
    size = 0
    try:
        while (chunk := await stream.next_chunk()) is not None:
            chunks.append(chunk)
            size += len(chunk)
            if size > values.RESULT_LIMIT:
                raise InvocationError(
                    "RESULT_TOO_LARGE",
                    f"the answer has more than {values.RESULT_LIMIT} bytes: "
                    "give a channel as $response",
                )
    except httpx.RemoteProtocolError:
        raise InvocationError("INTERNAL_ERROR", "Internal Server Error") from None
    return b"".join(chunks)
