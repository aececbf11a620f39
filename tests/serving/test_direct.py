"""A direct call: plain arguments in, a plain value out."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Annotated, Any

import pytest
from fastapi import FastAPI, Form, HTTPException, Request, UploadFile
from fastapi.responses import (
    HTMLResponse,
    JSONResponse,
    RedirectResponse,
    Response,
    StreamingResponse,
)
from starlette.types import Receive, Scope, Send
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from iii_asgi import expose
from iii_asgi.engine import Engine
from iii_asgi.exchange import values
from iii_asgi.serving import bodies
from tests.engine.helpers import RawWorker, channel, soon
from tests.patience import WITHIN
from tests.serving.helpers import Pages, bridged, chunk, start

pytestmark = pytest.mark.anyio

app = FastAPI()


@app.get("/items/{item_id}", tags=["items"])
async def get(item_id: int, q: str | None = None) -> dict[str, Any]:
    """Read an item."""
    return {"id": item_id, "q": q}


@app.post("/items", tags=["items"], status_code=201)
async def create(item: dict[str, Any]) -> dict[str, Any]:
    """Make an item."""
    return item | {"made": True}


@app.get("/fail/{status}", tags=["items"])
async def fail(status: int, detail: str = "no") -> None:
    """Fail with a status."""
    raise HTTPException(status, detail)


@app.get("/fail-gently/{status}", tags=["items"])
@expose(errors="return")
async def fail_gently(status: int) -> None:
    """Fail with a status."""
    raise HTTPException(status, {"code": "SOLD_OUT", "message": "come back later"})


@app.get("/crash", tags=["items"])
async def crash() -> None:
    """Raise."""
    raise RuntimeError("the password is swordfish")


ANSWERS: dict[str, Response] = {
    "text": HTMLResponse("<p>grüße</p>"),
    "binary": Response(b"\x00\xff", media_type="image/png"),
    "empty": Response(status_code=204),
    "null": JSONResponse(None),
    "redirect": RedirectResponse("/items", 307),
    "cookies": Response("ok", headers={"x-a": "1"}, media_type="text/plain"),
}


@app.get("/answers/{kind}", tags=["items"])
async def answer(kind: str) -> Response:
    """Answer in one of many ways."""
    return ANSWERS[kind]


@app.get("/stream/{kind}", tags=["items"])
async def stream(kind: str) -> StreamingResponse:
    """Answer with a stream."""

    async def pieces() -> AsyncIterator[bytes]:
        for piece in (b"one ", b"two ", b"three"):
            yield piece
            await asyncio.sleep(0)
        if kind == "broken":
            raise RuntimeError("swordfish")

    return StreamingResponse(pieces(), media_type=f"text/{kind}")


@app.post("/upload", tags=["items"])
async def upload(file: UploadFile, note: Annotated[str, Form()] = "") -> dict[str, Any]:
    """Take a file."""
    data = await file.read()
    return {"name": file.filename, "bytes": len(data), "note": note}


BYTES: dict[str, Any] = {"requestBody": {"content": {"application/octet-stream": {}}}}


@app.post("/first", tags=["items"], openapi_extra=BYTES)
async def first(request: Request) -> int:
    """Read the first piece of a body and no more."""
    async for piece in request.stream():
        return len(piece)
    return 0


@app.get("/endless", tags=["items"])
async def endless_events() -> StreamingResponse:
    """Answer with events without an end."""

    async def events() -> AsyncIterator[bytes]:
        while True:
            yield b"data: x\n\n"
            await asyncio.sleep(0.01)

    return StreamingResponse(events(), media_type="text/event-stream")


@pytest.fixture
async def caller(engine: Engine, worker: RawWorker) -> AsyncIterator[RawWorker]:
    """A worker that calls the app's functions."""
    async with bridged(engine, app, http="off"):
        yield worker


