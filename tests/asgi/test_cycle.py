"""What an app may send, and what it receives."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import anyio
import httpx
import pytest
from starlette.types import Message

from iii_asgi.asgi.cycle import Cycle
from iii_asgi.asgi.stream import HIGH_WATER
from tests.asgi.helpers import END, START, chunk, get, until

pytestmark = pytest.mark.anyio


def start(status: Any = 200, *headers: Any) -> Message:
    """Return a start message."""
    return {"type": "http.response.start", "status": status, "headers": headers}


def post(content: Any) -> Cycle:
    """Return the cycle of a request with a body."""
    return Cycle(httpx.Request("POST", "http://testserver", content=content))


async def send_all(messages: list[Message], method: str = "GET") -> Cycle:
    """Return a cycle into which these messages were sent."""
    cycle = Cycle(get(method=method))
    for message in messages:
        await cycle.send(message)
    return cycle


@pytest.mark.parametrize(
    ("messages", "reason"),
    [
        ([chunk(b"x")], "'http.response.start' comes next"),
        ([START, START], "'http.response.body' comes next"),
        ([START, END, END], "complete"),
        ([START, END, START], "complete"),
        ([{"type": "http.response.push", "path": "/"}], "unexpected"),
        ([{"type": "http.response.debug"}], "unexpected"),
        ([START, {"type": "http.response.pathsend", "path": "/x"}], "unexpected"),
        ([START, {"type": "http.response.trailers"}], "unexpected"),
        ([{"type": "http.response.start"}], "None is not the status"),
        ([start("200")], "not the status"),
        ([start(199)], "not the status"),
        ([start(1000)], "not the status"),
        ([start(200, ("x-a", b"1"))], "name of a header"),
        ([start(200, (b"x a", b"1"))], "name of a header"),
        ([start(200, (b"x:", b"1"))], "name of a header"),
        ([start(200, (b"", b"1"))], "name of a header"),
        ([start(200, (b"x-a", "1"))], "value of header"),
        ([start(200, (b"x-a", b"1\r\nx-b: 2"))], "value of header"),
        ([start(200, (b"x-a", b"\x00"))], "value of header"),
        ([start(200, b"x-a: 1")], "pairs of bytes"),
        ([start(200, (b"x-a", b"1", b"2"))], "pairs of bytes"),
        ([start(200, (b"content-length", b"many"))], "a number"),
        ([START, chunk("text")], "bytes, not str"),
        ([START, chunk(None)], "bytes, not NoneType"),
        ([start(200, (b"Content-Length", b"2")), chunk(b"abc")], "longer"),
        ([start(200, (b"content-length", b"2")), chunk(b"a"), END], "shorter"),
        ([start(204), chunk(b"null", more=False)], "longer"),
        ([start(304), chunk(b"x", more=False)], "longer"),
    ],
)
async def test_refused(messages: list[Message], reason: str) -> None:
    """What no server would send is a RuntimeError in the app, at that message."""
    cycle = await send_all(messages[:-1])

    with pytest.raises(RuntimeError, match=reason):
        await cycle.send(messages[-1])


@pytest.mark.parametrize(
    ("messages", "body"),
    [
        ([START, {"type": "http.response.body"}], b""),
        ([START, chunk(bytearray(b"ab")), chunk(memoryview(b"c"), more=False)], b"abc"),
        ([start(200, (b"content-length", b"3")), chunk(b"ab"), chunk(b"c", more=False)], b"abc"),
        ([start(999), END], b""),
        ([start(304, (b"content-length", b"5")), END], b""),
        ([start(204), END], b""),
        (
            [
                start(200, (b"transfer-encoding", b"chunked"), (b"content-length", b"1")),
                chunk(b"abc", more=False),
            ],
            b"abc",
        ),
        ([start(200, (b"x-a", b""), (b"x-a", b"\xff\t ")), END], b""),
    ],
)
async def test_accepted(messages: list[Message], body: bytes) -> None:
    """Status, headers and body are taken as the app gives them."""
    cycle = await send_all(messages)

    assert cycle.status == messages[0]["status"]
    assert cycle.headers == list(messages[0]["headers"])
    assert cycle.stream.complete
    assert cycle.stream.buffered() == body


@pytest.mark.parametrize("length", [b"0", b"4", b"100"])
async def test_head(length: bytes) -> None:
    """A response to HEAD keeps its headers, loses its body, and may end as it likes."""
    headers = (b"content-length", length)
    cycle = await send_all([start(200, headers), chunk(b"body", more=False)], method="HEAD")

    assert cycle.headers == [headers]
    assert cycle.stream.buffered() == b""
    assert cycle.stream.complete


async def test_made_up_names() -> None:
    """Header names that an app makes up do not fill the memory."""
    from iii_asgi.asgi import cycle as module

    names = [(b"x-%d" % number, b"") for number in range(3000)]
    cycle = await send_all([start(200, *names), END])

    assert cycle.headers == names
    assert len(module._known_names) <= 1024


async def test_body_in_one_message() -> None:
    """A body that is there comes as one message; the next receive waits for the end."""
    cycle = post(b"body")
    assert await cycle.receive() == {"type": "http.request", "body": b"body", "more_body": False}
    waiting = asyncio.create_task(cycle.receive())
    await asyncio.sleep(0.01)
    assert not waiting.done()
    await cycle.send(START)
    await cycle.send(END)

    assert await waiting == {"type": "http.disconnect"}


async def test_body_in_pieces() -> None:
    """A streamed body comes chunk by chunk, then an empty last message."""

    async def parts() -> AsyncIterator[bytes]:
        yield b"a"
        yield b"b"

    cycle = post(parts())
    messages = [await cycle.receive() for _ in range(3)]

    assert [message["body"] for message in messages] == [b"a", b"b", b""]
    assert [message["more_body"] for message in messages] == [True, True, False]


async def test_cancelled_receive() -> None:
    """A receive that a cancel scope gives up loses no part of the body."""
    gate = asyncio.Event()

    async def parts() -> AsyncIterator[bytes]:
        await gate.wait()
        yield b"late"

    cycle = post(parts())
    with anyio.move_on_after(0.01):
        await cycle.receive()
    gate.set()

    assert (await cycle.receive())["body"] == b"late"
    assert (await cycle.receive())["more_body"] is False


async def test_concurrent_receive() -> None:
    """Several tasks may wait at once: each part goes to one, the disconnect to all."""

    async def parts() -> AsyncIterator[bytes]:
        for part in (b"a", b"b"):
            await asyncio.sleep(0.001)
            yield part

    cycle = post(parts())
    waiting = [asyncio.create_task(cycle.receive()) for _ in range(5)]
    await until(lambda: sum(task.done() for task in waiting) == 3)
    await cycle.stream.aclose()
    messages = await asyncio.gather(*waiting)

    assert sorted(message.get("body", b"-") for message in messages) == [
        b"",
        b"-",
        b"-",
        b"a",
        b"b",
    ]


async def test_disconnect_before_the_body() -> None:
    """When the client has left, the rest of the body is not given any more."""
    cycle = post(b"body")
    await cycle.stream.aclose()

    assert await cycle.receive() == {"type": "http.disconnect"}
    assert await cycle.receive() == {"type": "http.disconnect"}


async def test_disconnect_while_uploading() -> None:
    """A receive that waits for a part of the body is told when the client leaves."""

    async def parts() -> AsyncIterator[bytes]:
        await asyncio.sleep(60)
        yield b""

    cycle = post(parts())
    waiting = asyncio.create_task(cycle.receive())
    await asyncio.sleep(0.01)
    await cycle.stream.aclose()

    assert await waiting == {"type": "http.disconnect"}
    assert cycle.upload is not None
    await cycle.upload.aclose()


@pytest.mark.parametrize("started", [False, True])
async def test_broken_upload(started: bool) -> None:
    """When the upload breaks the app sees a disconnect, and the caller the error; once
    the response has started, as the cause of its end."""

    async def parts() -> AsyncIterator[bytes]:
        yield b"a"
        raise httpx.ReadError("the line is dead")

    cycle = post(parts())
    if started:
        await cycle.send(START)

    assert (await cycle.receive())["body"] == b"a"
    assert await cycle.receive() == {"type": "http.disconnect"}
    error = cycle.stream.error
    if started:
        assert isinstance(error, httpx.RemoteProtocolError)
        error = error.__cause__
    assert isinstance(error, httpx.ReadError)


async def test_send_waits_for_the_reader() -> None:
    """An app that sends faster than the reader reads is held at the bound."""
    cycle = await send_all([START])
    sent = 0

    async def flood() -> None:
        nonlocal sent
        for _ in range(40):
            await cycle.send(chunk(b"x" * 64 * 1024))
            sent += 1

    flooding = asyncio.create_task(flood())
    await asyncio.sleep(0.02)
    assert sent == HIGH_WATER // (64 * 1024)
    await cycle.stream.next_chunk()
    await asyncio.sleep(0.02)
    assert sent == HIGH_WATER // (64 * 1024) + 1

    while not flooding.done():
        await cycle.stream.next_chunk(timeout=1)


async def test_concurrent_senders() -> None:
    """Child tasks may send at once, all held at the bound, none forgotten."""
    cycle = await send_all([START])
    senders = [
        asyncio.create_task(cycle.send(chunk(b"%d" % number * 200_000))) for number in range(8)
    ]
    size = 0
    while size < 8 * 200_000:
        size += len(await cycle.stream.next_chunk(timeout=1) or b"")

    await asyncio.gather(*senders)
