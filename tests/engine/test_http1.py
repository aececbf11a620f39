"""HTTP/1.1 as the engine reads it: each case was watched on a real engine."""

from __future__ import annotations

import pytest

from iii_asgi.engine.http1 import BadRequestError, Head, body_reader, read_head


def head(line: str, *fields: str) -> Head:
    """Read the head of a request, given as latin-1."""
    text = "\r\n".join([line, *fields, "", ""]).encode("latin-1")
    found = read_head(text)
    assert found is not None
    return found[0]


def refusal(data: bytes) -> int | None:
    """Return the status with which a request is refused, if it is."""
    try:
        read_head(data)
    except BadRequestError as error:
        return error.status
    return None


# -- the request line ------------------------------------------------------------------


def test_a_head_is_read() -> None:
    """Method, target, headers; what follows is left."""
    found = read_head(b"GET /a?b=1 HTTP/1.1\r\nHost: x\r\nX-A:  1 \r\n\r\nrest")

    assert found == (Head("GET", "/a", "b=1", [("host", b"x"), ("x-a", b"1")]), b"rest")


@pytest.mark.parametrize("size", range(len(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")))
def test_half_a_head_waits_for_more(size: int) -> None:
    """Wherever it breaks off."""
    assert read_head(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"[:size]) is None


@pytest.mark.parametrize("method", ["get", "PROPFIND", "M-SEARCH", "X" * 30, "G~T!"])
def test_any_word_is_a_method(method: str) -> None:
    """In whatever case."""
    assert head(f"{method} / HTTP/1.1").method == method


@pytest.mark.parametrize(
    ("target", "path", "query"),
    [
        ("/", "/", ""),
        ("/a%zz/%", "/a%zz/%", ""),
        ("//a//", "//a//", ""),
        ("/a?b?c", "/a", "b?c"),
        ("/a#b?c", "/a", ""),
        ("/a?b#c", "/a", "b"),
        ('/"|\\^{}', '/"|\\^{}', ""),
        ("/a?`{}|\\^'", "/a", "`{}|\\^'"),
        ("/caf\xc3\xa9?\xc3\xa9", "/café", "é"),
        ("*", "*", ""),
        ("http://x", "/", ""),
        ("http://x:1/a?b", "/a", "b"),
        ("HTTPS://x/a", "/a", ""),
        ("x:80", "", ""),
    ],
)
def test_targets(target: str, path: str, query: str) -> None:
    """Nothing is decoded but raw UTF-8; a fragment is dropped."""
    seen = head(f"GET {target} HTTP/1.1")

    assert (seen.path, seen.query) == (path, query)


@pytest.mark.parametrize(
    "target",
    [
        "",
        "a/b",
        "/<x>",
        "/a`b",
        '/a?"',
        "/a?<",
        "/a b",
        "/a\tb",
        "/\x7f",
        "/\x00",
        "/\xe9",
        "/?\xff",
    ],
)
def test_targets_that_are_none(target: str) -> None:
    """What a URL cannot have, and bytes that are no UTF-8, are refused."""
    assert refusal(f"GET {target} HTTP/1.1\r\n\r\n".encode("latin-1")) == 400


@pytest.mark.parametrize(
    "line",
    [
        "GET /",
        "GET / ",
        "GET / HTTP/1.2",
        "GET / HTTP/2.0",
        "GET / http/1.1",
        "GET  / HTTP/1.1",
        "GET\t/ HTTP/1.1",
        "GET / HTTP/1.1 ",
        "G@T / HTTP/1.1",
        " GET / HTTP/1.1",
        "hello",
    ],
)
def test_request_lines_that_are_none(line: str) -> None:
    """The line has three words, single spaces, and a version that is spoken."""
    assert refusal(f"{line}\r\n\r\n".encode()) == 400


def test_what_is_no_http_is_refused_at_once() -> None:
    """Somebody who speaks TLS does not wait for an answer."""
    assert refusal(b"\x16\x03\x01\x02\x00\x01") == 400


def test_line_feeds_are_enough() -> None:
    """And empty lines before a request are passed over."""
    found = read_head(b"\r\n\nGET / HTTP/1.1\nHost: x\nA: b\r\n\n")

    assert found == (Head("GET", "/", "", [("host", b"x"), ("a", b"b")]), b"")


# -- headers ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "field",
    ["X A: 1", "X-A : 1", " X: 1", "X: 1\r\n folded", "nocolon", ": x", "X(A): 1", "\xe9: 1"]
    + [f"X: a{byte}b" for byte in "\x00\x01\x7f\r"],
)
def test_headers_that_are_none(field: str) -> None:
    """Odd names, folded lines and control characters are refused."""
    assert refusal(f"GET / HTTP/1.1\r\n{field}\r\n\r\n".encode("latin-1")) == 400


@pytest.mark.parametrize(
    ("value", "seen"),
    [("a\tb", b"a\tb"), ("\t1 ", b"1"), ("", b""), ("\xe9", b"\xe9"), (":y", b":y")],
)
def test_header_values(value: str, seen: bytes) -> None:
    """White space around a value is no part of it; all bytes but control characters pass."""
    assert head("GET / HTTP/1.1", f"X:{value}").headers == [("x", seen)]


def test_too_much_is_refused() -> None:
    """A hundred headers are the most, and a target has its limit."""
    fields = b"".join(b"X-%d: 1\r\n" % number for number in range(101))

    assert refusal(b"GET / HTTP/1.1\r\n" + fields + b"\r\n") == 431
    assert refusal(b"GET / HTTP/1.1\r\n" + fields[: fields.rindex(b"X-")] + b"\r\n") is None
    assert refusal(b"GET / HTTP/1.1\r\nX: " + b"x" * 500_000 + b"\r\n\r\n") is None
    assert refusal(b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\n\r\n") == 414
    assert refusal(b"GET / HTTP/1.1\r\nX: " + b"x" * 2**21) == 431


@pytest.mark.parametrize(
    ("version", "field", "keeps"),
    [
        ("1.1", "A: b", True),
        ("1.1", "Connection: close", False),
        ("1.1", "Connection: x, Close", False),
        ("1.0", "A: b", False),
        ("1.0", "Connection: keep-alive", True),
    ],
)
def test_whether_the_connection_lasts(version: str, field: str, keeps: bool) -> None:
    """The client decides."""
    seen = head(f"GET / HTTP/{version}", field)

    assert (seen.keeps_alive, seen.is_http10) == (keeps, version == "1.0")


def test_who_expects_a_word_before_the_body() -> None:
    """``100-continue`` is of HTTP/1.1."""
    assert head("POST / HTTP/1.1", "Expect: 100-Continue").expects_continue
    assert not head("POST / HTTP/1.1", "Expect: 999").expects_continue
    assert not head("POST / HTTP/1.0", "Expect: 100-continue").expects_continue


# -- the length of a body --------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "length"),
    [
        ((), 0),
        (("Content-Length: 00",), 0),
        (("Content-Length: 5", "Content-Length: 5"), 5),
        (("Transfer-Encoding: Chunked",), None),
        (("Transfer-Encoding: gzip", "Transfer-Encoding: chunked"), None),
        (("Transfer-Encoding: gzip, chunked",), None),
    ],
)
def test_lengths(fields: tuple[str, ...], length: int | None) -> None:
    """A number, or chunks."""
    assert head("POST / HTTP/1.1", *fields).length == length


def test_chunks_go_over_a_length() -> None:
    """Of the two the length is as if it had not come."""
    seen = head("POST / HTTP/1.1", "Content-Length: 5", "Transfer-Encoding: chunked")

    assert seen.length is None
    assert seen.headers == [("transfer-encoding", b"chunked")]


@pytest.mark.parametrize(
    "fields",
    [f"Content-Length: {value}" for value in ("", "+1", "-1", "x", "1, 1", "9" * 20)]
    + [f"Transfer-Encoding: {value}" for value in ("", "gzip", "identity", "chunked, gzip")]
    + ["Content-Length: 1\r\nContent-Length: 2"],
)
def test_lengths_that_are_none(fields: str) -> None:
    """What cannot be relied upon is refused."""
    assert refusal(f"POST / HTTP/1.1\r\n{fields}\r\n\r\n".encode()) == 400


def test_http10_has_no_chunks() -> None:
    """A client that speaks it cannot send any."""
    assert refusal(b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n") == 400


# -- bodies ----------------------------------------------------------------------------


CHUNKED = b"3\r\nabc\r\n0a;ext=1\r\n0123456789\r\n0\r\nX-Trailer: t\r\n\r\n"


def chunks(*pieces: bytes) -> tuple[bytes, bytes, bool, bool]:
    """Feed a chunked body; return (body, what is left, is_done, is_broken)."""
    reader = body_reader(Head("POST", "/", "", [], length=None))
    body = rest = b""
    for piece in pieces:
        part, rest = reader.feed(rest + piece)
        body += part
    return body, rest, reader.is_done, reader.is_broken


@pytest.mark.parametrize("size", range(1, len(CHUNKED) + 1))
def test_chunks_are_put_together(size: int) -> None:
    """However they come; extensions and trailers are dropped, what follows is left."""
    pieces = [CHUNKED[at : at + size] for at in range(0, len(CHUNKED), size)]

    assert chunks(*pieces[:-1], pieces[-1] + b"next") == (b"abc0123456789", b"next", True, False)


@pytest.mark.parametrize(
    ("data", "body"),
    [
        (b"zz\r\n", b""),
        (b"3\nabc\n0\n\n", b""),
        (b"3\r\nabc0\r\n\r\n", b"abc"),
        (b"3\r\nabc\n", b"abc"),
        (b"-1\r\n", b""),
    ],
)
def test_chunks_that_are_none_break_the_body(data: bytes, body: bytes) -> None:
    """What came before is there."""
    assert chunks(data)[0] == body
    assert chunks(data)[2:] == (False, True)


def test_a_body_of_a_length() -> None:
    """It is as long as it says, and no longer."""
    reader = body_reader(Head("POST", "/", "", [], length=5))

    assert reader.feed(b"abc") == (b"abc", b"")
    assert not reader.is_done
    assert reader.feed(b"defg") == (b"de", b"fg")
    assert reader.is_done
