"""Tests of what a FastAPI route can ask for in its signature."""

from __future__ import annotations

import httpx
import pytest
from fastapi import FastAPI, WebSocket
from fastapi.testclient import TestClient
from pydantic import BaseModel

from iii_asgi import Bridge, CurrentInvocation, Settings
from iii_asgi.asgi.transport import ASGITransport
from iii_asgi.engine import Engine
from tests.catalogue.helpers import build
from tests.engine.helpers import RawWorker, fetch


class Order(BaseModel):
    """A body."""

    note: str


def make_app() -> FastAPI:
    """Make an app whose routes tell what called them."""
    app = FastAPI(title="Shop")

    @app.post("/orders", openapi_extra={"x-iii-metadata": {"cost": 2}})
    def create(order: Order, invocation: CurrentInvocation) -> str | None:
        return invocation.function_id if invocation else None

    @app.get("/later")
    def later(invocation: CurrentInvocation = None) -> str | None:
        return invocation.trigger if invocation else "nothing"

    @app.websocket("/live")
    async def live(socket: WebSocket, invocation: CurrentInvocation) -> None:
        await socket.accept()
        await socket.send_json(invocation is None)
        await socket.close()

    return app


def test_under_a_test_client() -> None:
    """Where no invocation is, it is None, over HTTP and over a WebSocket."""
    client = TestClient(make_app())
    assert client.post("/orders", json={"note": "x"}).json() is None
    assert client.get("/later").json() == "nothing"
    with client.websocket_connect("/live") as socket:
        assert socket.receive_json() is True


def test_openapi() -> None:
    """It leaves no trace in the description of the app."""
    with_it = make_app().openapi()
    (body,) = with_it["paths"]["/orders"].values()
    assert "parameters" not in body
    assert body["requestBody"]["content"]["application/json"]["schema"] == {
        "$ref": "#/components/schemas/Order"
    }
    (later,) = with_it["paths"]["/later"].values()
    assert not {"parameters", "requestBody"} & later.keys()
    assert "Invocation" not in str(with_it)


def test_bodies() -> None:
    """A route that asks for it can have its body inline: it does not read the request."""
    (create,) = (one for one in build(make_app()).functions if one.path == "/orders")
    assert create.body == "inline"
    assert create.metadata == {"cost": 2}


@pytest.mark.anyio
async def test_on_iii() -> None:
    """On iii it is the call that the route serves, by HTTP or directly."""
    app = make_app()
    async with (
        Engine(port=0, http_port=0) as engine,
        RawWorker(engine) as worker,
        Bridge(app, settings=Settings(url=engine.url)).connect(),
    ):
        assert await worker.result("orders::create", {"note": "x"}) == "orders::create"
        assert (await fetch(engine, "/later")).json == "http"
        assert await worker.result("later::later") is None
        # A route that calls its own app in process makes a new request.
        transport = ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
            assert (await client.get("/later")).json() == "nothing"
