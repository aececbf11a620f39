"""What a function gets of an HTTP request: one test for each thing that is lost."""

from __future__ import annotations

import json
from typing import Any

import pytest

from iii_asgi.engine.channels import Channel
from iii_asgi.engine.request import Request
from iii_asgi.engine.routes import Route

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def request(
    *headers: tuple[str, str], path: str = "/users/7", query: bytes = b"", method: str = "POST"
) -> Request:
    """Return a request as a server would hand it over."""
    return Request.read(
        {
            "type": "http",
            "method": method,
            "raw_path": path.encode(),
            "query_string": query,
            "headers": [(name.encode(), value.encode("latin-1")) for name, value in headers],
        }
    )


def payload(body: bytes = b"", pattern: str = "/users/:id", **parts: Any) -> dict[str, Any]:
    """Return the data of the call, parsed."""
    route = Route("POST", pattern, "f", "default", "t", None)
    text = request(**parts).payload(route, body, Channel(), Channel())
    data: dict[str, Any] = json.loads(bytes(text))
    return data


def test_the_payload_has_these_keys_sorted() -> None:
    """The payload is what the engine's HTTP front end sends, its keys in order."""
    data = payload(b'{"a":1}', query=b"q=1")

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
        (b"a=1&a=2", {"a": "2"}),
        (b"a[]=1&a[]=2", {"a[]": "2"}),
        (b"q=", {"q": ""}),
        (b"q", {"q": ""}),
        (b"=x", {"": "x"}),
        (b"&&a=1", {"a": "1"}),
        (b"a=1;b=2", {"a": "1;b=2"}),
        (b"a=b+c%20d", {"a": "b c d"}),
        (b"a=%c3%a9", {"a": "é"}),
        (b"a=%ff", {"a": "\ufffd"}),
        (b"a=%zz", {"a": "%zz"}),
        (b"a=%00", {"a": "\x00"}),
    ],
)
def test_lost_repeated_query_keys(query: bytes, seen: dict[str, str]) -> None:
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


def test_lost_spaces_around_header_values() -> None:
    """White space at the end of a value is no part of it."""
    assert request(("x", "a  \t")).headers == {"x": "a"}


def test_lost_the_spelling_of_json() -> None:
    """The inline body is re-written: sorted keys, other numbers."""
    body = payload(b'{"b": 2.50, "a": 12345678901234567890123}')["body"]

    assert json.dumps(body) == '{"a": 1.2345678901234568e+22, "b": 2.5}'


@pytest.mark.parametrize("body", [b"", b"nope", b"null", b'"\xff"', b"\xef\xbb\xbf{}"])
def test_lost_bodies_that_are_no_json(body: bytes) -> None:
    """What does not parse is null, as null itself is."""
    assert payload(body)["body"] is None


@pytest.mark.parametrize(
    ("content_type", "is_json"),
    [
        ("application/json", True),
        ("application/json; charset=utf-8", True),
        ("text/x; application/json", True),
        ("Application/JSON", False),
        ("application/vnd.api+json", False),
        ("text/plain", False),
    ],
)
def test_lost_other_spellings_of_the_content_type(content_type: str, is_json: bool) -> None:
    """Only a type that contains ``application/json``, in this case, is parsed."""
    assert request(("content-type", content_type)).is_json is is_json


def test_the_first_content_type_counts() -> None:
    """With two content types the first decides, although the last is passed on."""
    seen = request(("content-type", "text/plain"), ("content-type", "application/json"))

    assert not seen.is_json
    assert seen.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("header", "has_body"),
    [
        (("content-length", "0"), False),
        (("content-length", "5"), True),
        (("transfer-encoding", "chunked"), True),
        (("accept", "*/*"), False),
    ],
)
def test_the_head_tells_whether_a_body_comes(header: tuple[str, str], has_body: bool) -> None:
    """Without a length and without chunks there is no body."""
    assert request(header).has_body is has_body


def test_a_trace_context_is_read() -> None:
    """The client's trace goes on; a malformed one does not."""
    seen = request(("traceparent", PARENT), ("baggage", "k=v")).trace

    assert (seen.traceparent, seen.baggage) == (PARENT, "k=v")
    assert request(("traceparent", "00-zz")).trace.traceparent is None
