"""The built-in front end: what only it does."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection

from iii_asgi.engine import Engine
from tests.engine.bodies import JSON, TEXT, Uploads, frames_after_departure, stream, upload
from tests.engine.helpers import RawWorker, fetch, open_http, soon
from tests.patience import WITHIN

pytestmark = pytest.mark.anyio


@pytest.fixture
async def served(worker: RawWorker) -> RawWorker:
    """A worker whose function answers GET and DELETE /users/:id, GET /users/me, HEAD /head."""
    await worker.offer_result("f", {"headers": ["content-type: text/plain"], "body": "ok"})
    await worker.bind("/users/:id")
    await worker.bind("/users/:id", "delete", metadata={"k": 1})
    await worker.bind("/users/me")
    await worker.bind("/head", "HEAD")
    await worker.bind("/options", "OPTIONS")
    return worker


# -- what the function gets ------------------------------------------------------------


async def test_both_paths_are_the_pattern(engine: Engine, served: RawWorker) -> None:
    """And nobody is named as the caller."""
    await fetch(engine, "/users/7")

    data = served.calls[0]["data"]
    assert data["trigger"] == {"type": "http", "method": "GET", "path": "/users/:id"}
    assert "_caller_worker_id" not in data


async def test_the_triggers_metadata_comes_along(engine: Engine, served: RawWorker) -> None:
    """It tells which trigger fired."""
    await fetch(engine, "/users/7", "DELETE")

    assert served.calls[0]["metadata"] == {"k": 1}


async def test_an_unreadable_header_is_empty(engine: Engine, served: RawWorker) -> None:
    """It is there, without its value."""
    await fetch(engine, "/users/7", headers=("X-A: é",))

    assert served.calls[0]["data"]["headers"]["x-a"] == ""


async def test_a_function_is_found_in_its_namespace(engine: Engine) -> None:
    """Where the trigger says that it is."""
    async with RawWorker(engine, "shop", namespace="shop") as worker:
        await worker.offer_result("f", {"body": "ok"})
        await worker.bind("/there", namespace="shop")
        await worker.bind("/not-there")

        assert (await fetch(engine, "/there")).json == "ok"
        assert (await fetch(engine, "/not-there")).json["error"]["message"] == (
            "Function f not found in namespace default"
        )


# -- routes ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("PATCH", "/users/7", "GET,HEAD,DELETE"),
        ("DELETE", "/users/me", "GET,HEAD"),
        ("TRACE", "/users/7", "GET,HEAD,DELETE"),
        ("GET", "/head", "HEAD"),
    ],
)
async def test_other_methods_are_405(
    engine: Engine, served: RawWorker, method: str, path: str, allow: str
) -> None:
    """Only the best-matching path is asked; a more general one that has the method is not."""
    answer = await fetch(engine, path, method)

    assert (answer.status, answer.body) == (405, b"")
    assert answer.header("allow") == allow
    assert answer.header("content-length") == "0"


async def test_head_needs_its_own_trigger(engine: Engine, served: RawWorker) -> None:
    """HEAD of a GET-only path is a 404, of a HEAD trigger the function's head."""
    missing, head = await fetch(engine, "/users/7", "HEAD"), await fetch(engine, "/head", "HEAD")

    assert (missing.status, missing.body) == (404, b"")
    assert (head.status, head.body) == (200, b"")
    assert head.header("content-length") == "2"


@pytest.mark.parametrize(
    ("path", "allow"), [("/users/7", "GET,HEAD,DELETE"), ("/nope", None), ("/options", None)]
)
async def test_options_name_the_methods(
    engine: Engine, served: RawWorker, path: str, allow: str | None
) -> None:
    """Of a known path, unless OPTIONS is registered there."""
    answer = await fetch(engine, path, "OPTIONS", ("Origin: http://o",))

    assert (answer.status, answer.body) == (200, b"")
    assert answer.header("allow") == allow


@pytest.mark.parametrize("path", ["/users/7/", "//users/7", "/users//7", "*"])
async def test_slashes_count(engine: Engine, served: RawWorker, path: str) -> None:
    """A path with another one is another path."""
    assert (await fetch(engine, path)).status == 404


