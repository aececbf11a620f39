"""The answer to an HTTP request that the engine holds.

It is as if a server had served the app: status, header lines, bytes. It goes inline in the
invocation result when it is short text, else through the response channel.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import msgspec

from iii_asgi.exchange import wire_http
from iii_asgi.exchange.wire_http import HeaderLines
from iii_asgi.protocol.messages import encode

__all__ = ["INLINE_LIMIT", "HttpResult", "control_frames", "inline_result", "text_result"]

INLINE_LIMIT = 256 * 1024
"""Bytes of an answer up to which it goes inline. More would block the shared socket."""


class HttpResult(msgspec.Struct, gc=False):
    """An inline answer. The list form of `headers` keeps repeats and their order."""

    status_code: int
    headers: list[str]
    body: str


def inline_result(
    method: str, status: int, raw_headers: HeaderLines, body: bytes
) -> HttpResult | None:
    """Return the inline answer, or None where only the channel carries it as it is.

    Inline, the engine invents a content-type where there is none, and takes only text.
    It believes what it is told of framing, so a wrong content-length is left out: then
    it writes the true one. HEAD and 304 keep the app's.
    """
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return None
    lines = []
    has_content_type = False
    for name, value in wire_http.answer_lines(raw_headers):
        if name == "content-type":
            has_content_type = True
        elif name == "content-length" and (
            value != str(len(body)) and method != "HEAD" and status != 304
        ):
            continue
        lines.append(f"{name}: {value}")
    return HttpResult(status, lines, text) if has_content_type else None


def text_result(status: int, text: str) -> HttpResult:
    """Return a short answer of the bridge's own, as JSON in FastAPI's spelling."""
    return HttpResult(status, ["content-type: application/json"], encode({"detail": text}).decode())


def control_frames(status: int, raw_headers: HeaderLines) -> tuple[bytes, bytes]:
    """Return the two text frames that open a streamed answer: its status, its headers.

    The wire has one map for the headers, so each repeat of a name gets a capitalisation of
    its own; the engine makes a line of each. When a name has too few letters for that, its
    last values share a line, as HTTP allows.
    """
    headers: dict[str, str] = {}
    spare: dict[str, Iterator[str]] = {}
    for name, value in wire_http.answer_lines(raw_headers):
        if name not in headers:
            headers[name] = value
            continue
        if name not in spare:
            spare[name] = islice(wire_http.spellings(name), 1, None)
        spelling = next(spare[name], None)
        if spelling is not None:
            headers[spelling] = value
        else:
            headers[name] += f", {value}"
    return (
        encode({"type": "set_status", "status_code": status}),
        encode({"type": "set_headers", "headers": headers}),
    )
