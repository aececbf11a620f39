"""Tests that know nothing of iii: pytest --iii test_routes.py"""

from fastapi.testclient import TestClient
from wrapped import app

client = TestClient(app)


def test_read() -> None:
    assert client.get("/products/1").json() == {"id": 1, "name": "Brass gear"}


def test_unknown() -> None:
    assert client.get("/products/3").status_code == 404


def test_trailing_slash() -> None:
    assert client.get("/products/2/").json() == {"id": 2, "name": "Chess set"}
