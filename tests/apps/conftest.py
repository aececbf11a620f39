"""Fixtures: an engine for all of these tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.servers import Place, engine


@pytest.fixture(scope="package")
def place() -> Iterator[Place]:
    """An engine, in a process of its own."""
    with engine() as place:
        yield place
