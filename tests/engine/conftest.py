"""Fixtures: a running engine, and a worker on it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from iii_asgi.engine import Engine
from tests.engine.helpers import RawWorker


@pytest.fixture
async def engine() -> AsyncIterator[Engine]:
    """An engine on free ports."""
    async with Engine(port=0, http_port=0) as engine:
        yield engine


@pytest.fixture
async def worker(engine: Engine) -> AsyncIterator[RawWorker]:
    """A worker that has introduced itself."""
    async with RawWorker(engine) as worker:
        yield worker
