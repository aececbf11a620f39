"""A Litestar app: handlers, a DTO, an upload, events, static files, its OpenAPI page."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any

import msgspec
from litestar import Litestar, Request, get, post, put
from litestar.datastructures import Cookie, State, UploadFile
from litestar.enums import RequestEncodingType
from litestar.params import Body
from litestar.response import Redirect, Response, ServerSentEvent, Stream
from litestar.static_files import create_static_files_router


class Tea(msgspec.Struct):
    """What is sold."""

    name: str
    grams: float


@get("/")
async def home(request: Request[Any, Any, State], q: list[str] | None = None) -> dict[str, Any]:
    return {
        "url": str(request.url),
        "root": request.scope["root_path"],
        "query": q,
        "link": request.app.route_reverse("hello", whom="x"),
    }


@get("/hello/{whom:str}", name="hello")
async def hello(whom: str) -> str:
    return f"Hello {whom}"


@post("/teas")
async def add(data: Tea) -> Tea:
    return data


@put("/files/{name:str}")
async def upload(name: str, request: Request[Any, Any, State]) -> dict[str, Any]:
    digest, size = hashlib.sha256(), 0
    async for chunk in request.stream():
        digest.update(chunk)
        size += len(chunk)
    return {"name": name, "size": size, "sha256": digest.hexdigest()}


@post("/form")
async def form(
    data: Annotated[dict[str, Any], Body(media_type=RequestEncodingType.MULTI_PART)],
) -> dict[str, Any]:
    file: UploadFile = data["file"]
    return {"name": file.filename, "text": data["text"], "size": len(await file.read())}


@get("/stream")
async def stream() -> Stream:
    async def lines() -> AsyncIterator[str]:
        for number in range(200):
            yield f"line {number} ä\n"
            await asyncio.sleep(0)

    return Stream(lines(), media_type="text/plain")


@get("/events")
async def events() -> ServerSentEvent:
    async def numbers() -> AsyncIterator[str]:
        for number in range(3):
            yield str(number)

    return ServerSentEvent(numbers())


@get("/cookies")
async def cookies() -> Response[str]:
    headers = {"x-odd": "plain"}
    both = [Cookie("a", value="1"), Cookie("b", value="2", httponly=True)]
    return Response("two", status_code=202, headers=headers, cookies=both)


@get("/away")
async def away() -> Redirect:
    return Redirect("/hello/you")


@get("/fail")
async def fail() -> str:
    raise RuntimeError("secret")


files = create_static_files_router("/static", [Path(__file__).with_name("files")])
handlers = [home, hello, add, upload, form, stream, events, cookies, away, fail, files]
app = Litestar(handlers, debug=False)
