"""One request through the app: its `receive` and `send`, with a server's rules."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import httpx
from starlette.types import Message

from iii_asgi.asgi.stream import ResponseStream
from iii_asgi.asgi.upload import Upload

__all__ = ["Cycle"]

_TOKEN = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")  # RFC 9110, 5.6.2
_FORBIDDEN_IN_VALUE = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")

# Header names that were found legal, in lower case. Bounded: an app may make names up.
_known_names: dict[bytes, bytes] = {}
_MAX_KNOWN_NAMES = 1024


class Cycle:
    """The state of one request and its response, as a server keeps it.

    Attributes:
        request: what is answered.
        status: of the response; 0 until the app has started it.
        headers: of the response, as the app gave them.
        stream: the body of the response.
        upload: the body of the request, when it comes in pieces and the app wants it.
    """

    __slots__ = (
        "_bodyless",
        "_left",
        "_received",
        "headers",
        "request",
        "status",
        "stream",
        "upload",
    )

    def __init__(self, request: httpx.Request) -> None:
        self.request = request
        self.status = 0
        self.headers: list[tuple[bytes, bytes]] = []
        self.stream = ResponseStream()
        self.upload: Upload | None = None
        self._received = False  # the whole request body, by the app
        self._bodyless = request.method == "HEAD"
        self._left: int | None = None  # what content-length leaves to send; None: any

    # -- receive -----------------------------------------------------------------------

    async def receive(self) -> Message:
        """The app's ``receive``: the request body, then nothing until the end.

        It blocks after the body, since an app that is told of a disconnect stops.
        """
        stream = self.stream
        while not stream.over:
            if not self._received and (message := self._next_part()) is not None:
                return message
            if not stream.over:  # a broken upload ends it
                await stream.change()
        return {"type": "http.disconnect"}

    def _next_part(self) -> Message | None:
        """Return the next message of the request body; None when it is not there yet."""
        source = self.request.stream
        if isinstance(source, httpx.ByteStream):
            self._received = True
            return {"type": "http.request", "body": b"".join(source), "more_body": False}
        if self.upload is None:
            assert isinstance(source, httpx.AsyncByteStream), "a sync stream"
            self.upload = Upload(source, self.stream.notify)
        if not self.upload.is_ready():
            return None
        try:
            chunk = self.upload.take()
        except Exception as error:
            # As on a real connection: the app sees the client go, the client sees why.
            if self.status:
                self.break_off("the request body broke off", error)
            else:
                self.stream.break_off(error)
            self.stream.departed()
            return None
        self._received = chunk is None
        return {"type": "http.request", "body": chunk or b"", "more_body": not self._received}

    # -- send --------------------------------------------------------------------------

    async def send(self, message: Message) -> None:
        """The app's ``send``. Waits while the reader is behind.

        Raises:
            RuntimeError: a message that ASGI does not allow now, or not at all.
            ClientDisconnectedError: see `ResponseStream.discard`.
        """
        stream = self.stream
        if stream.closed:
            await stream.discard(message.get("more_body", False))
            return
        kind = message["type"]
        if kind == "http.response.start" and not self.status:
            self._start(message)
        elif kind == "http.response.body" and self.status and not stream.complete:
            last = not message.get("more_body", False)
            if stream.feed(self._checked(message.get("body", b""), last), last):
                await stream.room()
        else:
            raise RuntimeError(f"unexpected ASGI message {kind!r}: {self._expectation()}")

    def _expectation(self) -> str:
        if self.stream.complete:
            return "the response is complete"
        expected = "http.response.body" if self.status else "http.response.start"
        return f"{expected!r} comes next"

    def _start(self, message: Message) -> None:
        status = message.get("status")
        if not isinstance(status, int) or not 200 <= status <= 999:
            raise RuntimeError(f"{status!r} is not the status of a response")
        self.headers, self._left = _check_headers(message.get("headers", ()))
        if self._bodyless:
            self._left = None
        elif status in (204, 304):
            self._left = 0
            self._bodyless = True
        self.status = int(status)
        self.stream.wake()

    def _checked(self, body: Any, last: bool) -> bytes:
        """Return what is to be sent of a body message."""
        if type(body) is not bytes:
            if not isinstance(body, (bytes, bytearray, memoryview)):
                raise RuntimeError(f"a body is bytes, not {type(body).__name__}")
            body = bytes(body)
        if self._left is not None:
            self._left -= len(body)
            if self._left < 0:
                raise RuntimeError("the body is longer than its content-length")
            if last and self._left:
                raise RuntimeError("the body is shorter than its content-length")
        return b"" if self._bodyless else body

    def answer_error(self) -> None:
        """Answer with a server's plain 500, when the app has not started a response."""
        body = b"Internal Server Error"
        self.headers = [
            (b"content-type", b"text/plain; charset=utf-8"),
            (b"content-length", b"%d" % len(body)),
        ]
        self.status = 500
        self.stream.feed(b"" if self._bodyless else body, last=True)

    def break_off(self, reason: str, cause: BaseException | None = None) -> None:
        """End the response here; its reader gets an error, unless it has all there is."""
        if self.stream.over:
            return
        if self.status and self._bodyless:
            self.stream.feed(b"", last=True)
            return
        error = httpx.RemoteProtocolError(reason, request=self.request)
        error.__cause__ = cause
        self.stream.break_off(error)


def _check_headers(
    headers: Iterable[Iterable[Any]],
) -> tuple[list[tuple[bytes, bytes]], int | None]:
    """Return the headers as a list, and the content-length that frames the body.

    Raises:
        RuntimeError: a server could not write them.
    """
    checked: list[tuple[bytes, bytes]] = []
    length: int | None = None
    chunked = False
    try:
        for name, value in headers:
            lower = _known_names.get(name) or _check_name(name)
            if type(value) is not bytes or _FORBIDDEN_IN_VALUE.search(value):
                raise RuntimeError(f"{value!r} cannot be the value of header {name!r}")
            if lower == b"content-length" and length is None:
                length = int(value)
            elif lower == b"transfer-encoding":
                chunked = True
            checked.append((name, value))
    except (TypeError, ValueError) as error:
        raise RuntimeError("headers are pairs of bytes, content-length a number") from error
    return checked, None if chunked else length


def _check_name(name: Any) -> bytes:
    if type(name) is not bytes or not _TOKEN.fullmatch(name):
        raise RuntimeError(f"{name!r} cannot be the name of a header")
    lower = name.lower()
    if len(_known_names) < _MAX_KNOWN_NAMES:
        _known_names[name] = lower
    return lower
