"""The app that the tests of this room put through iii."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextvars import ContextVar
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Query, Request, WebSocket
from fastapi.responses import JSONResponse, Response, StreamingResponse

from iii_asgi import get_invocation

__all__ = ["current", "make_app"]

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
