"""The pytest plugin: ``pytest --iii`` sends the requests of tests through iii.

pytest imports this module in every run, wherever iii-asgi is installed. So it imports nothing
but pytest; all else comes when it is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from iii_asgi.bridge import Bridge
    from iii_asgi.testing.host import Host

__all__ = ["iii_call", "iii_engine", "iii_worker", "pytest_addoption", "pytest_configure"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("iii", "iii-asgi: the tests' requests through iii")
    group.addoption(
        "--iii",
        action="store_true",
        help="send each request of a TestClient or an ASGITransport through iii, in memory, and "
        "report what a real engine would do otherwise",
    )
    group.addoption(
        "--iii-strict",
        action="store_true",
        help="--iii, and what an engine would answer itself or lose is answered and lost",
    )
    group.addoption(
        "--iii-engine",
        action="store_true",
        help="--iii over sockets: through an embedded engine, or the one at III_URL and "
        "III_HTTP_URL",
    )
    group.addoption(
        "--iii-report", metavar="FILE", help="--iii, and write the whole report as JSON"
    )
    parser.addini("iii", "run with --iii", type="bool", default=False)


def pytest_configure(config: pytest.Config) -> None:
    """Begin, if asked to."""
    config.addinivalue_line("markers", "no_iii: the requests of this test never go through iii")
    options = (config.getoption(f"iii{name}") for name in ("", "_strict", "_engine", "_report"))
    if any(options) or config.getini("iii"):
        from iii_asgi.testing.run import Run

        config.pluginmanager.register(Run(config), "iii_asgi.testing.run")


@pytest.fixture(scope="session")
def iii_engine() -> Iterator[Host]:
    """An embedded engine in a thread of its own: `url` for workers, `http_url` for HTTP."""
    from iii_asgi.testing.host import Host

    with Host.embedded() as host:
        yield host


@pytest.fixture
def iii_worker(iii_engine: Host) -> Iterator[Callable[..., Bridge]]:
    """Puts an app on `iii_engine` until the test ends: ``iii_worker(app)`` returns its bridge.

    The app, its lifespan included, runs in the engine's thread. Keyword arguments are
    settings: ``iii_worker(app, service="shop")``.
    """
    with iii_engine.workers() as connect:
        yield connect


@pytest.fixture
def iii_call(iii_engine: Host) -> Callable[..., Any]:
    """Calls a function on `iii_engine` as another worker would, and waits for the result.

    ``iii_call("orders::read", {"order_id": 1})`` returns its value, or raises
    `iii_asgi.errors.InvocationError`. In an async test call it in a thread.
    """
    return iii_engine.call