async def test_a_second_trigger_takes_the_route_over(engine: Engine, served: RawWorker) -> None:
    """Silently; an odd method is GET."""
    await served.offer_result("g", {"body": "other"})

    assert await served.bind("/users/me", function_id="g") is None
    assert await served.bind("/odd", config={"http_method": 5}) is None
    assert (await fetch(engine, "/users/me")).json == "other"
    assert (await fetch(engine, "/odd")).status == 200


async def test_it_is_listed_as_a_worker(served: RawWorker) -> None:
    """Under the name that it has on a real engine."""
    kinds = await served.result("engine::triggers::list", {"search": "http"})

    assert [kind["worker_name"] for kind in kinds["triggers"]] == ["iii-http"]


# -- bodies ----------------------------------------------------------------------------


async def test_a_stream_may_outlive_the_timeout() -> None:
    """What has begun is not cut off."""

    async def streaming(writer: ClientConnection) -> None:
        await writer.send(b"one")
        await asyncio.sleep(0.4)
        await writer.send(b"two")

    impatient = Engine(port=0, http_port=0, request_timeout=0.2)
    async with impatient as engine, RawWorker(engine) as worker:
        assert (await stream(engine, worker, streaming)).body == b"onetwo"


@pytest.mark.parametrize(
    ("kind", "body", "inline"),
    [
        (JSON, b'{"b": 1, "a": 2.50}', {"a": 2.5, "b": 1}),
        (JSON, b"no json", None),
        (TEXT, b'{"a": 1}', None),
        (("Content-Type: text/x; application/json",), b"1", 1),
        (("Content-Type: Application/JSON",), b"1", None),
        (("Content-Type: application/vnd.api+json",), b"1", None),
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


@pytest.mark.parametrize(("kind", "inline"), [(JSON, [1]), (TEXT, None)])
async def test_a_body_that_is_broken_is_taken_as_it_is(
    engine: Engine, worker: RawWorker, kind: tuple[str, ...], inline: Any
) -> None:
    """As far as it came; only JSON is parsed."""
    await worker.offer_result("f", {"body": "x"})
    await worker.bind("/f", "POST")
    broken = b"3\r\n[1]nonsense"
    answer = await fetch(engine, "/f", "POST", (*kind, "Transfer-Encoding: chunked"), broken)

    assert answer.status == 200
    assert worker.calls[0]["data"]["body"] == inline


async def test_json_that_breaks_off_is_taken_as_it_is(engine: Engine, worker: RawWorker) -> None:
    """The function is called with what came."""
    await worker.offer_result("f", {"body": "x"})
    await worker.bind("/f", "POST")
    reader, client = await open_http(engine)
    client.write(b"POST /f HTTP/1.1\r\nContent-Length: 9\r\n" + JSON[0].encode() + b"\r\n\r\n[1]")
    client.write_eof()

    assert b"200 OK" in await asyncio.wait_for(reader.read(), WITHIN)
    client.close()
    assert worker.calls[0]["data"]["body"] == [1]


async def test_a_body_is_read_to_its_end_although_answered(
    engine: Engine, worker: RawWorker
) -> None:
    """A client that sends on can make its next request on the connection."""
    await worker.offer_result("f", {"body": "x"})
    await worker.bind("/f", "POST")
    reader, client = await open_http(engine)
    client.write(b"POST /f HTTP/1.1\r\nContent-Length: 3000000\r\n\r\n")
    assert b"200 OK" in await reader.readuntil(b'"x"')
    client.write(b"x" * 3_000_000 + b"GET /n HTTP/1.1\r\nConnection: close\r\n\r\n")

    assert b"404 Not Found" in await asyncio.wait_for(reader.read(), WITHIN)
    client.close()


async def test_a_departure_is_noticed_at_the_next_frame(engine: Engine, worker: RawWorker) -> None:
    """With it the channel is closed: the one after it fails."""
    assert await frames_after_departure(engine, worker) == 1
