"""HTTP/1.1 as the engine's server reads it: bytes in, request heads and bodies out. No I/O.

A web server for Python would be stricter in places and laxer in others. What counts here is
what a real engine takes: a raw ``é`` in a path, a method in lower case or of one's own, line
feeds without carriage returns; and what it refuses: ``<`` in a path, a hundred headers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol, TypeAlias

__all__ = ["BadRequestError", "BodyReader", "Head", "body_reader", "read_head"]

MAX_HEADERS = 100
MAX_TARGET = 65_534
MAX_HEAD = 2**20

_TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_START = re.compile(rb"(?:" + _TOKEN + rb"(?: |$)|$)")
_END = re.compile(rb"\n\r?\n")
_LINE = re.compile(rb"(" + _TOKEN + rb") ([\x21-\x7e\x80-\xff]+) HTTP/1\.([01])\r?\n")
_FIELD = rb"(" + _TOKEN + rb"):[\t ]*([^\x00-\x08\x0a-\x1f\x7f]*)\r?\n"
_FIELDS = re.compile(rb"(?:" + _FIELD.replace(b"(", b"(?:") + rb")*\r?\n")
_EACH_FIELD = re.compile(_FIELD)
_TARGET = re.compile(
    rb"(?:[hH][tT][tT][pP][sS]?://[^/?#]+)?"
    rb"(/[^\x00-\x20<>`#?]*|\*|)(?:\?([^\x00-\x20<>\"#]*))?(?:#.*)?"
)
_AUTHORITY = re.compile(rb"[A-Za-z0-9.\-\[\]:]+:[0-9]+|[A-Za-z0-9.\-]+")
_CHUNK = re.compile(rb"([0-9a-fA-F]{1,16})[\t ]*(?:;[^\r\n]*)?\r\n")
_MAYBE_SIZE = re.compile(rb"[0-9a-fA-F]|$")
_MAX_CHUNK_LINE = 16_384
_TRAILERS = re.compile(rb"(?:[^\r\n]+\r\n)*\r\n")

Headers: TypeAlias = "list[tuple[str, bytes]]"


class BadRequestError(Exception):
    """No request that could be served; the connection ends with an empty answer.

    Attributes:
        status: of that answer.
    """

    def __init__(self, status: int = 400) -> None:
        super().__init__(status)
        self.status = status


@dataclass(frozen=True, slots=True)
class Head:
    """A request up to its body.

    Attributes:
        path, query: of the target, as the client sent them; raw bytes count as UTF-8.
        headers: names in lower case, in order.
        length: of the body in bytes; None when it comes in chunks.
        is_http10: whether the client speaks HTTP/1.0, which gets no chunks.
        keeps_alive: whether the client wants the connection to last.
    """

    method: str
    path: str
    query: str
    headers: Headers
    length: int | None = 0
    is_http10: bool = False
    keeps_alive: bool = True
    expects_continue: bool = False


def read_head(data: bytes) -> tuple[Head, bytes] | None:
    """Return a request's head and what follows it; None while it is incomplete.

    Raises:
        BadRequestError: it is none.
    """
    data = data.lstrip(b"\r\n")
    end = _END.search(data)
    if end is None:
        if len(data) > MAX_HEAD:
            raise BadRequestError(431)
        if not _START.match(data):  # as when somebody speaks TLS
            raise BadRequestError
        return None
    line = _LINE.match(data)
    if line is None or not _FIELDS.fullmatch(data, line.end(), end.end()):
        raise BadRequestError
    method, target, version = line.groups()
    pairs = _EACH_FIELD.findall(data, line.end(), end.end())
    if len(target) > MAX_TARGET:
        raise BadRequestError(414)
    if len(pairs) > MAX_HEADERS:
        raise BadRequestError(431)
    path, query = _split(target)
    headers = [(name.lower().decode(), value.rstrip(b"\t ")) for name, value in pairs]
    is_http10 = version == b"0"
    length = _length(headers, is_http10)
    if length is None:  # what else is said of it counts for nothing
        headers = [pair for pair in headers if pair[0] != "content-length"]
    return (
        Head(
            method.decode(),
            path,
            query,
            headers,
            length,
            is_http10,
            _keeps_alive(headers, is_http10),
            not is_http10 and _has(headers, "expect", b"100-continue"),
        ),
        data[end.end() :],
    )


def _split(target: bytes) -> tuple[str, str]:
    """Return path and query of a request's target; a fragment is dropped."""
    if match := _TARGET.fullmatch(target):
        path, query = match.groups()
        if path or target[:1] in b"hH":
            try:
                return (path or b"/").decode(), (query or b"").decode()
            except UnicodeDecodeError as error:
                raise BadRequestError from error
    if _AUTHORITY.fullmatch(target):  # of CONNECT; such a target has no path
        return "", ""
    raise BadRequestError


