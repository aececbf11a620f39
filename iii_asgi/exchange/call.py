"""A direct call, read: the request that it stands for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import httpx

from iii_asgi.exchange import wire_http
from iii_asgi.exchange.multipart import Piece
from iii_asgi.exchange.wire_http import HeaderLines
from iii_asgi.invocation import Invocation
from iii_asgi.protocol.messages import ChannelRef

__all__ = ["Call"]


@dataclass(slots=True)
class Call:
    """What the app is to be asked, and how its answer is wanted.

    Attributes:
        method: of the request.
        target: path and query, percent-encoded.
        host: the Host header, where `headers` has none.
        headers: of the request, in order.
        pieces: the body, some of it in channels perhaps.
        wants_http: the answer is to be an envelope.
        response: the channel that the answer's body is to be written to.
    """

    method: str
    target: str
    host: bytes
    headers: HeaderLines = field(default_factory=list)
    pieces: Sequence[Piece] = ()
    wants_http: bool = False
    response: ChannelRef | None = None

    @property
    def body(self) -> bytes | None:
        """The body where all of it is here; None where some of it is in channels."""
        pieces = self.pieces
        if not pieces:
            return b""
        if len(pieces) == 1 and isinstance(pieces[0], bytes):
            return pieces[0]
        here = [one for one in pieces if isinstance(one, bytes)]
        return b"".join(here) if len(here) == len(pieces) else None

    def request(
        self, invocation: Invocation, stream: httpx.AsyncByteStream | None = None
    ) -> httpx.Request:
        """Return the request; the trace context of the call is added where it has none.

        Args:
            invocation: the call.
            stream: the body, where some of it is in channels.
        """
        given = {name.decode() for name, _ in self.headers}
        lines = [] if "host" in given else [(b"host", self.host)]
        lines += self.headers
        if stream is None:
            body = self.body or b""
            if body:
                lines.append((b"content-length", b"%d" % len(body)))
            stream = httpx.ByteStream(body)
        return wire_http.make_request(
            self.method, self.target, lines, stream, invocation, given=given
        )
