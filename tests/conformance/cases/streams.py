"""Answers in pieces: generators, events, lengths known before, and characters cut in two."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.responses import StreamingResponse

from tests.conformance.case import PAUSE, Case, Loss, case
from tests.conformance.losses import BROKEN_STREAM, EARLY_FAILURE, STREAMED_ORDER

__all__ = ["CASES", "add_to"]

Pieces = Callable[[], Any]
EVENTS = "text/event-stream"


def add_to(app: FastAPI) -> None:
    """Add the endpoints of this theme."""

    @app.get("/streams/{name}")
    @app.head("/streams/{name}")
    async def stream(name: str) -> StreamingResponse:
        pieces, media_type, headers = STREAMS[name]
        return StreamingResponse(pieces(), media_type=media_type, headers=headers)


def _async(*pieces: bytes, pause: float | None = None) -> Pieces:
    async def generate() -> AsyncIterator[bytes]:
        for number, piece in enumerate(pieces):
            if number and pause is not None:
                await asyncio.sleep(pause)
            yield piece

    return generate


def _sync(*pieces: bytes) -> Pieces:
    def generate() -> Iterator[bytes]:
        yield from pieces

    return generate


def _failing(*pieces: bytes) -> Pieces:
    async def generate() -> AsyncIterator[bytes]:
        for piece in pieces:
            yield piece
        raise RuntimeError("the stream fails")

    return generate


def _cut(text: str) -> list[bytes]:
    return [bytes([one]) for one in text.encode()]


def _events(count: int) -> list[bytes]:
    return [
        f"id: {n}\nevent: tick\ndata: {json.dumps({'n': n})}\n\n".encode() for n in range(count)
    ]


STREAMS: dict[str, tuple[Pieces, str | None, dict[str, str]]] = {
    "text": (_async(b"one ", b"two ", b"three"), "text/plain", {}),
    "sync": (_sync(b"one ", b"two ", b"three"), "text/plain", {}),
    "one": (_async(b"one"), "text/plain", {}),
    "nothing": (_async(), "text/plain", {}),
    "empty-pieces": (_async(b"", b"a", b"", b"b", b""), "text/plain", {}),
    "cut": (_async(*_cut("äöü🚀")), "text/plain", {}),
    "cut-with-length": (_async(*_cut("äöü🚀")), "text/plain", {"content-length": "10"}),
    "bytes": (_async(b"\xff\x00", b"\xfe"), "application/octet-stream", {}),
    "no-type": (_async(b"a", b"b"), None, {}),
    "length": (_async(b"abc", b"def"), "text/plain", {"content-length": "6"}),
    "length-of-bytes": (_async(b"\xff", b"\xfe"), "image/png", {"content-length": "2"}),
    "long-length": (_async(*[b"x" * 9999] * 40), "text/plain", {"content-length": "399960"}),
    "slow": (_async(b"one ", b"two ", b"three", pause=PAUSE), "text/plain", {}),
    "slow-length": (_async(*[b"x"] * 5, pause=PAUSE), "text/plain", {"content-length": "5"}),
    "slow-bytes": (_async(b"\xff", b"\xfe", b"\xfd", pause=PAUSE), "image/png", {}),
    "events": (_async(*_events(3), pause=PAUSE), EVENTS, {"cache-control": "no-store"}),
    "events-at-once": (_async(*_events(20)), EVENTS, {}),
    "event-comment": (_async(b": hi\n\n", b"data: a\ndata: b\n\n"), EVENTS, {}),
    "events-with-charset": (_async(*_events(2)), f"{EVENTS}; charset=utf-8", {}),
    "lines": (_async(*[b'{"n": 1.50}\n'] * 5), "application/x-ndjson", {}),
    "JSON": (_async(b"[1", b",2.50", b"]"), "application/json", {}),
    "many": (_async(*[b"%d\n" % n for n in range(1000)]), "text/csv", {}),
    "large-pieces": (_async(*[b"x" * 300_000] * 4), "text/plain", {}),
    "large-and-small": (_async(b"a", b"x" * 500_000, b"b"), "text/plain", {}),
    "headers": (_async(b"a", b"b"), "text/plain", {"x-a": "1", "x-c": "2", "x-b": "3"}),
    "fails-first": (_failing(), "text/plain", {}),
    "fails-later": (_failing(b"one ", b"two "), "text/plain", {}),
    "fails-with-length": (
        _failing(b"x" * 200_000, b"y"),
        "text/plain",
        {"content-length": "400000"},
    ),
    "fails-before-long-length": (_failing(b"one"), "text/plain", {"content-length": "9"}),
}

_LOSSES: dict[str, list[Loss]] = {
    "length": [],
    "events": [STREAMED_ORDER],
    "headers": [STREAMED_ORDER],
    "length-of-bytes": [STREAMED_ORDER],
    "fails-first": [EARLY_FAILURE],
    "fails-later": [BROKEN_STREAM],
    "fails-before-long-length": [EARLY_FAILURE],
}
_SLOW = {"slow", "slow-length", "slow-bytes", "events"}

CASES: list[Case] = [
    *(
        case(name, f"/streams/{name}", losses=_LOSSES.get(name, ()), slow=name in _SLOW)
        for name in STREAMS
    ),
    *(
        case(f"HEAD of {name}", f"/streams/{name}", "HEAD")
        for name in ("text", "bytes", "length", "events-at-once")
    ),
    case("two", "/streams/text", then=["/streams/bytes", "/streams/cut"]),
]
