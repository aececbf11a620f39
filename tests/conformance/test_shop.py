"""The example shop behind an engine, against the same shop behind a web server."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from starlette.types import ASGIApp

from iii_asgi import Bridge, Settings
from iii_asgi.engine.engine import Engine
from tests.conformance.exchanges import Seen, exchanges
from tests.conformance.targets import behind_uvicorn
from tests.fronts import until_served

pytestmark = pytest.mark.anyio

SHOP = Path(__file__).parents[2] / "examples" / "fastapi_app"


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Iterator[ASGIApp]:
    """The example app, with its database in memory."""
    monkeypatch.delenv("SHOP_DATABASE", raising=False)
    monkeypatch.syspath_prepend(str(SHOP))
    yield importlib.import_module("shop.main").app
    for name in [name for name in sys.modules if name.partition(".")[0] == "shop"]:
        del sys.modules[name]


@asynccontextmanager
async def behind_engine(app: ASGIApp, *, http: str) -> AsyncIterator[str]:
    """Serve an app through an engine: the real one where the environment names it."""
    real, real_http = os.environ.get("III_URL"), os.environ.get("III_HTTP_URL")
    if real and real_http:
        bridge = Bridge(app, settings=Settings.resolve(http=http))
        async with bridge.connect():
            await until_served(real_http, bridge)
            yield real_http
        return
    async with Engine(port=0, http_port=0) as engine:
        settings = Settings.resolve(url=engine.url, http=http)
        async with Bridge(app, settings=settings).connect():
            yield engine.http_url


async def visit(url: str) -> list[Seen]:
    async with httpx.AsyncClient(base_url=url, timeout=40) as client:
        return [seen async for seen in exchanges(client)]


@pytest.mark.parametrize("http", ["routes", "app"])
async def test_clients_see_no_difference(shop: ASGIApp, http: str) -> None:
    """A customer of the shop sees the same answers through iii as from a web server."""
    async with behind_uvicorn(shop) as port:
        expected = await visit(f"http://127.0.0.1:{port}")
    async with behind_engine(shop, http=http) as url:
        seen = await visit(url)

    for one, other in zip(expected, seen, strict=True):
        assert one == other
