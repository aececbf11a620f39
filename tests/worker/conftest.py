"""Fixtures: an engine, and short pauses between tries."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from iii_asgi.engine import Engine
from iii_asgi.worker import connection


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try again soon."""
    monkeypatch.setattr(connection, "_FIRST_DELAY", 0.02)
    monkeypatch.setattr(connection, "_LONGEST_DELAY", 0.05)


@pytest.fixture
async def engine() -> AsyncIterator[Engine]:
    """An engine on free ports."""
    async with Engine(port=0, http_port=0) as engine:
        yield engine
