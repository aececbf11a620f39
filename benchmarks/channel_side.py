"""The engine's ends of channels: bodies for workers to read, answers that they write."""

from __future__ import annotations

import re
from collections.abc import Callable

from picows import WSFrame, WSListener, WSMsgType, WSTransport

__all__ = ["Answer", "Body"]

_FRAME = 64 * 1024
"""Bytes that one front end puts into a frame; the other one puts up to six times as many."""
_STATUS = re.compile(rb'"set_status"').search


class Body(WSListener):  # type: ignore[misc]  # picows is compiled
    """A request's body, written as fast as the worker reads it."""

    def __init__(self, body: bytes) -> None:
        self._body = memoryview(body)
        self._sent = 0
        self._paused = False

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Begin."""
        self._transport = transport
        self._go_on()

    def pause_writing(self) -> None:
        """The worker is behind."""
        self._paused = True

    def resume_writing(self) -> None:
        """It has caught up."""
        self._paused = False
        self._go_on()

    def _go_on(self) -> None:
        while not self._paused and self._sent < len(self._body):
            self._transport.send(WSMsgType.BINARY, self._body[self._sent : self._sent + _FRAME])
            self._sent += _FRAME
        if self._sent >= len(self._body):
            self._transport.disconnect()  # an engine says no goodbye


class Answer(WSListener):  # type: ignore[misc]  # picows is compiled
    """An answer, read to its end.

    Args:
        on_status: is told the message that has the status.
        on_end: is called once, at the end.
        first_byte: takes the first frame of data.
    """

    def __init__(
        self,
        on_status: Callable[[bytes], None],
        on_end: Callable[[], None],
        first_byte: Callable[[bytes], None],
    ) -> None:
        self._on_status = on_status
        self._on_end = on_end
        self._first_byte = first_byte
        self._has_begun = False

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Take one frame of the worker."""
        if frame.msg_type == WSMsgType.BINARY:
            if not self._has_begun and frame.payload_size:
                self._has_begun = True
                self._first_byte(frame.get_payload_as_bytes())
        elif frame.msg_type == WSMsgType.TEXT:
            text = frame.get_payload_as_bytes()
            if _STATUS(text):
                self._on_status(text)
        elif frame.msg_type == WSMsgType.CLOSE:
            transport.disconnect()

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """The worker has written all."""
        self._on_end()
