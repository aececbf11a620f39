"""Fixtures: one app after the other in three ways, and each client asks all of them.

With ``III_URL`` and ``III_HTTP_URL`` the ways through iii are on the engine that is there.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.servers import ROOT, behind_iii, behind_uvicorn, engine

WAYS = ("uvicorn", "routes", "app", "app, standalone")
SHOP = ROOT / "examples" / "fastapi_app"


@contextmanager
def served(app: str, way: str, cwd: Path = ROOT) -> Iterator[str]:
    """Serve an app: behind uvicorn, or through iii with this ``--http``, on the embedded engine
    with one of its front ends. Give its URL."""
    if way == "uvicorn":
        with behind_uvicorn(app, cwd=cwd) as url:
            yield url
        return
    http, _, front = way.partition(", ")
    if front and os.environ.get("III_URL"):
        pytest.skip("the engine that is there has the front end that it has")
    flags = ("--http-front", front) if front else ()
    with engine(*flags) as place, behind_iii(place, app, "--http", http, cwd=cwd):
        yield place.http_url


@pytest.fixture(scope="module", params=WAYS)
def site(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of our site."""
    with served("tests.clients.site:app", request.param) as url:
        yield url


@pytest.fixture(scope="module", params=WAYS)
def shop(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of the example shop."""
    with served("main:app", request.param, cwd=SHOP) as url:
        yield url
