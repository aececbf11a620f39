"""Requests whose content-length is not that of their body, as tests of a limit send them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request
from starlette.requests import ClientDisconnect
from starlette.testclient import TestClient

from iii_asgi import Settings
from iii_asgi.testing.records import Records
from iii_asgi.testing.through import Through
from tests.patience import WITHIN
from tests.testing.apps import kinds

QUIET = Settings(access_log=False)
JSON = {"content-type": "application/json"}
WRONG = ("0", "1", "1000")


@pytest.fixture
def seen() -> asyncio.Event:
    """Something of a body has come to the app."""
    return asyncio.Event()


@pytest.fixture
def app(seen: asyncio.Event) -> FastAPI:
    """An app that tells what it got."""
    app = FastAPI()

    @app.post("/uploads")
    async def upload(request: Request) -> list[Any]:
        return [request.headers.get("content-length"), (await request.body()).decode()]

    @app.post("/sizes")
    async def measure(request: Request) -> int:
        size = 0
        async for piece in request.stream():
            size += len(piece)
            seen.set()
        return size

    return app


@pytest.fixture
def records() -> Records:
    return Records()


def asynchronous(app: Any) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop.test")


@pytest.mark.parametrize("more", [{}, JSON])
@pytest.mark.parametrize("length", WRONG)
def test_whole_body(length: str, more: dict[str, str], app: FastAPI, records: Records) -> None:
    """The app gets the header and the body as the client sent them, and that is counted."""
    client = TestClient(Through(app, settings=QUIET, records=records))
    headers = {"content-length": length, **more}
    assert client.post("/uploads", content=b'{"a": 2.50}', headers=headers).json() == [
        length, '{"a": 2.50}',
    ]  # fmt: skip
    assert kinds(records) == {"length": f"{length} announced"}
    assert records.carried == 1


@pytest.mark.anyio
@pytest.mark.parametrize("length", WRONG)
async def test_whole_body_of_a_stream(length: str, app: FastAPI, records: Records) -> None:
    """So it does where the end of the body comes apart from the body."""
    async with asynchronous(Through(app, settings=QUIET, records=records)) as client:
        answer = await client.post("/uploads", content=b"a b c", headers={"content-length": length})
    assert answer.json() == [length, "a b c"]
    assert kinds(records).keys() == {"length"}


def test_no_header(app: FastAPI, records: Records) -> None:
    """A body without a header is one of another length, too."""
    client = TestClient(Through(app, settings=QUIET, records=records))
    request = client.build_request("POST", "/uploads", content=b"a b c")
    del request.headers["content-length"]
    assert client.send(request).json() == [None, "a b c"]
    assert kinds(records) == {"length": "0 announced"}


@pytest.mark.anyio
async def test_right_length(app: FastAPI, records: Records) -> None:
    """What announces its own length is no difference, in however many pieces it comes."""
    files = {"file": b"123" * 50_000}
    client = TestClient(Through(app, settings=QUIET, records=records))
    assert client.post("/sizes", files=files).status_code == 200
    assert client.post("/uploads", content=b"").json() == ["0", ""]
    async with asynchronous(Through(app, settings=QUIET, records=records)) as requests:
        assert (await requests.post("/sizes", files=files)).status_code == 200
        assert (await requests.post("/uploads", content=b"a")).json() == ["1", "a"]
    assert not records.differences


@pytest.mark.anyio
async def test_streams(app: FastAPI, seen: asyncio.Event, records: Records) -> None:
    """An upload goes on while the app reads it."""

    async def two() -> AsyncIterator[bytes]:
        yield b"12345"
        await asyncio.wait_for(seen.wait(), WITHIN)
        yield b"67890"

    async with asynchronous(Through(app, settings=QUIET, records=records)) as client:
        answer = await client.post("/sizes", content=two(), headers={"content-length": "10"})
    assert answer.json() == 10
    assert not records.differences


@pytest.mark.anyio
async def test_no_end_in_sight(app: FastAPI, seen: asyncio.Event, records: Records) -> None:
    """A body that goes on beyond its length is not read to its end before the app is called."""

    async def many() -> AsyncIterator[bytes]:
        while not seen.is_set():
            yield b"12345"

    async with asynchronous(Through(app, settings=QUIET, records=records)) as client:
        answer = await client.post("/sizes", content=many(), headers={"content-length": "3"})
    assert answer.json() > 3
    assert kinds(records).keys() == {"length"}


@pytest.mark.parametrize("more", [{}, JSON])
@pytest.mark.parametrize("length", ["0", "1"])
def test_strictly_short(length: str, more: dict[str, str], app: FastAPI, records: Records) -> None:
    """Strictly the body ends where its length says."""
    client = TestClient(Through(app, settings=QUIET, records=records, strict=True))
    headers = {"content-length": length, **more}
    answer = client.post("/uploads", content=b'{"a":1}', headers=headers)
    assert answer.json() == [length, "{"[: int(length)]]
    assert kinds(records) == {"length": f"{length} announced"}


def test_strictly_long(app: FastAPI, records: Records) -> None:
    """Strictly the rest of the body never comes, and the client leaves."""
    client = TestClient(Through(app, settings=QUIET, records=records, strict=True))
    with pytest.raises(ClientDisconnect):
        client.post("/uploads", content=b"a b", headers={"content-length": "1000"})
    assert kinds(records) == {"length": "1000 announced"}


def test_unknown_path(app: FastAPI, records: Records) -> None:
    """What the engine answers itself goes to the app, with all of its body."""
    client = TestClient(Through(app, settings=QUIET, records=records))
    answer = client.post("/uploads/", content=b"a b c", headers={"content-length": "1"})
    assert answer.json() == ["1", "a b c"]
    assert records.differences.keys() == {"length", "unreachable"}
