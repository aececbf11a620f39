"""The apps that the tests of this room put through iii."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextvars import ContextVar
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Query, Request, WebSocket
from fastapi.responses import JSONResponse, Response, StreamingResponse
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from iii_asgi import expose, get_invocation
from iii_asgi.testing.records import Records

__all__ = [
    "Rewriting",
    "answer_too_much",
    "break_off",
    "current",
    "database",
    "kinds",
    "make_app",
    "make_excluding_app",
]

current: ContextVar[str] = ContextVar("current", default="nobody")


def database() -> str:
    """A dependency that tests override."""
    return "real"


def make_app() -> FastAPI:
    """An app with what a test can see of a request, and what iii can lose of one."""
    app = FastAPI(title="Shop")
    app.state.database = database

    @app.get("/items/{item_id}")
    async def read_item(item_id: str, request: Request) -> dict[str, Any]:
        invocation = get_invocation(request)
        task = asyncio.current_task()
        found = {
            "id": item_id,
            "function": invocation and invocation.function_id,
            "user": current.get(),
            "task": id(task),
            "url": str(request.url),
        }
        current.set("the app")
        return found

    @app.get("/items")
    async def list_items(q: Annotated[list[str], Query()] = []) -> list[str]:  # noqa: B006
        return q

    @app.post("/items", status_code=201)
    async def create_item(item: dict[str, Any]) -> dict[str, Any]:
        return item

    @app.get("/database")
    async def read_database(name: Annotated[str, Depends(database)]) -> str:
        return name

    @app.get("/crash")
    async def crash() -> None:
        raise LookupError("secret")

    @app.get("/client")
    async def client(request: Request) -> str:
        return request.client.host if request.client else "nobody"

    @app.get("/tokens")
    async def tokens(request: Request) -> list[str]:
        return request.headers.getlist("x-token")

    @app.get("/cors")
    async def cors() -> Response:
        headers = {"access-control-allow-origin": "http://shop.test", "X-Own": "1"}
        return JSONResponse("ok", headers=headers)

    @app.get("/half")
    async def half() -> StreamingResponse:
        async def parts() -> AsyncIterator[bytes]:
            raise LookupError("secret")
            yield b""

        return StreamingResponse(parts())

    @app.get("/odd")
    async def odd() -> Response:
        return Response("odd", status_code=123)

    @app.get("/calls")
    async def calls(request: Request) -> Any:
        invocation = get_invocation(request)
        assert invocation is not None
        return await invocation.worker.trigger("items::read", {"item_id": "7"})

    @app.websocket("/ws")
    async def socket(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.send_text("hello")
        await websocket.close()

    return app


class Rewriting:
    """Middleware that leads ``/v1/x`` to ``/x``, as some apps have."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.count = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            self.count += 1
            scope["path"] = scope["path"].removeprefix("/v1")
        await self.app(scope, receive, send)


def make_excluding_app() -> FastAPI:
    """Make an app with an internal route, which the shape of another one covers."""
    app = FastAPI(title="Shop", middleware=[Middleware(Rewriting)])

    @app.get("/items/internal")
    @expose(enabled=False)
    def internal() -> str:
        return "internal"

    @app.get("/items/{item_id}")
    def read_item(item_id: str) -> str:
        return item_id

    @app.get("/internal")
    @expose(enabled=False)
    def apart() -> str:
        return "internal"

    @app.get("/v1/items/{item_id}")
    def read_old(item_id: str) -> str:
        return "never: the path is another one by then"

    @app.get("/calls")
    async def calls(request: Request) -> Any:
        invocation = get_invocation(request)
        assert invocation is not None
        return await invocation.worker.trigger("items::read", {"item_id": "internal"})

    return app


def kinds(records: Records) -> dict[str, str]:
    """Return kind → note of the differences, each of which was there once."""
    found = {
        kind: "; ".join(one.note for one in differences)
        for kind, differences in records.differences.items()
    }
    assert all(differences.total() == 1 for differences in records.differences.values())
    return found


async def break_off(app: ASGIApp, *lines: tuple[bytes, bytes]) -> list[Any]:
    """Post ``12`` to ``/uploads``, and go before the end; return the status and the body."""
    coming: list[Message] = [
        {"type": "http.request", "body": b"12", "more_body": True},
        {"type": "http.disconnect"},
    ]
    sent: list[Message] = []

    async def receive() -> Message:
        return coming.pop(0) if len(coming) > 1 else coming[0]

    async def send(message: Message) -> None:
        sent.append(message)

    scope: Scope = {
        "type": "http", "http_version": "1.1", "method": "POST", "scheme": "http",
        "path": "/uploads", "raw_path": b"/uploads", "query_string": b"", "root_path": "",
        "headers": list(lines), "client": ("testclient", 1), "server": ("shop.test", 80),
    }  # fmt: skip
    await app(scope, receive, send)
    return [one.get("status", one.get("body")) for one in sent]


async def answer_too_much(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with more bytes than announced, the last ones when the first have arrived."""
    length = [(b"content-length", b"2000000")]
    await send({"type": "http.response.start", "status": 200, "headers": length})
    await send({"type": "http.response.body", "body": b"1" * 1_000_000, "more_body": True})
    await asyncio.sleep(0.2)
    await send({"type": "http.response.body", "body": b"2" * 4_000_000})