@pytest.mark.parametrize(
    ("function_id", "arguments", "value"),
    [
        ("items::get", {"item_id": 7}, {"id": 7, "q": None}),
        ("items::get", {"item_id": "7", "q": "a b&c"}, {"id": 7, "q": "a b&c"}),
        ("items::create", {"name": "tea"}, {"name": "tea", "made": True}),
        ("items::answer", {"kind": "text"}, "<p>grüße</p>"),
        (
            "items::answer",
            {"kind": "binary"},
            {"content_type": "image/png", "base64": base64.b64encode(b"\x00\xff").decode()},
        ),
        ("items::answer", {"kind": "empty"}, None),
        ("items::answer", {"kind": "null"}, None),
        ("items::stream", {"kind": "plain"}, "one two three"),
    ],
    ids=str,
)
async def test_value(
    function_id: str, arguments: dict[str, Any], value: Any, caller: RawWorker
) -> None:
    """The caller gets the value of the answer, whatever made it."""
    assert await caller.result(function_id, arguments) == value


async def test_redirect(caller: RawWorker) -> None:
    """A redirect has no value: it is told as it is."""
    answer = await caller.result("items::answer", {"kind": "redirect"})

    assert (answer["status_code"], answer["headers"]["location"]) == (307, "/items")


async def test_http(caller: RawWorker) -> None:
    """Whoever asks in the words of HTTP is answered in them, errors included."""
    request = {"$http": {"path_params": {"item_id": "7"}, "query_params": {"q": "x"}}}
    answer = await caller.result("items::get", request)
    assert (answer["status_code"], answer["body"]) == (200, {"id": 7, "q": "x"})
    assert answer["headers"]["content-type"] == "application/json"

    request = {"$http": {"path_params": {"status": "404"}}}
    answer = await caller.result("items::fail", request)
    assert (answer["status_code"], answer["body"]) == (404, {"detail": "no"})


@pytest.mark.parametrize(
    ("status", "code"),
    [(400, "BAD_REQUEST"), (404, "NOT_FOUND"), (409, "CONFLICT"), (418, "HTTP_418")],
)
async def test_error(status: int, code: str, caller: RawWorker) -> None:
    """An answer of 400 and above is an error: its code by the table, its message the app's."""
    answer = await caller.call("items::fail", {"status": status, "detail": "not today"})

    assert answer["error"] == {"code": code, "message": "not today"}


@pytest.mark.parametrize(
    ("function_id", "arguments", "code", "message"),
    [
        ("items::get", {"item_id": "x"}, "VALIDATION_ERROR", "item_id: Input should be"),
        ("items::get", {}, "BAD_REQUEST", "argument item_id is missing"),
        ("items::get", [1], "BAD_REQUEST", "send a JSON object"),
        ("items::get", {"item_id": 1, "$body": 1}, "BAD_REQUEST", "send a JSON object"),
        ("items::get", {"item_id": 1, "p": 1}, "BAD_REQUEST", "unknown argument p: this function"),
        ("items::get", {"$http": []}, "BAD_REQUEST", "$http: Expected `object`, got `array`"),
        ("items::crash", {}, "INTERNAL_ERROR", "Internal Server Error"),
        ("items::stream", {"kind": "broken"}, "INTERNAL_ERROR", "Internal Server Error"),
        ("items::nothing", {}, "function_not_found", ""),
    ],
    ids=str,
)
async def test_refusal(
    function_id: str, arguments: Any, code: str, message: str, caller: RawWorker
) -> None:
    """What cannot be done is an error that says what to do, and never what was raised."""
    answer = await caller.call(function_id, arguments)

    assert answer["error"]["code"] == code
    assert message in answer["error"]["message"]
    assert "swordfish" not in str(answer)


async def test_returned_error(caller: RawWorker) -> None:
    """With ``errors="return"`` an error is a value, so that a queue does not try again."""
    assert await caller.result("items::fail_gently", {"status": 409}) == {
        "success": False,
        "error": {
            "code": "SOLD_OUT",
            "message": "come back later",
            "status_code": 409,
            "detail": {"code": "SOLD_OUT", "message": "come back later"},
        },
    }


async def test_returned_without_asking_the_app(caller: RawWorker) -> None:
    """Arguments that do not fit are such a value, too."""
    answer = await caller.result("items::fail_gently", {})

    assert (answer["success"], answer["error"]["status_code"]) == (False, 400)


