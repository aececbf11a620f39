"""What a trusted proxy says of the client."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from uvicorn.middleware import proxy_headers

from iii_asgi.exchange.forwarded import forwarded


@pytest.mark.parametrize(
    ("headers", "entries"),
    [
        ({}, {}),
        ({"x-forwarded-proto": "https"}, {"scheme": "https"}),
        ({"x-forwarded-proto": " https "}, {"scheme": "https"}),
        ({"x-forwarded-proto": "gopher"}, {}),
        ({"x-forwarded-proto": "https,http"}, {}),
        ({"x-forwarded-proto": ["http", "https"]}, {"scheme": "https"}),
        ({"x-forwarded-proto": []}, {}),
        ({"x-forwarded-for": "203.0.113.7"}, {"client": ("203.0.113.7", 0)}),
        ({"x-forwarded-for": "203.0.113.7, 10.0.0.1"}, {"client": ("203.0.113.7", 0)}),
        ({"x-forwarded-for": ["203.0.113.7", "10.0.0.1"]}, {"client": ("203.0.113.7", 0)}),
        ({"x-forwarded-for": "203.0.113.7:4711"}, {"client": ("203.0.113.7", 4711)}),
        ({"x-forwarded-for": "2001:db8::7"}, {"client": ("2001:db8::7", 0)}),
        ({"x-forwarded-for": "[2001:db8::7]:4711"}, {"client": ("2001:db8::7", 4711)}),
        ({"x-forwarded-for": "[2001:db8::7]"}, {"client": ("2001:db8::7", 0)}),
        ({"x-forwarded-for": ""}, {}),
        ({"x-forwarded-for": ", 10.0.0.1"}, {}),
        ({"x-forwarded-host": "shop.example", "forwarded": "for=203.0.113.7"}, {}),
    ],
)
def test_what_is_told(headers: dict[str, str | list[str]], entries: dict[str, Any]) -> None:
    """The scheme and the first address are taken, where they are some; nothing else is."""
    assert forwarded(headers) == entries


def by_uvicorn(lines: list[tuple[str, str]]) -> dict[str, Any]:
    """Return what uvicorn makes of header lines when it trusts every peer."""
    seen: dict[str, Any] = {}

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.update(scope)

    middleware: Any = proxy_headers.ProxyHeadersMiddleware(app, "*")
    headers = [(name.encode(), value.encode()) for name, value in lines]
    scope = {"type": "http", "scheme": "http", "client": None, "headers": headers}
    asyncio.run(middleware(scope, None, None))
    return {"scheme": seen["scheme"], "client": seen["client"]}


PROTOS = st.sampled_from(["https", "http", "wss", "ws", " https\t", "HTTPS", "", "a,b", "ü"])
ADDRESSES = st.text(st.sampled_from("1a.:[], \tü+_"), max_size=12)


@pytest.mark.skipif(
    not hasattr(proxy_headers, "_parse_host_port"),
    reason="this version of uvicorn does not tell ports yet",
)
@given(
    protos=st.lists(PROTOS, max_size=2),
    addresses=st.lists(ADDRESSES, max_size=2),
)
@example(protos=[], addresses=["[::1]x", "b"])
@example(protos=["https", "no"], addresses=["[::1]:no"])
def test_as_uvicorn(protos: list[str], addresses: list[str]) -> None:
    """Whatever a proxy says, the scope is as under uvicorn with --forwarded-allow-ips '*'."""
    headers = {"x-forwarded-proto": protos, "x-forwarded-for": addresses}
    lines = [(name, value) for name, values in headers.items() for value in values]

    ours = {"scheme": "http", "client": None} | forwarded(headers)

    assert ours == by_uvicorn(lines)
