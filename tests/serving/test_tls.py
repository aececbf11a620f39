"""An engine behind TLS: the worker's socket and its channels go through a proxy that speaks it."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trustme
from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse

from iii_asgi import Bridge, Settings
from iii_asgi.engine import Engine
from iii_asgi.errors import ConnectionLostError
from iii_asgi.worker.client import visit
from tests.engine.helpers import fetch, soon

pytestmark = pytest.mark.anyio

app = FastAPI(openapi_url=None)


@app.get("/json", tags=["secure"])
async def give() -> dict[str, str]:
    return {"by": "TLS"}


@app.get("/stream", tags=["secure"])
async def stream() -> StreamingResponse:
    return StreamingResponse((b"\x00\xff" * 50_000 for _ in range(20)), media_type="image/png")


@app.post("/upload", tags=["secure"])
async def upload(request: Request) -> dict[str, int]:
    return {"size": sum([len(chunk) async for chunk in request.stream()])}


class Authority:
    """Who signs certificates.

    Attributes:
        file: its own, for ``SSL_CERT_FILE``.
    """

    def __init__(self, folder: Path) -> None:
        self.file = folder / "authority.pem"
        self._signer = trustme.CA()
        self._signer.cert_pem.write_to_path(self.file)

    @asynccontextmanager
    async def proxy(self, engine: Engine, name: str) -> AsyncIterator[int]:
        """Take connections with TLS under a name, and pass them on to an engine; give the port."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._signer.issue_cert(name).configure_cert(context)
        passing: set[asyncio.Task[None] | None] = set()

        async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            passing.add(asyncio.current_task())
            there, back = await asyncio.open_connection("127.0.0.1", engine.port)
            await asyncio.gather(_copy(reader, back), _copy(there, writer), return_exceptions=True)

        server = await asyncio.start_server(pass_on, "127.0.0.1", 0, ssl=context)
        yield server.sockets[0].getsockname()[1]
        server.close()
        await asyncio.gather(*(one for one in passing if one), return_exceptions=True)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(2**16):
            writer.write(data)
            await writer.drain()
    finally:
        writer.close()


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """One that nobody trusts yet."""
    return Authority(tmp_path)


async def test_all_ways(
    authority: Authority, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Calls, streams and uploads pass TLS, where ``SSL_CERT_FILE`` names who has signed."""
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    async with authority.proxy(engine, "localhost") as port:
        url = f"wss://localhost:{port}"
        async with Bridge(app, settings=Settings(url=url, name="app")).connect():
            assert (await fetch(engine, "/json")).json == {"by": "TLS"}
            assert (await fetch(engine, "/stream")).body == b"\x00\xff" * 1_000_000
            sent = await fetch(engine, "/upload", "POST", body=bytes(3_000_000))
            assert sent.json == {"size": 3_000_000}


@pytest.mark.parametrize(
    ("name", "is_trusted", "words"),
    [
        ("localhost", False, "unable to get local issuer certificate). SSL_CERT_FILE may name"),
        ("elsewhere.example", True, "certificate is not valid for 'localhost'"),
    ],
)
async def test_certificate(
    name: str,
    is_trusted: bool,
    words: str,
    authority: Authority,
    engine: Engine,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A certificate that cannot be verified keeps the worker away, and it says why; it tries
    again, since certificates are renewed."""
    if is_trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    caplog.set_level(logging.WARNING, "iii_asgi")
    async with authority.proxy(engine, name) as port:
        bridge = Bridge(app, settings=Settings(url=f"wss://localhost:{port}", name="app"))
        async with bridge.connect(wait=False):
            await soon(lambda: bool(caplog.messages))
            assert bridge.worker is not None
            assert bridge.worker.state == "reconnecting"

    (line,) = caplog.messages
    assert line.startswith(f"wss://localhost:{port} has a certificate that cannot be verified (")
    assert words in line


async def test_no_tls() -> None:
    """An engine that speaks no TLS is told as that."""

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(ConnectionLostError) as caught:
            async with visit(f"wss://127.0.0.1:{port}", metadata={}):
                pass

    assert "speaks no TLS: a URL with ws:// may be the right one" in str(caught.value)
