import httpx
import pytest
from fastapi.testclient import TestClient

from shop import __version__


@pytest.mark.anyio
async def test_status(async_client: httpx.AsyncClient) -> None:
    response = await async_client.get("/admin/status")

    assert response.status_code == 200
    assert response.json() == {"status": "ok", "version": __version__}


@pytest.mark.parametrize(("path", "word"), [("hello", "hello"), ("gr%C3%BC%C3%9Fe", "grüße")])
def test_echo(client: TestClient, path: str, word: str) -> None:
    assert client.get(f"/admin/echo/{path}").json() == {"word": word}


def test_no_such_route(client: TestClient) -> None:
    assert client.get("/admin/none").status_code == 404
    assert client.post("/admin/status").status_code == 405
