"""Tests of forms with files, read by the parser that FastAPI uses."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import MultiPartParser

from iii_asgi.errors import InvocationError
from iii_asgi.exchange.multipart import (
    File,
    Piece,
    encode_multipart,
    read_channel,
    read_file,
)
from iii_asgi.protocol.messages import ChannelRef

REF = {"channel_id": "c", "access_key": "k", "direction": "read"}


def parsed(*fields: tuple[str, str | File]) -> list[tuple[str, Any]]:
    """Return what a server makes of a form: names with texts, or with name, type and bytes."""
    return asyncio.run(_parsed(*encode_multipart(fields)))


async def _parsed(content_type: bytes, pieces: Sequence[Piece]) -> list[tuple[str, Any]]:
    async def stream() -> AsyncGenerator[bytes, None]:
        for piece in pieces:
            assert isinstance(piece, bytes)
            yield piece
        yield b""

    headers = Headers(raw=[(b"content-type", content_type)])
    form = await MultiPartParser(headers, stream()).parse()
    try:
        return [(name, _value(value)) for name, value in form.multi_items()]
    finally:
        await form.close()


def _value(value: UploadFile | str) -> Any:
    if isinstance(value, str):
        return value
    return value.filename, value.content_type, value.file.read()


def test_fields_and_files() -> None:
    """Fields and files arrive in order, with their names and types."""
    file = File("a.txt", b"text/plain", b"\x00\r\n--")
    form = parsed(("x", "1"), ("f", file), ("x", "grüße\r\n"), ("g", File("g", b"a/b", b"")))
    assert form == [
        ("x", "1"),
        ("f", ("a.txt", "text/plain", b"\x00\r\n--")),
        ("x", "grüße\r\n"),
        ("g", ("g", "a/b", b"")),
    ]


def test_nothing() -> None:
    """A form of nothing is an empty form."""
    assert parsed() == []


@given(st.text(), st.text(min_size=1))
def test_any_text(value: str, name: str) -> None:
    """No text becomes a field of its own, or a header; a line break in a name is escaped."""
    expected = name.replace("\r", "%0D").replace("\n", "%0A")
    form = parsed((name, value), ("end", "1"))
    assert len(form) == 2
    assert form[0] == (expected, value)


@pytest.mark.parametrize("filename", ['a"b.txt', "a\\b", "ä €.txt", "a;b=c", "C%41"])
def test_filename(filename: str) -> None:
    """A file keeps its name."""
    assert parsed(("f", File(filename, b"a/b", b""))) == [("f", (filename, "a/b", b""))]


@pytest.mark.parametrize(
    ("value", "file"),
    [
        ({"base64": "aGk="}, File("a", b"application/octet-stream", b"hi")),
        (
            {"base64": "", "filename": "x", "content_type": "b/c"},
            File("x", b"b/c", b""),
        ),
        (REF, File("a", b"application/octet-stream", ChannelRef("c", "k", "read"))),
        (
            {**REF, "filename": "x", "content_type": "b/c"},
            File("x", b"b/c", ChannelRef("c", "k", "read")),
        ),
    ],
)
def test_read_file(value: Any, file: File) -> None:
    """A file holds its bytes, or says where they are."""
    assert read_file(value, "a") == file


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("text", "argument a is a file: "),
        (None, "argument a is a file: "),
        ([], "argument a is a file: "),
        ({}, "argument a is a file: "),
        ({"filename": "x"}, "argument a is a file: "),
        ({"base64": "", "more": 1}, "argument a is a file: "),
        ({"base64": "", **REF}, "argument a is a file: "),
        ({"base64": "?"}, "argument a: base64 is no base64"),
        ({"base64": 3}, "argument a: base64 is no base64"),
        ({"base64": "é"}, "argument a: base64 is no base64"),
        ({"base64": "", "filename": 3}, "argument a: filename is text"),
        ({"base64": "", "content_type": 3}, "argument a: content_type is the name of a media type"),
        (
            {"base64": "", "content_type": "a/b\r\nx: y"},
            "argument a: content_type is the name of a media type",
        ),
        ({"base64": "", "content_type": ""}, "argument a: content_type is the name of a media"),
        ({**REF, "access_key": 3}, "a is the reference of a channel"),
        ({**REF, "direction": "write"}, "a is the end of a channel with the direction 'read'"),
    ],
)
def test_no_file(value: Any, problem: str) -> None:
    """What is no file is refused, and named."""
    with pytest.raises(InvocationError) as refused:
        read_file(value, "a")
    assert refused.value.code == "BAD_REQUEST"
    assert refused.value.message.startswith(problem)


def test_file_by_channel() -> None:
    """A file that comes by channel stands between the pieces of the form."""
    ref = ChannelRef("c", "k", "read")
    _, pieces = encode_multipart([("f", File("x", b"a/b", ref))])
    assert pieces[1] == ref


def test_read_channel() -> None:
    """The end of a channel is the one that is needed."""
    assert read_channel(REF, "$response", "read") == ChannelRef("c", "k", "read")
    with pytest.raises(InvocationError, match=r"\$response is the end of a channel"):
        read_channel(REF, "$response", "write")
