"""HTTP exchanges with the example shop: what a client does, in order, and what it sees."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx

__all__ = ["Seen", "exchanges"]

# Lines that belong to whoever serves, or that the engine writes over with its own.
_OF_THE_SERVER = frozenset({"connection", "content-length", "date", "server", "transfer-encoding"})
_OF_THE_ENGINE = frozenset({"vary"})

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 300


@dataclass(frozen=True)
class Seen:
    """What a client sees of one answer, without what belongs to the server.

    `content_length` is compared only when the answer has no body: then it is the app's word.
    """

    what: str
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


def _seen(what: str, response: httpx.Response) -> Seen:
    lines = []
    for raw_name, raw_value in response.headers.raw:
        name = raw_name.decode("latin-1").lower()
        if name in _OF_THE_SERVER | _OF_THE_ENGINE or name.startswith("access-control-"):
            continue
        lines.append((name, raw_value.decode("latin-1")))
    return Seen(what, response.status_code, tuple(sorted(lines)), response.content)


async def exchanges(client: httpx.AsyncClient) -> AsyncIterator[Seen]:
    """Visit the shop as a customer would: look, review, log in, order, upload, download."""

    async def ask(method: str, path: str, **options: object) -> httpx.Response:
        headers = {"x-request-id": "fixed", **options.pop("headers", {})}  # type: ignore[dict-item]
        return await client.request(method, path, headers=headers, **options)  # type: ignore[arg-type]

    for path in (
        "/",
        "/products",
        "/products?category=games&limit=2&sort=price",
        "/products?limit=no",
        "/products?unknown=1",
        "/products/1",
        "/products/999",
        "/products/3/reviews",
        "/reports/inventory.csv",
        "/static/shop.css",
        "/admin/status",
        "/admin/echo/caf%C3%A9%20au%20lait",
        "/openapi.json",
        "/docs",
        "/orders",
    ):
        yield _seen(f"GET {path}", await ask("GET", path))
    yield _seen("HEAD static", await ask("HEAD", "/static/shop.css"))
    yield _seen("range", await ask("GET", "/static/shop.css", headers={"range": "bytes=3-9"}))
    etag = (await ask("GET", "/static/shop.css")).headers["etag"]
    unchanged = await ask("GET", "/static/shop.css", headers={"if-none-match": etag})
    yield _seen("not modified", unchanged)

    review = {"author": "ada", "rating": "good", "text": "Gear — schön"}
    yield _seen("review", await ask("POST", "/products/1/reviews", json=review))
    broken = {"content": b'{"author": ', "headers": {"content-type": "application/json"}}
    yield _seen("broken JSON", await ask("POST", "/products/1/reviews", **broken))
    yield _seen("no body", await ask("POST", "/products/1/reviews"))

    upload = {"files": {"image": ("gear.png", PNG, "image/png")}}
    yield _seen("upload", await ask("PUT", "/products/1/image", **upload))
    yield _seen("download", await ask("GET", "/products/1/image"))
    wrong = {"files": {"image": ("gear.txt", b"text", "text/plain")}}
    yield _seen("wrong upload", await ask("PUT", "/products/1/image", **wrong))

    form = {"username": "ada", "password": "lovelace"}
    yield _seen("wrong login", await ask("POST", "/auth/token", data={**form, "password": "x"}))
    token = (await ask("POST", "/auth/token", data=form)).json()["access_token"]
    login = {"headers": {"authorization": f"Bearer {token}"}}
    yield _seen("me", await ask("GET", "/auth/me", **login))
    order = {"lines": [{"product_id": 3, "quantity": 2}], "payment": {"method": "invoice"}}
    placed = await ask("POST", "/orders", json=order, **login)
    yield Seen("order", placed.status_code, (), b"")
    too_many = {**order, "lines": [{"product_id": 2, "quantity": 6}]}
    yield _seen("out of stock", await ask("POST", "/orders", json=too_many, **login))
    async with client.stream("GET", "/reports/events?limit=1") as events:
        first = (await events.aread()).decode()
        kinds = [line.partition(":")[0] for line in first.splitlines()]
        yield Seen("events", events.status_code, (), "\n".join(kinds).encode())

    change = {"price_cents": 1234}
    yield _seen("change", await ask("PATCH", "/products/2", json=change))
    yield _seen("delete", await ask("DELETE", "/products/7"))
    yield _seen("deleted", await ask("GET", "/products/7"))
