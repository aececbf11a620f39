"""``pytest --iii`` on tests that pytest-asyncio runs, in a process of their own."""

from __future__ import annotations

import json

import pytest

pytest.importorskip("pytest_asyncio", reason="not installed: dependency group `apps`")
pytest_plugins = ["pytester"]

TESTS = """
import asyncio

import httpx
import pytest_asyncio
from fastapi import FastAPI
from fastapi.testclient import TestClient

app = FastAPI(title="Tea")
tasks = {}


@app.get("/teas/{tea_id}")
async def read_tea(tea_id: int) -> int:
    tasks[tea_id] = asyncio.current_task()
    return tea_id


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def client():
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://tea.test") as client:
        yield client


@pytest_asyncio.fixture
async def own_client():
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://tea.test") as client:
        yield client


async def test_own_loop(own_client):
    assert (await own_client.get("/teas/1")).json() == 1
    assert tasks[1] is asyncio.current_task()


async def test_another_loop(own_client):
    answers = await asyncio.gather(*[own_client.get(f"/teas/{number}") for number in range(5)])
    assert [answer.json() for answer in answers] == list(range(5))


@pytest_asyncio.fixture(loop_scope="session")
async def answer(client):
    return await client.get("/teas/2")


def test_in_a_fixture(answer):
    assert answer.json() == 2


async def test_sync_client():
    with TestClient(app) as client:
        assert client.get("/teas/3").json() == 3
"""


def test_through_iii(pytester: pytest.Pytester) -> None:
    """Loops that pytest-asyncio makes, for one test or for the session, are the app's."""
    pytester.makeini("[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function")
    pytester.makepyfile(test_tea=TESTS)
    for options in ([], ["-n", "2"], ["--iii-engine"]):
        result = pytester.runpytest_subprocess("--iii-report", "r.json", *options)
        result.assert_outcomes(passed=4)
        found = json.loads((pytester.path / "r.json").read_text())
        assert (found["carried"], found["direct"], found["differences"]) == (8, 0, [])
