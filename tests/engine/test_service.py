"""The HTTP port: routing, the engine's own answers, and whole answers of functions."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from iii_asgi.engine import Engine
from iii_asgi.engine.front import FrontName
from tests.engine.helpers import FRONTS, Frame, RawWorker, fetch, open_http
from tests.patience import WITHIN

pytestmark = pytest.mark.anyio

VARY = "origin, access-control-request-method, access-control-request-headers"
TEXT = ["content-type: text/plain"]


@pytest.fixture(params=FRONTS)
def front(request: pytest.FixtureRequest) -> FrontName:
    """Both front ends."""
    chosen: FrontName = request.param
    return chosen


@pytest.fixture
async def served(worker: RawWorker) -> RawWorker:
    """A worker whose function answers GET and DELETE /users/:id, HEAD /head."""
    await worker.offer_result("f", {"headers": TEXT, "body": "ok"})
    await worker.bind("/users/:id")
    await worker.bind("/users/:id", "delete")
    await worker.bind("/head", "HEAD")
    await worker.bind("/options", "OPTIONS")
    return worker


async def test_a_request_calls_the_function(engine: Engine, served: RawWorker) -> None:
    """The function gets the payload of the HTTP front end, and its answer is the response."""
    answer = await fetch(engine, "/users/a%20b?q=1", headers=("X-A: 1",))

    data = served.calls[0]["data"]
    assert (answer.status, answer.body) == (200, b"ok")
    assert (data["method"], data["path"]) == ("GET", "/users/:id")
    assert data["path_params"] == {"id": "a%20b"}
    assert data["query_params"] == {"q": "1"}
    assert data["headers"] == {"host": "test", "connection": "close", "x-a": "1"}


async def test_every_answer_has_the_engines_headers(engine: Engine, served: RawWorker) -> None:
    """CORS is open, the date is there, the length is right, no server is named."""
    answer = await fetch(engine, "/users/7")

    assert answer.header("access-control-allow-origin") == "*"
    assert answer.header("access-control-expose-headers") == "*"
    assert answer.header("vary") == VARY
    assert answer.header("content-length") == "2"
    assert answer.header("date")
    assert answer.header("server") is None


async def test_unknown_paths_are_404(engine: Engine, served: RawWorker) -> None:
    """The engine answers itself; the function never hears of it."""
    answer = await fetch(engine, "/users")

    assert answer.status == 404
    assert answer.body == b'{"error":{"code":"NOT_FOUND","message":"Not Found"}}'
    assert answer.header("content-type") == "application/json"
    assert not served.calls


async def test_a_head_trigger_is_served(engine: Engine, served: RawWorker) -> None:
    """The function's head, and nothing of its body."""
    head = await fetch(engine, "/head", "HEAD")

    assert (head.status, head.body, head.header("content-length")) == (200, b"", "2")


@pytest.mark.parametrize("path", ["/users/7", "/nope", "/options"])
async def test_options_are_the_engines(engine: Engine, served: RawWorker, path: str) -> None:
    """OPTIONS never reaches a function, not even where it is registered."""
    answer = await fetch(engine, path, "OPTIONS", ("Origin: http://o",))

    assert (answer.status, answer.body) == (200, b"")
    assert answer.header("access-control-allow-origin") == "*"
    assert answer.header("access-control-allow-methods") == "*"
    assert answer.header("access-control-allow-headers") == "*"
    assert not served.calls


async def test_a_raw_character_in_a_path_is_served(engine: Engine, served: RawWorker) -> None:
    """As clients send it that do not encode; the function gets it as it is."""
    answer = await fetch(engine, "/users/é")

    assert answer.status == 200
    assert served.calls[0]["data"]["path_params"] == {"id": "é"}


async def test_a_misleading_length_harms_only_the_client(
    engine: Engine, served: RawWorker, caplog: pytest.LogCaptureFixture
) -> None:
    """The engine sends what the function says, and the log tells it."""
    answer = await answered(
        engine, served, {"headers": [*TEXT, "content-length: 50"], "body": "short"}
    )

    assert (answer.header("content-length"), answer.body) == ("50", b"short")
    assert "says content-length 50" in caplog.text


