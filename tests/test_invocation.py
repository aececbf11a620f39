"""Tests of what a route can know of its call."""

from __future__ import annotations

import httpx
import pytest
from fastapi import FastAPI, Request
from starlette.requests import HTTPConnection

from iii_asgi import get_invocation
from iii_asgi.asgi.transport import ASGITransport
from iii_asgi.exchange.direct_call import DirectTarget
from iii_asgi.invocation import SCOPE_KEY, current_invocation
from tests.exchange.helpers import function, invocation


def test_get_invocation() -> None:
    """The invocation is in the scope, and in the connection made of it."""
    this = invocation()
    scope = {"type": "http", SCOPE_KEY: this}
    assert get_invocation(scope) is this
    assert get_invocation(HTTPConnection(scope)) is this


@pytest.mark.parametrize("scope", [{"type": "http"}, {"type": "http", SCOPE_KEY: "other"}])
def test_no_invocation(scope: dict[str, object]) -> None:
    """Where a server made the scope there is none."""
    assert get_invocation(scope) is None


def test_each_call_is_another() -> None:
    """Two calls are never equal, whatever they carry."""
    assert invocation() != invocation()


def test_no_current_invocation() -> None:
    """Outside of a call there is none."""
    assert current_invocation.get() is None


def make_app() -> FastAPI:
    """Make an app whose route tells the id of its call."""
    app = FastAPI()

    @app.get("/")
    def root(request: Request) -> str | None:
        this = get_invocation(request)
        return this.id if this else None

    return app


@pytest.mark.anyio
async def test_without_iii() -> None:
    """A route that asks works under a test client as well."""
    transport = httpx.ASGITransport(make_app())
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        assert (await client.get("/")).json() is None


@pytest.mark.anyio
async def test_in_a_route() -> None:
    """A route that is called through iii gets its invocation."""
    this = invocation()
    request = DirectTarget(function("/")).call(None).request(this)
    async with ASGITransport(make_app()) as transport:
        response = await transport.handle_async_request(request)
        assert (await response.aread()).decode() == f'"{this.id}"'
