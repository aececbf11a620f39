import asyncio
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from main import app
from shop.database import Database

pytestmark = pytest.mark.anyio


def test_data_outlives_the_application(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_DATABASE", str(tmp_path / "shop.db"))
    with TestClient(app) as client:
        client.delete("/products/1")

    with TestClient(app) as client:
        assert client.get("/products/1").status_code == 404
        assert client.get("/products").json()["total"] == 6


def test_memory_is_fresh_each_time() -> None:
    with TestClient(app) as client:
        client.delete("/products/1")

    with TestClient(app) as client:
        assert client.get("/products/1").status_code == 200


async def test_transaction_commits() -> None:
    with Database(":memory:") as database:
        async with database.transaction() as transaction:
            transaction.execute("DELETE FROM products")

        assert database.fetch_all("SELECT * FROM products") == []


async def test_transaction_rolls_back() -> None:
    with Database(":memory:") as database:
        with pytest.raises(LookupError):
            async with database.transaction() as transaction:
                transaction.execute("DELETE FROM products")
                raise LookupError

        assert len(database.fetch_all("SELECT * FROM products")) == 7


async def test_transactions_take_turns() -> None:
    with Database(":memory:") as database:
        async with database.transaction():
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.01), database.transaction():
                    pass

        async with database.transaction() as transaction:
            transaction.execute("DELETE FROM products")


async def test_transaction_is_over_after_commit() -> None:
    with Database(":memory:") as database:
        async with database.transaction() as transaction:
            transaction.commit()
            async with database.transaction() as another:
                another.execute("DELETE FROM products")
            with pytest.raises(RuntimeError):
                transaction.execute("DELETE FROM users")
