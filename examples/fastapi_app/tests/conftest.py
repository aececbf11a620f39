from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from fastapi.testclient import TestClient

from main import app


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SHOP_DATABASE", raising=False)


@pytest.fixture
def client() -> Iterator[TestClient]:
    with TestClient(app) as client:
        yield client


@pytest.fixture
def ada(client: TestClient) -> dict[str, str]:
    """The headers of a user who is logged in."""
    response = client.post("/auth/token", data={"username": "ada", "password": "lovelace"})
    return {"Authorization": f"Bearer {response.json()['access_token']}"}


@pytest.fixture
async def async_client() -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://shop.test") as client,
    ):
        yield client


@pytest.fixture
async def async_ada(async_client: httpx.AsyncClient) -> httpx.AsyncClient:
    """An asynchronous client that is logged in."""
    response = await async_client.post(
        "/auth/token", data={"username": "ada", "password": "lovelace"}
    )
    async_client.headers["Authorization"] = f"Bearer {response.json()['access_token']}"
    return async_client
