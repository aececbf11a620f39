"""The HTTP server: connections, bodies as they come, clients that leave. Real sockets."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from iii_asgi.engine.answers import Answer, Control
from iii_asgi.engine.client import Body, BrokenBodyError, Reply
from iii_asgi.engine.http1 import Head
from iii_asgi.engine.http_server import HttpServer
from tests.engine.helpers import soon
from tests.patience import WITHIN

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["asyncio", "uvloop"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, bool]]:
    """Both event loops: their transports are not alike."""
    if request.param == "uvloop":
        pytest.importorskip("uvloop")
    return "asyncio", {"use_uvloop": request.param == "uvloop"}


GET = b"GET /%d HTTP/1.1\r\n\r\n"
LAST = b"GET /last HTTP/1.1\r\nConnection: close\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n"

Reading = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class App:
    """Answers requests; keeps what it has seen."""

    def __init__(self) -> None:
        self.heads: list[Head] = []
        self.bodies: list[bytes] = []
        self.broken = 0
        self.cancelled = 0
        self.go_on = asyncio.Event()

    async def __call__(self, head: Head, body: Body, reply: Reply) -> None:
        """Do what the path says, then answer with the number of the request."""
        self.heads.append(head)
        try:
            await self._act(head.path, body, reply)
        except BrokenBodyError:
            self.broken += 1
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if head.path != "/flood":
            await reply.whole(Answer(200, [(b"x-number", b"%d" % len(self.heads))], b""))

    async def _act(self, path: str, body: Body, reply: Reply) -> None:
        if path in ("/read", "/"):
            pieces = []
            while (piece := await body.read()) is not None:
                pieces.append(piece)
            self.bodies.append(b"".join(pieces))
        elif path == "/wait":
            await self.go_on.wait()
        elif path == "/fail":
            raise RuntimeError("a bug")
        elif path == "/flood":
            await reply.stream(Control(), self._flood())

    async def _flood(self) -> AsyncIterator[bytes]:
        for _ in range(200):
            yield b"x" * 65_536
            self.bodies.append(b"")


@pytest.fixture
def app() -> App:
    """What serves the requests."""
    return App()


@pytest.fixture
async def server(app: App) -> AsyncIterator[tuple[HttpServer, int]]:
    """A server on a free port."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = HttpServer(app)
    await server.start(listener)
    yield server, listener.getsockname()[1]
    await server.stop()


