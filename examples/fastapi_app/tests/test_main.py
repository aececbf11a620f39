import httpx
import pytest
from fastapi.testclient import TestClient

from shop import __version__

ORIGIN = "http://localhost:5173"


def test_every_response_has_a_request_id(client: TestClient) -> None:
    first, second = client.get("/products"), client.get("/no/such/path")

    assert first.headers["x-request-id"] != second.headers["x-request-id"]


@pytest.mark.anyio
async def test_request_id_is_kept(async_client: httpx.AsyncClient) -> None:
    response = await async_client.get("/admin/status", headers={"x-request-id": "note-g"})

    assert response.headers["x-request-id"] == "note-g"


def test_large_responses_are_compressed(client: TestClient) -> None:
    response = client.get("/products", headers={"Accept-Encoding": "gzip"})

    assert response.headers["content-encoding"] == "gzip"
    assert response.json()["total"] == 7


def test_small_responses_are_not_compressed(client: TestClient) -> None:
    response = client.get("/products/1", headers={"Accept-Encoding": "gzip"})

    assert "content-encoding" not in response.headers


def test_cors_preflight(client: TestClient) -> None:
    response = client.options(
        "/orders",
        headers={
            "Origin": ORIGIN,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization",
        },
    )

    assert response.status_code == 200
    assert response.headers["access-control-allow-origin"] == ORIGIN
    assert "authorization" in response.headers["access-control-allow-headers"]


@pytest.mark.parametrize(("origin", "allowed"), [(ORIGIN, ORIGIN), ("http://shop.test", None)])
def test_cors(client: TestClient, origin: str, allowed: str | None) -> None:
    response = client.get("/products/1", headers={"Origin": origin})

    assert response.headers.get("access-control-allow-origin") == allowed


def test_method_not_allowed(client: TestClient) -> None:
    assert client.put("/products").status_code == 405


def test_openapi(client: TestClient) -> None:
    document = client.get("/openapi.json").json()

    assert document["info"]["title"] == "Shop"
    assert document["info"]["version"] == __version__
    assert "/" not in document["paths"]
    operations = [
        operation for methods in document["paths"].values() for operation in methods.values()
    ]
    assert all(operation["tags"] and operation["description"] for operation in operations)
