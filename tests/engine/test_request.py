"""What a function gets of an HTTP request: one test for each thing that is lost."""

from __future__ import annotations

import json
from typing import Any

import pytest

from iii_asgi.engine import serde
from iii_asgi.engine.channels import Channel
from iii_asgi.engine.http1 import Head
from iii_asgi.engine.request import Request
from iii_asgi.engine.routes import Route

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def request(
    *headers: tuple[str, str],
    path: str = "/users/7",
    query: str = "",
    unreadable: str | None = "",
) -> Request:
    """Return a request as a server would hand it over."""
    pairs = [(name, value.encode("latin-1")) for name, value in headers]
    return Request.read(Head("POST", path, query, pairs), unreadable)


def payload(body: bytes = b"", pattern: str = "/users/:id", **parts: Any) -> dict[str, Any]:
    """Return the data of the call."""
    route = Route("POST", pattern, "f", "default", "t", None)
    data = request(**parts).payload(route, body, Channel(), Channel())
    parsed: dict[str, Any] = json.loads(serde.dumps(data))
    return parsed


def test_the_payload_has_these_keys_sorted() -> None:
    """The payload is what the engine's HTTP front end sends, its keys in order."""
    data = payload(b'{"a":1}', query="q=1")

    assert list(data) == [
        "body",
        "headers",
        "method",
        "path",
        "path_params",
        "query_params",
        "request_body",
        "response",
        "trigger",
    ]
    assert data["body"] == {"a": 1}
    assert data["method"] == "POST"
    assert data["path_params"] == {"id": "7"}
    assert data["query_params"] == {"q": "1"}
    assert data["request_body"]["direction"] == "read"
    assert data["response"]["direction"] == "write"


def test_lost_the_actual_path() -> None:
    """Both paths of the payload are the registered pattern."""
    data = payload()

    assert data["path"] == "/users/:id"
    assert data["trigger"] == {"type": "http", "method": "POST", "path": "/users/:id"}


@pytest.mark.parametrize(
    ("query", "seen"),
    [
        ("a=1&a=2", {"a": "2"}),
        ("a[]=1&a[]=2", {"a[]": "2"}),
        ("q=", {"q": ""}),
        ("q", {"q": ""}),
        ("=x", {"": "x"}),
        ("&&a=1", {"a": "1"}),
        ("a=1;b=2", {"a": "1;b=2"}),
        ("a=b+c%20d", {"a": "b c d"}),
        ("a=%c3%a9", {"a": "é"}),
        ("a=%ff", {"a": "\ufffd"}),
        ("a=%zz", {"a": "%zz"}),
        ("a=%00", {"a": "\x00"}),
        ("a=é", {"a": "é"}),
    ],
)
def test_lost_repeated_query_keys(query: str, seen: dict[str, str]) -> None:
    """The last value of a key stays, decoded; a bare key and an empty one look the same."""
    assert request(query=query).query == seen


def test_lost_repeated_headers() -> None:
    """The last line of a name stays, of cookies too."""
    seen = request(("cookie", "a=1"), ("cookie", "b=2"), ("x", "1"), ("x", "2"))

    assert seen.headers == {"cookie": "b=2", "x": "2"}


@pytest.mark.parametrize("value", ["\xe9", "\xc3\xa9"])
def test_lost_header_values_beyond_ascii(value: str) -> None:
    """A value with other bytes arrives empty, be it UTF-8 or not."""
    assert request(("x", value)).headers == {"x": ""}


def test_lost_header_values_beyond_ascii_altogether() -> None:
    """On the other front end it is as if the line had not come: an earlier one stays."""
    seen = request(("x", "1"), ("x", "\xe9"), ("y", "\xe9"), unreadable=None)

    assert seen.headers == {"x": "1"}


def test_lost_the_spelling_of_json() -> None:
    """The inline body is re-written: sorted keys, other numbers."""
    body = payload(b'{"b": 2.50, "a": 12345678901234567890123}')["body"]

    assert json.dumps(body) == '{"a": 1.2345678901234568e+22, "b": 2.5}'


@pytest.mark.parametrize(
    "body", [b"", b"nope", b"null", b'"\xff"', b"\xef\xbb\xbf{}", b"[" * 128 + b"]" * 128]
)
def test_lost_bodies_that_do_not_parse(body: bytes) -> None:
    """What does not parse is null, as null itself is."""
    assert payload(body)["body"] is None


def test_the_first_content_type_counts() -> None:
    """With two content types the first decides, although the last is passed on."""
    seen = request(("content-type", "text/plain"), ("content-type", "application/json"))

    assert seen.content_type == "text/plain"
    assert seen.headers["content-type"] == "application/json"


def test_a_trace_context_is_read() -> None:
    """The client's trace goes on; a malformed one does not."""
    seen = request(("traceparent", PARENT), ("baggage", "k=v")).trace

    assert (seen.traceparent, seen.baggage) == (PARENT, "k=v")
    assert request(("traceparent", "00-zz")).trace.traceparent is None
