"""An app of odd routes: each kind of argument, body and answer that FastAPI knows."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from typing import Annotated, Any, Literal

from fastapi import (
    APIRouter,
    Body,
    Cookie,
    Depends,
    FastAPI,
    File,
    Form,
    Header,
    HTTPException,
    Query,
    Request,
    UploadFile,
)
from fastapi.responses import (
    JSONResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
    StreamingResponse,
)
from fastapi.security import APIKeyQuery, HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ConfigDict, Field

from iii_asgi import expose
from tests.odd_values import besides, values

__all__ = ["create_odd_app"]


class Item(BaseModel):
    """Something to sell."""

    id: int
    name: str
    price: Decimal | None = None


class Options(BaseModel):
    """All of it can be left out."""

    a: int | None = None
    b: str | None = "b"


class Open(BaseModel):
    """A model that takes more."""

    model_config = ConfigDict(extra="allow")
    a: int = 0


class Cat(BaseModel):
    """A pet."""

    kind: Literal["cat"]
    lives: int


class Dog(BaseModel):
    """A pet."""

    kind: Literal["dog"]
    name: str


class Node(BaseModel):
    """A tree."""

    value: int
    children: list[Node] = []


class Page(BaseModel):
    """A model of query parameters."""

    limit: int = 10
    tags: list[str] = []


Pet = Annotated[Cat | Dog, Field(discriminator="kind")]


def create_odd_app(run: str = "") -> FastAPI:
    """Return the app; its service is ``odd`` and `run`."""
    app = FastAPI(title="Odd")
    tags = [f"odd{run}"]
    for router in (_outside(), _bodies(), _forms(), _answers(), _errors(), values(), besides(run)):
        app.include_router(router, tags=tags)  # type: ignore[arg-type]
    sub = FastAPI()

    @sub.get("/{x}", tags=tags)  # type: ignore[arg-type]
    async def in_sub_app(request: Request, x: int) -> Any:
        return [request.path_params["tenant"], x]

    app.mount("/sub/{tenant}", sub)
    return app


def _outside() -> APIRouter:
    router = APIRouter()

    @router.get("/echo/{text}")
    async def path(text: str, q: str | None = None) -> Any:
        return [text, q]

    @router.get("/files/{rest:path}")
    async def rest(rest: str) -> Any:
        return rest

    @router.get("/query")
    async def query(
        n: int | None = None,
        flag: bool = False,
        tags: Annotated[list[str] | None, Query()] = None,
        other: Annotated[str | None, Query(alias="other-name")] = None,
    ) -> Any:
        return [n, flag, tags, other]

    @router.get("/page")
    async def page(page: Annotated[Page, Query()]) -> Any:
        return page

    @router.get("/headers")
    async def headers(
        x_token: Annotated[str, Header()],
        x_tags: Annotated[list[str] | None, Header()] = None,
        sid: Annotated[str | None, Cookie()] = None,
    ) -> Any:
        return [x_token, x_tags, sid]

    @router.get("/same/{id}")
    async def same(
        id: int,
        q: Annotated[int, Query(alias="id")],
        h: Annotated[int, Header(alias="id")],
        c: Annotated[int, Cookie(alias="id")],
    ) -> Any:
        return [id, q, h, c]

    @router.get("/me")
    async def me(token: Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())]) -> Any:
        return token.credentials

    @router.get("/keyed")
    async def keyed(
        key: Annotated[str, Depends(APIKeyQuery(name="key"))],
        sid: Annotated[str | None, Cookie()] = None,
    ) -> Any:
        return [key, sid]

    @router.get("/hidden/{x}", include_in_schema=False)
    async def hidden(x: int, q: int) -> Any:
        return x + q

    return router


def _bodies() -> APIRouter:
    router = APIRouter()

    @router.put("/items/{id}")
    async def replace(id: int, item: Item) -> Any:
        return [id, item]

    @router.post("/items")
    async def make(item: Item) -> Item:
        return item

    @router.post("/options")
    async def options(options: Options) -> Any:
        return sorted(options.model_fields_set)

    @router.post("/maybe")
    async def maybe(options: Options | None = None) -> Any:
        return options and sorted(options.model_fields_set)

    @router.post("/two")
    async def two(item: Item, options: Options, n: Annotated[int, Body()] = 3) -> Any:
        return [item, options, n]

    @router.post("/list")
    async def many(items: list[Item], q: int = 0) -> Any:
        return [q, *(item.id for item in items)]

    @router.post("/number")
    async def number(n: Annotated[int | None, Body()]) -> Any:
        return [n]

    @router.post("/free")
    async def free(data: dict[str, Any]) -> Any:
        return data

    @router.post("/open")
    async def more(data: Open) -> Any:
        return data

    @router.post("/pets")
    async def pets(pet: Pet) -> Any:
        return pet

    @router.post("/trees")
    async def trees(node: Node) -> Node:
        return node

    @router.post("/raw")
    async def raw(request: Request) -> Any:
        body = await request.body()
        return [request.headers.get("content-type"), body.decode(errors="replace")]

    return router


def _forms() -> APIRouter:
    router = APIRouter()

    @router.post("/form")
    async def form(a: Annotated[int, Form()], b: Annotated[list[str] | None, Form()] = None) -> Any:
        return [a, b]

    @router.post("/upload")
    async def upload(
        file: UploadFile,
        more: list[UploadFile] | None = None,
        raw: Annotated[bytes | None, File()] = None,
        note: Annotated[str, Form()] = "",
    ) -> Any:
        data = await file.read()
        return {
            "name": file.filename,
            "type": file.content_type,
            "bytes": len(data),
            "sha256": hashlib.sha256(data).hexdigest(),
            "more": [one.filename for one in more or ()],
            "raw": raw and raw.decode(),
            "note": note,
        }

    return router


def _answers() -> APIRouter:
    router = APIRouter()

    @router.get("/text")
    async def text() -> PlainTextResponse:
        return PlainTextResponse("grüße")

    @router.get("/bytes")
    async def binary() -> Response:
        return Response(b"\x00\xff", media_type="image/png")

    @router.get("/nothing", status_code=204, response_model=None)
    async def nothing() -> None: ...

    @router.get("/null")
    async def null() -> None: ...

    @router.get("/there")
    async def redirect() -> RedirectResponse:
        return RedirectResponse("/text")

    @router.get("/stream")
    async def stream(chunks: int) -> StreamingResponse:
        def pieces() -> Iterator[bytes]:
            yield from (b"\x00\xff" * 32 * 1024 for _ in range(chunks))

        return StreamingResponse(pieces(), media_type="application/octet-stream")

    @router.get("/events")
    async def events(count: int = 3) -> StreamingResponse:
        async def pieces() -> AsyncIterator[bytes]:
            for number in range(count):
                yield b"data: %d\n\n" % number
                await asyncio.sleep(0.01)

        return StreamingResponse(pieces(), media_type="text/event-stream")

    return router


def _errors() -> APIRouter:
    router = APIRouter()

    @router.get("/fail")
    async def fail(status: Annotated[int, Query(ge=400, le=599)]) -> None:
        raise HTTPException(status, "not today")

    @router.get("/fail-with-code")
    async def fail_with_code() -> None:
        raise HTTPException(409, {"code": "SOLD_OUT", "message": "come back later"})

    @router.get("/fail-by-hand")
    async def fail_by_hand() -> JSONResponse:
        return JSONResponse({"code": "SOLD_OUT", "message": "come back later"}, 409)

    @router.get("/fail-gently")
    @expose(errors="return")
    async def fail_gently() -> None:
        raise HTTPException(409, "not today")

    @router.get("/crash")
    async def crash() -> None:
        raise RuntimeError("the password is swordfish")

    return router
