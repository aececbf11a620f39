import asyncio
import csv
import io
import json
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient

ORDER: dict[str, Any] = {"lines": [{"product_id": 3}], "payment": {"method": "invoice"}}


def parse_events(text: str) -> list[dict[str, str]]:
    blocks = text.removesuffix("\n\n").split("\n\n")
    return [dict(line.split(": ", 1) for line in block.splitlines()) for block in blocks]


def test_inventory_csv(client: TestClient) -> None:
    response = client.get("/reports/inventory.csv")

    assert response.status_code == 200
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    assert response.headers["content-disposition"] == 'attachment; filename="inventory.csv"'
    rows = list(csv.DictReader(io.StringIO(response.text, newline="")))
    assert len(rows) == 7
    assert rows[1] == {
        "id": "2",
        "name": "Chess set",
        "category": "games",
        "price_cents": "3900",
        "stock": "5",
    }


@pytest.mark.anyio
async def test_inventory_csv_in_batches(
    async_client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shop.routers.reports.BATCH", 3)

    response = await async_client.get("/reports/inventory.csv")

    assert [line.partition(",")[0] for line in response.text.splitlines()] == ["id", *"1234567"]


def test_events_of_the_past(client: TestClient, ada: dict[str, str]) -> None:
    for _ in range(3):
        client.post("/orders", json=ORDER, headers=ada)

    response = client.get("/reports/events?limit=2")

    assert response.status_code == 200
    assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
    first, second = parse_events(response.text)
    assert (first["event"], first["id"], second["id"]) == ("order", "1", "2")
    assert json.loads(first["data"])["total_cents"] == 350


def test_events_after_the_last_one_seen(client: TestClient, ada: dict[str, str]) -> None:
    for _ in range(3):
        client.post("/orders", json=ORDER, headers=ada)

    response = client.get("/reports/events?limit=1", headers={"Last-Event-ID": "2"})

    assert [event["id"] for event in parse_events(response.text)] == ["3"]


@pytest.mark.anyio
async def test_events_as_they_come(async_ada: httpx.AsyncClient) -> None:
    await async_ada.post("/orders", json=ORDER)
    streaming = asyncio.create_task(async_ada.get("/reports/events?limit=3"))
    await asyncio.sleep(0.05)
    assert not streaming.done()

    await async_ada.post("/orders", json=ORDER)
    await async_ada.post("/orders", json=ORDER)
    response = await asyncio.wait_for(streaming, timeout=5)

    assert [event["id"] for event in parse_events(response.text)] == ["1", "2", "3"]


def test_events_without_an_end(client: TestClient) -> None:
    assert client.get("/reports/events?limit=0").status_code == 422
