"""An HTTP request that the engine holds, answered by the app."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
from starlette.types import Receive, Scope, Send

from iii_asgi.engine import Engine
from iii_asgi.exchange.http_trigger import INLINE_LIMIT
from iii_asgi.serving import streaming
from tests.engine.helpers import fetch, hub_of, open_http, parse, soon
from tests.patience import WITHIN
from tests.serving.helpers import Front, Pages, chunk, start

pytestmark = pytest.mark.anyio

TEXT = "content-type: text/plain"


async def leave_early(engine: Engine, path: str, read: int = 1) -> None:
    """Send a request, wait for the beginning of its answer, and hang up."""
    reader, writer = await open_http(engine)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: test\r\n\r\n".encode())
    if read:
        await asyncio.wait_for(reader.read(read), WITHIN)
    writer.transport.abort()


# -- inline or by channel ----------------------------------------------------------------


async def test_single_message(pages: Pages, front: Front) -> None:
    """A text in one message goes inline, with its header lines as they are."""

    @pages.add
    async def page(scope: Scope, receive: Receive, send: Send) -> None:
        await send(start(TEXT, "set-cookie: a=1", "set-cookie: b=2", status=201))
        await send(chunk("grüße".encode()))

    answer = await front.ask("page")

    assert answer.result == {
        "status_code": 201,
        "headers": [TEXT, "set-cookie: a=1", "set-cookie: b=2"],
        "body": "grüße",
    }


@pytest.mark.parametrize("headers", [[TEXT], [TEXT, "content-length: 2"]])
async def test_single_message_later(headers: list[str], pages: Pages, front: Front) -> None:
    """Its body may come a moment after its start, as middleware passes it on."""

    @pages.add
    async def page(scope: Scope, receive: Receive, send: Send) -> None:
        await send(start(*headers))
        await asyncio.sleep(0.01)
        await send(chunk(b"ab"))

    answer = await front.ask("page")

    assert answer.is_inline
    assert answer.body == b"ab"


async def test_pieces_of_known_length(pages: Pages, front: Front) -> None:
    """So does one in pieces whose length is announced: some middleware makes pieces."""

    @pages.add
    async def page(scope: Scope, receive: Receive, send: Send) -> None:
        await send(start(TEXT, "content-length: 4"))
        await send(chunk(b"ab", more=True))
        await asyncio.sleep(0.01)
        await send(chunk(b"cd", more=True))
        await send(chunk())

    answer = await front.ask("page")

    assert answer.is_inline
    assert answer.body == b"abcd"


@pytest.mark.parametrize("length", ["8", "99999999", "many"])
async def test_pieces_that_take_long(length: str, pages: Pages, front: Front) -> None:
    """Pieces that are slow, or announce too much, or nothing that is a number, are streamed."""

    @pages.add
    async def page(scope: Scope, receive: Receive, send: Send) -> None:
        headers = [TEXT, f"content-length: {length}"] if length != "many" else [TEXT]
        await send(start(*headers))
        for _ in range(2):
            await send(chunk(b"abcd", more=True))
            await asyncio.sleep(0.12)
        if length != "99999999":
            await send(chunk())

    answer = await front.ask("page")

    assert answer.chunks[0] == b"abcd"
    assert not answer.is_inline
    assert answer.body == b"abcdabcd"


async def test_stream(pages: Pages, front: Front) -> None:
    """Pieces without a length are streamed, each as it comes."""
    arrived: list[float] = []

    @pages.add
    async def page(scope: Scope, receive: Receive, send: Send) -> None:
        await send(start(TEXT, "x-a: 1"))
        for piece in (b"one", b"two", b"three"):
            await send(chunk(piece, more=True))
            arrived.append(time.monotonic())
            await asyncio.sleep(0.03)
        await send(chunk())

    answer = await front.ask("page")

    assert answer.chunks == [b"one", b"two", b"three"]
    assert answer.status == 200
    assert answer.headers == {"content-type": "text/plain", "x-a": "1"}
    assert arrived[2] - arrived[0] > 0.05


async def test_slow_beginning(pages: Pages, front: Front) -> None:
    """A stream whose first piece takes its time sends its headers before."""

    @pages.add
    async def page(scope: Scope, receive: Receive, send: Send) -> None:
        await send(start(TEXT))
        await asyncio.sleep(0.15)
        await send(chunk(b"late", more=True))
        await send(chunk())

    answer = await front.ask("page")

    assert not answer.is_inline
    assert answer.chunks == [b"late"]


async def test_event_stream(pages: Pages, front: Front) -> None:
    """An event stream is streamed at once, before its first event and even when it is short."""
    began = asyncio.Event()

    @pages.add
    async def page(scope: Scope, receive: Receive, send: Send) -> None:
        await send(start("content-type: text/event-stream; charset=utf-8"))
        await began.wait()
        await send(chunk(b"data: 1\n\n"))

    ref, reader = await front.download()
    asking = asyncio.create_task(front.invoke(front.payload("page", response=ref)))
    assert "set_status" in str(await reader.recv())
    assert "set_headers" in str(await reader.recv())
    began.set()
    assert await reader.recv() == b"data: 1\n\n"
    assert (await asking).get("result") is None
    await reader.close()


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (["content-type: image/png"], b"\x89PNG\xff"),
        ([], b"text without a content-type"),
        ([TEXT], b"x" * (INLINE_LIMIT + 1)),
    ],
    ids=["binary", "no content-type", "large"],
)
async def test_channel(headers: list[str], body: bytes, pages: Pages, front: Front) -> None:
    """What no inline answer carries as it is goes through the channel, exactly."""

    @pages.add
    async def page(scope: Scope, receive: Receive, send: Send) -> None:
        await send(start(*headers, f"content-length: {len(body)}"))
        await send(chunk(body))

    answer = await front.ask("page")

    assert not answer.is_inline
    assert answer.body == body
    assert answer.headers["content-length"] == str(len(body))


async def test_largest_inline(pages: Pages, front: Front) -> None:
    """A text of 256 KiB still goes inline."""

    @pages.add
    async def page(scope: Scope, receive: Receive, send: Send) -> None:
        await send(start(TEXT))
        await send(chunk(b"x" * INLINE_LIMIT))

    assert (await front.ask("page")).is_inline


@pytest.mark.parametrize(
    ("method", "status", "headers", "inline"),
    [
        ("HEAD", 200, [TEXT, "content-length: 1000"], True),
        ("GET", 304, ['etag: "a"', "content-length: 1000"], False),
        ("GET", 304, [TEXT], True),
        ("GET", 204, [], False),
        ("GET", 200, ["content-length: 0"], False),
    ],
)
async def test_no_body(
    method: str, status: int, headers: list[str], inline: bool, pages: Pages, front: Front
) -> None:
    """Answers that have no body keep their headers, and none is invented."""

    @pages.add
    async def page(scope: Scope, receive: Receive, send: Send) -> None:
        await send(start(*headers, status=status))
        await send(chunk())

    answer = await front.ask("page", method)

    assert answer.is_inline is inline
    assert answer.status == status
    assert [f"{name}: {value}" for name, value in answer.headers.items()] == headers
    assert answer.body == b""


async def test_empty_in_pieces(pages: Pages, front: Front) -> None:
    """An answer that ends without data after it was announced goes inline."""

    @pages.add
    async def page(scope: Scope, receive: Receive, send: Send) -> None:
        await send(start(TEXT))
        await send(chunk(more=True))
        await asyncio.sleep(0.01)
        await send(chunk())

    answer = await front.ask("page")

    assert answer.is_inline
    assert answer.body == b""


async def test_large_stream(engine: Engine, pages: Pages) -> None:
    """A large answer arrives whole, and the app waits while the client reads slowly."""
    sent = 0

    @pages.add
    async def page(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal sent
        await send(start(TEXT))
        for _ in range(400):
            await send(chunk(bytes(2**16), more=True))
            sent += 1
        await send(chunk())

    reader, writer = await open_http(engine)
    writer.write(b"GET /page HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n")
    await asyncio.sleep(0.5)
    assert sent < 350
    response = parse(await asyncio.wait_for(reader.read(), WITHIN))
    writer.close()

    assert (response.status, len(response.body)) == (200, 400 * 2**16)


# -- the client leaves -------------------------------------------------------------------


@pytest.mark.parametrize("pause", [0.01, 60], ids=["busy", "silent"])
async def test_client_leaves(pause: float, engine: Engine, pages: Pages) -> None:
    """When the client leaves a stream, busy or silent, the app learns of it within 2 s."""
    told = asyncio.Event()

    @pages.add
    async def page(scope: Scope, receive: Receive, send: Send) -> None:
        async def watch() -> None:
            while (await receive())["type"] != "http.disconnect":
                pass
            told.set()

        watching = asyncio.create_task(watch())
        await send(start(TEXT))
        await send(chunk(b"first", more=True))
        while not told.is_set():
            await asyncio.wait([watching], timeout=pause)
            await send(chunk(b"more", more=True))

    await leave_early(engine, "/page")
    async with asyncio.timeout(WITHIN):
        await told.wait()


async def test_endpoint_runs_on(
    monkeypatch: pytest.MonkeyPatch, engine: Engine, pages: Pages
) -> None:
    """The endpoint is not cancelled then: it finishes what it does, as under a server."""
    monkeypatch.setattr(streaming, "HEARTBEAT", 0.02)
    finished = asyncio.Event()

    @pages.add
    async def page(scope: Scope, receive: Receive, send: Send) -> None:
        await send(start(TEXT))
        await send(chunk(b"first", more=True))
        while (await receive())["type"] != "http.disconnect":
            pass
        await asyncio.sleep(0.05)
        finished.set()

    await leave_early(engine, "/page")
    async with asyncio.timeout(WITHIN):
        await finished.wait()


async def test_heartbeat(monkeypatch: pytest.MonkeyPatch, pages: Pages, front: Front) -> None:
    """While a stream is silent empty frames keep it alive, and add nothing to it."""
    monkeypatch.setattr(streaming, "HEARTBEAT", 0.02)
    release = asyncio.Event()

    @pages.add
    async def page(scope: Scope, receive: Receive, send: Send) -> None:
        await send(start(TEXT))
        await send(chunk(b"first", more=True))
        await release.wait()
        await send(chunk(b"last"))

    ref, reader = await front.download()
    asking = asyncio.create_task(front.invoke(front.payload("page", response=ref)))
    frames = [await reader.recv() for _ in range(6)]
    release.set()
    await asking
    await reader.close()

    assert frames[2:] == [b"first", b"", b"", b""]


async def test_response_channel_gone(pages: Pages, front: Front) -> None:
    """When the answer's channel is gone the app is told, and the call has an answer all the same:
    a null result would let a client that is still there wait."""
    seen: list[str] = []

    @pages.add
    async def page(scope: Scope, receive: Receive, send: Send) -> None:
        await send(start(TEXT))
        await send(chunk(b"first", more=True))
        await receive()
        seen.append((await receive())["type"])

    gone = {"channel_id": "none", "access_key": "k", "direction": "write"}
    answer = await front.invoke(front.payload("page", response=gone))

    assert answer["result"]["status_code"] == 500
    await soon(lambda: bool(seen))
    assert seen == ["http.disconnect"]


async def test_no_response_channel(
    pages: Pages, front: Front, caplog: pytest.LogCaptureFixture
) -> None:
    """A request without a response channel is answered inline, or with an error."""

    @pages.add
    async def page(scope: Scope, receive: Receive, send: Send) -> None:
        await send(start(TEXT))
        await send(chunk(b"\xff"))

    answer = await front.invoke(front.payload("page"))

    assert answer["result"]["status_code"] == 500
    assert "GET /:p1 came without a response channel" in caplog.text


async def test_nothing_left(engine: Engine, pages: Pages) -> None:
    """A hundred streams that were left leave no task, no channel and no call behind."""

    @pages.add
    async def page(scope: Scope, receive: Receive, send: Send) -> None:
        await send(start(TEXT))
        while True:
            await send(chunk(b"x" * 1000, more=True))
            await asyncio.sleep(0.01)

    await fetch(engine, "/nowhere")
    before = asyncio.all_tasks()
    for _ in range(4):
        await asyncio.gather(*(leave_early(engine, "/page") for _ in range(25)))
    hub = hub_of(engine)

    await soon(lambda: asyncio.all_tasks() <= before)
    await soon(lambda: not hub.channels._channels and not hub.channels._in_use)
    assert not hub.invocations._pending


# -- the app fails -----------------------------------------------------------------------


async def test_app_raises(engine: Engine, pages: Pages, caplog: pytest.LogCaptureFixture) -> None:
    """An app that raises is a server's plain 500; the log has the traceback, the client nothing."""

    @pages.add
    async def page(scope: Scope, receive: Receive, send: Send) -> None:
        raise RuntimeError("the password is swordfish")

    answer = await fetch(engine, "/page")

    assert (answer.status, answer.body) == (500, b"Internal Server Error")
    assert "Exception in ASGI application, serving app::app" in caplog.text
    assert "swordfish" in caplog.text