@asynccontextmanager
async def client(server: tuple[HttpServer, int]) -> AsyncIterator[Reading]:
    """A connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server[1])
    try:
        yield reader, writer
    finally:
        writer.close()


async def exchange(server: tuple[HttpServer, int], *pieces: bytes, eof: bool = False) -> bytes:
    """Send pieces and read to the end."""
    async with client(server) as (reader, writer):
        for piece in pieces:
            writer.write(piece)
            await asyncio.sleep(0.01)
        if eof:
            writer.write_eof()
        return await asyncio.wait_for(reader.read(), WITHIN)


def numbers(answers: bytes) -> list[bytes]:
    """Return the numbers of the requests that were answered."""
    return [part.split(b"\r\n")[0] for part in answers.split(b"x-number: ")[1:]]


async def test_requests_are_answered_one_after_the_other(
    app: App, server: tuple[HttpServer, int]
) -> None:
    """On one connection, sent at once or byte by byte."""
    assert numbers(await exchange(server, GET % 1 + GET % 2 + LAST)) == [b"1", b"2", b"3"]

    data = GET % 4 + LAST
    assert numbers(await exchange(server, *[data[at : at + 1] for at in range(len(data))])) == [
        b"4",
        b"5",
    ]
    assert [head.path for head in app.heads[-2:]] == ["/4", "/last"]


async def test_bodies_lie_between_requests(app: App, server: tuple[HttpServer, int]) -> None:
    """Of a length and in chunks; what follows is the next request."""
    chunked = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nde\r\n0\r\n\r\n"

    answers = await exchange(server, POST % 3 + b"abc" + chunked + LAST)

    assert numbers(answers) == [b"1", b"2", b"3"]
    assert app.bodies == [b"abc", b"de"]


async def test_a_client_that_expects_a_word_gets_it(server: tuple[HttpServer, int]) -> None:
    """When its body is wanted, and only then."""
    expecting = b"POST %b HTTP/1.1\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n"
    async with client(server) as (reader, writer):
        writer.write(expecting % b"/read")
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        writer.write(b"abc" + expecting % b"/unread")

        assert b"200 OK" in await reader.readuntil(b"\r\n\r\n")
        assert b"100 Continue" not in await asyncio.wait_for(reader.read(), WITHIN)


async def test_a_body_that_nobody_reads_ends_the_connection(
    app: App, server: tuple[HttpServer, int]
) -> None:
    """Unless it is here already; the client finds its answer although it still sends."""
    unread = b"POST /unread HTTP/1.1\r\nContent-Length: %d\r\n\r\n"
    assert numbers(await exchange(server, unread % 3 + b"abc" + LAST)) == [b"1", b"2"]
    assert numbers(await exchange(server, unread % 3, b"abc" + LAST)) == [b"3"]

    assert numbers(await exchange(server, unread % 3_000_000, b"x" * 3_000_000)) == [b"4"]


@pytest.mark.parametrize("data", [b"nonsense\r\n\r\n", b"\x16\x03\x01"])
async def test_nonsense_is_a_400(server: tuple[HttpServer, int], data: bytes) -> None:
    """Empty, and the connection ends."""
    answer = await exchange(server, data)

    assert answer.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert b"connection: close\r\ncontent-length: 0\r\n" in answer


async def test_half_a_request_is_not_answered(app: App, server: tuple[HttpServer, int]) -> None:
    """A client that leaves in the middle of a head has asked nothing."""
    assert await exchange(server, GET[:-3], eof=True) == b""
    assert not app.heads


async def test_a_client_that_leaves_cancels_its_request(
    app: App, server: tuple[HttpServer, int]
) -> None:
    """Also one that only closes its side: for the engine it is gone."""
    assert await exchange(server, b"GET /wait HTTP/1.1\r\n\r\n", eof=True) == b""
    async with client(server) as (_, writer):
        writer.write(b"GET /wait HTTP/1.1\r\n\r\n")
        await soon(lambda: len(app.heads) == 2)

    await soon(lambda: app.cancelled == 2)


@pytest.mark.parametrize("framing", [b"Content-Length: 9", b"Transfer-Encoding: chunked"])
async def test_a_body_that_breaks_off_is_told(
    app: App, server: tuple[HttpServer, int], framing: bytes
) -> None:
    """The client is still answered, if it reads."""
    data = b"POST / HTTP/1.1\r\n" + framing + b"\r\n\r\n4\r\n"

    assert numbers(await exchange(server, data, eof=True)) == [b"1"]
    assert app.broken == 1


async def test_a_bug_ends_the_connection(
    server: tuple[HttpServer, int], caplog: pytest.LogCaptureFixture
) -> None:
    """And is logged; the server goes on."""
    assert await exchange(server, b"GET /fail HTTP/1.1\r\n\r\n") == b""
    assert "serving an HTTP request failed" in caplog.text
    assert numbers(await exchange(server, LAST)) == [b"2"]


async def test_an_upload_waits_until_it_is_read(app: App, server: tuple[HttpServer, int]) -> None:
    """No more than a little of it is taken in before."""
    sent = 0

    async def send(writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"POST /wait HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % 2**26)
        for _ in range(2**10):
            writer.write(b"x" * 2**16)
            await writer.drain()
            sent += 2**16

    async with client(server) as (_, writer):
        sending = asyncio.create_task(send(writer))
        await asyncio.sleep(0.3)
        assert 0 < sent < 2**25
        sending.cancel()
        writer.transport.abort()


async def test_requests_to_come_wait_as_well(server: tuple[HttpServer, int]) -> None:
    """A client that sends ahead is not read without end."""
    async with client(server) as (_, writer):
        writer.write(b"GET /wait HTTP/1.1\r\n\r\n" + b"x" * 2**25)
        await asyncio.sleep(0.2)
        assert writer.transport.get_write_buffer_size() > 0
        writer.transport.abort()


async def test_a_slow_client_is_waited_for(app: App, server: tuple[HttpServer, int]) -> None:
    """What is written does not pile up."""
    async with client(server) as (reader, writer):
        writer.write(b"GET /flood HTTP/1.1\r\n\r\n")
        await asyncio.sleep(0.3)
        assert len(app.bodies) < 200

        async with asyncio.timeout(WITHIN):
            while len(app.bodies) < 200:
                await reader.read(2**20)


async def test_a_stop_lets_requests_end(app: App, server: tuple[HttpServer, int]) -> None:
    """Idle connections are closed at once."""
    async with client(server) as (idle, _), client(server) as (busy, writer):
        writer.write(b"GET /wait HTTP/1.1\r\n\r\n")
        await soon(lambda: bool(app.heads))
        stopping = asyncio.create_task(server[0].stop())
        assert await asyncio.wait_for(idle.read(), WITHIN) == b""
        app.go_on.set()

        assert numbers(await asyncio.wait_for(busy.read(), WITHIN)) == [b"1"]
        await asyncio.wait_for(stopping, WITHIN)


async def test_a_stop_does_not_wait_for_ever(
    app: App, server: tuple[HttpServer, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What does not end is cancelled."""
    monkeypatch.setattr("iii_asgi.engine.http_server.STOP_SECONDS", 0.05)
    async with client(server) as (busy, writer):
        writer.write(b"GET /wait HTTP/1.1\r\n\r\n")
        await soon(lambda: bool(app.heads))
        await asyncio.wait_for(server[0].stop(), WITHIN)

        assert await asyncio.wait_for(busy.read(), WITHIN) == b""
    assert app.cancelled == 1
