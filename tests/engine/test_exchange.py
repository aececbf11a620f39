"""Bodies in both directions: the request_body channel, and answers through the response channel."""

from __future__ import annotations

import asyncio
import json

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import InvalidStatus

from iii_asgi.engine import Engine
from iii_asgi.engine.front import FrontName
from tests.engine.bodies import TEXT, fails, headers, sending, status, stream, upload
from tests.engine.helpers import FRONTS, Frame, RawWorker, channel, fetch, hub_of, open_http, soon
from tests.patience import WITHIN

pytestmark = pytest.mark.anyio


@pytest.fixture(params=FRONTS)
def front(request: pytest.FixtureRequest) -> FrontName:
    """Both front ends."""
    chosen: FrontName = request.param
    return chosen


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
    """This is how a stream repeats a header; their order is lost."""
    cookies = json.dumps(
        {"type": "set_headers", "headers": {"set-cookie": "a=1", "Set-Cookie": "b=2"}}
    )
    answer = await stream(engine, worker, sending(cookies, b"x"))

    assert [value for name, value in answer.headers if name == "set-cookie"] == ["b=2", "a=1"]


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


async def test_a_large_body_passes(engine: Engine, worker: RawWorker) -> None:
    """More than the channel holds, read late."""
    body = bytes(range(256)) * 40_000

    _, frames = await upload(engine, worker, TEXT, body, delay=0.1)
    assert b"".join(frames) == body


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


async def test_channels_outlive_the_timeout(front: FrontName) -> None:
    """The worker is not told of a timeout: the body can still be read, an answer not written."""
    impatient = Engine(port=0, http_port=0, request_timeout=0.2, http_front=front)
    async with impatient as engine, RawWorker(engine) as worker:
        await worker.offer("f")
        await worker.bind("/f", "POST")
        assert (await fetch(engine, "/f", "POST", TEXT, b"body")).status == 504

        data = worker.calls[0]["data"]
        reader = await channel(engine, data["request_body"])
        assert [frame async for frame in reader] == [b"body"]
        assert await fails(await channel(engine, data["response"]))


async def test_channels_of_a_client_that_left_go_with_the_workers_answer(
    engine: Engine, worker: RawWorker
) -> None:
    """Until then the worker finds them."""
    await worker.offer("f")
    await worker.bind("/f", "POST")
    channels = hub_of(engine).channels._channels
    _, client = await open_http(engine)
    client.write(b"POST /f HTTP/1.1\r\nContent-Length: 2\r\n\r\nab")
    await soon(lambda: bool(worker.calls))
    client.close()
    await asyncio.sleep(0.05)
    assert len(channels) == 2
    await worker.answer(worker.calls[0], result=None)

    await soon(lambda: not channels)


async def test_what_comes_first_counts_also_when_both_come(
    engine: Engine, worker: RawWorker
) -> None:
    """An error that was there before the first bytes wins."""

    async def answering(worker: RawWorker, call: Frame) -> None:
        writer = await channel(engine, call["data"]["response"])
        await worker.answer(call, error={"code": "C", "message": "m"})
        await worker.settle()
        await writer.send(b"x")

    await worker.offer("f", answering)
    await worker.bind("/f")

    assert (await fetch(engine, "/f")).status == 500


async def test_a_stream_ends_when_its_length_is_reached(engine: Engine, worker: RawWorker) -> None:
    """The client does not wait for the close of the channel."""

    async def streaming(writer: ClientConnection) -> None:
        await writer.send(headers(content_length="2"))
        await writer.send(b"ab")
        await writer.wait_closed()

    answer = await asyncio.wait_for(stream(engine, worker, streaming), WITHIN)

    assert answer.body == b"ab"


async def test_an_upload_waits_for_its_reader(engine: Engine, worker: RawWorker) -> None:
    """A body larger than the channel comes as it is read, and whole."""
    body = bytes(range(256)) * 2**15

    async def slowly(worker: RawWorker, call: Frame) -> None:
        reader = await channel(engine, call["data"]["request_body"])
        frames = []
        async for frame in reader:
            assert isinstance(frame, bytes)
            frames.append(frame)
            await asyncio.sleep(0.001)
        await worker.answer(call, result={"body": b"".join(frames) == body})

    await worker.offer("f", slowly)
    await worker.bind("/f", "POST")

    assert (await fetch(engine, "/f", "POST", TEXT, body)).json is True
