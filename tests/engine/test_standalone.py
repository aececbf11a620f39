"""The standalone front end: what only it does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection

from iii_asgi.engine import Engine
from iii_asgi.engine.front import FrontName
from tests.engine.bodies import JSON, TEXT, frames_after_departure, sending, stream, upload
from tests.engine.helpers import RawWorker, channel, fetch, open_http, soon
from tests.patience import WITHIN

pytestmark = pytest.mark.anyio

WRONG_METHOD = b'{"error":{"code":"METHOD_NOT_ALLOWED","message":"Method Not Allowed"}}'
TOO_LARGE = b'{"error":{"code":"PAYLOAD_TOO_LARGE","message":"Request body too large"}}'


@pytest.fixture
def front() -> FrontName:
    """The front end of these tests."""
    return "standalone"


@pytest.fixture
async def served(worker: RawWorker) -> RawWorker:
    """A worker whose function answers GET and DELETE /users/:id, GET /users/me, HEAD /head."""
    await worker.offer_result("f", {"headers": ["content-type: text/plain"], "body": "ok"})
    await worker.bind("/users/:id", metadata={"k": 1})
    await worker.bind("/users/:id", "delete")
    await worker.bind("/users/me")
    await worker.bind("/head", "HEAD")
    return worker


# -- what the function gets ------------------------------------------------------------


async def test_the_actual_path_is_the_triggers(engine: Engine, served: RawWorker) -> None:
    """As the client sent it; a caller is named, the same for all calls."""
    await fetch(engine, "//users/a%20b/?q=1")
    await fetch(engine, "/users/7")

    first, second = (call["data"] for call in served.calls)
    assert first["path"] == "/users/:id"
    assert first["path_params"] == {"id": "a%20b"}
    assert first["trigger"] == {"type": "http", "method": "GET", "path": "//users/a%20b/"}
    assert first["_caller_worker_id"] == second["_caller_worker_id"]
    assert list(first) == sorted(first)


async def test_the_triggers_metadata_is_lost(engine: Engine, served: RawWorker) -> None:
    """The call is one like any other worker's."""
    await fetch(engine, "/users/7")

    assert "metadata" not in served.calls[0]


async def test_the_baggage_names_the_function(engine: Engine, served: RawWorker) -> None:
    """Beside the client's trace context, where there is one."""
    parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    await fetch(engine, "/users/7", headers=(f"traceparent: {parent}", "baggage: k=v"))
    await fetch(engine, "/users/7")

    first, second = served.calls
    assert (first["traceparent"], first["baggage"]) == (parent, "k=v,iii.function.id=f")
    assert "baggage" not in second


async def test_an_unreadable_header_is_missing(engine: Engine, served: RawWorker) -> None:
    """As if it had not come."""
    await fetch(engine, "/users/7", headers=("X-A: é",))

    assert "x-a" not in served.calls[0]["data"]["headers"]


async def test_only_the_default_namespace_is_looked_in(engine: Engine) -> None:
    """A function elsewhere is not found, whatever the trigger says."""
    async with RawWorker(engine, "shop", namespace="shop") as worker:
        await worker.offer_result("f", {"body": "ok"})
        await worker.bind("/there", namespace="shop")
        answer = await fetch(engine, "/there")

    assert answer.status == 500
    assert answer.json["error"]["code"] == "function_not_found"
    assert answer.json["error"]["message"] == (
        "Function f not found in namespace default. It is registered in namespace(s): shop."
    )


# -- routes ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("PATCH", "/users/7", "DELETE, GET"),
        ("HEAD", "/users/7", "DELETE, GET"),
        ("GET", "/head", "HEAD"),
    ],
)
async def test_other_methods_are_405(
    engine: Engine, served: RawWorker, method: str, path: str, allow: str
) -> None:
    """HEAD of a GET-only path too; the page is JSON."""
    answer = await fetch(engine, path, method)

    assert (answer.status, answer.header("allow")) == (405, allow)
    assert answer.header("content-type") == "application/json"
    assert answer.body == (b"" if method == "HEAD" else WRONG_METHOD)


