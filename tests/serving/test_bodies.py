"""A request body that is read from its channel."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Any

import httpx
import pytest
from msgspec import convert
from starlette.types import Receive, Scope, Send

from iii_asgi.engine import Engine
from iii_asgi.protocol.messages import ChannelRef
from iii_asgi.serving import bodies
from iii_asgi.serving.bodies import ChannelBody
from iii_asgi.worker.channels import Channels
from tests.engine.helpers import RawWorker, channel, fetch, hub_of, open_http, parse, soon
from tests.serving.helpers import Front, Pages, chunk, start

pytestmark = pytest.mark.anyio

TEXT = "content-type: text/plain"
GONE = {"channel_id": "none", "access_key": "k", "direction": "read"}


class Seen(list[dict[str, Any]]):
    """What an app received."""

    def serve(self, pages: Pages) -> None:
        """Add a page that reads its body and gives it back."""

        @pages.add
        async def page(scope: Scope, receive: Receive, send: Send) -> None:
            while True:
                message = dict(await receive())
                self.append(message)
                if not message.get("more_body"):
                    break
            await send(start("content-type: application/octet-stream"))
            await send(chunk(self.body))

    @property
    def body(self) -> bytes:
        """The body so far."""
        return b"".join(message.get("body", b"") for message in self)


@pytest.fixture
def seen(pages: Pages) -> Seen:
    """What the app received at ``/page``."""
    seen = Seen()
    seen.serve(pages)
    return seen


# -- as clients send it ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (
            ("Content-Type: application/json",),
            b'{"b": 2.50,\n "a": 1e2, "a": 12345678901234567890}',
        ),
        (("Content-Type: application/json",), b'{"no json'),
        (("Content-Type: image/png",), bytes(range(256)) * 1000),
        ((), b"\x00"),
    ],
    ids=["JSON", "broken JSON", "binary", "short"],
)
async def test_exact(headers: tuple[str, ...], body: bytes, engine: Engine, seen: Seen) -> None:
    """The app gets the exact bytes, whatever the engine makes of them elsewhere."""
    answer = await fetch(engine, "/page", "POST", headers, body)

    assert answer.body == seen.body == body


async def test_chunked(engine: Engine, seen: Seen) -> None:
    """A body without a length arrives whole, too."""
    chunked = b"5\r\nfirst\r\n6\r\nsecond\r\n0\r\n\r\n"
    answer = await fetch(engine, "/page", "POST", ("Transfer-Encoding: chunked",), chunked)

    assert answer.body == b"firstsecond"


@pytest.mark.parametrize("headers", [(), ("Content-Length: 0",)])
async def test_empty(headers: tuple[str, ...], engine: Engine, seen: Seen) -> None:
    """An empty body is one empty message, and no channel is opened for it."""
    await fetch(engine, "/page", "POST", headers)

    assert seen == [{"type": "http.request", "body": b"", "more_body": False}]


async def test_large(engine: Engine, pages: Pages) -> None:
    """10 MB arrive whole, in pieces."""
    seen = Seen()

    @pages.add
    async def page(scope: Scope, receive: Receive, send: Send) -> None:
        more = True
        while more:
            seen.append(dict(await receive()))
            more = seen[-1]["more_body"]
        await send(start(TEXT))
        await send(chunk(hashlib.sha256(seen.body).hexdigest().encode()))

    body = bytes(range(256)) * 40 * 1024
    answer = await fetch(engine, "/page", "POST", body=body)

    assert answer.body == hashlib.sha256(body).hexdigest().encode()
    assert len(seen) > 10


async def test_backpressure(pages: Pages, front: Front) -> None:
    """While the app does not read, whoever writes the body waits."""
    written, go_on = 0, asyncio.Event()

    @pages.add
    async def page(scope: Scope, receive: Receive, send: Send) -> None:
        size, more = 0, True
        while more:
            message = await receive()
            size, more = size + len(message["body"]), message["more_body"]
            await go_on.wait()
        await send(start(TEXT))
        await send(chunk(b"%d" % size))

    async def write() -> None:
        nonlocal written
        for _ in range(frames):
            await writer.send(bytes(2**16))
            written += 1

    frames = 500
    ref, writer = await front.upload()
    writing = asyncio.create_task(write())
    headers = {"host": "t", "content-length": str(frames * 2**16)}
    asking = asyncio.create_task(front.ask("page", "POST", headers=headers, request_body=ref))
    await asyncio.sleep(0.3)
    assert written < frames
    go_on.set()
    await writing

    assert (await asking).body == b"%d" % (frames * 2**16)
    await writer.close()


async def test_slow_app_slows_client(engine: Engine, pages: Pages) -> None:
    """While the app does not read, its client cannot send more than a few megabytes."""
    size, go_on = 64 * 2**20, asyncio.Event()

    @pages.add
    async def page(scope: Scope, receive: Receive, send: Send) -> None:
        read, more = 0, True
        while more:
            message = await receive()
            read, more = read + len(message["body"]), message["more_body"]
            await go_on.wait()
        await send(start(TEXT))
        await send(chunk(b"%d" % read))

    sent = 0

    async def upload() -> None:
        nonlocal sent
        while sent < size:
            writer.write(bytes(2**18))
            await writer.drain()
            sent += 2**18

    reader, writer = await open_http(engine)
    head = f"POST /page HTTP/1.1\r\nHost: t\r\nContent-Length: {size}\r\nConnection: close\r\n\r\n"
    writer.write(head.encode())
    uploading = asyncio.create_task(upload())
    before = -1
    while before < sent:
        before = sent
        await asyncio.sleep(0.5)
    assert sent < size / 2
    go_on.set()
    await uploading

    assert parse(await reader.read()).body == b"%d" % size
    writer.close()


async def test_expect(engine: Engine, seen: Seen) -> None:
    """A client that waits to be asked for its body is asked."""
    reader, writer = await open_http(engine)
    head = "POST /page HTTP/1.1\r\nHost: t\r\nExpect: 100-continue\r\nContent-Length: 4\r\n"
    writer.write(f"{head}Connection: close\r\n\r\n".encode())
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 100 ")
    writer.write(b"body")

    assert parse(await reader.read()).body == b"body"
    writer.close()


async def test_answer_before_body(engine: Engine, pages: Pages) -> None:
    """An app that refuses a body unread is heard while its client has not sent it."""

    @pages.add
    async def page(scope: Scope, receive: Receive, send: Send) -> None:
        await send(start(TEXT, status=413))
        await send(chunk(b"too much"))

    reader, writer = await open_http(engine)
    writer.write(b"POST /page HTTP/1.1\r\nHost: t\r\nContent-Length: 100000000\r\n\r\n1234")
    answer = parse(await reader.readuntil(b"too much"))
    writer.close()

    assert answer.status == 413


async def test_never_comes(monkeypatch: pytest.MonkeyPatch, engine: Engine, seen: Seen) -> None:
    """A client that announces a body and sends none gets a 408."""
    monkeypatch.setattr(bodies, "FIRST_CHUNK_TIMEOUT", 0.1)
    reader, writer = await open_http(engine)
    writer.write(b"POST /page HTTP/1.1\r\nHost: t\r\nContent-Length: 4\r\n\r\n")
    answer = parse(await reader.readuntil(b"}"))
    writer.close()

    assert (answer.status, answer.body) == (408, b'{"detail":"Request Timeout"}')
    assert [message["type"] for message in seen] == ["http.disconnect"]


async def test_client_leaves(
    engine: Engine, pages: Pages, caplog: pytest.LogCaptureFixture
) -> None:
    """When the client leaves in the middle of its upload the app sees a disconnect."""
    seen: list[str] = []

    @pages.add
    async def page(scope: Scope, receive: Receive, send: Send) -> None:
        while seen[-1:] != ["http.disconnect"]:
            seen.append((await receive())["type"])

    _, writer = await open_http(engine)
    writer.write(b"POST /page HTTP/1.1\r\nHost: t\r\nContent-Length: 10\r\n\r\n1234")
    await soon(lambda: bool(seen))
    writer.transport.abort()
    await soon(lambda: seen[-1] == "http.disconnect")

    assert seen == ["http.request", "http.disconnect"]
    assert "ERROR" not in caplog.text


# -- as a front end hands it over ------------------------------------------------------


async def test_never_begins(monkeypatch: pytest.MonkeyPatch, front: Front, seen: Seen) -> None:
    """An announced body that does not begin is a 408, and the app sees a disconnect."""
    monkeypatch.setattr(bodies, "FIRST_CHUNK_TIMEOUT", 0.05)
    ref, writer = await front.upload()
    headers = {"host": "t", "content-length": "4"}
    answer = await front.ask("page", "POST", headers=headers, request_body=ref)
    await writer.close()

    assert (answer.status, answer.body) == (408, b'{"detail":"Request Timeout"}')
    assert [message["type"] for message in seen] == ["http.disconnect"]


async def test_breaks_off(front: Front, seen: Seen) -> None:
    """A body that ends before its length is a 400, and the app sees a disconnect."""
    ref, writer = await front.upload()
    await writer.send(b"1234")
    await writer.close()
    headers = {"host": "t", "content-length": "10"}
    answer = await front.ask("page", "POST", headers=headers, request_body=ref)

    assert (answer.status, answer.body) == (400, b'{"detail":"Bad Request"}')
    assert [message["type"] for message in seen] == ["http.request", "http.disconnect"]


async def test_breaks_off_in_answer(pages: Pages, front: Front) -> None:
    """An answer that has begun when the body breaks off ends there."""

    @pages.add
    async def page(scope: Scope, receive: Receive, send: Send) -> None:
        await send(start(TEXT))
        await send(chunk(b"first", more=True))
        while (await receive())["type"] != "http.disconnect":
            pass

    ref, writer = await front.upload()
    await writer.send(b"1234")
    headers = {"host": "t", "content-length": "10"}
    asking = asyncio.create_task(front.ask("page", "POST", headers=headers, request_body=ref))
    await asyncio.sleep(0.05)
    await writer.close()

    assert (await asking).chunks == [b"first"]


async def test_channel_gone(front: Front, seen: Seen) -> None:
    """A body whose channel is gone is one that broke off."""
    headers = {"host": "t", "content-length": "10"}
    answer = await front.ask("page", "POST", headers=headers, request_body=GONE)

    assert answer.status == 400


async def test_channel_never_closed(front: Front, seen: Seen) -> None:
    """The body ends with its length: on one front end its channel is never closed."""
    ref, writer = await front.upload()
    await writer.send(b"12")
    await writer.send(b"34")
    headers = {"host": "t", "content-length": "4"}
    answer = await front.ask("page", "POST", headers=headers, request_body=ref)
    await writer.close()

    assert answer.body == b"1234"


async def test_no_length(monkeypatch: pytest.MonkeyPatch, front: Front, seen: Seen) -> None:
    """Without a length, from a front end that has the whole body, silence means empty."""
    monkeypatch.setattr(bodies, "UNANNOUNCED_TIMEOUT", 0.05)
    ref, writer = await front.upload()
    headers = {"host": "t", "transfer-encoding": "chunked"}
    answer = await front.ask("page", "POST", headers=headers, request_body=ref)
    await writer.close()

    assert (answer.status, seen.body) == (200, b"")


async def test_inline(engine: Engine, worker: RawWorker, front: Front, seen: Seen) -> None:
    """A payload without a channel has its body inline, as a forged or an old one may."""
    headers = {"host": "t", "content-length": "7", "content-type": "application/json"}
    answer = await front.ask("page", "POST", headers=headers, body={"a": 1})

    assert answer.body == b'{"a":1}'


async def test_not_read(pages: Pages, front: Front, engine: Engine) -> None:
    """A body that the app does not read is not fetched."""

    @pages.add
    async def page(scope: Scope, receive: Receive, send: Send) -> None:
        await send(start(TEXT))
        await send(chunk(b"no"))

    ref, writer = await front.upload()
    headers = {"host": "t", "content-length": "4"}
    assert (await front.ask("page", "POST", headers=headers, request_body=ref)).body == b"no"
    found = hub_of(engine).channels.find(ref["channel_id"], ref["access_key"])

    assert found is not None
    assert not found.reader_taken
    await writer.close()


# -- by itself ---------------------------------------------------------------------------


class Upload:
    """A channel with a body, and how it is read."""

    def __init__(self, engine: Engine, refs: dict[str, Any]) -> None:
        self._refs = refs
        self._engine = engine
        self.channels = Channels(engine.url)

    async def write(self, *frames: bytes | str, close: bool = True) -> None:
        """Write frames into the channel."""
        writer = await channel(self._engine, self._refs["writer"])
        for frame in frames:
            await writer.send(frame)
        if close:
            await writer.close()

    def body(self, *, length: int | None = None, complete: bool = False) -> ChannelBody:
        """Return the body."""
        ref = convert(self._refs["reader"], ChannelRef)
        return ChannelBody(self.channels, ref, length=length, complete=complete)


@pytest.fixture
async def upload(engine: Engine, worker: RawWorker) -> Upload:
    """A channel."""
    return Upload(engine, await worker.result("engine::channels::create", {}))


@pytest.mark.parametrize(
    ("frames", "length", "expected"),
    [
        ((b"ab", b"cd"), None, [b"ab", b"cd"]),
        ((), None, []),
        ((b"ab", b"cd"), 4, [b"ab", b"cd"]),
        ((b"ab", b"cdef"), 3, [b"ab", b"c"]),
        ((b"", b"ab", "text", b""), 2, [b"ab"]),
    ],
)
async def test_chunks(
    frames: tuple[bytes | str, ...], length: int | None, expected: list[bytes], upload: Upload
) -> None:
    """The data frames are the body, up to its length."""
    await upload.write(*frames)

    assert [chunk async for chunk in upload.body(length=length)] == expected
    await upload.channels.aclose()


async def test_unannounced_does_not_begin(monkeypatch: pytest.MonkeyPatch, upload: Upload) -> None:
    """Without a length, from a front end that streams, silence is not the end."""
    monkeypatch.setattr(bodies, "FIRST_CHUNK_TIMEOUT", 0.05)
    with pytest.raises(httpx.ReadTimeout, match="did not begin"):
        await anext(aiter(upload.body(complete=False)))
    await upload.channels.aclose()


async def test_too_short(upload: Upload) -> None:
    """A body that is too short says so, after what there is."""
    await upload.write(b"ab")
    body = aiter(upload.body(length=3))

    assert await anext(body) == b"ab"
    with pytest.raises(httpx.ReadError, match="before its body was complete"):
        await anext(body)
    await upload.channels.aclose()
