"""Tests of the conversions between the wire's text and HTTP's bytes."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import QueryParams

from iii_asgi.errors import InvocationError
from iii_asgi.exchange import wire_http
from tests.exchange.helpers import invocation, scope_of

TOKEN = st.from_regex(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,12}", fullmatch=True)
VALUE = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"))
HOP_BY_HOP = [
    "connection",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
]

# -- requests ----------------------------------------------------------------------------


def test_encode_headers() -> None:
    """Names are lower-case, values are the bytes that were UTF-8 on the wire, in order."""
    assert wire_http.encode_headers({"X-Name": "Ada", "accept": "*/*", "x-city": "Zürich"}) == [
        (b"x-name", b"Ada"),
        (b"accept", b"*/*"),
        (b"x-city", "Zürich".encode()),
    ]


def test_encode_repeated_headers() -> None:
    """A list of values is a line each."""
    assert wire_http.encode_headers({"a": ["1", "2"], "b": "3", "c": []}) == [
        (b"a", b"1"),
        (b"a", b"2"),
        (b"b", b"3"),
    ]


@pytest.mark.parametrize("name", HOP_BY_HOP)
def test_hop_by_hop_headers_are_dropped(name: str) -> None:
    """What belongs to the client's connection does not reach the app."""
    headers = {name: "x", name.upper(): "x", "a": "1"}
    assert wire_http.encode_headers(headers) == [(b"a", b"1")]


@pytest.mark.parametrize("value", ["a\r\nx-admin: 1", "a\nb", "a\rb", "a\0b", "\n"])
@pytest.mark.parametrize("name", ["x-name", "connection"])
def test_line_breaks_in_values(name: str, value: str) -> None:
    """A value that would be two lines is refused, alone and in a list, with its text unsaid."""
    for forged in (value, [value], ["fine", value]):
        with pytest.raises(InvocationError, match="must not contain a line break") as refused:
            wire_http.encode_headers({"host": "x", name: forged})
        assert refused.value.code == "BAD_REQUEST"


@pytest.mark.parametrize("name", ["", "a b", "a:", "a\r\nb", "a\0", "é", "a\n"])
def test_names_that_are_no_token(name: str) -> None:
    """A name that HTTP does not allow is refused each time."""
    for _ in range(2):
        with pytest.raises(InvocationError, match="cannot be the name of a header"):
            wire_http.encode_headers({name: "x"})


@given(st.dictionaries(TOKEN, VALUE | st.lists(VALUE), max_size=8))
def test_any_headers(headers: dict[str, str | list[str]]) -> None:
    """An app sees each value as the client sent it, in order."""
    assert wire_http.encode_headers(headers) == [
        (name.lower().encode(), one.encode())
        for name, value in headers.items()
        for one in (value if isinstance(value, list) else [value])
        if name.lower() not in HOP_BY_HOP
    ]


