"""Fixtures: an engine, our app on it, and a worker of an official SDK beside it.

With ``III_URL`` and ``III_HTTP_URL`` the tests run on the engine that is there; ids and
paths are then unique for each run.
"""

from __future__ import annotations

import importlib.util
import os
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from anyio.from_thread import start_blocking_portal
from fastapi import FastAPI

from iii_asgi import Bridge, Settings
from iii_asgi.engine.engine import Engine
from tests.fronts import until_served
from tests.npm import why_no_packages
from tests.odd_app import create_odd_app
from tests.peers.app import create_app
from tests.peers.driver import Kind, Peer, Place, start_peer

NODE = Path(__file__).parent / "node"


@pytest.fixture(scope="package")
def anyio_backend() -> str:
    """One event loop for all tests of this folder: its processes outlive a test."""
    return "asyncio"


@pytest.fixture(scope="package")
def place() -> Iterator[Place]:
    """The engine: the embedded one in a thread of its own, or the one that is there."""
    url, http_url = os.environ.get("III_URL"), os.environ.get("III_HTTP_URL")
    if url and http_url:
        run = secrets.token_hex(3)
        yield Place(url, http_url, f"_{run}", f"/{run}", is_embedded=False)
        return
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(Engine(port=0, http_port=0)) as engine,
    ):
        yield Place(engine.url, engine.http_url)


@dataclass(frozen=True, slots=True)
class Ours:
    """Our app and the bridge that serves it in this process."""

    app: FastAPI
    bridge: Bridge


@pytest.fixture(scope="package")
async def ours(place: Place) -> AsyncIterator[Ours]:
    """Our app, served."""
    app = create_app(run=place.run)
    async with served(our_bridge(app, place), place) as bridge:
        yield Ours(app, bridge)


def our_bridge(app: FastAPI, place: Place, **settings: Any) -> Bridge:
    """Return a bridge for an app; give a second one of the same process another name."""
    settings = {"name": f"ours-{os.getpid()}{place.run}", "prefix": place.prefix} | settings
    return Bridge(app, settings=Settings.resolve(place.environment, url=place.url, **settings))


@asynccontextmanager
async def served(bridge: Bridge, place: Place) -> AsyncIterator[Bridge]:
    """Serve with a bridge; begin when the engine's HTTP front has its routes."""
    async with bridge.connect():
        await until_served(place.http_url, bridge)
        yield bridge


@pytest.fixture(scope="package", autouse=True)
def why_no_node() -> str | None:
    """Install what the Node peer needs; return why it cannot run, if it cannot.

    Before anything else: an installation in between would keep our worker, which lives in
    the event loop of the tests, from its socket for too long.
    """
    return why_no_packages(NODE)


@pytest.fixture(scope="package", params=["python", "node"])
def kind(request: pytest.FixtureRequest, why_no_node: str | None) -> Kind:
    """Which official SDK."""
    kind: Kind = request.param
    if kind == "node" and why_no_node is not None:
        pytest.skip(why_no_node)
    if kind == "python" and importlib.util.find_spec("iii") is None:
        pytest.skip("iii-sdk is not installed: it is in the dependency group `test`")
    return kind


@pytest.fixture(scope="package")
async def peer(kind: Kind, place: Place) -> AsyncIterator[Peer]:
    """A worker of an official SDK, with its own functions and HTTP triggers."""
    async with start_peer(kind, place) as peer:
        yield peer


@pytest.fixture(scope="package")
async def odd(place: Place) -> AsyncIterator[Bridge]:
    """The app of odd routes, served."""
    app = create_odd_app(place.run)
    async with our_bridge(app, place, name=f"odd{place.run}", http="off").connect() as bridge:
        yield bridge


@pytest.fixture
async def http(place: Place) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the engine's HTTP port."""
    async with httpx.AsyncClient(base_url=place.http_url + place.prefix) as client:
        yield client
