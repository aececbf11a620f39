"""Test clients offer their app to a run, and are left as they were."""

from __future__ import annotations

import importlib
import sys
from typing import Any

import httpx
import pytest
import starlette.testclient
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient

from iii_asgi.testing.patches import Patches

pytestmark = pytest.mark.anyio

own, other = PlainTextResponse("own"), PlainTextResponse("other")


def exchange(transport: Any) -> Any:
    assert transport.app is own
    return other


async def ask(transport: httpx.ASGITransport) -> str:
    async with httpx.AsyncClient(transport=transport, base_url="http://x.test") as client:
        return (await client.get("/")).text


async def test_while_installed() -> None:
    """The app is exchanged while the patches are there, also for clients that were before."""
    transport, client = httpx.ASGITransport(own), TestClient(own)
    patches = Patches(exchange)
    patches.install()
    try:
        assert await ask(transport) == "other"
        assert client.get("/").text == "other"
        assert (transport.app, client.app) == (own, own)
    finally:
        patches.remove()
    assert await ask(transport) == "own"
    assert client.get("/").text == "own"


async def test_subclass_that_keeps_state() -> None:
    """A subclass of a transport sees itself, and what it sets stays."""

    class Counting(httpx.ASGITransport):
        count = 0

        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            self.count += 1
            return await super().handle_async_request(request)

    transport = Counting(own)
    patches = Patches(exchange)
    patches.install()
    try:
        await ask(transport)
        await ask(transport)
    finally:
        patches.remove()
    assert transport.count == 2


def test_imported_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """A module that is imported during the run is patched, and is else like any other."""
    monkeypatch.delitem(sys.modules, "starlette.testclient")
    patches = Patches(exchange)
    patches.install()
    try:
        module = importlib.import_module("starlette.testclient")
        assert module is not starlette.testclient or module.TestClient is not TestClient
        assert module.TestClient(own).get("/").text == "other"
        assert module.__loader__ is module.__spec__.loader  # type: ignore[union-attr]
        assert type(module.__loader__).__module__ != "iii_asgi.testing.patches"
    finally:
        patches.remove()
    assert module.TestClient(own).get("/").text == "own"
    monkeypatch.undo()
    starlette.testclient = sys.modules["starlette.testclient"]
