"""Apps in apps: WSGI in Starlette in FastAPI in Starlette, with files and a frontend."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from pathlib import Path
from typing import Any

from a2wsgi import WSGIMiddleware
from fastapi import FastAPI, Request
from starlette.applications import Starlette
from starlette.requests import Request as Asked
from starlette.responses import JSONResponse, PlainTextResponse, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

FILES = Path(__file__).with_name("files")


def where(request: Asked) -> dict[str, Any]:
    """Tell where an app finds itself."""
    scope = request.scope
    return {
        "url": str(request.url),
        "root_path": scope["root_path"],
        "path": scope["path"],
        "raw_path": scope["raw_path"].decode(),
        "params": {name: str(value) for name, value in request.path_params.items()},
    }


def wsgi(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Tell where a WSGI app finds itself."""
    start_response("200 OK", [("Content-Type", "text/plain; charset=utf-8")])
    body = environ["wsgi.input"].read()
    names = ("REQUEST_METHOD", "SCRIPT_NAME", "PATH_INFO", "QUERY_STRING")
    yield "\n".join(str(environ[name]) for name in names).encode()
    yield b"\n" + body


async def innermost(request: Asked) -> JSONResponse:
    return JSONResponse(where(request))


async def slow(request: Asked) -> StreamingResponse:
    async def pieces() -> AsyncIterator[str]:
        for number in range(5):
            yield f"{number}\n"
            await asyncio.sleep(0.01)

    return StreamingResponse(pieces(), media_type="text/plain")


inner = Starlette(
    routes=[
        Route("/at/{name}", innermost, methods=["GET", "POST"]),
        Route("/deep/{rest:path}", innermost),
        Route("/slow", slow),
        Route("/slash/", innermost),
        Mount("/wsgi", WSGIMiddleware(wsgi)),
    ]
)

middle = FastAPI(title="Middle")
middle.mount("/inner", inner)
middle.mount("/static", StaticFiles(directory=FILES, html=True))


@middle.get("/items/{item_id}")
async def read_item(item_id: int, request: Request) -> dict[str, Any]:
    return where(request) | {"link": str(request.url_for("read_item", item_id=7))}


@middle.get("/client")
async def client(request: Request) -> dict[str, Any]:
    return where(request) | {"client": request.client and request.client.host}


@middle.get("/v{number}.json")
async def version(number: int) -> int:
    return number


@middle.post("/items/")
async def add_item(item: dict[str, Any]) -> dict[str, Any]:
    return item


if hasattr(middle, "frontend"):  # since FastAPI 0.137
    middle.frontend("/", directory=FILES)


async def top(request: Asked) -> PlainTextResponse:
    return PlainTextResponse("top")


app = Starlette(routes=[Route("/", top), Mount("/middle", middle)])
