from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient

ABACUS = {"name": "Abacus", "category": "games", "price_cents": 2800, "stock": 4}


def names(response: Any) -> list[str]:
    return [product["name"] for product in response.json()["items"]]


def test_list(client: TestClient) -> None:
    response = client.get("/products")

    assert response.status_code == 200
    page = response.json()
    assert (page["total"], page["limit"], page["offset"]) == (7, 20, 0)
    assert names(response) == sorted(names(response))
    assert page["items"][0] == {
        "id": 1,
        "name": "Brass gear",
        "description": "A paperweight that meshes with nothing.",
        "category": "stationery",
        "price_cents": 2450,
        "stock": 12,
        "has_image": False,
    }


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("category=games", ["Chess set", "Dice"]),
        ("q=CARD", ["Punched cards"]),
        ("max_price_cents=700&sort=price", ["Dice", "Notebook"]),
        ("category=books&in_stock=true", ["Sketch of the Analytical Engine"]),
        ("q=nothing+like+it", []),
    ],
)
def test_list_filtered(client: TestClient, query: str, expected: list[str]) -> None:
    assert names(client.get(f"/products?{query}")) == expected


@pytest.mark.anyio
async def test_list_pages(async_client: httpx.AsyncClient) -> None:
    first = await async_client.get("/products", params={"limit": 5})
    second = await async_client.get("/products", params={"limit": 5, "offset": 5})

    assert [len(names(first)), len(names(second))] == [5, 2]
    assert not set(names(first)) & set(names(second))
    assert second.json()["total"] == 7


@pytest.mark.parametrize("query", ["limit=0", "category=food", "colour=red"])
def test_list_with_a_wrong_query(client: TestClient, query: str) -> None:
    response = client.get(f"/products?{query}")

    assert response.status_code == 422
    assert response.json()["detail"][0]["loc"] == ["query", query.partition("=")[0]]


def test_read(client: TestClient) -> None:
    response = client.get("/products/2")

    assert response.status_code == 200
    assert response.json()["name"] == "Chess set"


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_unknown_product(client: TestClient, method: str) -> None:
    response = client.request(method, "/products/99", json={} if method == "PATCH" else None)

    assert response.status_code == 404
    assert response.json() == {"detail": "Product not found"}


def test_create(client: TestClient) -> None:
    response = client.post("/products", json=ABACUS)

    assert response.status_code == 201
    product = response.json()
    assert product == {"id": 8, "description": "", "has_image": False, **ABACUS}
    assert client.get("/products/8").json() == product


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", ""), ("category", "food"), ("price_cents", 0), ("price_cents", 9.5), ("stock", -1)],
)
def test_create_with_a_wrong_field(client: TestClient, field: str, value: object) -> None:
    response = client.post("/products", json={**ABACUS, field: value})

    assert response.status_code == 422
    assert response.json()["detail"][0]["loc"] == ["body", field]


@pytest.mark.anyio
async def test_update_changes_only_what_is_given(async_client: httpx.AsyncClient) -> None:
    before = (await async_client.get("/products/3")).json()

    response = await async_client.patch("/products/3", json={"price_cents": 400})

    assert response.status_code == 200
    assert response.json() == {**before, "price_cents": 400}
    assert (await async_client.get("/products/3")).json() == response.json()


def test_delete(client: TestClient) -> None:
    response = client.delete("/products/4")

    assert response.status_code == 204
    assert response.content == b""
    assert client.get("/products/4").status_code == 404


def test_ids_are_not_used_again(client: TestClient) -> None:
    created = client.post("/products", json=ABACUS).json()
    client.delete(f"/products/{created['id']}")

    assert client.post("/products", json=ABACUS).json()["id"] == created["id"] + 1
