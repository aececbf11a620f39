"""Tests of the bodies of direct calls."""

from __future__ import annotations

from typing import Any

import pytest

from iii_asgi.catalogue.arguments import Argument, Body
from iii_asgi.errors import InvocationError
from iii_asgi.exchange.content import (
    Content,
    json_content,
    object_content,
    untyped_content,
    whole_content,
)
from iii_asgi.protocol.messages import ChannelRef

JSON = Body("json", "application/merge-patch+json")
FORM = Body(
    "urlencoded",
    "application/x-www-form-urlencoded",
    fields=(Argument("a", "field", "a"), Argument("j", "field", "j", is_json=True)),
)
FILES = Body(
    "multipart", "multipart/form-data", fields=(Argument("f", "field", "f", is_file=True),)
)
BYTES = Body("bytes", "application/x-yaml")
REF = {"channel_id": "c", "access_key": "k", "direction": "read"}


@pytest.mark.parametrize(
    ("body", "fields", "content"),
    [
        (JSON, {"a": None, "b": [1]}, (b"application/merge-patch+json", b'{"a":null,"b":[1]}')),
        (JSON, {}, (b"application/merge-patch+json", b"{}")),
        (FORM, {"a": ["x y", 1], "j": {"k": 1}, "more": None}, (b"a=x+y&a=1&j=%7B%22k%22%3A1%7D")),
        (FORM, {}, b""),
    ],
)
def test_object(body: Body, fields: dict[str, Any], content: Any) -> None:
    """Fields are JSON, null and all, or a form where null is absent and a list repeats."""
    media_type, text = (
        content if isinstance(content, tuple) else (body.media_type.encode(), content)
    )
    assert object_content(body, fields) == Content(media_type, (text,))


def test_files() -> None:
    """A field may be several files; null is none."""
    file = {"base64": "aGk=", "filename": "a"}
    content = object_content(FILES, {"f": [file, None, file], "t": ["x", "y"], "n": None})
    text = b"".join(piece for piece in content.pieces if isinstance(piece, bytes))
    assert content.media_type.startswith(b"multipart/form-data; boundary=")
    assert text.count(b'filename="a"') == 2
    assert text.count(b'name="t"') == 2
    assert b'name="n"' not in text


@pytest.mark.parametrize(
    ("body", "value", "content"),
    [
        (JSON, None, (b"application/merge-patch+json", b"null")),
        (JSON, [1], (b"application/merge-patch+json", b"[1]")),
        (FORM, {"a": 1}, (b"application/x-www-form-urlencoded", b"a=1")),
        (BYTES, "a: 1", (b"application/x-yaml", b"a: 1")),
        (BYTES, {"content_type": "a/b", "base64": "aGk="}, (b"a/b", b"hi")),
        (BYTES, REF, (b"application/x-yaml", ChannelRef("c", "k", "read"))),
    ],
)
def test_whole(body: Body, value: Any, content: Any) -> None:
    """A whole body is what its type wants: JSON, a form's fields, text, bytes or a channel."""
    media_type, piece = content
    assert whole_content(body, value) == Content(media_type, (piece,))


@pytest.mark.parametrize(
    ("body", "value", "message"),
    [
        (FORM, [1], "$body is an object: the fields of a form"),
        (FILES, None, "$body is an object: the fields of a form"),
        (BYTES, 3, '$body is text, {"content_type": ..., "base64": ...}, or a channel to read'),
        (
            BYTES,
            {"a": 1},
            '$body is text, {"content_type": ..., "base64": ...}, or a channel to read',
        ),
        (BYTES, {"content_type": "a/b", "base64": "?"}, "argument $body: base64 is no base64"),
        (
            BYTES,
            {**REF, "direction": "write"},
            "$body is the end of a channel with the direction 'read'",
        ),
    ],
)
def test_unusable(body: Body, value: Any, message: str) -> None:
    """What a body cannot be is refused."""
    with pytest.raises(InvocationError) as refused:
        whole_content(body, value)
    assert (refused.value.code, refused.value.message) == ("BAD_REQUEST", message)


@pytest.mark.parametrize(
    ("value", "content"),
    [
        ({"content_type": "a/b", "base64": "aGk="}, Content(b"a/b", (b"hi",))),
        ({"base64": "aGk="}, json_content({"base64": "aGk="})),
        ("text", Content(b"application/json", (b'"text"',))),
    ],
)
def test_untyped(value: Any, content: Content) -> None:
    """A body of which nothing is known is JSON, or bytes with their type."""
    assert untyped_content(value) == content