@pytest.mark.parametrize("sent", [[], [chunk(b"a", more=True)]])
async def test_app_raises_after_start(
    sent: list[Any], pages: Pages, front: Front, caplog: pytest.LogCaptureFixture
) -> None:
    """Where nothing has left yet it is still a 500 when the app raises after the start."""

    @pages.add
    async def page(scope: Scope, receive: Receive, send: Send) -> None:
        await send(start(TEXT, "content-length: 2"))
        for message in sent:
            await send(message)
        raise RuntimeError("swordfish")

    answer = await front.ask("page")

    assert answer.is_inline
    assert (answer.status, answer.body) == (500, b'{"detail":"Internal Server Error"}')
    assert caplog.text.count("serving app::app") == 1


async def test_app_raises_in_stream(pages: Pages, front: Front) -> None:
    """A stream that breaks off ends there; the status is gone already."""

    @pages.add
    async def page(scope: Scope, receive: Receive, send: Send) -> None:
        await send(start(TEXT))
        await send(chunk(b"first", more=True))
        await asyncio.sleep(0.02)
        raise RuntimeError("swordfish")

    answer = await front.ask("page")

    assert (answer.status, answer.chunks, answer.error) == (200, [b"first"], None)


async def test_app_does_not_answer(pages: Pages, front: Front) -> None:
    """An app that returns without an answer is a 500."""

    @pages.add
    async def page(scope: Scope, receive: Receive, send: Send) -> None: ...

    assert (await front.ask("page")).status == 500


