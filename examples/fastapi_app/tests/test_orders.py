import asyncio
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient

from main import app
from shop.dependencies import get_current_user
from shop.models import User

ORDER: dict[str, Any] = {
    "lines": [{"product_id": 2, "quantity": 2}, {"product_id": 3}],
    "payment": {"method": "card", "last_digits": "4242"},
    "shipping": {
        "street": "12 St James's Square",
        "city": "London",
        "postcode": "SW1Y 4JH",
        "country": "GB",
    },
}


def test_create(client: TestClient, ada: dict[str, str]) -> None:
    response = client.post("/orders", json=ORDER, headers=ada)

    assert response.status_code == 201
    order = response.json()
    created_at = datetime.fromisoformat(order.pop("created_at"))
    assert abs((datetime.now(UTC) - created_at).total_seconds()) < 60
    assert order == {
        "id": 1,
        "status": "placed",
        "lines": [
            {"product_id": 2, "name": "Chess set", "quantity": 2, "unit_price_cents": 3900},
            {"product_id": 3, "name": "Dice", "quantity": 1, "unit_price_cents": 350},
        ],
        "total_cents": 8150,
        "payment": ORDER["payment"],
        "shipping": ORDER["shipping"],
        "note": None,
    }


@pytest.mark.anyio
async def test_create_takes_from_stock(async_ada: httpx.AsyncClient) -> None:
    await async_ada.post("/orders", json=ORDER)

    assert (await async_ada.get("/products/2")).json()["stock"] == 3
    assert (await async_ada.get("/products/3")).json()["stock"] == 39


@pytest.mark.anyio
async def test_confirmation_is_written_in_the_background(async_ada: httpx.AsyncClient) -> None:
    order = (await async_ada.post("/orders", json=ORDER)).json()

    assert (await async_ada.get(f"/orders/{order['id']}")).json()["status"] == "confirmed"
    confirmation = await async_ada.get(f"/orders/{order['id']}/confirmation")
    assert confirmation.status_code == 200
    assert confirmation.json() == {
        "recipient": "ada",
        "subject": "Your order 1",
        "body": "Thank you for your order:\n2 x Chess set\n1 x Dice",
    }


def test_out_of_stock(client: TestClient, ada: dict[str, str]) -> None:
    lines = [{"product_id": 3}, {"product_id": 2, "quantity": 6}]
    response = client.post("/orders", json={**ORDER, "lines": lines}, headers=ada)

    assert response.status_code == 409
    assert response.json() == {"detail": "Only 5 of 'Chess set' in stock"}


@pytest.mark.parametrize("last", [{"product_id": 7}, {"product_id": 99}])
def test_a_failed_order_changes_nothing(
    client: TestClient, ada: dict[str, str], last: dict[str, int]
) -> None:
    lines = [{"product_id": 3, "quantity": 10}, last]
    response = client.post("/orders", json={**ORDER, "lines": lines}, headers=ada)

    assert response.status_code in {404, 409}
    assert client.get("/products/3").json()["stock"] == 40
    assert client.get("/orders", headers=ada).json() == []


@pytest.mark.anyio
async def test_orders_at_once_do_not_oversell(async_ada: httpx.AsyncClient) -> None:
    order = {**ORDER, "lines": [{"product_id": 6}]}
    responses = await asyncio.gather(*(async_ada.post("/orders", json=order) for _ in range(8)))

    statuses = sorted(response.status_code for response in responses)
    assert statuses == [201] * 3 + [409] * 5


@pytest.mark.parametrize(
    ("change", "location"),
    [
        ({"lines": []}, ["body", "lines"]),
        ({"lines": [{"product_id": 2, "quantity": 0}]}, ["body", "lines", 0, "quantity"]),
        ({"payment": {"method": "cheque"}}, ["body", "payment"]),
        ({"payment": {"method": "card"}}, ["body", "payment", "card", "last_digits"]),
        ({"shipping": {**ORDER["shipping"], "country": "gb"}}, ["body", "shipping", "country"]),
    ],
)
def test_create_with_a_wrong_field(
    client: TestClient, ada: dict[str, str], change: dict[str, Any], location: list[str | int]
) -> None:
    response = client.post("/orders", json={**ORDER, **change}, headers=ada)

    assert response.status_code == 422
    assert response.json()["detail"][0]["loc"] == location


def test_pay_by_invoice_and_collect(client: TestClient, ada: dict[str, str]) -> None:
    payment = {"method": "invoice", "reference": "Note G"}
    order = {"lines": [{"product_id": 4}], "payment": payment, "note": "Ring twice"}
    response = client.post("/orders", json=order, headers=ada)

    assert response.status_code == 201
    assert response.json()["payment"] == payment
    assert response.json()["shipping"] is None
    assert response.json()["note"] == "Ring twice"


def test_list(client: TestClient, ada: dict[str, str]) -> None:
    for _ in range(3):
        client.post("/orders", json=ORDER | {"lines": [{"product_id": 3}]}, headers=ada)

    def ids(query: str) -> list[int]:
        return [order["id"] for order in client.get(f"/orders{query}", headers=ada).json()]

    assert ids("") == [3, 2, 1]
    assert ids("?limit=1&offset=1") == [2]
    assert ids("?status=confirmed") == [3, 2, 1]
    assert ids("?status=placed") == []


def test_unknown_order(client: TestClient, ada: dict[str, str]) -> None:
    assert client.get("/orders/1", headers=ada).json() == {"detail": "Order not found"}
    assert client.get("/orders/1/confirmation", headers=ada).status_code == 404


def test_orders_of_others_are_not_shown(
    client: TestClient, ada: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    client.post("/orders", json=ORDER, headers=ada)
    other = User(id=2, username="other")
    monkeypatch.setitem(app.dependency_overrides, get_current_user, lambda: other)

    assert client.get("/orders").json() == []
    assert client.get("/orders/1").status_code == 404
    assert client.get("/orders/1/confirmation").status_code == 404


@pytest.mark.parametrize(("method", "path"), [("GET", ""), ("POST", ""), ("GET", "/1")])
def test_orders_require_login(client: TestClient, method: str, path: str) -> None:
    response = client.request(method, f"/orders{path}", json=ORDER if method == "POST" else None)

    assert response.status_code == 401
    assert response.json() == {"detail": "Not authenticated"}
