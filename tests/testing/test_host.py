"""An engine in a thread beside the tests, and workers on it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import asynccontextmanager

import httpx
import pytest
from fastapi import FastAPI

from iii_asgi import Settings
from iii_asgi.errors import (
    ConnectionLostError,
    InvocationError,
    InvocationTimeoutError,
    LifespanError,
)
from iii_asgi.testing.host import Host
from tests.testing.apps import make_app


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    with Host.embedded() as host:
        yield host


def test_workers(host: Host) -> None:
    """An app is on the engine until the context ends, over HTTP and for callers."""
    with host.workers() as connect:
        assert connect(make_app(), service="shop").settings.service == "shop"
        assert httpx.get(f"{host.http_url}/items/7").json()["function"] == "items::read"
        assert host.call("items::read", {"item_id": "8"})["id"] == "8"
    assert httpx.get(f"{host.http_url}/items/7").status_code == 404
    with pytest.raises(InvocationError, match="function_not_found"):
        host.call("items::read", {"item_id": "8"})


def test_slow_call(host: Host) -> None:
    """A call that takes too long is given up."""
    app = FastAPI(title="Slow")

    @app.get("/slow")
    async def slow() -> None:
        import asyncio

        await asyncio.sleep(0.5)

    with host.workers() as connect:
        connect(app)
        with pytest.raises(InvocationTimeoutError):
            host.call("slow::slow", timeout=0.1)


def test_app_that_does_not_start(host: Host) -> None:
    """An app whose start fails says so at once."""

    @asynccontextmanager
    async def lifespan(app: FastAPI):  # type: ignore[no-untyped-def]
        raise LookupError("no database")
        yield

    with host.workers() as connect, pytest.raises(LifespanError):
        connect(FastAPI(lifespan=lifespan))


def test_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine that the environment names is used; both of its addresses are needed."""
    monkeypatch.setenv("III_URL", "ws://engine.test:1")
    monkeypatch.delenv("III_HTTP_URL", raising=False)
    assert not Host.of_environment().is_external
    monkeypatch.setenv("III_HTTP_URL", "http://engine.test:2/")
    host = Host.of_environment()
    assert (host.is_external, host.url, host.http_url) == (
        True, "ws://engine.test:1", "http://engine.test:2",
    )  # fmt: skip


def test_engine_away() -> None:
    """An engine that is not there is said at once, with its address."""
    with pytest.raises(ConnectionLostError, match=r"ws://127\.0\.0\.1:9 "):
        Host("ws://127.0.0.1:9", "http://127.0.0.1:9").start()


def test_settings_of_a_worker(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker name of the environment is not taken: several apps may be on the engine."""
    monkeypatch.setenv("III_WORKER_NAME", "shop")
    with host.workers() as connect:
        assert connect(make_app()).settings.name != "shop"
    assert Settings.resolve().name == "shop"
