"""Bodies in both directions: the request_body channel, and answers through the response channel."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, InvalidStatus

from iii_asgi.engine import Engine
from tests.engine.helpers import Frame, HttpAnswer, RawWorker, channel, fetch, open_http, soon

pytestmark = pytest.mark.anyio

JSON = ("Content-Type: application/json",)
TEXT = ("Content-Type: text/plain",)


def status(code: int) -> str:
    """Return the control message that sets the status."""
    return json.dumps({"type": "set_status", "status_code": code})


def headers(**fields: str) -> str:
    """Return the control message that sets headers; ``_`` stands for ``-``."""
    named = {name.replace("_", "-"): value for name, value in fields.items()}
    return json.dumps({"type": "set_headers", "headers": named})


Streaming = Callable[[ClientConnection], Awaitable[None]]


async def stream(
    engine: Engine, worker: RawWorker, streaming: Streaming, method: str = "GET"
) -> HttpAnswer:
    """Return what a client sees of a function that answers through the response channel."""

    async def answering(worker: RawWorker, call: Frame) -> None:
        writer = await channel(engine, call["data"]["response"])
        try:
            await streaming(writer)
        finally:
            await writer.close()
        await worker.answer(call, result=None)

    await worker.offer("f", answering)
    await worker.bind("/f", method)
    return await fetch(engine, "/f", method)


def sending(*frames: str | bytes) -> Streaming:
    """Return a function body that sends these frames."""

    async def send(writer: ClientConnection) -> None:
        for frame in frames:
            await writer.send(frame)

    return send


# -- answers ---------------------------------------------------------------------------


async def test_a_stream_has_status_headers_and_chunks(engine: Engine, worker: RawWorker) -> None:
    """Text frames set the head, binary frames are the body; without a length it is chunked."""
    answer = await stream(
        engine, worker, sending(status(201), headers(content_type="a/b"), b"one", b"two")
    )

    assert (answer.status, answer.body) == (201, b"onetwo")
    assert answer.header("content-type") == "a/b"
    assert answer.header("transfer-encoding") == "chunked"
    assert answer.header("access-control-allow-origin") == "*"


async def test_a_stream_needs_no_headers(engine: Engine, worker: RawWorker) -> None:
    """Without any text frame it is 200 and has no content type."""
    answer = await stream(engine, worker, sending(b"x"))

    assert (answer.status, answer.body) == (200, b"x")
    assert answer.header("content-type") is None


async def test_an_empty_stream_is_an_empty_answer(engine: Engine, worker: RawWorker) -> None:
    """Closing without a frame answers, with the status that was set."""
    answer = await stream(engine, worker, sending(status(202)))

    assert (answer.status, answer.body) == (202, b"")


@pytest.mark.parametrize("code", [204, 304])
async def test_streams_without_content(engine: Engine, worker: RawWorker, code: int) -> None:
    """204 and 304 leave clean: neither length nor chunks."""
    answer = await stream(engine, worker, sending(status(code), headers(etag="x")))

    assert (answer.status, answer.body) == (code, b"")
    assert answer.header("content-length") is None
    assert answer.header("transfer-encoding") is None
    assert answer.header("etag") == "x"


async def test_a_stream_to_head_has_no_body(engine: Engine, worker: RawWorker) -> None:
    """The head is sent, the length kept, the body dropped."""
    answer = await stream(engine, worker, sending(headers(content_length="3"), b"abc"), "HEAD")

    assert (answer.status, answer.body) == (200, b"")
    assert answer.header("content-length") == "3"


@pytest.mark.parametrize(("length", "body"), [("6", b"abcdef"), ("2", b"ab"), ("9", b"abcdef")])
async def test_the_length_of_a_stream_is_believed(
    engine: Engine, worker: RawWorker, length: str, body: bytes
) -> None:
    """A given length is kept; the body is cut to it, or the connection ends too early."""
    answer = await stream(engine, worker, sending(headers(content_length=length), b"abc", b"def"))

    assert answer.body == body
    assert answer.header("content-length") == length
    assert answer.header("transfer-encoding") is None


async def test_an_empty_frame_is_a_heartbeat(engine: Engine, worker: RawWorker) -> None:
    """It begins the answer, puts nothing into it, and does not end it."""
    answer = await stream(engine, worker, sending(b"", b"one", b"", b"two"))

    assert answer.body == b"onetwo"


async def test_control_messages_come_before_the_body(engine: Engine, worker: RawWorker) -> None:
    """After the first bytes text is ignored."""
    answer = await stream(engine, worker, sending(b"one", status(500), headers(x="1"), b"two"))

    assert (answer.status, answer.body) == (200, b"onetwo")
    assert answer.header("x") is None


async def test_another_capitalisation_is_another_line(engine: Engine, worker: RawWorker) -> None:
    """This is how a stream repeats a header."""
    cookies = json.dumps(
        {"type": "set_headers", "headers": {"set-cookie": "a=1", "Set-Cookie": "b=2"}}
    )
    answer = await stream(engine, worker, sending(cookies, b"x"))

    assert [value for name, value in answer.headers if name == "set-cookie"] == ["a=1", "b=2"]


async def test_chunks_leave_at_once(engine: Engine, worker: RawWorker) -> None:
    """Each frame is one chunk, sent when it comes."""
    go_on = asyncio.Event()

    async def streaming(writer: ClientConnection) -> None:
        await writer.send(b"one")
        await go_on.wait()
        await writer.send(b"two")

    async def read() -> None:
        reader, writer = await open_http(engine)
        writer.write(b"GET /f HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        await reader.readuntil(b"\r\n\r\n")
        assert await reader.readuntil(b"one\r\n") == b"3\r\none\r\n"
        go_on.set()
        assert await reader.read() == b"3\r\ntwo\r\n0\r\n\r\n"
        writer.close()

    async def bind_and_read() -> None:
        await soon(lambda: bool(worker.calls))
        await read()

    await asyncio.gather(stream(engine, worker, streaming), bind_and_read())


async def test_a_stream_may_outlive_the_timeout() -> None:
    """What has begun is not cut off."""

    async def streaming(writer: ClientConnection) -> None:
        await writer.send(b"one")
        await asyncio.sleep(0.4)
        await writer.send(b"two")

    impatient = Engine(port=0, http_port=0, request_timeout=0.2)
    async with impatient as engine, RawWorker(engine) as worker:
        assert (await stream(engine, worker, streaming)).body == b"onetwo"


async def test_a_result_that_comes_first_wins(engine: Engine, worker: RawWorker) -> None:
    """The stream is dropped then, with the head that it had set."""
    refused: list[bool] = []

    async def answering(worker: RawWorker, call: Frame) -> None:
        writer = await channel(engine, call["data"]["response"])
        await writer.send(status(500))
        await asyncio.sleep(0.05)
        await worker.answer(call, result={"body": "result"})
        await asyncio.sleep(0.05)
        refused.append(await fails(writer))

    await worker.offer("f", answering)
    await worker.bind("/f")
    answer = await fetch(engine, "/f")

    assert (answer.status, answer.json) == (200, "result")
    await soon(lambda: refused == [True])


async def fails(writer: ClientConnection) -> bool:
    """Whether writing to a channel fails within a second."""
    try:
        for _ in range(100):
            await writer.send(b"")
            await asyncio.sleep(0.01)
    except ConnectionClosed:
        return True
    return False


@pytest.mark.parametrize("begun", [True, False])
async def test_a_client_that_leaves_closes_the_channel(
    engine: Engine, worker: RawWorker, begun: bool
) -> None:
    """The worker's next write fails: whether the answer had begun or not."""
    noticed: list[bool] = []
    gone = asyncio.Event()

    async def answering(worker: RawWorker, call: Frame) -> None:
        writer = await channel(engine, call["data"]["response"])
        if begun:
            await writer.send(b"x")
        await gone.wait()
        noticed.append(await fails(writer))

    await worker.offer("f", answering)
    await worker.bind("/f")
    reader, client = await open_http(engine)
    client.write(b"GET /f HTTP/1.1\r\nHost: x\r\n\r\n")
    if begun:
        await reader.readuntil(b"x\r\n")
    else:
        await soon(lambda: bool(worker.calls))
    client.close()
    gone.set()

    await soon(lambda: noticed == [True])


