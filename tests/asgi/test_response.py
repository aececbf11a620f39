"""A response whose headers are made when somebody asks for them."""

from __future__ import annotations

import httpx
import pytest

from iii_asgi.asgi.response import ASGIResponse
from iii_asgi.asgi.stream import ResponseStream

LINES = [(b"Content-Type", b"text/html; charset=latin-1"), (b"set-cookie", b"a=1")]


def test_headers() -> None:
    """They are those of any response: by name, as lines, and to be changed."""
    response = ASGIResponse(200, LINES, ResponseStream())
    assert response.headers == httpx.Headers(LINES)
    assert response.headers.raw == LINES
    assert (response.headers["content-type"], response.charset_encoding) == (
        "text/html; charset=latin-1",
        "latin-1",
    )
    response.headers["x-new"] = "1"
    assert response.headers["x-new"] == "1"
    response.headers = httpx.Headers({"x-other": "2"})
    assert dict(response.headers) == {"x-other": "2"}


@pytest.mark.anyio
async def test_body() -> None:
    """What httpx works out from the headers is as ever."""
    stream = ResponseStream()
    stream.feed("é".encode("latin-1"), last=True)
    response = ASGIResponse(200, LINES, stream)
    response.request = httpx.Request("GET", "http://localhost/")
    await response.aread()

    assert response.text == "é"
    assert response.cookies["a"] == "1"
    assert response.lines == LINES
