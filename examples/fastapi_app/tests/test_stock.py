import pytest
from fastapi.testclient import TestClient


def test_changes_are_sent(client: TestClient, ada: dict[str, str]) -> None:
    order = {
        "lines": [{"product_id": 2, "quantity": 2}, {"product_id": 3}],
        "payment": {"method": "invoice"},
    }
    with client.websocket_connect("/ws/stock") as websocket:
        client.post("/orders", json=order, headers=ada)
        client.patch("/products/7", json={"stock": 10})

        assert [websocket.receive_json() for _ in range(3)] == [
            {"type": "change", "product_id": 2, "stock": 3},
            {"type": "change", "product_id": 3, "stock": 39},
            {"type": "change", "product_id": 7, "stock": 10},
        ]


def test_every_watcher_is_told(client: TestClient) -> None:
    with (
        client.websocket_connect("/ws/stock") as first,
        client.websocket_connect("/ws/stock") as second,
    ):
        client.patch("/products/7", json={"stock": 1})

        assert first.receive_json() == second.receive_json()


def test_a_query_is_answered(client: TestClient) -> None:
    with client.websocket_connect("/ws/stock") as websocket:
        websocket.send_json({"product_id": 1})

        assert websocket.receive_json() == {"type": "level", "product_id": 1, "stock": 12}


@pytest.mark.parametrize("message", ["hello", "{}", '{"product_id": 99}'])
def test_a_wrong_query_is_answered_too(client: TestClient, message: str) -> None:
    with client.websocket_connect("/ws/stock") as websocket:
        websocket.send_text(message)
        assert websocket.receive_json()["type"] == "error"

        websocket.send_json({"product_id": 1})
        assert websocket.receive_json()["type"] == "level"
