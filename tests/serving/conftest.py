"""Fixtures: an engine, an app without a framework on it, and a front end to ask it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from iii_asgi.engine import Engine
from tests.engine.helpers import RawWorker
from tests.serving.helpers import Front, Pages, bridged


@pytest.fixture
async def engine() -> AsyncIterator[Engine]:
    """An engine on free ports."""
    async with Engine(port=0, http_port=0) as engine:
        yield engine


@pytest.fixture
async def worker(engine: Engine) -> AsyncIterator[RawWorker]:
    """Another worker."""
    async with RawWorker(engine, "other") as worker:
        yield worker


@pytest.fixture
async def pages(engine: Engine) -> AsyncIterator[Pages]:
    """An app that is on the engine; its endpoints are added by the test."""
    app = Pages()
    async with bridged(engine, app, http="app", timeout_graceful_shutdown=1.0):
        yield app


@pytest.fixture
def front(engine: Engine, worker: RawWorker, pages: Pages) -> Front:
    """A front end that holds requests for that app."""
    return Front(engine, worker)
