"""HTTP/1.1 as the engine's server writes it: an answer → bytes, and whether the connection lasts.

What a function says of its own answer's length is believed, as by a real engine.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus

from iii_asgi.engine.answers import Answer, Control, Headers, error_json
from iii_asgi.engine.http1 import Head

__all__ = ["CORS", "VARY", "Start", "Stream", "bare", "whole"]

logger = logging.getLogger("iii_asgi.engine")

VARY = (b"vary", b"origin, access-control-request-method, access-control-request-headers")
CORS: Headers = [
    VARY,
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", b"*"),
]
_OURS = frozenset(name for name, _ in CORS if name != b"vary")
_BODILESS = frozenset({204, 304})
_UPGRADE = 101

_LENGTH, _CODING, _CONNECTION = b"content-length", b"transfer-encoding", b"connection"

# Where Python's words are others, in some version.
_OTHER_PHRASES = {
    203: "Non Authoritative Information",
    413: "Payload Too Large",
    414: "URI Too Long",
    416: "Range Not Satisfiable",
    418: "I'm a teapot",
    422: "Unprocessable Entity",
}
_PHRASES = {one.value: one.phrase for one in HTTPStatus} | _OTHER_PHRASES


@dataclass(frozen=True, slots=True)
class Start:
    """The head of an answer."""

    status: int
    headers: Headers
    is_http10: bool = False

    def __bytes__(self) -> bytes:
        phrase = _PHRASES.get(self.status, "<none>")
        line = f"HTTP/1.{0 if self.is_http10 else 1} {self.status} {phrase}\r\n"
        return b"%b%b\r\n" % (
            line.encode(),
            b"".join([b"%b: %b\r\n" % one for one in self.headers]),
        )


def bare(head: Head | None, status: int, headers: Headers) -> tuple[Start, bool]:
    """Return the head of an empty answer, and whether the connection lasts.

    Args:
        head: of the request; None where it is none, which ends the connection.
        status, headers: all that is sent, apart from the date and the framing.
    """
    if head is None:
        return _start(False, status, [*headers, (_CONNECTION, b"close"), (_LENGTH, b"0")]), False
    keeps = head.keeps_alive
    lines = [*headers, (_LENGTH, b"0"), *_connection(head, keeps, [])]
    return _start(head.is_http10, status, lines), keeps


def whole(head: Head, answer: Answer) -> tuple[Start, bytes, bool]:
    """Return head and body of a whole answer, and whether the connection lasts."""
    if _is_interim(answer.status):
        return _impossible(head, answer.status), b"", False
    if _named(answer.headers, _CODING) and not head.is_http10 and head.method != "HEAD":
        answer = _undeliverable("a transfer-encoding, which is the engine's")
    status = answer.status
    keeps = head.keeps_alive and not _says_close(answer.headers) and status != _UPGRADE
    lines = [
        *_kept(answer.headers),
        *_whole_length(head, answer),
        *_connection(head, keeps, answer.headers),
    ]
    has_body = head.method != "HEAD" and status not in _BODILESS and status != _UPGRADE
    start = _start(head.is_http10, status, [*lines, *CORS])
    return start, answer.body if has_body else b"", keeps


def _whole_length(head: Head, answer: Answer) -> Headers:
    given, length = _named(answer.headers, _LENGTH), len(answer.body)
    if head.method != "HEAD" and not length:
        return [] if answer.status in _BODILESS else [(_LENGTH, b"0")]
    if not given:
        return [(_LENGTH, b"%d" % length)]
    if head.method != "HEAD" and given[0] != b"%d" % length:
        logger.warning(
            "an answer of %d bytes says content-length %s: its client is misled",
            length,
            given[0].decode("utf-8", "replace"),
        )
    return [(_LENGTH, given[0])]


class Stream:
    """An answer that is written in pieces.

    Attributes:
        start: status and headers, to be written first.
    """

    def __init__(self, head: Head, control: Control) -> None:
        self._head = head
        self._left: int | None = None
        self._is_chunked = False
        self._keeps = head.keeps_alive
        self._has_body = False
        self._instead = b""
        self.start = self._begin(control.status, control.headers)

    def _begin(self, status: int, headers: Headers) -> Start:
        head = self._head
        if _is_interim(status):
            self._keeps = False
            return _impossible(head, status)
        if problem := _contradiction(head, headers):
            start, self._instead, self._keeps = whole(head, _undeliverable(problem))
            return start
        self._keeps = self._keeps and not _says_close(headers) and status != _UPGRADE
        lines = [*_kept(headers), *_connection(head, self._keeps, headers)]
        given = _named(headers, _LENGTH)
        lines += [(_LENGTH, value) for value in given[:1]]
        self._has_body = not (head.method == "HEAD" or status in _BODILESS or status == _UPGRADE)
        if self._has_body:
            lines += self._framing(given, _named(headers, _CODING))
        return _start(head.is_http10, status, [*lines, *CORS])

    def _framing(self, given: list[bytes], codings: list[bytes]) -> Headers:
        if given:
            self._left = int(given[0])
            return []
        if self._head.is_http10:  # the end of the connection is the end of the body
            self._keeps = False
            return []
        self._is_chunked = True
        if not codings or codings[-1].lower().endswith(b"chunked"):
            return [(_CODING, value) for value in codings or [b"chunked"]]
        return [(_CODING, b", ".join([*codings, b"chunked"]))]

    @property
    def is_complete(self) -> bool:
        """Whether no more of the body can be sent."""
        return not self._has_body or self._left == 0

    @property
    def is_short(self) -> bool:
        """Whether less than the given length was sent."""
        return bool(self._left)

    def cut(self, data: bytes) -> bytes:
        """Return what of a piece is sent: beyond a given length that is nothing."""
        if self._left is not None:
            data = data[: self._left]
            self._left -= len(data)
        return data

    def piece(self, data: bytes) -> bytes:
        """Return what goes onto the wire for a piece."""
        data = self.cut(data)
        return b"%X\r\n%b\r\n" % (len(data), data) if self._is_chunked and data else data

    def end(self) -> tuple[bytes, bool]:
        """Return what goes onto the wire in the end, and whether the connection lasts."""
        if self.is_short:
            logger.warning("an answer is shorter than its content-length (%d missing)", self._left)
            return b"", False
        return self._instead or (b"0\r\n\r\n" if self._is_chunked else b""), self._keeps


# -- headers -----------------------------------------------------------------------------


def _start(is_http10: bool, status: int, headers: Headers) -> Start:
    if not any(name == b"date" for name, _ in headers):
        headers = [*headers, (b"date", _date(int(time.time())))]
    return Start(status, headers, is_http10)


def _kept(headers: Headers) -> Headers:
    """Return what passes as the function gave it."""
    taken = _OURS | {_LENGTH, _CODING, _CONNECTION}
    return [pair for pair in headers if pair[0] not in taken]


def _connection(head: Head, keeps: bool, given: Headers) -> Headers:
    """Return the header that says whether the connection lasts, where one is needed."""
    values = _named(given, _CONNECTION)
    if not keeps and not head.is_http10:
        values = [b"close"]
    elif keeps and head.is_http10 and not values:
        values = [b"keep-alive"]
    return [(_CONNECTION, value) for value in values]


def _named(headers: Headers, name: bytes) -> list[bytes]:
    return [value for key, value in headers if key == name]


def _says_close(headers: Headers) -> bool:
    return any(value.strip().lower() == b"close" for value in _named(headers, _CONNECTION))


@lru_cache(maxsize=2)
def _date(second: int) -> bytes:
    return formatdate(second, usegmt=True).encode()


# -- what cannot be sent -----------------------------------------------------------------


def _is_interim(status: int) -> bool:
    return status < 200 and status != _UPGRADE


def _impossible(head: Head, status: int) -> Start:
    """Return the empty 500 that a server makes of an interim status; it ends the connection."""
    logger.warning("the status %d cannot be an answer: answered 500", status)
    return _start(False, 500, [] if head.method == "HEAD" else [(_LENGTH, b"0")])


def _contradiction(head: Head, headers: Headers) -> str | None:
    """Say why a stream's headers cannot frame it, if so."""
    lengths = set(_named(headers, _LENGTH))
    if len(lengths) > 1 or not all(value.isdigit() for value in lengths):
        return "a content-length that is no single number"
    if lengths and _named(headers, _CODING) and not head.is_http10:
        return "both content-length and transfer-encoding"
    return None


def _undeliverable(problem: str) -> Answer:
    """Return the 500 for what makes a real engine drop the connection without a word."""
    logger.warning("an answer has %s: a real engine drops the connection", problem)
    return error_json(500, "invalid_answer", f"the function's answer has {problem}")
