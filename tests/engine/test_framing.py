"""Answers as bytes: each case was watched on a real engine."""

from __future__ import annotations

from typing import Any

import pytest

from iii_asgi.engine.answers import Answer, Control
from iii_asgi.engine.framing import Stream, bare, whole
from iii_asgi.engine.http1 import Head
from tests.engine.helpers import HttpAnswer, parse

TYPE = (b"content-type", b"text/plain")


def head(method: str = "GET", *, keeps: bool = True, is_http10: bool = False) -> Head:
    """Return a request's head."""
    return Head(method, "/", "", [], keeps_alive=keeps, is_http10=is_http10)


def answer(
    *headers: tuple[bytes, bytes], status: int = 200, body: bytes = b"", to: Head | None = None
) -> tuple[HttpAnswer, bool]:
    """Return a whole answer as a client sees it, and whether the connection lasts."""
    start, body, keeps = whole(to or head(), Answer(status, [TYPE, *headers], body))
    return parse(bytes(start) + body), keeps


def stream(
    *pieces: bytes, status: int = 200, to: Head | None = None, **headers: str
) -> tuple[bytes, HttpAnswer, bool]:
    """Return a streamed answer (the body on the wire, what a client sees, keep-alive)."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    writing = Stream(to or head(), Control(status, named))
    data = bytes(writing.start)
    for piece in pieces:
        if not writing.is_complete:
            data += writing.piece(piece)
    end, keeps = writing.end()
    data += end
    return data.partition(b"\r\n\r\n")[2], parse(data), keeps


# -- the first line --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "phrase"),
    [
        (200, b"OK"),
        (203, b"Non Authoritative Information"),
        (299, b"<none>"),
        (413, b"Payload Too Large"),
        (414, b"URI Too Long"),
        (418, b"I'm a teapot"),
        (422, b"Unprocessable Entity"),
        (999, b"<none>"),
    ],
)
def test_phrases(status: int, phrase: bytes) -> None:
    """The words after a status are the engine's, whatever Python calls it."""
    start, _ = bare(head(), status, [])

    assert bytes(start).split(b"\r\n")[0] == b"HTTP/1.1 %d %b" % (status, phrase)


def test_http10_is_answered_in_http10() -> None:
    """It is told when the connection lasts, which is not usual there."""
    start, _, keeps = whole(head(is_http10=True), Answer(200, [TYPE], b"x"))
    assert bytes(start).startswith(b"HTTP/1.0 200 OK\r\n")
    assert ((b"connection", b"keep-alive") in start.headers, keeps) == (True, True)

    seen, keeps = answer(to=head(keeps=False, is_http10=True))
    assert (seen.header("connection"), keeps) == (None, False)


# -- whole answers ---------------------------------------------------------------------


def test_a_client_that_wants_to_close_is_told_so() -> None:
    """Whatever the function says of the connection."""
    seen, keeps = answer((b"connection", b"keep-alive"), to=head(keeps=False))

    assert ([value for name, value in seen.headers if name == "connection"], keeps) == (
        ["close"],
        False,
    )


def test_a_function_may_close() -> None:
    """Its word is kept."""
    seen, keeps = answer((b"connection", b"close"))

    assert (seen.header("connection"), keeps) == ("close", False)


@pytest.mark.parametrize(
    ("given", "body", "seen"),
    [
        (None, b"hi", "2"),
        (None, b"", "0"),
        (b"2", b"hi", "2"),
        (b"5", b"hi", "5"),
        (b"1", b"hi", "1"),
        (b"x", b"hi", "x"),
        (b"", b"hi", ""),
        (b"5", b"", "0"),
    ],
)
def test_a_length_is_believed(given: bytes | None, body: bytes, seen: str) -> None:
    """It misleads the client, for the body leaves whole; an empty one has no other length."""
    lengths = [] if given is None else [(b"content-length", given)]
    got, keeps = answer(*lengths, body=body)

    assert (got.header("content-length"), got.body, keeps) == (seen, body, True)


def test_of_two_lengths_the_first_counts() -> None:
    """The other is dropped."""
    got, _ = answer((b"content-length", b"2"), (b"content-length", b"3"), body=b"hi")

    assert [value for name, value in got.headers if name == "content-length"] == ["2"]


@pytest.mark.parametrize("status", [204, 304])
def test_answers_without_content(status: int) -> None:
    """They leave clean when empty; a body is dropped, its length is not."""
    empty, _ = answer((b"content-length", b"7"), status=status)
    filled, _ = answer(status=status, body=b"null")

    assert (empty.header("content-length"), empty.body) == (None, b"")
    assert (filled.header("content-length"), filled.body) == ("4", b"")


def test_head_has_the_length_of_the_body() -> None:
    """Or the length that the function gives, and no body, with any status."""
    for status in (200, 204, 304):
        assert answer(status=status, body=b"hi", to=head("HEAD"))[0].header("content-length") == "2"
    given, _ = answer((b"content-length", b"500"), to=head("HEAD"))
    assert (given.header("content-length"), given.body) == ("500", b"")


@pytest.mark.parametrize("status", [100, 102, 103, 199])
def test_an_interim_status_is_a_bare_500(status: int, caplog: pytest.LogCaptureFixture) -> None:
    """And the connection ends."""
    start, body, keeps = whole(head(), Answer(status, [TYPE], b"x"))

    assert (start.status, [name for name, _ in start.headers]) == (
        500,
        [b"content-length", b"date"],
    )
    assert (body, keeps) == (b"", False)
    assert f"the status {status} cannot be an answer" in caplog.text


