"""The scope, next to the one that uvicorn makes of the same request."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from iii_asgi.asgi.scope import http_scope
from iii_asgi.asgi.transport import ASGITransport
from tests.asgi.helpers import ask, echo_scope, uvicorn_server

TARGETS = [
    b"/",
    b"/users/42?q=1",
    b"/a%2Fb",
    b"/a%2fb%25c",
    b"/%25%32%46",
    b"/a%FFb",
    b"/%E9",
    b"/caf%C3%A9",
    b"/caf%c3%a9/",
    b"/a%00b%0A",
    b"/%zz%",
    b"//",
    b"//a//b/",
    b"/a/../b/./c",
    b"/a/%2e%2e/b",
    b"/a;v=1:x@y,z+w",
    b"/~u/$-_.!*'()&=",
    b"/a%3Fb",
    b"/a?",
    b"/a??x=?",
    b"/a?x=1&x=2&y",
    b"/a?x=%20+%FF&%00",
    b"/a?next=/b/c?d&e=%2F",
    b'/a?x=[1]{2}|^`"<>',
]


def scope_of(request: httpx.Request, **options: Any) -> dict[str, Any]:
    """Return the scope with the defaults of the transport."""
    return http_scope(request, **{"root_path": "", "client": None, "state": None} | options)


@pytest.fixture(scope="module", params=["h11", "httptools"])
def server(request: pytest.FixtureRequest) -> Iterator[str]:
    """uvicorn with either of its HTTP implementations."""
    with uvicorn_server(echo_scope, http=request.param, root_path="/mount") as url:
        yield url


@pytest.mark.anyio
@pytest.mark.parametrize("target", TARGETS)
async def test_as_uvicorn(server: str, target: bytes) -> None:
    """Whatever the target, the scope is uvicorn's."""
    headers = [(b"X-One", b"1"), (b"x-two", b"\xfc"), (b"X-One", b"2"), (b"Cookie", b"a=b")]
    request = httpx.Request("GET", server, headers=headers, extensions={"target": target})
    ours = ASGITransport(echo_scope, root_path="/mount", state={})
    async with httpx.AsyncHTTPTransport() as theirs:
        expected = await ask(theirs, request)

    assert await ask(ours, request) == expected


@pytest.mark.parametrize("target", TARGETS)
def test_target_is_kept(target: bytes) -> None:
    """Path and query are the target's own bytes, though httpx would normalise a URL."""
    scope = scope_of(httpx.Request("GET", "http://host/other", extensions={"target": target}))

    assert (scope["raw_path"], scope["query_string"]) == target.partition(b"?")[::2]


def test_url_is_the_target_otherwise() -> None:
    """Without a target, path and query come from the URL, as httpx sends them."""
    scope = scope_of(httpx.Request("GET", "http://host/a b/ü?x=1 2#frag"))

    assert scope["path"] == "/a b/ü"
    assert scope["raw_path"] == b"/a%20b/%C3%BC"
    assert scope["query_string"] == b"x=1%202"


def test_target_beyond_ascii() -> None:
    """A target that is not ASCII is a protocol error of the caller."""
    with pytest.raises(httpx.LocalProtocolError, match="ASCII"):
        scope_of(httpx.Request("GET", "http://host", extensions={"target": b"/\xc3\xa9"}))


@pytest.mark.parametrize(
    ("url", "scheme", "server"),
    [
        ("http://host", "http", ("host", 80)),
        ("https://host", "https", ("host", 443)),
        ("https://host:8443", "https", ("host", 8443)),
        ("http://[::1]:1", "http", ("::1", 1)),
    ],
)
def test_server(url: str, scheme: str, server: tuple[str, int]) -> None:
    """Scheme, host and port are the URL's, the port by default the scheme's."""
    scope = scope_of(httpx.Request("GET", url))

    assert (scope["scheme"], scope["server"]) == (scheme, server)


def test_headers_are_lowered() -> None:
    """Header names are lower-case, values raw, lines and their order kept."""
    headers = [(b"X-A", b"\xff"), (b"x-a", b""), (b"X-B", b" B ")]

    assert scope_of(
        httpx.Request("GET", "http://host", headers=headers, stream=httpx.ByteStream(b""))
    )["headers"][-3:] == [(b"x-a", b"\xff"), (b"x-a", b""), (b"x-b", b" B ")]


def test_extra_entries() -> None:
    """The scope extension adds entries and overrides others."""
    extra = {"iii": "invocation", "server": ("shop.example", 443)}
    request = httpx.Request("GET", "http://host", extensions={"scope": extra})
    scope = scope_of(request, client=("10.0.0.1", 7))

    assert scope["iii"] == "invocation"
    assert scope["server"] == ("shop.example", 443)
    assert scope["client"] == ("10.0.0.1", 7)


def test_no_sharing() -> None:
    """What an app changes in its scope is not seen by the next request."""
    request = httpx.Request("GET", "http://host")
    first = scope_of(request)
    first["asgi"]["version"] = "2.0"
    first["headers"].clear()
    first["extensions"]["x"] = {}
    second = scope_of(request)

    assert second["asgi"] == {"version": "3.0", "spec_version": "2.3"}
    assert second["headers"]
    assert second["extensions"] == {}
