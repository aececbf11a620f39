"""WebSocket frames, with `websockets` as the other side."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import CloseCode, Opcode
from websockets.frames import Frame as TheirFrame
from websockets.server import ServerProtocol

from iii_asgi.errors import RemoteProtocolError
from iii_asgi.worker.frames import BINARY, CLOSE, PING, TEXT, Frames, Opening, frame


def server_of(opening: Opening) -> tuple[ServerProtocol, bytes]:
    """Return a server that has accepted the opening, and its answer."""
    server = ServerProtocol(max_size=None)
    server.receive_data(opening.request)
    (request,) = server.events_received()
    server.send_response(server.accept(request))  # type: ignore[arg-type]  # no frame yet
    return server, b"".join(server.data_to_send())


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    """Cut data at these places, as a network does."""
    places = sorted({min(cut, len(data)) for cut in cuts} | {0, len(data)})
    return [data[a:b] for a, b in pairwise(places)]


def test_opening() -> None:
    """A server accepts the request, and we its answer; what follows it are the first frames."""
    opening = Opening("host:1", "/ws/channels/c?key=k&dir=read", "Authorization: Bearer t\r\n")
    server, answer = server_of(opening)

    assert server.handshake_exc is None
    assert opening.take(answer[:20]) is None
    assert opening.take(answer[20:] + b"frames") == b"frames"


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (b"HTTP/1.1 404 Not Found\r\n\r\n", "HTTP 404"),
        (b"HTTP/1.1 101 Switching Protocols\r\n\r\n", "no WebSocket"),
        (b"HTTP/1.1 101 X\r\nSec-WebSocket-Accept: wrong\r\n\r\n", "no WebSocket"),
        (b"220 mail.example.com\r\n\r\n", "no HTTP"),
        (b"x" * 70_000, "an answer without an end"),
    ],
)
def test_opening_refused(answer: bytes, message: str) -> None:
    """Whatever else answers is an error that says what it is."""
    with pytest.raises(RemoteProtocolError, match=message):
        Opening("host", "/").take(answer)


@given(
    messages=st.lists(
        st.tuples(
            st.sampled_from([TEXT, BINARY]),
            st.one_of(st.binary(max_size=200), st.integers(0, 70_000).map(bytes)),
        ),
        max_size=4,
    )
)
def test_frames_out(messages: list[tuple[int, bytes]]) -> None:
    """A server reads what we write, of every size."""
    opening = Opening("host", "/")
    server, _ = server_of(opening)
    for opcode, payload in messages:
        for part in frame(opcode, memoryview(payload)):
            server.receive_data(part)
    received = server.events_received()

    assert server.parser_exc is None
    assert [(one.opcode, one.data) for one in received] == messages  # type: ignore[union-attr]


@given(
    messages=st.lists(
        st.tuples(
            st.sampled_from(["binary", "fragments", "text", "ping"]),
            st.one_of(st.binary(max_size=125), st.integers(126, 70_000).map(bytes)),
        ),
        max_size=4,
    ),
    cuts=st.lists(st.integers(0, 300), max_size=12),
)
def test_frames_in(messages: list[tuple[str, bytes]], cuts: list[int]) -> None:
    """We read what a server writes, wherever the network cuts it: data and control frames."""
    server, _ = server_of(Opening("host", "/"))
    for kind, payload in messages:
        if kind == "binary":
            server.send_binary(payload)
        elif kind == "fragments":
            server.send_binary(payload, fin=False)
            server.send_ping(b"between")
            server.send_continuation(payload, fin=True)
        elif kind == "text":
            server.send_text(b"x" * len(payload))
        else:
            server.send_ping(payload[:125])
    server.send_close(CloseCode.NORMAL_CLOSURE)
    written = b"".join(server.data_to_send())
    frames = Frames()
    received = [one for piece in pieces(written, cuts) for one in frames.take(piece)]

    times = {"binary": 1, "fragments": 2}
    data = b"".join(payload * times.get(kind, 0) for kind, payload in messages)
    assert b"".join(payload for opcode, payload in received if opcode == BINARY) == data
    pings = [payload for opcode, payload in received if opcode == PING]
    assert len(pings) == sum(kind in ("fragments", "ping") for kind, _ in messages)
    assert received[-1] == (CLOSE, b"\x03\xe8")


@pytest.mark.parametrize("start", [b"\x82\x81", b"\xc2\x01"], ids=["masked", "compressed"])
def test_forbidden_frames(start: bytes) -> None:
    """A frame that a server must not send is an error."""
    with pytest.raises(RemoteProtocolError, match="must not send"):
        list(Frames().take(start + b"abcdef"))


def test_masks_differ() -> None:
    """Each frame has a mask of its own."""
    assert len({frame(BINARY, b"data")[0][2:] for _ in range(20)}) > 15


def test_as_websockets_writes() -> None:
    """The header is that of `websockets` for the same data."""
    for size in (0, 1, 125, 126, 65_535, 65_536):
        ours, _ = frame(BINARY, bytes(size))
        theirs = TheirFrame(Opcode.BINARY, bytes(size)).serialize(mask=True)
        assert ours[:-4] == theirs[: len(ours) - 4]