async def test_a_more_general_path_has_the_method(engine: Engine, served: RawWorker) -> None:
    """A miss on the best-matching path is no 405."""
    await fetch(engine, "/users/me", "DELETE")

    assert served.calls[0]["data"]["path_params"] == {"id": "me"}


@pytest.mark.parametrize("method", ["TRACE", "PROPFIND", "propfind"])
async def test_any_method_can_be_registered(engine: Engine, served: RawWorker, method: str) -> None:
    """And is served as the client spells it."""
    assert await served.bind("/other", method) is None
    assert (await fetch(engine, "/other", method)).status == 200
    assert served.calls[0]["data"]["method"] == method


async def test_options_name_no_methods(engine: Engine, served: RawWorker) -> None:
    """The path is not looked at."""
    assert (await fetch(engine, "/users/7", "OPTIONS")).header("allow") is None


@pytest.mark.parametrize(
    ("registered", "path", "parameters"),
    [
        ("/s/*x", "/s/*x", {}),
        ("/s/a{b}c", "/s/a{b}c", {}),
        ("/s/{x}", "/s/7", {"x": "7"}),
        ("/s/:", "/s/7", {"": "7"}),
    ],
)
async def test_segments_that_panic_the_other_front_end(
    engine: Engine, served: RawWorker, registered: str, path: str, parameters: dict[str, str]
) -> None:
    """Are literals, but for braces round a whole segment: that is a parameter."""
    assert await served.bind(registered) is None
    assert (await fetch(engine, path)).status == 200
    assert served.calls[0]["data"]["path_params"] == parameters


async def test_another_trigger_of_a_route_is_refused(engine: Engine, served: RawWorker) -> None:
    """Its owner is told; the same trigger id may move."""
    refusal = await served.bind("/users/:other")
    assert refusal is not None
    assert refusal["code"] == "trigger_registration_failed"

    assert await served.bind("/a", id="one") is None
    assert await served.bind("/b", id="one") is None
    assert [(await fetch(engine, path)).status for path in ("/a", "/b")] == [404, 200]


async def test_a_route_outlives_the_first_owner_of_its_trigger(engine: Engine) -> None:
    """Two workers with one trigger id: the second has it when the first leaves."""
    async with RawWorker(engine, "second") as second:
        async with RawWorker(engine, "first") as first:
            await first.bind("/a", id="one")
            await second.bind("/a", id="one")
        await second.offer_result("f", {"body": "ok"})

        assert (await fetch(engine, "/a")).json == "ok"


@pytest.mark.parametrize("method", [5, None])
async def test_an_odd_method_is_refused(worker: RawWorker, method: Any) -> None:
    """A configuration is read strictly."""
    assert await worker.bind("/a", config={"http_method": method}) is not None
    assert await worker.bind(None) is not None


async def test_it_is_listed_as_a_worker(served: RawWorker) -> None:
    """Under the name that it has on a real engine."""
    kinds = await served.result("engine::triggers::list", {"search": "http"})

    assert [kind["worker_name"] for kind in kinds["triggers"]] == ["http"]


# -- bodies ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "body", "inline"),
    [
        (JSON, b'{"b": 1, "a": 2.50}', {"a": 2.5, "b": 1}),
        (TEXT, b"42", 42),
        ((), b'"text"', "text"),
        (TEXT, b"no json", None),
    ],
)
async def test_whatever_parses_is_inline(
    engine: Engine, worker: RawWorker, kind: tuple[str, ...], body: bytes, inline: Any
) -> None:
    """The content type does not count; the exact bytes are on the channel."""
    assert await upload(engine, worker, kind, body) == (inline, [body])