@pytest.mark.parametrize("status", [101, 600, 999])
def test_other_odd_statuses_pass(status: int) -> None:
    """A 101 has no body, and nothing can follow it."""
    seen, keeps = answer(status=status, body=b"x")

    assert (seen.status, seen.body, keeps) == (
        (status, b"", False) if status == 101 else (status, b"x", True)
    )


def test_a_transfer_encoding_is_refused(caplog: pytest.LogCaptureFixture) -> None:
    """A real engine drops the connection; here the client gets an error that says why."""
    seen, _ = answer((b"transfer-encoding", b"chunked"), body=b"x")

    assert (seen.status, seen.json["error"]["code"]) == (500, "invalid_answer")
    assert "a real engine drops the connection" in caplog.text
    for other in (head("HEAD"), head(is_http10=True)):
        passed, _ = answer((b"transfer-encoding", b"chunked"), body=b"x", to=other)
        assert (passed.status, passed.header("transfer-encoding")) == (200, None)


def test_the_engines_headers_go_over_the_functions() -> None:
    """CORS is the engine's, ``vary`` is added, ``date`` and ``server`` are the function's."""
    given = {
        b"access-control-allow-origin": b"http://app",
        b"access-control-expose-headers": b"x",
        b"access-control-allow-credentials": b"true",
        b"vary": b"accept",
        b"date": b"D",
        b"server": b"S",
    }
    seen, _ = answer(*given.items())

    assert seen.header("access-control-allow-origin") == "*"
    assert seen.header("access-control-expose-headers") == "*"
    assert seen.header("access-control-allow-credentials") == "true"
    assert (seen.header("date"), seen.header("server")) == ("D", "S")
    assert [value.split(",")[0] for name, value in seen.headers if name == "vary"] == [
        "accept",
        "origin",
    ]


# -- streams ---------------------------------------------------------------------------


def test_a_stream_is_chunked() -> None:
    """Sizes in capitals; an empty piece puts nothing on the wire."""
    wire, _, keeps = stream(b"abc", b"", b"0123456789")

    assert (wire, keeps) == (b"3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n", True)


def test_a_stream_of_a_length_is_cut_to_it() -> None:
    """It is complete when that is reached; two that are alike are one."""
    wire, seen, keeps = stream(b"abc", b"def", content_length="4", Content_Length="4")

    assert (wire, seen.header("content-length"), keeps) == (b"abcd", "4", True)
    assert seen.header("transfer-encoding") is None


def test_a_stream_that_is_too_short_ends_the_connection(caplog: pytest.LogCaptureFixture) -> None:
    """The client notices by that."""
    wire, _, keeps = stream(b"abc", content_length="5")

    assert (wire, keeps) == (b"abc", False)
    assert "shorter than its content-length (2 missing)" in caplog.text


def test_a_stream_in_http10_ends_with_the_connection() -> None:
    """There are no chunks, so only a length lets it last."""
    wire, _, keeps = stream(b"abc", to=head(is_http10=True))
    assert (wire, keeps) == (b"abc", False)

    wire, _, keeps = stream(b"abc", to=head(is_http10=True), content_length="3")
    assert (wire, keeps) == (b"abc", True)


@pytest.mark.parametrize("status", [204, 304])
def test_streams_without_content(status: int) -> None:
    """Neither chunks nor body; a length is kept."""
    wire, seen, keeps = stream(b"x", status=status, content_length="5")

    assert (wire, seen.header("content-length"), keeps) == (b"", "5", True)
    assert stream(status=status)[1].header("transfer-encoding") is None


def test_a_stream_to_head() -> None:
    """A length only where one is given."""
    assert stream(b"x", to=head("HEAD"))[0] == b""
    assert stream(b"x", to=head("HEAD"))[1].header("content-length") is None
    assert stream(b"x", to=head("HEAD"), content_length="9")[1].header("content-length") == "9"


@pytest.mark.parametrize(
    ("given", "seen"),
    [("chunked", "chunked"), ("gzip", "gzip, chunked"), ("x, Chunked", "x, Chunked")],
)
def test_a_streams_transfer_encoding_ends_in_chunked(given: str, seen: str) -> None:
    """What the function says of it stays in front."""
    wire, got, _ = stream(b"x", transfer_encoding=given)

    assert (wire, got.header("transfer-encoding")) == (b"1\r\nx\r\n0\r\n\r\n", seen)


@pytest.mark.parametrize(
    "headers",
    [
        {"content_length": "x"},
        {"content_length": "3", "Content_Length": "4"},
        {"content_length": "3", "transfer_encoding": "chunked"},
    ],
)
def test_contradictions_are_refused(headers: dict[str, Any]) -> None:
    """A real engine drops the connection; here the client gets an error that says why."""
    _, seen, _ = stream(b"x", **headers)

    assert (seen.status, seen.json["error"]["code"]) == (500, "invalid_answer")


def test_an_interim_status_of_a_stream_is_a_bare_500() -> None:
    """As of a whole answer."""
    _, seen, keeps = stream(b"x", status=100)

    assert (seen.status, seen.body, keeps) == (500, b"", False)
