"""SQLite, used on the event loop only."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self

from shop.security import hash_password

Parameters = Mapping[str, Any]

SCHEMA = Path(__file__).with_name("schema.sql").read_text(encoding="utf-8")

PRODUCTS = [
    ("Brass gear", "A paperweight that meshes with nothing.", "stationery", 2450, 12),
    ("Chess set", "Thirty-two pieces, one board, no clock.", "games", 3900, 5),
    ("Dice", "A pair, fair to within measurement.", "games", 350, 40),
    ("Notebook", "Squared paper, 120 pages.", "stationery", 690, 25),
    ("Punched cards", "A box of one hundred, blank.", "stationery", 1200, 8),
    ("Sketch of the Analytical Engine", "With notes by the translator.", "books", 1895, 3),
    ("Tables of logarithms", "From 1 to 108000, to seven places.", "books", 2200, 0),
]


class Reader:
    """Runs queries and returns all of what they find."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def fetch_one(self, sql: str, parameters: Parameters | None = None) -> sqlite3.Row | None:
        rows = self.fetch_all(sql, parameters)
        return rows[0] if rows else None

    def fetch_all(self, sql: str, parameters: Parameters | None = None) -> list[sqlite3.Row]:
        return self._connection.execute(sql, parameters or {}).fetchall()


class Transaction(Reader):
    """Changes that are made together or not at all."""

    def __init__(self, connection: sqlite3.Connection, lock: asyncio.Lock) -> None:
        super().__init__(connection)
        self._lock = lock
        self._open = True

    def execute(self, sql: str, parameters: Parameters | None = None) -> sqlite3.Cursor:
        if not self._open:
            raise RuntimeError("the transaction is over")
        return self._connection.execute(sql, parameters or {})

    def insert(self, sql: str, parameters: Parameters | None = None) -> int:
        """Insert one row and return its id."""
        row_id = self.execute(sql, parameters).lastrowid
        assert row_id is not None
        return row_id

    def commit(self) -> None:
        if self._open:
            self._connection.commit()
            self._close()

    def rollback(self) -> None:
        if self._open:
            self._connection.rollback()
            self._close()

    def _close(self) -> None:
        self._open = False
        self._lock.release()


class Database(Reader):
    """One connection: shared by those who read, lent to one transaction at a time."""

    def __init__(self, path: str) -> None:
        super().__init__(sqlite3.connect(path))
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA foreign_keys = ON")
        self._lock = asyncio.Lock()

    def __enter__(self) -> Self:
        self._connection.executescript(SCHEMA)
        if self.fetch_one("SELECT 1 FROM users") is None:
            self._seed()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._connection.close()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """Commit on leaving, or roll back on an error; `Transaction.commit` ends it sooner."""
        await self._lock.acquire()
        transaction = Transaction(self._connection, self._lock)
        try:
            yield transaction
            transaction.commit()
        finally:
            transaction.rollback()

    def _seed(self) -> None:
        with self._connection:
            self._connection.execute(
                "INSERT INTO users (username, password_hash) VALUES (?, ?)",
                ("ada", hash_password("lovelace")),
            )
            self._connection.executemany(
                "INSERT INTO products (name, description, category, price_cents, stock)"
                " VALUES (?, ?, ?, ?, ?)",
                PRODUCTS,
            )