async def test_background(engine: Engine, pages: Pages) -> None:
    """What the app does after its answer keeps nobody waiting, and is done."""
    release, done = asyncio.Event(), asyncio.Event()

    @pages.add
    async def page(scope: Scope, receive: Receive, send: Send) -> None:
        await send(start(TEXT))
        await send(chunk(b"answer"))
        await release.wait()
        done.set()

    assert (await fetch(engine, "/page")).body == b"answer"
    release.set()
    await asyncio.wait_for(done.wait(), WITHIN)


# -- forged requests ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "fields",
    [
        {"method": "TRACE"},
        {"path": "/a/b/c/d/e/f/g/h/i"},
        {"path": "page"},
        {"path_params": {"p1": "a/b"}},
        {"path_params": {"p1": "a?b"}},
        {"trigger": {"type": "http", "path": "/a/b", "method": "GET"}},
        {"headers": {"x\ny": "1"}},
        {"headers": {"x": "1\r\nset-cookie: a=1"}},
    ],
    ids=str,
)
async def test_forged(fields: dict[str, Any], pages: Pages, front: Front) -> None:
    """A payload that no trigger of the function sends is refused, and the app is not called."""
    answer = await front.invoke(front.payload("page") | fields)

    assert answer["error"]["code"] == "BAD_REQUEST"
    assert answer["error"]["message"]


