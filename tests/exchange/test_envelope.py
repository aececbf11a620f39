"""Tests of reading ``{"$http": {...}}``."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given

from iii_asgi.errors import InvocationError
from iii_asgi.exchange.envelope import HttpEnvelope, read_body, read_envelope, read_headers
from tests.strategies import json_values


def read(**fields: Any) -> HttpEnvelope:
    """Read an envelope that stands alone."""
    return read_envelope({"$http": fields})


def test_read_envelope() -> None:
    """What is left out is empty."""
    assert read(query_params={"q": 1}) == HttpEnvelope(query_params={"q": 1})


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"$http": {}, "user_id": 1}, "it stands alone"),
        ({"$http": None}, "Expected `object`"),
        ({"$http": []}, "Expected `object`"),
        ({"$http": {"querry": {}}}, "unknown field `querry`"),
        ({"$http": {"path_params": []}}, r"at `\$.path_params`"),
        ({"$http": {"headers": {"a": 1}}}, r"at `\$.headers\[...\]`"),
        ({"$http": {"path": 3}}, r"at `\$.path`"),
    ],
)
def test_unreadable_envelope(arguments: dict[str, Any], problem: str) -> None:
    """The message names the field that is wrong."""
    with pytest.raises(InvocationError, match=rf"\$http: .*{problem}") as refused:
        read_envelope(arguments)
    assert refused.value.code == "BAD_REQUEST"


def test_envelope_and_response() -> None:
    """A channel for the answer may stand beside it."""
    assert read_envelope({"$http": {}, "$response": {}}) == HttpEnvelope()


@given(json_values)
def test_any_envelope(value: Any) -> None:
    """Whatever stands there, it is an envelope or a refusal."""
    with suppress(InvocationError):
        assert isinstance(read_envelope({"$http": value}), HttpEnvelope)


def test_read_headers() -> None:
    """Headers are lines, without those that belong to the connection or count the body."""
    envelope = read(headers={"X-A": ["1", "2"], "Content-Length": "7", "connection": "close"})
    assert read_headers(envelope) == [(b"x-a", b"1"), (b"x-a", b"2")]


def test_forged_headers() -> None:
    """A caller cannot add lines of his own."""
    with pytest.raises(InvocationError, match="line break"):
        read_headers(read(headers={"x-a": "1\r\nx-admin: 1"}))


JSON_TYPE = b"application/json"
BASE64 = {"content_type": "image/png", "base64": "iVBORw=="}


@pytest.mark.parametrize(
    ("body", "media_type", "expected"),
    [
        (None, None, (b"", None)),
        (None, "application/json", (b"", None)),
        ({"a": 1}, None, (b'{"a":1}', JSON_TYPE)),
        ({"a": 1}, "application/problem+json", (b'{"a":1}', None)),
        ("text", None, (b'"text"', JSON_TYPE)),
        ("text", "application/json", (b'"text"', None)),
        ("a=1", "application/x-www-form-urlencoded", (b"a=1", None)),
        ("é", "text/plain", ("é".encode(), None)),
        (BASE64, None, (b"\x89PNG", b"image/png")),
        (BASE64, "image/x-icon", (b"\x89PNG", None)),
        (
            BASE64 | {"more": 1},
            None,
            (json.dumps(BASE64 | {"more": 1}).replace(" ", "").encode(), JSON_TYPE),
        ),
        (0, None, (b"0", JSON_TYPE)),
        (False, None, (b"false", JSON_TYPE)),
        ([], None, (b"[]", JSON_TYPE)),
    ],
)
def test_read_body(body: Any, media_type: str | None, expected: Any) -> None:
    """A body is JSON, text under another content-type, or any bytes as base64."""
    assert read_body(read(body=body), media_type) == expected


@pytest.mark.parametrize(
    ("body", "media_type", "problem"),
    [
        ({"a": 1}, "text/plain", "a body of type text/plain is text"),
        (1, "application/x-www-form-urlencoded", "a body of type"),
        (BASE64 | {"base64": "!"}, None, "body.base64 is no base64"),
        (BASE64 | {"base64": 3}, None, "body.base64 is no base64"),
        (BASE64 | {"base64": "é"}, None, "body.base64 is no base64"),
        (BASE64 | {"content_type": None}, None, "body.content_type is the name of a media type"),
        (BASE64 | {"content_type": ""}, None, "body.content_type"),
        (BASE64 | {"content_type": "a\r\nx-admin: 1"}, None, "body.content_type"),
    ],
)
def test_unreadable_body(body: Any, media_type: str | None, problem: str) -> None:
    """A body that does not go with its type is refused, and never guessed."""
    with pytest.raises(InvocationError, match=rf"\$http: {problem}"):
        read_body(read(body=body), media_type)
