"""Connecting to the engine: the socket, which failures are final, how long to wait."""

from __future__ import annotations

import asyncio
from itertools import islice
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosedOK, InvalidStatus, InvalidURI
from websockets.http11 import Request, Response

from iii_asgi.errors import EngineRefusedError
from iii_asgi.protocol.messages import ChannelRef
from iii_asgi.worker import connection
from iii_asgi.worker.connection import channel_url, connect, delays, reason, refusal
from tests.patience import WITHIN
from tests.worker.helpers import nothing, open_place

REF = ChannelRef("c/1", "k&y", "read")


def refused_with(status: int) -> InvalidStatus:
    """Return the error of an upgrade that was answered with a status."""
    return InvalidStatus(Response(status, "", Headers()))


@pytest.mark.anyio
async def test_token() -> None:
    """A token goes to the engine as a bearer."""
    seen: list[str | None] = []

    def look(socket: ServerConnection, request: Request) -> None:
        seen.append(request.headers.get("Authorization"))

    async with open_place(nothing, process_request=look) as place:
        await (await connect(place.url, "secret")).close()
        await (await connect(place.url)).close()

    assert seen == ["Bearer secret", None]


@pytest.mark.anyio
async def test_no_compression() -> None:
    """Compression is not offered: it would cost more than half of the throughput."""
    async with open_place(nothing) as place:
        socket = await connect(place.url)
        await socket.close()

    assert socket.request is not None
    assert "Sec-WebSocket-Extensions" not in socket.request.headers


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InvalidURI("nowhere", "no scheme"), "INVALID_URL"),
        (refused_with(401), "UNAUTHORIZED"),
        (refused_with(403), "FORBIDDEN"),
        (EngineRefusedError("TAKEN", "the name"), "TAKEN"),
    ],
)
def test_final(error: Exception, code: str) -> None:
    """A wrong URL, a wrong token and a refused name are not tried again."""
    final = refusal(error)

    assert final is not None
    assert final.code == code


@pytest.mark.parametrize(
    "error",
    [
        refused_with(404),
        refused_with(502),
        ConnectionRefusedError(),
        TimeoutError(),
        EOFError(),
        RuntimeError("nobody has thought of this one"),
        ConnectionClosedOK(None, None),
    ],
)
def test_not_final(error: Exception) -> None:
    """Everything else is tried again, whatever it is."""
    assert refusal(error) is None


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ConnectionRefusedError(), "refused"),
        (refused_with(502), "answered HTTP 502, not a WebSocket"),
        (ConnectionClosedOK(None, None), "closed the connection"),
        (TimeoutError(), "timed out"),
        (OSError("no route"), "failed (OSError: no route)"),
    ],
)
def test_reason(error: Exception, words: str) -> None:
    """A log line says in a few words why there is no connection."""
    assert reason(error) == words


def test_delays(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pauses double from one second to thirty, each give or take 30 %, for ever."""
    monkeypatch.setattr(connection, "_FIRST_DELAY", 1.0)
    monkeypatch.setattr(connection, "_LONGEST_DELAY", 30.0)

    seconds = list(islice(delays(), 100))

    exact = [1, 2, 4, 8, 16] + [30] * 95
    assert all(0.7 * e <= s <= 1.3 * e for s, e in zip(seconds, exact, strict=True))
    assert len(set(seconds)) > 90


@pytest.mark.parametrize(
    ("engine_url", "expected"),
    [
        ("ws://127.0.0.1:1", "ws://127.0.0.1:1/ws/channels/c%2F1?key=k%26y&dir=read"),
        ("wss://host/iii/", "wss://host/iii/ws/channels/c%2F1?key=k%26y&dir=read"),
        ("ws://h:1/?token=a%20b", "ws://h:1/ws/channels/c%2F1?token=a%20b&key=k%26y&dir=read"),
    ],
)
def test_channel_url(engine_url: str, expected: str) -> None:
    """A channel is at the engine's own address; a query that is there stays in front."""
    assert channel_url(engine_url, REF) == expected


@pytest.mark.anyio
async def test_long_message() -> None:
    """What the engine may send, 64 MiB, fits."""
    sent = b"x" * (2**26 - 100)

    async def script(peer: Any) -> None:
        await peer.socket.send(sent)
        await peer.socket.wait_closed()

    async with open_place(script) as place, asyncio.timeout(WITHIN):
        socket = await connect(place.url)
        received = await socket.recv()
        await socket.close()

    assert len(received) == len(sent)
