"""Tests of the headers and cookies of a direct call."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from iii_asgi.errors import InvocationError
from iii_asgi.exchange.call_headers import (
    cookie_line,
    header_lines,
    read_cookies,
    read_headers,
)
from tests.strategies import json_values


@pytest.mark.parametrize(
    ("given", "lines"),
    [
        ({}, []),
        ({"Authorization": "Bearer x"}, [(b"authorization", b"Bearer x")]),
        ({"x-n": 3, "x-b": True}, [(b"x-n", b"3"), (b"x-b", b"true")]),
        ({"x-l": ["a", None, "b"], "x-0": None}, [(b"x-l", b"a"), (b"x-l", b"b")]),
        ({"Content-Length": "99", "connection": "close"}, []),
        ({"x-é": "1"}, None),
    ],
)
def test_read_headers(given: Any, lines: Any) -> None:
    """Headers are lines, without those that belong to the connection or count the body."""
    if lines is None:
        with pytest.raises(InvocationError):
            read_headers(given)
    else:
        assert read_headers(given) == lines


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        ({"x-a": "1\r\nx-admin: 1"}, "$headers.x-a must not contain a line break"),
        ({"x-a": ["1", "2\n"]}, "$headers.x-a must not contain a line break"),
        ({"x-a": "\0"}, "$headers.x-a must not contain a line break"),
        ({"x-a\r\nx-admin": "1"}, r"'x-a\r\nx-admin' cannot be the name of a header"),
        ({"": "1"}, "'' cannot be the name of a header"),
        ({"x-a": {}}, "argument $headers.x-a is text, a number or a list of them"),
        ([], "$headers is an object of header names and values"),
        ("x-a: 1", "$headers is an object of header names and values"),
    ],
)
def test_unusable_headers(headers: Any, message: str) -> None:
    """A header that HTTP cannot carry is refused, and named."""
    with pytest.raises(InvocationError) as refused:
        read_headers(headers)
    assert (refused.value.code, refused.value.message) == ("BAD_REQUEST", message)


def test_header_argument() -> None:
    """A header that is an argument is named as such."""
    assert header_lines("argument x", "X", ["1", "2"]) == [(b"x", b"1"), (b"x", b"2")]
    with pytest.raises(InvocationError, match="argument x must not contain a line break"):
        header_lines("argument x", "X", ["1\n"])


def cookies_seen(given: Any) -> dict[str, str]:
    """Return the cookies that an app of Starlette sees."""
    line = cookie_line(read_cookies(given))
    return Request({"type": "http", "headers": [(b"cookie", line)]}).cookies


@pytest.mark.parametrize(
    ("cookies", "line"),
    [
        ({"a": "1", "b": "x=="}, b"a=1; b=x=="),
        ({"a": 1, "b": None, "c": True}, b"a=1; c=true"),
        ({"a": "x y"}, b'a="x y"'),
        ({"a": 'say "hi"; b=2'}, rb'a="say \"hi\"\073 b=2"'),
    ],
)
def test_cookies(cookies: Any, line: bytes) -> None:
    """What a cookie cannot hold as it is goes quoted, and comes out as it was."""
    assert cookie_line(read_cookies(cookies)) == line
    seen = cookies_seen(cookies)
    expected = {name: value for name, value in cookies.items() if isinstance(value, str)}
    assert {name: seen[name] for name in expected} == expected


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126)))
def test_any_cookie(value: str) -> None:
    """No cookie becomes another one, or part of one."""
    assert cookies_seen({"a": value, "b": "2"}) == {"a": value, "b": "2"}


@pytest.mark.parametrize(
    ("cookies", "message"),
    [
        ({"a": "1\r\nx: y"}, "cookie a must not contain control characters"),
        ({"a b": "1"}, "'a b' cannot be the name of a cookie"),
        ({"": "1"}, "'' cannot be the name of a cookie"),
        ({"a=b; c": "1"}, "'a=b; c' cannot be the name of a cookie"),
        ({"a": [[]]}, "argument $cookies.a is text, a number or a list of them"),
        ("a=b", "$cookies is an object of cookie names and values"),
    ],
)
def test_unusable_cookies(cookies: Any, message: str) -> None:
    """A cookie that no header can carry is refused, and named."""
    with pytest.raises(InvocationError) as refused:
        cookie_line(read_cookies(cookies))
    assert (refused.value.code, refused.value.message) == ("BAD_REQUEST", message)


@given(json_values)
def test_anything(value: Any) -> None:
    """Whatever a caller gives, it is lines that are each one line, or a refusal."""
    with suppress(InvocationError):
        for name, line in read_headers(value):
            assert not set(b"\r\n") & set(name + line)
    with suppress(InvocationError):
        assert not set(b"\r\n\0") & set(cookie_line(read_cookies(value)))