async def test_missing_parameter(pages: Pages, front: Front) -> None:
    """A request without the parameter of its path is a 404, and the app is not called."""
    answer = await front.invoke(front.payload("page", path_params={}))

    assert answer["result"]["status_code"] == 404


@pytest.mark.parametrize("length", ["9" * 5000, "-1", "²", "1e3", ["1", "2"]])
async def test_forged_length(length: Any, pages: Pages, front: Front) -> None:
    """A content-length that is no number does no harm: the body is what its channel holds."""

    @pages.add
    async def page(scope: Scope, receive: Receive, send: Send) -> None:
        body = (await receive())["body"]
        await send(start(TEXT))
        await send(chunk(body))

    ref, writer = await front.upload()
    await writer.send(b"body")
    await writer.close()
    headers = {"host": "test", "content-length": length}
    answer = await front.ask("page", "POST", headers=headers, request_body=ref)

    assert (answer.status, answer.body) == (200, b"body")


async def test_odd_text(pages: Pages, front: Front) -> None:
    """Text that no client could send is encoded, and does no harm."""

    @pages.add
    async def grüße(scope: Scope, receive: Receive, send: Send) -> None:
        await send(start(TEXT))
        await send(chunk(scope["path"].encode() + scope["query_string"]))

    query = {"q": "ü&=", "many": ["1", "2"]}
    answer = await front.ask("grüße", query_params=query)

    assert answer.body == "/grüßemany=1&many=2&q=%C3%BC%26%3D".encode()
