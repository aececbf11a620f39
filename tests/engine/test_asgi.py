"""The engine's HTTP side as an ASGI app."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from starlette.types import Message

from iii_asgi.engine import Engine
from iii_asgi.engine.asgi import AsgiService, head_of
from iii_asgi.engine.service import Service
from tests.engine.bodies import Uploads, fails, headers, status
from tests.engine.helpers import Frame, RawWorker, channel, hub_of, soon
from tests.patience import WITHIN

pytestmark = pytest.mark.anyio


class Client:
    """Calls an ASGI app as a server does.

    Attributes:
        sent: what the app has sent.
        gone: set it to leave.
    """

    def __init__(self, engine: Engine) -> None:
        hub = hub_of(engine)
        self.sent: list[Message] = []
        self.gone = asyncio.Event()
        self._app = AsgiService(Service(hub, hub.front, 5))

    async def ask(self, method: str, path: str, *pieces: bytes, length: int | None = None) -> None:
        """Make a request; with a `length` that is not reached the client leaves in between."""
        waiting: list[Message] = [
            {"type": "http.request", "body": piece, "more_body": True} for piece in pieces
        ]
        total = sum(map(len, pieces))
        if length in (None, total):
            waiting.append({"type": "http.request", "body": b"", "more_body": False})
        else:
            self.gone.set()

        async def receive() -> Message:
            if waiting:
                return waiting.pop(0)
            await self.gone.wait()
            return {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            self.sent.append(message)

        await self._app(scope(method, path, length or total), receive, send)

    @property
    def body(self) -> bytes:
        """What has come of the answer's body."""
        return b"".join(one.get("body", b"") for one in self.sent[1:])

    @property
    def is_complete(self) -> bool:
        """Whether the answer has an end."""
        return bool(self.sent) and not self.sent[-1].get("more_body", False)


def scope(method: str, path: str, length: int) -> dict[str, Any]:
    """Return the scope of a request."""
    return {
        "type": "http",
        "method": method,
        "raw_path": path.encode(),
        "query_string": b"q=1",
        "headers": [(b"content-length", b"%d" % length)] if length else [],
    }


async def test_an_answer_is_passed_on(engine: Engine, worker: RawWorker) -> None:
    """With what the engine adds; how it is framed is for the server."""
    await worker.offer_result("f", {"headers": ["x: 1", "connection: close"], "body": "ok"})
    await worker.bind("/f/:id")
    client = Client(engine)
    await client.ask("GET", "/f/caf\u00e9")

    assert worker.calls[0]["data"]["path_params"] == {"id": "caf\u00e9"}
    assert worker.calls[0]["data"]["query_params"] == {"q": "1"}
    assert client.sent[0]["status"] == 200
    names = [name for name, _ in client.sent[0]["headers"]]
    assert b"x" in names
    assert b"access-control-allow-origin" in names
    assert b"connection" not in names
    assert (client.body, client.is_complete) == (b'"ok"', True)


@pytest.mark.parametrize(("method", "status"), [("GET", 404), ("OPTIONS", 200)])
async def test_the_engines_own_answers(engine: Engine, method: str, status: int) -> None:
    """They are its own here, too."""
    client = Client(engine)
    await client.ask(method, "/nope")

    assert client.sent[0]["status"] == status
    assert client.is_complete


async def test_a_body_is_read(engine: Engine, worker: RawWorker) -> None:
    """Piece by piece."""
    uploads = Uploads(engine)
    await worker.offer("f", uploads)
    await worker.bind("/f", "POST")
    await Client(engine).ask("POST", "/f", b"one", b"two")

    assert uploads.frames == [b"one", b"two"]


async def test_a_body_that_breaks_off(engine: Engine, worker: RawWorker) -> None:
    """It ends its channel."""
    uploads = Uploads(engine)
    await worker.offer("f", uploads)
    await worker.bind("/f", "POST")
    await Client(engine).ask("POST", "/f", b"half", length=100)

    assert uploads.frames == [b"half"]


@pytest.mark.parametrize("length", ["6", "4", "9"])
async def test_a_stream_is_passed_on(engine: Engine, worker: RawWorker, length: str) -> None:
    """Cut to its length; one that is too short is left without an end."""

    async def answering(worker: RawWorker, call: Frame) -> None:
        writer = await channel(engine, call["data"]["response"])
        for frame in (status(201), headers(content_length=length), b"abc", b"def"):
            await writer.send(frame)
        await writer.close()

    await worker.offer("f", answering)
    await worker.bind("/f")
    client = Client(engine)
    await client.ask("GET", "/f")

    assert client.sent[0]["status"] == 201
    assert client.body == b"abcdef"[: int(length)]
    assert client.is_complete == (length != "9")


@pytest.mark.parametrize("pieces", [(), (b"body",)])
async def test_a_client_that_leaves_ends_the_stream(
    engine: Engine, worker: RawWorker, pieces: tuple[bytes, ...]
) -> None:
    """The worker's next write fails."""
    noticed: list[bool] = []
    client = Client(engine)

    async def answering(worker: RawWorker, call: Frame) -> None:
        writer = await channel(engine, call["data"]["response"])
        await writer.send(b"x")
        await client.gone.wait()
        noticed.append(await fails(writer))

    await worker.offer("f", answering)
    await worker.bind("/f", "POST")
    asking = asyncio.create_task(client.ask("POST", "/f", *pieces))
    await soon(lambda: client.body == b"x")
    client.gone.set()

    await asyncio.wait_for(asking, WITHIN)
    await soon(lambda: noticed == [True])


def test_a_length_that_is_none() -> None:
    """It is as if the body came in chunks."""
    odd = scope("POST", "/", 0) | {"headers": [(b"content-length", b"x")]}

    assert head_of(odd).length is None
    assert head_of(scope("POST", "/", 5)).length == 5
    assert head_of(scope("GET", "/", 0)).length == 0