async def test_a_body_comes_in_small_frames(engine: Engine, worker: RawWorker) -> None:
    """Of 64 KiB."""
    body = b"x" * 200_000

    assert await upload(engine, worker, TEXT, body) == (
        None,
        [b"x" * 65_536, b"x" * 65_536, b"x" * 65_536, b"x" * 3_392],
    )


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_the_channel_of_an_empty_body_never_closes(
    engine: Engine, worker: RawWorker, method: str
) -> None:
    """Whoever reads it waits for ever."""
    await worker.offer("f")
    await worker.bind("/f", method)
    asking = asyncio.create_task(fetch(engine, "/f", method))
    await soon(lambda: bool(worker.calls))
    reader = await channel(engine, worker.calls[0]["data"]["request_body"])

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(reader.recv(), 0.2)
    await reader.close()
    await worker.answer(worker.calls[0], result={"body": "x"})
    assert (await asking).status == 200


async def test_the_function_is_called_after_the_whole_body(
    engine: Engine, worker: RawWorker
) -> None:
    """Whatever its type."""
    await worker.offer_result("f", {"body": "x"})
    await worker.bind("/f", "POST")
    reader, client = await open_http(engine)
    client.write(b"POST /f HTTP/1.1\r\nContent-Length: 4\r\n\r\nab")
    await asyncio.sleep(0.1)
    assert not worker.calls
    client.write(b"cd")

    assert b"200 OK" in await reader.readuntil(b"\r\n\r\n")
    client.close()


@pytest.mark.parametrize("chunked", [True, False])
async def test_a_large_body_is_refused(engine: Engine, worker: RawWorker, chunked: bool) -> None:
    """More than 16 MiB is a 413, and the function is not called."""
    await worker.offer_result("f", {"body": "x"})
    await worker.bind("/f", "POST")
    size = 2**24 + 1
    headers = ("Transfer-Encoding: chunked",) if chunked else ()
    framed = b"%x\r\n%b\r\n0\r\n\r\n" if chunked else b"%.0s%b"
    body = framed % ((size if chunked else b""), b"x" * size)
    answer = await fetch(engine, "/f", "POST", headers, body)

    assert (answer.status, answer.body) == (413, TOO_LARGE)
    assert not worker.calls


async def test_a_body_that_breaks_off_is_refused(engine: Engine, worker: RawWorker) -> None:
    """With the same words, as by the real one."""
    await worker.offer_result("f", {"body": "x"})
    await worker.bind("/f", "POST")
    reader, client = await open_http(engine)
    client.write(b"POST /f HTTP/1.1\r\nContent-Length: 9\r\n\r\n[1]")
    client.write_eof()

    assert TOO_LARGE in await asyncio.wait_for(reader.read(), WITHIN)
    client.close()
    assert not worker.calls


# -- streams ---------------------------------------------------------------------------


@pytest.fixture
async def impatient() -> AsyncIterator[Engine]:
    """An engine that waits one second."""
    made = Engine(port=0, http_port=0, request_timeout=1, http_front="standalone")
    async with made as engine:
        yield engine


def pausing(*, heartbeat: bool) -> Any:
    """Return a function body that pauses longer than the engine waits."""

    async def streaming(writer: ClientConnection) -> None:
        await writer.send(b"one")
        for _ in range(5):
            await asyncio.sleep(0.3)
            if heartbeat:
                await writer.send(b"")
        await sending(b"two")(writer)

    return streaming


@pytest.mark.parametrize("heartbeat", [True, False])
async def test_a_silent_stream_is_cut_off(impatient: Engine, heartbeat: bool) -> None:
    """Truncated, with a proper end; an empty frame counts as a sign of life."""
    async with RawWorker(impatient) as worker:
        answer = await stream(impatient, worker, pausing(heartbeat=heartbeat))

    assert answer.body == (b"onetwo" if heartbeat else b"one")


async def test_a_departure_is_noticed_at_the_fourth_frame(
    engine: Engine, worker: RawWorker
) -> None:
    """With it the channel is closed: the one after it fails."""
    assert await frames_after_departure(engine, worker) == 4
