"""Fixtures that all tests share."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings

# A slow or shared machine is no failure; pytest-timeout catches what hangs.
settings.register_profile("tests", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("tests")


@pytest.fixture
def anyio_backend() -> str:
    """Async tests run on asyncio: the worker and the engine are asyncio programs."""
    return "asyncio"
