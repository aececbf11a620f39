"""The test client of this package, for those without pytest."""

from __future__ import annotations

from fastapi.testclient import TestClient as FastAPITestClient

from iii_asgi.testing import TestClient
from tests.testing.apps import make_app


def test_drop_in() -> None:
    """It is FastAPI's client, its app is the user's, and its requests go through iii."""
    app = make_app()
    with TestClient(app) as client:
        assert isinstance(client, FastAPITestClient)
        assert client.app is app
        assert client.get("/items/7").json()["function"] == "items::read"
        assert client.get("/items?q=1&q=2").json() == ["1", "2"]


def test_strict() -> None:
    """Strictly, it loses what an engine loses."""
    client = TestClient(make_app(), strict=True, headers={"x-token": "a"})
    assert client.get("/items?q=1&q=2").json() == ["2"]
    assert client.get("/tokens").json() == ["a"]
