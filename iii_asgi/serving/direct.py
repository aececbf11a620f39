"""Serving a direct call: plain arguments in, a plain value out."""

from __future__ import annotations

from typing import Any, Literal

import httpx

from iii_asgi.asgi.stream import ResponseStream
from iii_asgi.asgi.transport import ASGITransport
from iii_asgi.catalogue.model import Function
from iii_asgi.errors import InvocationError
from iii_asgi.exchange import values
from iii_asgi.exchange.direct_call import DirectTarget
from iii_asgi.exchange.wire_http import content_type_of
from iii_asgi.invocation import Invocation

__all__ = ["DirectServing"]


class DirectServing:
    """Serves the direct calls of one function."""

    __slots__ = ("_errors", "_target", "_transport")

    def __init__(
        self, function: Function, transport: ASGITransport, errors: Literal["raise", "return"]
    ) -> None:
        self._target = DirectTarget(function)
        self._transport = transport
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
        try:
            response = await self._transport.handle_async_request(call.request(invocation))
        except httpx.RemoteProtocolError:
            raise InvocationError("UNAVAILABLE", "Service Unavailable") from None
        status, raw_headers = response.status_code, response.headers.raw
        body = await _collect(response)
        if call.wants_http or 300 <= status < 400:
            return status, values.envelope_of(status, raw_headers, body)
        if status < 400:
            return status, values.value_of(raw_headers, body)
        code, message, detail = values.error_of(status, raw_headers, body)
        return status, self._error(code, message, status, detail)

    def _error(self, code: str, message: str, status: int, detail: Any) -> dict[str, Any]:
        """Return the value that stands for an error, unless errors are to be raised."""
        if self._errors == "raise":
            raise InvocationError(code, message)
        error = {"code": code, "message": message, "status_code": status, "detail": detail}
        return {"success": False, "error": error}


async def _collect(response: httpx.Response) -> bytes:
    """Return the whole body.

    Raises:
        InvocationError: it is an event stream, too long, or the app broke off.
    """
    stream = response.stream
    assert isinstance(stream, ResponseStream)
    chunks: list[bytes] = []
    size = 0
    try:
        if content_type_of(response.headers.raw) == "text/event-stream":
            raise InvocationError(
                "NOT_ACCEPTABLE", "this function answers with an event stream; use HTTP for it"
            )
        async for chunk in stream:
            chunks.append(chunk)
            size += len(chunk)
            if size > values.RESULT_LIMIT:
                raise InvocationError(
                    "RESULT_TOO_LARGE",
                    f"the answer has more than {values.RESULT_LIMIT} bytes; use HTTP for it",
                )
    except httpx.RemoteProtocolError:
        raise InvocationError("INTERNAL_ERROR", "Internal Server Error") from None
    finally:
        await stream.aclose()
    return b"".join(chunks)
