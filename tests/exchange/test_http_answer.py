"""Tests of the two ways to answer an HTTP request."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iii_asgi.exchange.http_answer import (
    HttpResult,
    control_frames,
    inline_result,
    text_result,
)
from iii_asgi.exchange.wire_http import HeaderLines
from iii_asgi.protocol.messages import encode

PLAIN = (b"content-type", b"text/plain")


def inline(
    headers: HeaderLines, body: bytes = b"hello", method: str = "GET", status: int = 200
) -> HttpResult:
    """Return the inline answer, which must be possible."""
    result = inline_result(method, status, headers, body)
    assert result is not None
    return result


def test_inline() -> None:
    """Status, header lines in order with repeats, and text as it is."""
    headers = [(b"Set-Cookie", b"a=1"), PLAIN, (b"content-length", b"6"), (b"set-cookie", b"b=2")]
    result = inline(headers, "héllo".encode(), status=201)
    assert json.loads(encode(result)) == {
        "status_code": 201,
        "headers": [
            "set-cookie: a=1",
            "content-type: text/plain",
            "content-length: 6",
            "set-cookie: b=2",
        ],
        "body": "héllo",
    }


def test_inline_header_bytes() -> None:
    """Header bytes leave as they came where they are UTF-8, else they are latin-1."""
    headers = [PLAIN, (b"x-a", "é".encode()), (b"x-b", b"\xe9")]
    assert inline(headers).headers[1:] == ["x-a: é", "x-b: é"]


@pytest.mark.parametrize("body", [b"\xff", b"\x1f\x8b\x08\x00", "é".encode()[:1]])
def test_inline_takes_text_only(body: bytes) -> None:
    """Bytes that are no UTF-8 need the channel."""
    assert inline_result("GET", 200, [PLAIN], body) is None


def test_inline_needs_a_content_type() -> None:
    """Without a content-type the engine would invent one, on a 204 too."""
    assert inline_result("GET", 200, [], b"hello") is None
    assert inline_result("GET", 204, [(b"x-a", b"1")], b"") is None


@pytest.mark.parametrize(
    ("method", "status", "body", "kept"),
    [
        ("GET", 200, b"hello", True),
        ("GET", 200, b"hell", False),
        ("GET", 200, b"", False),
        ("HEAD", 200, b"", True),
        ("GET", 304, b"", True),
    ],
)
def test_inline_content_length(method: str, status: int, body: bytes, kept: bool) -> None:
    """The engine believes a content-length, so it gets a true one, or makes it itself."""
    result = inline([PLAIN, (b"Content-Length", b"5")], body, method, status)
    assert ("content-length: 5" in result.headers) is kept


def test_inline_without_hop_by_hop() -> None:
    """Framing and connection are the engine's own."""
    headers = [(b"transfer-encoding", b"chunked"), PLAIN, (b"Connection", b"close")]
    assert inline(headers).headers == ["content-type: text/plain"]


def test_text_result() -> None:
    """What the bridge itself has to say looks like FastAPI's own."""
    result = text_result(503, "Service Unavailable")
    assert result == HttpResult(
        503, ["content-type: application/json"], '{"detail":"Service Unavailable"}'
    )


def headers_of(raw: HeaderLines) -> dict[str, str]:
    """Return the header map of a streamed answer."""
    frame = json.loads(control_frames(200, raw)[1])
    assert frame["type"] == "set_headers"
    headers: dict[str, str] = frame["headers"]
    return headers


def test_control_frames() -> None:
    """A streamed answer begins with its status and its headers."""
    status, headers = control_frames(206, [PLAIN, (b"Connection", b"close")])
    assert json.loads(status) == {"type": "set_status", "status_code": 206}
    assert json.loads(headers) == {
        "type": "set_headers",
        "headers": {"content-type": "text/plain"},
    }


@given(
    st.lists(st.sampled_from(["set-cookie", "Set-Cookie", "vary", "x-1"]), max_size=40),
)
def test_repeated_headers(names: list[str]) -> None:
    """Each line has a name of its own, equal but for its capitalisation."""
    raw = [(name.encode(), b"%d" % number) for number, name in enumerate(names)]
    headers = headers_of(raw)
    seen = sorted(
        (name.lower(), int(value))
        for name, values in headers.items()
        for value in values.split(", ")
    )
    assert seen == sorted((name.lower(), number) for number, name in enumerate(names))
    if names.count("x-1") <= 2 and names.count("vary") <= 16:
        assert len(headers) == len(names)


def test_more_repeats_than_spellings() -> None:
    """A name with few letters has its last values on one line."""
    raw = [(b"x-1", b"%d" % number) for number in range(4)]
    assert headers_of(raw) == {"x-1": "0, 2, 3", "X-1": "1"}


def test_many_cookies() -> None:
    """Hundreds of cookies are no burden, and each is a line."""
    raw = [(b"set-cookie", b"%d" % number) for number in range(500)]
    assert len(headers_of(raw)) == 500
