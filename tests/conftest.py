"""Fixtures that all tests share."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings

# A slow or shared machine is no failure; pytest-timeout catches what hangs. The gate asks the
# same each time, so that a change fails for what it has changed; the profile "search" asks anew.
settings.register_profile(
    "tests", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile(
    "search", settings.get_profile("tests"), derandomize=False, max_examples=2000
)
settings.load_profile("tests")


@pytest.fixture
def anyio_backend() -> str:
    """Async tests run on asyncio: the worker and the engine are asyncio programs."""
    return "asyncio"
