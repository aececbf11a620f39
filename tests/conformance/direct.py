"""A server without a socket: one request to an ASGI app, and what comes of it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import unquote

from starlette.types import ASGIApp, Message

from tests.conformance.client import HOST, Answer, Request

__all__ = ["serve"]

_CRASH: list[Message] = [
    {
        "type": "http.response.start",
        "status": 500,
        "headers": [(b"content-type", b"text/plain; charset=utf-8")],
    },
    {"type": "http.response.body", "body": b"Internal Server Error"},
]
"""A server's answer for an app that raises."""


async def serve(app: ASGIApp, request: Request) -> Answer:
    """Call an app as a server does; return the answer as a client would see it."""
    target = request.target.encode() if isinstance(request.target, str) else request.target
    raw_path, _, query = target.partition(b"?")
    body = request.body if isinstance(request.body, tuple) else (request.body,)
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": "http",
        "path": unquote(raw_path.decode("ascii")),
        "raw_path": raw_path,
        "query_string": query,
        "root_path": "",
        "headers": list(_headers(request)),
        "client": ("127.0.0.1", 1234),
        "server": ("127.0.0.1", 80),
        "state": {},
    }
    parts: Iterator[Message] = iter(
        [
            *({"type": "http.request", "body": part, "more_body": True} for part in body),
            {"type": "http.request", "body": b""},
        ]
    )
    over = asyncio.Event()
    sent: list[Message] = []

    async def receive() -> Message:
        if (part := next(parts, None)) is not None:
            return part
        await over.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)
        if message["type"] == "http.response.body" and not message.get("more_body"):
            over.set()

    with suppress(Exception):  # what follows an answer, a server logs
        await app(scope, receive, send)
    start, *pieces = sent or _CRASH
    lines = tuple(
        (name.decode().lower(), value.decode("latin-1").strip(" \t"))
        for name, value in start.get("headers", ())
    )
    has_body = request.method != "HEAD" and start["status"] not in (204, 304)
    whole = b"".join(piece.get("body", b"") for piece in pieces)
    return Answer(start["status"], lines, whole if has_body else b"")


def _headers(request: Request) -> Iterator[tuple[bytes, bytes]]:
    yield b"host", HOST.encode()
    for line in request.lines:
        name, _, value = (line if isinstance(line, bytes) else line.encode()).partition(b":")
        yield name.lower(), value.strip()
    if isinstance(request.body, tuple):
        yield b"transfer-encoding", b"chunked"
    elif request.body:
        yield b"content-length", b"%d" % len(request.body)
