"""Channels by way of a proxy, and where the URL of the engine has a password."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from websockets.asyncio.server import ServerConnection
from websockets.http11 import Request
from websockets.version import version

from iii_asgi.protocol.messages import ChannelRef
from iii_asgi.worker import channels as module
from iii_asgi.worker.channels import Channels
from tests.worker.helpers import Peer, nothing, open_place

pytestmark = pytest.mark.anyio

REF = ChannelRef("c", "k", "write")


@asynccontextmanager
async def proxy(asked: list[str]) -> AsyncIterator[str]:
    """Pass connections on that ask for it, as an HTTP proxy; give its URL."""

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")[0]
        asked.append(line)
        host, _, port = line.split()[1].rpartition(":")
        there, back = await asyncio.open_connection(host, int(port))
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        await asyncio.gather(_copy(reader, back), _copy(there, writer))

    server = await asyncio.start_server(pass_on, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(2**16):
        writer.write(data)
    writer.close()


@pytest.mark.skipif(int(version.split(".")[0]) < 15, reason="websockets 14 knows no proxies")
@pytest.mark.parametrize("is_older", [False, True])
async def test_proxy(is_older: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy of the environment is passed, also with a websockets that looks for it itself."""
    received: list[str | bytes] = []
    asked: list[str] = []

    async def script(peer: Peer) -> None:
        received.extend([await peer.socket.recv() for _ in range(3)])

    async with open_place(script) as place, proxy(asked) as proxy_url:
        for name in ("no_proxy", "NO_PROXY"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("http_proxy", proxy_url)
        if is_older:
            monkeypatch.setitem(sys.modules, "websockets.proxy", None)
        channels = Channels(place.url)
        monkeypatch.undo()
        monkeypatch.setenv("http_proxy", proxy_url)
        writer = await channels.writer(REF)
        await writer.send_text(b"{}")
        await writer.send(b"data")
        await writer.send(b"")
        writer.close()
        await writer.wait_closed()
        await channels.aclose()

    assert received == ["{}", b"data", b""]
    assert asked[0].startswith(f"CONNECT {place.url.removeprefix('ws://')} ")


@pytest.mark.parametrize(
    ("variables", "url", "expected"),
    [
        ({}, "ws://127.0.0.1:1", False),
        ({}, "ws://user:secret@127.0.0.1:1", True),
        ({"http_proxy": "http://127.0.0.1:9"}, "ws://engine:1", True),
        ({"http_proxy": "http://127.0.0.1:9", "no_proxy": "engine"}, "ws://engine:1", False),
    ],
)
def test_needs_proxy(
    variables: dict[str, str], url: str, expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only where there is need for it is `websockets` asked to connect."""
    if "no_proxy" in variables:
        pytest.importorskip("websockets.proxy", reason="it cannot be asked before websockets 16")
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    assert module._needs_proxy(url) is expected


async def test_password() -> None:
    """A password in the URL is sent as such."""
    seen: list[str | None] = []

    def look(socket: ServerConnection, request: Request) -> None:
        seen.append(request.headers.get("Authorization"))

    async with open_place(nothing, process_request=look) as place:
        channels = Channels(place.url.replace("ws://", "ws://user:secret@"))
        await (await channels.reader(REF)).aclose()
        await channels.aclose()

    assert seen == ["Basic dXNlcjpzZWNyZXQ="]