async def test_a_slow_client_holds_the_worker_up(engine: Engine, worker: RawWorker) -> None:
    """A stream is read no faster than the client reads."""
    sent = 0

    async def answering(worker: RawWorker, call: Frame) -> None:
        nonlocal sent
        writer = await channel(engine, call["data"]["response"])
        for _ in range(600):
            await writer.send(b"x" * 65_536)
            sent += 1
        await writer.close()

    await worker.offer("f", answering)
    await worker.bind("/f")
    reader, client = await open_http(engine)
    client.write(b"GET /f HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    await asyncio.sleep(0.5)
    assert sent < 600

    assert len(await reader.read()) > 600 * 65_536
    client.close()


# -- requests --------------------------------------------------------------------------


class Uploads:
    """A function that reads the body of its requests, as frames."""

    def __init__(self, engine: Engine, *, delay: float = 0) -> None:
        self.frames: list[bytes] = []
        self._engine = engine
        self._delay = delay

    async def __call__(self, worker: RawWorker, call: Frame) -> None:
        await asyncio.sleep(self._delay)
        reader = await channel(self._engine, call["data"]["request_body"])
        self.frames = [frame async for frame in reader if isinstance(frame, bytes)]
        await worker.answer(call, result={"body": call["data"]["body"]})


async def upload(
    engine: Engine, worker: RawWorker, headers: tuple[str, ...], body: bytes, *, delay: float = 0
) -> tuple[Any, list[bytes]]:
    """Return (what the function got inline, the frames of its channel)."""
    uploads = Uploads(engine, delay=delay)
    await worker.offer("f", uploads)
    await worker.bind("/f", "POST")
    answer = await fetch(engine, "/f", "POST", headers, body)
    assert answer.status == 200
    return answer.json, uploads.frames


@pytest.mark.parametrize(
    ("kind", "body", "inline"),
    [
        (JSON, b'{"b": 1, "a": 2.50}', {"a": 2.5, "b": 1}),
        (JSON, b"no json", None),
        (TEXT, b'{"a": 1}', None),
        ((), b"\x00\xff", None),
    ],
)
async def test_the_exact_bytes_are_always_on_the_channel(
    engine: Engine, worker: RawWorker, kind: tuple[str, ...], body: bytes, inline: Any
) -> None:
    """What is lost inline is there, up to the end."""
    assert await upload(engine, worker, kind, body) == (inline, [body])


@pytest.mark.parametrize("kind", [JSON, TEXT, ()])
async def test_an_empty_body_is_an_empty_channel(
    engine: Engine, worker: RawWorker, kind: tuple[str, ...]
) -> None:
    """No frame, then the end."""
    assert await upload(engine, worker, kind, b"") == (None, [])


async def test_a_chunked_body_is_a_body(engine: Engine, worker: RawWorker) -> None:
    """Without a length, with both ways of reading it."""
    chunked = b"3\r\n[1,\r\n3\r\n 2]\r\n0\r\n\r\n"

    inline, frames = await upload(engine, worker, (*JSON, "Transfer-Encoding: chunked"), chunked)
    assert (inline, b"".join(frames)) == ([1, 2], b"[1, 2]")
    inline, frames = await upload(engine, worker, ("Transfer-Encoding: chunked",), chunked)
    assert (inline, b"".join(frames)) == (None, b"[1, 2]")


async def test_a_large_body_passes(engine: Engine, worker: RawWorker) -> None:
    """More than the channel holds, read late."""
    body = bytes(range(256)) * 40_000

    _, frames = await upload(engine, worker, TEXT, body, delay=0.1)
    assert b"".join(frames) == body


async def test_the_function_is_called_while_the_body_comes(
    engine: Engine, worker: RawWorker
) -> None:
    """A body that is not parsed streams; one that breaks off ends its channel."""
    uploads = Uploads(engine)
    await worker.offer("f", uploads)
    await worker.bind("/f", "POST")
    _, client = await open_http(engine)
    client.write(b"POST /f HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf")
    await soon(lambda: bool(worker.calls))
    client.close()

    await soon(lambda: uploads.frames == [b"half"])


async def test_a_body_that_nobody_reads_is_dropped(engine: Engine, worker: RawWorker) -> None:
    """A function may answer without looking at it, however large it is."""
    await worker.offer_result("f", {"body": "done"})
    await worker.bind("/f", "POST")

    assert (await fetch(engine, "/f", "POST", TEXT, b"x" * 100_000)).json == "done"


async def test_channels_are_gone_after_the_answer(engine: Engine, worker: RawWorker) -> None:
    """Who connects too late finds nothing."""
    await worker.offer_result("f", {"body": "done"})
    await worker.bind("/f", "POST")
    await fetch(engine, "/f", "POST", TEXT, b"body")

    for name in ("request_body", "response"):
        with pytest.raises(InvalidStatus, match="404"):
            await channel(engine, worker.calls[0]["data"][name])


async def test_channels_outlive_the_timeout() -> None:
    """The worker is not told of a timeout: the body can still be read, an answer not written."""
    impatient = Engine(port=0, http_port=0, request_timeout=0.2)
    async with impatient as engine, RawWorker(engine) as worker:
        await worker.offer("f")
        await worker.bind("/f", "POST")
        assert (await fetch(engine, "/f", "POST", TEXT, b"body")).status == 504

        data = worker.calls[0]["data"]
        reader = await channel(engine, data["request_body"])
        assert [frame async for frame in reader] == [b"body"]
        assert await fails(await channel(engine, data["response"]))