@pytest.mark.parametrize(
    ("learn", "names"), [("request", "_request_names"), ("answer", "_answer_names")]
)
def test_learnt_names_are_bounded(learn: str, names: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names that are made up do not fill the memory, and still work."""
    known: dict[Any, Any] = {}
    monkeypatch.setattr(wire_http, names, known)
    monkeypatch.setattr(wire_http, "_NAMES_AT_MOST", 3)
    for _ in range(2):
        for number in range(5):
            name = f"X-{number}"
            if learn == "request":
                assert wire_http.encode_headers({name: "v"}) == [(name.lower().encode(), b"v")]
            else:
                assert wire_http.answer_lines([(name.encode(), b"v")]) == [(name.lower(), "v")]
    assert len(known) == 3


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({}, ""),
        ({"page": "2", "q": "a-b_c.d~e"}, "page=2&q=a-b_c.d~e"),
        ({"q": ""}, "q="),
        ({"": "x"}, "=x"),
        ({"q": "a b&c=d"}, "q=a+b%26c%3Dd"),
        ({"a=b": "1"}, "a%3Db=1"),
        ({"a&b": "1"}, "a%26b=1"),
        ({"tag": ["x", "y"], "q": "1"}, "tag=x&tag=y&q=1"),
        ({"tag": []}, ""),
        ({"q": "é%"}, "q=%C3%A9%25"),
    ],
)
def test_encode_query(parameters: dict[str, str | list[str]], expected: str) -> None:
    """Values are escaped where they must be; a list repeats its key."""
    assert wire_http.encode_query(parameters) == expected


@given(st.dictionaries(st.text(), st.text() | st.lists(st.text()), max_size=5))
def test_any_query(parameters: dict[str, str | list[str]]) -> None:
    """An app reads from the query what the wire had."""
    seen = QueryParams(wire_http.encode_query(parameters).encode("ascii"))
    expected = [
        (name, one)
        for name, value in parameters.items()
        for one in (value if isinstance(value, list) else [value])
    ]
    assert seen.multi_items() == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (True, "true"),
        (False, "false"),
        (3, "3"),
        (2.5, "2.5"),
        ("x", "x"),
        ("", ""),
        (None, None),
        ([], None),
        ({}, None),
    ],
)
def test_as_text(value: Any, expected: str | None) -> None:
    """Scalars are written as JSON writes them, text without its quotes."""
    assert wire_http.as_text(value) == expected


def make(**fields: Any) -> httpx.Request:
    """Make a request, of which the test says only what matters to it."""
    defaults: dict[str, Any] = {
        "method": "GET",
        "target": "/",
        "headers": [],
        "body": httpx.ByteStream(b""),
        "invocation": invocation(),
        "given": (),
    }
    return wire_http.make_request(**defaults | fields)


def test_make_request() -> None:
    """The app sees the target as it is, the invocation in the scope, and no header of ours."""
    this = invocation()
    request = make(target="/a%2Fb/../c?q=%7E", invocation=this, server=("shop", 80))
    assert request.extensions["target"] == b"/a%2Fb/../c?q=%7E"
    scope = scope_of(request)
    assert scope["path"] == "/a/b/../c"
    assert scope["raw_path"] == b"/a%2Fb/../c"
    assert scope["query_string"] == b"q=%7E"
    assert scope["iii"] is this
    assert scope["server"] == ("shop", 80)
    assert scope["headers"] == []


def test_method_is_as_the_client_wrote_it() -> None:
    """A method in lower case is not made another one on the way to the app."""
    assert scope_of(make(method="get"))["method"] == "get"


def test_trace_context_is_added() -> None:
    """The invocation's trace context becomes headers."""
    request = make(invocation=invocation("00-ab", "k=v"), headers=[(b"a", b"1")])
    assert scope_of(request)["headers"] == [
        (b"a", b"1"),
        (b"traceparent", b"00-ab"),
        (b"baggage", b"k=v"),
    ]


def test_own_trace_context_stands() -> None:
    """A trace context that the request has is not replaced."""
    given = {"traceparent", "baggage"}
    assert scope_of(make(invocation=invocation("00-ab", "k=v"), given=given))["headers"] == []


def test_broken_trace_context_is_dropped() -> None:
    """A trace context with a line break, which any caller can send, is none."""
    forged = invocation("00-ab\r\nx-admin: 1", "k=v\n")
    assert scope_of(make(invocation=forged))["headers"] == []


# -- answers -----------------------------------------------------------------------------


def test_answer_lines() -> None:
    """Lines are in order with their repeats, names in lower case, hop-by-hop ones dropped."""
    raw = [
        (b"Set-Cookie", b"a=1"),
        (b"Connection", b"close"),
        (b"content-type", b"text/plain"),
        (b"set-cookie", b"b=2"),
        (b"transfer-encoding", b"chunked"),
    ]
    assert wire_http.answer_lines(raw) == [
        ("set-cookie", "a=1"),
        ("content-type", "text/plain"),
        ("set-cookie", "b=2"),
    ]


@given(st.binary())
def test_answer_values(value: bytes) -> None:
    """Values that are UTF-8 leave as they came; others are read as latin-1."""
    ((_, text),) = wire_http.answer_lines([(b"x-name", value)])
    assert value in (text.encode(), text.encode("latin-1", "replace"))


@given(TOKEN)
def test_spellings(name: str) -> None:
    """Each spelling is another one of the same name; the first is in lower case."""
    letters = sum(character.isalpha() for character in name)
    if letters <= 10:
        found = list(wire_http.spellings(name))
        assert found[0] == name.lower()
        assert len(found) == len(set(found)) == 2**letters
        assert {one.lower() for one in found} == {name.lower()}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"text/HTML; charset=utf-8", "text/html"),
        (b" application/json ", "application/json"),
        (b"", ""),
        (b"\xff", "\xff"),
    ],
)
def test_content_type_of(value: bytes, expected: str) -> None:
    """A media type is told without its parameters."""
    assert wire_http.content_type_of([(b"a", b"1"), (b"Content-Type", value)]) == expected


def test_no_content_type() -> None:
    """An answer can be without a content-type."""
    assert wire_http.content_type_of([(b"a", b"1")]) is None


@pytest.mark.parametrize(
    ("media_type", "expected"),
    [
        ("application/json", True),
        ("application/problem+json", True),
        ("application/jsonl", False),
        ("text/html", False),
    ],
)
def test_is_json(media_type: str, expected: bool) -> None:
    """JSON has one media type, and a suffix."""
    assert wire_http.is_json(media_type) is expected
