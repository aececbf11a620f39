"""The apps that are measured: one route each, raw, on Starlette, on FastAPI; and a large one."""

from __future__ import annotations

import asyncio
import atexit
import time
from collections.abc import AsyncIterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from fastapi import APIRouter, FastAPI
from pydantic import BaseModel
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

__all__ = ["bodies_app", "fastapi_app", "large_app", "raw_app", "starlette_app"]


async def raw_app(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer at once: what is left is the cost of the bridge."""
    assert scope["type"] == "http"
    await send(
        {
            "type": "http.response.start",
            "status": 200,
            "headers": [(b"content-type", b"application/json"), (b"content-length", b"11")],
        }
    )
    await send({"type": "http.response.body", "body": b'{"ok":true}'})


async def show_user(request: Request) -> Response:
    """Answer with JSON made of a path and a query parameter."""
    return JSONResponse(
        {"id": request.path_params["user_id"], "q": request.query_params.get("q")},
    )


starlette_app = Starlette(routes=[Route("/users/{user_id}", show_user)])

fastapi_app = FastAPI(openapi_url=None)


class User(BaseModel):
    """A small response model."""

    id: int
    name: str
    q: str | None = None
    tags: list[str] = []


@fastapi_app.get("/users/{user_id}")
async def get_user(user_id: int, q: str | None = None) -> User:
    """Answer with a model, validated both ways: the typical FastAPI route."""
    return User(id=user_id, name="Ada Lovelace", q=q, tags=["a", "b"])


def large_app(routes: int, *, in_routers: bool) -> FastAPI:
    """Return an app of so many routes with models and parameters.

    Args:
        routes: a multiple of ten.
        in_routers: ten routes a router, which FastAPI builds when it first needs them; else
            all on the app, built here.
    """
    app = FastAPI()
    for number in range(routes // 10):
        place = APIRouter() if in_routers else app.router
        for action in range(5):
            path = f"/things{number}/{{thing_id}}/action{action}"
            place.add_api_route(path, get_user_of, methods=["GET"])
            place.add_api_route(path, put_user_of, methods=["PUT"])
        if in_routers:
            app.include_router(place)
    return app


async def get_user_of(thing_id: int, q: str | None = None) -> User:
    """Answer with a model."""
    return User(id=thing_id, name="", q=q)


async def put_user_of(thing_id: int, user: User) -> User:
    """Take and give a model."""
    return user


# -- long bodies -------------------------------------------------------------------------

bodies_app = FastAPI(openapi_url=None)


class Note(BaseModel):
    """A closed model without numbers: its JSON may go inline."""

    title: str
    text: str


@bodies_app.post("/notes")
async def add(note: Note) -> Note:
    """Answer with what came."""
    return note


_MEGABYTE = bytes(10**6)


@cache
def _file() -> Path:
    """Return a file of a megabyte, which is gone when the process ends."""
    folder = TemporaryDirectory(prefix="iii-asgi-")
    atexit.register(folder.cleanup)
    path = Path(folder.name, "megabyte.bin")
    path.write_bytes(_MEGABYTE)
    return path


async def give(request: Request) -> Response:
    """Answer with a long body."""
    name = request.path_params["name"]
    if name == "megabyte":
        return Response(_MEGABYTE, media_type="application/octet-stream")
    if name == "file":
        return FileResponse(_file())
    return StreamingResponse(_STREAMS[name](), media_type="application/octet-stream")


async def take(request: Request) -> Response:
    """Take a long body, piece by piece."""
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
    return JSONResponse({"size": size})


async def _chunks() -> AsyncIterator[bytes]:
    for _ in range(1000):
        yield b"a line of text such as a server has"


async def _slow() -> AsyncIterator[bytes]:
    yield b"at %d\n" % time.monotonic_ns()
    await asyncio.sleep(0.02)
    yield b"end\n"


async def _download() -> AsyncIterator[bytes]:
    for _ in range(200):
        yield _MEGABYTE


_STREAMS = {"chunks": _chunks, "slow": _slow, "download": _download}

bodies_app.add_route("/bodies/{name}", give, methods=["GET"])
bodies_app.add_route("/bodies", take, methods=["POST"])