async def test_returned_by_setting(engine: Engine, worker: RawWorker) -> None:
    """It can be so for the whole app."""
    async with bridged(engine, app, http="off", errors="return"):
        answer = await worker.result("items::fail", {"status": 404})

    assert (answer["success"], answer["error"]["code"]) == (False, "NOT_FOUND")


@pytest.mark.parametrize(
    ("media_type", "code"),
    [("text/event-stream", "NOT_ACCEPTABLE"), ("text/plain", "RESULT_TOO_LARGE")],
)
async def test_no_value(
    media_type: str, code: str, monkeypatch: pytest.MonkeyPatch, pages: Pages, worker: RawWorker
) -> None:
    """A stream that is no value is an error, and the app is told that nobody listens."""
    monkeypatch.setattr(values, "RESULT_LIMIT", 100_000)
    told = asyncio.Event()

    @pages.add
    async def page(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send(start(f"content-type: {media_type}"))
        streaming = asyncio.create_task(endless(send))
        assert await receive() == {"type": "http.disconnect"}
        told.set()
        streaming.cancel()

    async def endless(send: Send) -> None:
        while True:
            await send(chunk(bytes(10_000), more=True))

    async with asyncio.timeout(WITHIN):
        answer = await worker.call("app::app", {"$http": {"method": "GET", "path": "/page"}})
        await told.wait()

    assert answer["error"]["code"] == code
    assert "give a channel as $response" in answer["error"]["message"]


# -- channels ----------------------------------------------------------------------------


async def ends(worker: RawWorker, engine: Engine) -> tuple[Any, ClientConnection, Any]:
    """Make a channel: the reading end's reference, our writing end, the writing end's reference."""
    refs = await worker.result("engine::channels::create", {})
    return refs["reader"], await channel(engine, refs["writer"]), refs["writer"]


@pytest.mark.parametrize("pieces", [0, 1, 300])
async def test_upload_by_channel(pieces: int, caller: RawWorker, engine: Engine) -> None:
    """A file comes through a channel, an empty one and one larger than any message."""
    reader, writer, _ = await ends(caller, engine)
    file = {**reader, "filename": "f"}
    calling = asyncio.create_task(caller.result("items::upload", {"file": file, "note": "n"}))
    for _ in range(pieces):
        await writer.send(bytes(64 * 1024))
    await writer.close()

    assert await calling == {"name": "f", "bytes": pieces * 64 * 1024, "note": "n"}


async def test_body_by_channel(caller: RawWorker, engine: Engine) -> None:
    """A whole body that is no JSON comes through a channel; the app may leave it half read."""
    reader, writer, _ = await ends(caller, engine)
    calling = asyncio.create_task(caller.result("items::first", {"$body": reader}))
    await writer.send(b"1234")
    assert await calling == 4

    async def write_on() -> None:
        while True:
            await writer.send(b"more")
            await asyncio.sleep(0.01)

    async with asyncio.timeout(WITHIN):
        with pytest.raises(ConnectionClosed):
            await write_on()


GONE = {"channel_id": "gone", "access_key": "k"}
READ, WRITE = GONE | {"direction": "read"}, GONE | {"direction": "write"}


@pytest.mark.parametrize(
    ("function_id", "arguments", "message"),
    [
        ("items::first", {"$body": READ}, "a channel of the arguments cannot be read to its end"),
        ("items::first", {"$body": WRITE}, "$body is the end of a channel with the direction"),
        ("items::upload", {"file": WRITE}, "file is the end of a channel with the direction"),
        ("items::get", {"item_id": 1, "$response": WRITE}, "the channel of $response cannot be"),
    ],
    ids=str,
)
async def test_channel_that_is_gone(
    function_id: str, arguments: Any, message: str, caller: RawWorker
) -> None:
    """A channel that cannot be opened is an error of the call."""
    answer = await caller.call(function_id, arguments)
    assert answer["error"]["code"] == "BAD_REQUEST"
    assert message in answer["error"]["message"]


async def test_channel_that_stays_silent(
    caller: RawWorker, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A channel into which nobody writes is an error after a while."""
    monkeypatch.setattr(bodies, "FIRST_CHUNK_TIMEOUT", 0.05)
    reader, writer, _ = await ends(caller, engine)
    answer = await caller.call("items::first", {"$body": reader})
    await writer.close()

    assert answer["error"]["code"] == "REQUEST_TIMEOUT"


async def received(engine: Engine, ref: Any) -> tuple[list[Any], bytes]:
    """Read a channel to its end: messages, and data."""
    messages, data = [], b""
    socket = await channel(engine, ref)
    with suppress(ConnectionClosed):
        async for frame in socket:
            if isinstance(frame, str):
                messages.append(json.loads(frame))
            else:
                data += frame
    await socket.close()
    return messages, data


@pytest.mark.parametrize(
    ("function_id", "arguments", "status", "body"),
    [
        ("items::stream", {"kind": "event-stream"}, 200, b"one two three"),
        ("items::get", {"item_id": 1}, 200, b'{"id":1,"q":null}'),
        ("items::answer", {"kind": "empty"}, 204, b""),
        ("items::fail", {"$http": {"path_params": {"status": 404}}}, 404, b'{"detail":"no"}'),
    ],
    ids=str,
)
async def test_answer_by_channel(
    function_id: str, arguments: Any, status: int, body: bytes, caller: RawWorker, engine: Engine
) -> None:
    """The answer goes into the channel, and the result says with what status and headers."""
    refs = await caller.result("engine::channels::create", {})
    reading = asyncio.create_task(received(engine, refs["reader"]))
    result = await caller.result(function_id, {**arguments, "$response": refs["writer"]})
    messages, data = await reading

    assert (result["status_code"], result["body"], data) == (status, None, body)
    assert messages[0] == {"type": "set_status", "status_code": status}
    assert messages[1]["headers"] == result["headers"]


@pytest.mark.parametrize(
    ("function_id", "arguments", "code"),
    [
        ("items::fail", {"status": 404}, "NOT_FOUND"),
        ("items::crash", {}, "INTERNAL_ERROR"),
        ("items::stream", {"kind": "broken"}, "INTERNAL_ERROR"),
    ],
    ids=str,
)
async def test_error_and_channel(
    function_id: str, arguments: Any, code: str, caller: RawWorker, engine: Engine
) -> None:
    """An error is an error with a channel, too; whoever reads there is let go."""
    refs = await caller.result("engine::channels::create", {})
    reading = asyncio.create_task(received(engine, refs["reader"]))
    answer = await caller.call(function_id, {**arguments, "$response": refs["writer"]})
    async with asyncio.timeout(WITHIN):
        await reading

    assert answer["error"]["code"] == code
    assert "swordfish" not in str(answer)


async def test_redirect_and_channel(caller: RawWorker, engine: Engine) -> None:
    """A redirect is told as it is, with a channel as without."""
    refs = await caller.result("engine::channels::create", {})
    reading = asyncio.create_task(received(engine, refs["reader"]))
    answer = await caller.result("items::answer", {"kind": "redirect", "$response": refs["writer"]})

    assert (answer["status_code"], await reading) == (307, ([], b""))


async def test_reader_that_leaves(caller: RawWorker, engine: Engine) -> None:
    """Events without an end go on until their reader leaves; then the call ends well."""
    refs = await caller.result("engine::channels::create", {})
    calling = asyncio.create_task(
        caller.result("items::endless_events", {"$response": refs["writer"]})
    )
    socket = await channel(engine, refs["reader"])
    for _ in range(5):
        await socket.recv()
    await socket.close()

    async with asyncio.timeout(WITHIN):
        assert (await calling)["status_code"] == 200


async def test_stopping(engine: Engine, worker: RawWorker) -> None:
    """A call that is still served when the app must go is answered: unavailable."""
    slow = FastAPI()

    @slow.get("/slow", tags=["t"])
    async def slow_one() -> None:
        await asyncio.sleep(10)

    async with bridged(engine, slow, http="off", timeout_graceful_shutdown=0.05) as bridge:
        calling = asyncio.create_task(worker.call("t::slow_one", {}))
        await soon(lambda: bool(bridge.worker and bridge.worker._link.invocations))  # type: ignore[union-attr]

    assert (await calling)["error"] == {"code": "UNAVAILABLE", "message": "Service Unavailable"}