async def test_an_error_is_a_500(engine: Engine, served: RawWorker) -> None:
    """Code and message reach the client with an id."""

    async def fail(worker: RawWorker, call: Frame) -> None:
        await worker.answer(call, error={"code": "C", "message": "m", "stacktrace": "t"})

    await served.offer("f", fail)
    answer = await fetch(engine, "/users/7")

    error = answer.json["error"]
    assert answer.status == 500
    assert error.pop("error_id")
    assert error == {"code": "C", "message": "m"}


async def test_an_owner_that_leaves_is_a_500(engine: Engine, worker: RawWorker) -> None:
    """The client does not wait for somebody who is gone."""

    async def leave(worker: RawWorker, call: Frame) -> None:
        worker.abort()

    async with RawWorker(engine, "leaving") as leaving:
        await worker.bind("/f")
        await leaving.offer("f", leave)
        answer = await fetch(engine, "/f")

    assert answer.status == 500
    assert answer.json["error"]["code"] == "invocation_stopped"


async def answered(engine: Engine, worker: RawWorker, result: Any) -> Any:
    """Return the response that a result becomes."""
    await worker.offer_result("f", result)
    return await fetch(engine, "/users/7")


# -- time ------------------------------------------------------------------------------


@pytest.fixture
async def impatient(front: FrontName) -> AsyncIterator[Engine]:
    """An engine that waits half a second."""
    async with Engine(port=0, http_port=0, request_timeout=0.5, http_front=front) as engine:
        yield engine


async def test_a_request_times_out(impatient: Engine) -> None:
    """An empty 504, without the engine's other headers; a late answer goes nowhere."""
    async with RawWorker(impatient) as worker:
        await worker.offer("f")
        await worker.bind("/f")
        answer = await fetch(impatient, "/f")
        await worker.answer(worker.calls[0], result={"body": "late"})
        await worker.settle()

        assert (answer.status, answer.body) == (504, b"")
        assert answer.header("access-control-allow-origin") is None
        await worker.offer_result("f", {"body": "in time"})
        assert (await fetch(impatient, "/f")).json == "in time"


async def test_a_null_result_waits_for_a_stream(impatient: Engine) -> None:
    """A null result without a used channel hangs the client until the time is over."""
    async with RawWorker(impatient) as worker:
        await worker.offer_result("f", None)
        await worker.bind("/f")

        assert (await fetch(impatient, "/f")).status == 504


async def test_a_slow_json_upload_times_out(impatient: Engine) -> None:
    """A body that is to be parsed is read within the same time."""
    async with RawWorker(impatient) as worker:
        await worker.offer_result("f", {"body": "x"})
        await worker.bind("/f", "POST")
        reader, writer = await open_http(impatient)
        writer.write(
            b"POST /f HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            b"Content-Length: 10\r\n\r\n{"
        )
        line = await asyncio.wait_for(reader.readline(), WITHIN)
        writer.close()

        assert line.split()[1] == b"504"
        assert not worker.calls


async def test_a_websocket_is_told_in_one_line(
    served: RawWorker, engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    """No trigger reaches a WebSocket: the log says so, and nothing of packages to install."""
    upgrade = ("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13")
    with caplog.at_level(logging.DEBUG):
        answers = [await fetch(engine, path, headers=upgrade) for path in ("/ws", "/users/7")]
        await engine.stop()

    assert [answer.status for answer in answers] == [404, 200]
    assert [one.getMessage() for one in caplog.records if one.levelno > logging.DEBUG] == [
        "WebSocket /ws: no trigger of iii reaches it",
        "WebSocket /users/7: no trigger of iii reaches it",
    ]


async def test_a_client_of_everyday_works(engine: Engine, served: RawWorker) -> None:
    """A keep-alive client makes several requests, in a row and at once."""
    async with httpx.AsyncClient(base_url=engine.http_url) as client:
        answers = await asyncio.gather(*[client.get(f"/users/{n}") for n in range(50)])

    assert {answer.text for answer in answers} == {"ok"}
    assert sorted(int(call["data"]["path_params"]["id"]) for call in served.calls) == [*range(50)]
