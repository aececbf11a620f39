"""httpx, asynchronous, with a pool of connections that are kept."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator

import httpx
import pytest

pytestmark = pytest.mark.anyio

BODY = bytes(range(256)) * 8000


@pytest.fixture
async def client(site: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client with a pool of four connections."""
    limits = httpx.Limits(max_connections=4)
    async with httpx.AsyncClient(
        base_url=site, limits=limits, timeout=20, follow_redirects=True
    ) as client:
        yield client


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


async def test_cookies_and_redirects(client: httpx.AsyncClient) -> None:
    """Cookies that are set by a redirect are kept and sent; 307 keeps method and body."""
    page = await client.get("/login", params={"name": "ada"})
    kept = await client.post("/away/307", content=b"body")

    assert [one.status_code for one in page.history] == [303]
    assert page.json() == {"name": "ada", "theme": "dark"}
    assert (kept.json()["method"], kept.json()["size"]) == ("POST", 4)


async def test_uploads(client: httpx.AsyncClient) -> None:
    """A generator is sent in chunks, and a form as multipart."""

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(BODY), 50_000):
            yield BODY[start : start + 50_000]
            await asyncio.sleep(0)

    told = (await client.put("/told", content=pieces())).json()
    rows = (
        await client.post("/form", files=[("a", ("a.bin", BODY)), ("a", ("b.bin", b"b"))])
    ).json()

    assert (told["size"], told["sha256"]) == (len(BODY), digest(BODY))
    assert [row[:2] + row[3:] for row in rows] == [
        ["a", "a.bin", len(BODY), digest(BODY)],
        ["a", "b.bin", 1, digest(b"b")],
    ]


async def test_stream(client: httpx.AsyncClient) -> None:
    """Lines come as they are made."""
    began = time.monotonic()
    times = []
    async with client.stream("GET", "/lines", params={"count": 5, "pause": 0.2}) as answer:
        async for line in answer.aiter_lines():
            times.append(time.monotonic() - began)
            assert line == f"line {len(times) - 1} ü"

    assert len(times) == 5
    assert times[4] - times[0] > 0.3


async def test_many_at_once(client: httpx.AsyncClient) -> None:
    """A pool of few connections serves many requests of all kinds, each with its own answer."""

    async def ask(number: int) -> None:
        body = BODY[: number * 700]
        answer = await client.post(f"/told?n={number}", content=body)
        assert answer.json()["query"] == [["n", str(number)]]
        assert answer.json()["sha256"] == digest(body)
        large = await client.get("/large")
        assert len(large.json()) == 30_000

    await asyncio.gather(*(ask(number) for number in range(16)))


async def test_leaving_early(client: httpx.AsyncClient) -> None:
    """Streams that are left early give their places in the pool back."""
    for _ in range(12):
        async with client.stream("GET", "/lines", params={"count": 1000, "pause": 0.01}) as answer:
            async for _ in answer.aiter_bytes():
                break

    assert (await client.get("/told")).status_code == 200


async def test_timeout(client: httpx.AsyncClient) -> None:
    """A client that has waited long enough goes on with others of its requests."""
    with pytest.raises(httpx.ReadTimeout):
        async with client.stream(
            "GET", "/lines", params={"count": 2, "pause": 3}, timeout=0.5
        ) as answer:
            await answer.aread()

    assert (await client.get("/told")).status_code == 200
