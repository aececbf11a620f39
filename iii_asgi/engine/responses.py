"""Answers → ASGI messages: framing, the engine's own headers, and what a server cannot send."""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncIterator
from email.utils import formatdate
from functools import lru_cache

from starlette.types import Send

from iii_asgi.engine.answers import Answer, Headers, error_json

__all__ = ["CORS", "send_answer", "send_bare", "send_stream"]

logger = logging.getLogger("iii_asgi.engine")

VARY = (b"vary", b"origin, access-control-request-method, access-control-request-headers")
CORS: Headers = [
    VARY,
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", b"*"),
]
_OURS = frozenset(name for name, _ in CORS if name != b"vary")
_BODILESS = frozenset({204, 304})


async def send_bare(send: Send, status: int, headers: Headers) -> None:
    """Send an empty response with exactly these headers, and the date."""
    await _start(send, status, [*headers, (b"content-length", b"0")])
    await send({"type": "http.response.body", "body": b""})


async def send_answer(send: Send, answer: Answer, method: str) -> None:
    """Send a whole answer; what the worker says of its length is believed."""
    if _is_no_status(answer.status):
        return await send_bare(send, 500, [])
    if any(name == b"transfer-encoding" for name, _ in answer.headers):
        logger.warning("an answer with transfer-encoding: a real engine drops the connection")
        answer = error_json(500, "invalid_answer", "transfer-encoding belongs to the engine")
    headers, length = _framed(answer.headers)
    if method == "HEAD" or answer.status in _BODILESS:
        return await _send_head(send, answer, headers, length)
    length = len(answer.body) if length is None else length
    await _start(send, answer.status, [*headers, *CORS, _length(length)])
    is_short = length > len(answer.body)
    await send({"type": "http.response.body", "body": answer.body[:length], "more_body": is_short})
    if is_short:
        _log_short(length)
    return None


async def _send_head(send: Send, answer: Answer, headers: Headers, length: int | None) -> None:
    if answer.status not in _BODILESS:
        headers = [*headers, _length(len(answer.body) if length is None else length)]
    await _start(send, answer.status, [*headers, *CORS])
    await send({"type": "http.response.body", "body": b""})


async def send_stream(
    send: Send, status: int, headers: Headers, chunks: AsyncIterator[bytes], method: str
) -> None:
    """Send a streamed answer, each chunk as it comes; without a length it is chunked."""
    if _is_no_status(status):
        return await send_bare(send, 500, [])
    headers, left = _framed(headers)
    if left is not None and status not in _BODILESS:
        headers = [*headers, _length(left)]
    await _start(send, status, [*headers, *CORS])
    if method != "HEAD" and status not in _BODILESS:
        async for chunk in chunks:
            if left is not None:
                chunk = chunk[:left]
                left -= len(chunk)
            if chunk:
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
        if left:
            return _log_short(left)
    await send({"type": "http.response.body", "body": b""})
    return None


async def _start(send: Send, status: int, headers: Headers) -> None:
    if not any(name == b"date" for name, _ in headers):
        headers = [*headers, (b"date", _date(int(time.time())))]
    await send({"type": "http.response.start", "status": status, "headers": headers})


def _framed(headers: Headers) -> tuple[Headers, int | None]:
    """Take out the engine's own headers and the length; return (headers, length)."""
    length = None
    kept = []
    for name, value in headers:
        if name == b"content-length":
            if value.isdigit() and length is None:
                length = int(value)
        elif name not in _OURS and not _is_of_the_connection(name, value):
            kept.append((name, value))
    return kept, length


def _is_of_the_connection(name: bytes, value: bytes) -> bool:
    return name == b"transfer-encoding" or (name == b"connection" and value.lower() != b"close")


def _is_no_status(status: int) -> bool:
    """Whether a server cannot send it: an interim status, or one beyond HTTP's."""
    if 200 <= status <= 599:
        return False
    logger.warning("the status %d cannot be sent: answered 500", status)
    return True


def _log_short(missing: int) -> None:
    """Leave the response incomplete: the server closes the connection, as the engine does."""
    logger.warning("an answer is shorter than its content-length (%d)", missing)


def _length(length: int) -> tuple[bytes, bytes]:
    return b"content-length", str(length).encode()


@lru_cache(maxsize=2)
def _date(second: int) -> bytes:
    return formatdate(second, usegmt=True).encode()
