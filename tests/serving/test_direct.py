"""A direct call: plain arguments in, a plain value out."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from typing import Any

import pytest
from fastapi import FastAPI, HTTPException
from fastapi.responses import (
    HTMLResponse,
    JSONResponse,
    RedirectResponse,
    Response,
    StreamingResponse,
)
from starlette.types import Receive, Scope, Send

from iii_asgi import expose
from iii_asgi.engine import Engine
from iii_asgi.exchange import values
from tests.engine.helpers import RawWorker, soon
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
        ("items::get", {"item_id": "x"}, "VALIDATION_ERROR", "path.item_id: Input should be"),
        ("items::get", {}, "BAD_REQUEST", "argument item_id is missing"),
        ("items::get", [1], "BAD_REQUEST", "send a JSON object"),
        ("items::get", {"item_id": 1, "$body": 1}, "BAD_REQUEST", "$body is reserved"),
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

    async with asyncio.timeout(2):
        answer = await worker.call("app::app", {"$http": {"method": "GET", "path": "/page"}})
        await told.wait()

    assert answer["error"]["code"] == code
    assert "use HTTP for it" in answer["error"]["message"]


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