def _length(headers: Headers, is_http10: bool) -> int | None:
    codings = [value for name, value in headers if name == "transfer-encoding"]
    lengths = {value for name, value in headers if name == "content-length"}
    if codings:
        last = codings[-1].rpartition(b",")[2].strip().lower()
        if last != b"chunked" or is_http10:
            raise BadRequestError
        return None
    if not lengths:
        return 0
    value = lengths.pop()
    if lengths or not value.isdigit() or len(value) > 19:
        raise BadRequestError
    return int(value)


def _keeps_alive(headers: Headers, is_http10: bool) -> bool:
    if _has(headers, "connection", b"close"):
        return False
    return not is_http10 or _has(headers, "connection", b"keep-alive")


def _has(headers: Headers, name: str, word: bytes) -> bool:
    """Whether a list of words in a header has this one."""
    return any(
        key == name and word in [one.strip() for one in value.lower().split(b",")]
        for key, value in headers
    )


# -- bodies ------------------------------------------------------------------------------


class BodyReader(Protocol):
    """Takes a request's body off a connection."""

    @property
    def is_done(self) -> bool:
        """Whether all of it has been read."""
        ...

    @property
    def is_broken(self) -> bool:
        """Whether it is not framed as it says."""
        ...

    def feed(self, data: bytes) -> tuple[bytes, bytes]:
        """Return (a piece of the body, what was not used)."""
        ...


def body_reader(head: Head) -> BodyReader:
    """Return what reads the body that a head announces."""
    return _Chunks() if head.length is None else _Length(head.length)


class _Length:
    is_broken = False

    def __init__(self, length: int) -> None:
        self._left = length

    @property
    def is_done(self) -> bool:
        return self._left == 0

    def feed(self, data: bytes) -> tuple[bytes, bytes]:
        piece, rest = (data, b"") if len(data) <= self._left else _cut(data, self._left)
        self._left -= len(piece)
        return piece, rest


class _Chunks:
    def __init__(self) -> None:
        self._left = 0
        self._in_chunk = self._in_trailers = False
        self.is_done = self.is_broken = False

    def feed(self, data: bytes) -> tuple[bytes, bytes]:
        pieces = []
        while not (self.is_done or self.is_broken) and (step := self._step(data)) is not None:
            piece, data = step
            pieces.append(piece)
        return b"".join(pieces), data

    def _step(self, data: bytes) -> tuple[bytes, bytes] | None:
        """Take one thing off the data; None when there is not enough of it."""
        if self._in_trailers:
            return self._end(data)
        if not self._in_chunk:
            return self._size(data)
        if self._left:
            piece, data = _cut(data, self._left)
            self._left -= len(piece)
            return (piece, data) if piece else None
        if not data.startswith(b"\r\n"):
            self.is_broken = not b"\r\n".startswith(data)
            return None
        self._in_chunk = False
        return b"", data[2:]

    def _size(self, data: bytes) -> tuple[bytes, bytes] | None:
        match = _CHUNK.match(data)
        if match is None:
            is_size = b"\n" not in data and _MAYBE_SIZE.match(data)
            self.is_broken = not is_size or len(data) > _MAX_CHUNK_LINE
            return None
        self._left = int(match[1], 16)
        self._in_chunk, self._in_trailers = bool(self._left), not self._left
        return b"", data[match.end() :]

    def _end(self, data: bytes) -> tuple[bytes, bytes] | None:
        match = _TRAILERS.match(data)
        if match is None:
            self.is_broken = len(data) > _MAX_CHUNK_LINE
            return None
        self.is_done = True
        return b"", data[match.end() :]


def _cut(data: bytes, at: int) -> tuple[bytes, bytes]:
    return data[:at], data[at:]
