"""Fixtures that all tests share."""

from __future__ import annotations

import os
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# A slow or shared machine is no failure; pytest-timeout catches what hangs. The gate asks the
# same each time, so that a change fails for what it has changed; the profile "search" asks anew,
# and "few" is for other versions of what is used: what is random there finds little more.
settings.register_profile(
    "tests", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile(
    "search", settings.get_profile("tests"), derandomize=False, max_examples=2000
)
settings.register_profile("few", settings.get_profile("tests"), max_examples=10)
settings.load_profile("tests")

# Each room is measured by the tests of its own. Those that go all the way through, and random
# ones, would count for lines that nothing asserts, and take twice their time when counted.
_UNMEASURED = [
    Path(__file__).parent / name
    for name in ("apps", "clients", "conformance", "peers", "test_docs.py")
]


def pytest_itemcollected(item: pytest.Item) -> None:
    """Leave tests out of the measure of coverage."""
    if not _is_measured(item) and item.config.pluginmanager.hasplugin("_cov"):
        item.add_marker("no_cover")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Leave out the processes that these tests start, too."""
    said = None if _is_measured(item) else os.environ.pop("COVERAGE_PROCESS_CONFIG", None)
    try:
        return (yield)
    finally:
        if said is not None:
            os.environ["COVERAGE_PROCESS_CONFIG"] = said


def _is_measured(item: pytest.Item) -> bool:
    is_random = item.get_closest_marker("hypothesis") is not None
    return not is_random and not any(map(item.path.is_relative_to, _UNMEASURED))


@pytest.fixture
def anyio_backend() -> str:
    """Async tests run on asyncio: the worker and the engine are asyncio programs."""
    return "asyncio"
