"""Fixtures: a running engine, and a worker on it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from iii_asgi.engine import Engine
from iii_asgi.engine.front import FrontName
from tests.engine.helpers import RawWorker


@pytest.fixture
def front() -> FrontName:
    """The engine's HTTP front end; modules that test both have one of their own."""
    return "builtin"


@pytest.fixture
async def engine(front: FrontName) -> AsyncIterator[Engine]:
    """An engine on free ports."""
    async with Engine(port=0, http_port=0, http_front=front) as engine:
        yield engine


@pytest.fixture
async def worker(engine: Engine) -> AsyncIterator[RawWorker]:
    """A worker that has introduced itself."""
    async with RawWorker(engine) as worker:
        yield worker
