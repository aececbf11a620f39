"""Fixtures that all tests share."""

from __future__ import annotations

import pytest


@pytest.fixture
def anyio_backend() -> str:
    """Async tests run on asyncio: the worker and the engine are asyncio programs."""
    return "asyncio"
