"""WebSocket as a client of channels speaks it (RFC 6455): opening, frames out, frames in.

No I/O. A channel is opened for each body, so what it takes to open one counts; `websockets`,
which knows all of the RFC, takes three times as long. This knows what a channel needs: no
extensions, no subprotocols, and messages that may be passed on before they are complete.
"""

from __future__ import annotations

import re
import secrets
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha1

from iii_asgi.errors import RemoteProtocolError

try:
    from websockets.speedups import apply_mask
except ImportError:  # a build without C code
    from websockets.utils import apply_mask

__all__ = ["BINARY", "CLOSE", "PING", "PONG", "TEXT", "Frames", "Opening", "frame", "head_of"]

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA

_FINAL, _MASKED, _RESERVED = 0x80, 0x80, 0x70
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # section 1.3
_LONGEST_HEAD = 64 * 1024
_STATUS = re.compile(rb"HTTP/1\.1 (\d{3})")
_ACCEPT = re.compile(rb"\r\nsec-websocket-accept:[ \t]*(\S+)[ \t]*\r\n", re.IGNORECASE)


class Opening:
    """The opening handshake (section 4.1): send `request`, then `take` what comes.

    Args:
        host: for the Host header.
        target: path and query.
        headers: more header lines, each ended by CR LF.
    """

    def __init__(self, host: str, target: str, headers: str = "") -> None:
        self._key = b64encode(secrets.token_bytes(16))
        self._received = b""
        self.request = (
            f"GET {target} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n{headers}Sec-WebSocket-Key: "
        ).encode() + (self._key + b"\r\n\r\n")

    def take(self, data: bytes) -> bytes | None:
        """Take a piece of the answer; return the beginning of the frames once it is complete.

        Raises:
            RemoteProtocolError: this is no WebSocket, or the server refuses.
        """
        self._received = data = self._received + data
        end = data.find(b"\r\n\r\n")
        if end < 0:
            if len(data) > _LONGEST_HEAD:
                raise RemoteProtocolError("an answer without an end")
            return None
        status = _STATUS.match(data)
        if status is None or status[1] != b"101":
            raise RemoteProtocolError(f"HTTP {status[1].decode()}" if status else "no HTTP")
        accept = _ACCEPT.search(data, 0, end + 2)
        if accept is None or accept[1] != b64encode(sha1(self._key + _GUID).digest()):  # noqa: S324
            raise RemoteProtocolError("no WebSocket")
        return data[end + 4 :]


def frame(opcode: int, payload: bytes | memoryview) -> tuple[bytes, bytes]:
    """Return header and masked payload of one whole message (sections 5.2 and 5.3)."""
    size = len(payload)
    key = secrets.token_bytes(4)
    if size < 126:
        header = bytes((_FINAL | opcode, _MASKED | size))
    elif size < 65536:
        header = bytes((_FINAL | opcode, _MASKED | 126)) + size.to_bytes(2)
    else:
        header = bytes((_FINAL | opcode, _MASKED | 127)) + size.to_bytes(8)
    return header + key, apply_mask(payload, key)


class Frames:
    """Takes apart what a server sends."""

    __slots__ = ("_left", "_message", "_rest")

    def __init__(self) -> None:
        self._rest = b""
        self._left = 0  # bytes of the data frame that is being read
        self._message = BINARY  # what that frame is a part of

    def take(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """Yield (opcode, payload): data in parts as it comes, control frames whole.

        Raises:
            RemoteProtocolError: a frame that a server must not send.
        """
        if self._rest:
            data, self._rest = self._rest + data, b""
        start, end = 0, len(data)
        while start < end:
            if not self._left:
                head = head_of(data, start)
                if head is None:
                    break
                opcode, size, begin = head
                if opcode >= CLOSE:
                    if begin + size > end:
                        break
                    yield opcode, data[begin : begin + size]
                    start = begin + size
                    continue
                if opcode != CONTINUATION:
                    self._message = opcode
                self._left, start = size, begin
            part = data[start : start + self._left]
            start += len(part)
            self._left -= len(part)
            if part:
                yield self._message, part
        self._rest = data[start:]


def head_of(data: bytes, start: int) -> tuple[int, int, int] | None:
    """Return (opcode, size of the payload, where it begins) of a frame that a server has sent.

    None when more is needed.

    Raises:
        RemoteProtocolError: a frame that a server must not send.
    """
    if len(data) < start + 2:
        return None
    first, second = data[start], data[start + 1]
    if first & _RESERVED or second & _MASKED:
        raise RemoteProtocolError("a frame that a server must not send")
    begin = start + 2
    size = second
    if size > 125:
        more = 2 if size == 126 else 8
        if len(data) < begin + more:
            return None
        size = int.from_bytes(data[begin : begin + more])
        begin += more
    return first & 0x0F, size, begin
