"""The same requests to the same app: through uvicorn, through httpx's transport, through ours."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Annotated, Any

import httpx
import pytest
from fastapi import (
    APIRouter,
    Body,
    Cookie,
    Depends,
    FastAPI,
    File,
    Form,
    HTTPException,
    Request,
    Response,
    UploadFile,
)
from fastapi.responses import FileResponse, RedirectResponse, StreamingResponse
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.staticfiles import StaticFiles

from iii_asgi.asgi.transport import ASGITransport
from tests.asgi.helpers import ask, uvicorn_server

HERE = Path(__file__).parent


class Stamp(BaseHTTPMiddleware):
    """Reads the body on the way in and adds a header on the way out."""

    async def dispatch(self, request: Request, call_next: RequestResponseEndpoint) -> Response:
        """Stamp the response."""
        body = await request.body()
        response = await call_next(request)
        response.headers["x-body-length"] = str(len(body))
        return response


router = APIRouter()


@router.get("/json/{number}")
async def json_answer(number: int, q: str | None = None) -> dict[str, Any]:
    return {"number": number, "q": q}


@router.get("/sync/{number}")
def sync_answer(number: int) -> dict[str, int]:
    return {"number": number}


@router.post("/body")
async def body_answer(request: Request) -> Response:
    chunks = [part async for part in request.stream()]
    return Response(b"".join(chunks) + b"!", status_code=201, media_type="image/x-odd")


@router.post("/item")
async def item_answer(item: Annotated[dict[str, float], Body()]) -> dict[str, float]:
    return item


@router.post("/form")
async def form_answer(
    name: Annotated[str, Form()], upload: Annotated[UploadFile, File()]
) -> dict[str, Any]:
    return {"name": name, "file": upload.filename, "size": len(await upload.read())}


@router.get("/cookies")
async def cookies_answer(response: Response, a: Annotated[str, Cookie()] = "") -> str:
    response.set_cookie("one", "1")
    response.set_cookie("two", "2")
    return a


@router.get("/error/{status}")
async def error_answer(status: int) -> None:
    raise HTTPException(status, "no such thing", headers={"x-why": "because"})


@router.get("/redirect")
async def redirect_answer() -> RedirectResponse:
    return RedirectResponse("/json/1")


@router.get("/stream")
async def stream_answer() -> StreamingResponse:
    async def parts() -> AsyncIterator[bytes]:
        for number in range(20):
            await asyncio.sleep(0)
            yield b"%d \xc3" % number

    return StreamingResponse(parts(), media_type="text/csv")


@router.get("/sync-stream")
def sync_stream_answer() -> StreamingResponse:
    return StreamingResponse(iter(["ä", "b", "", "c" * 5000]), headers={"content-length": "5003"})


@router.get("/file")
async def file_answer() -> FileResponse:
    return FileResponse(HERE / "__init__.py", filename="ü.py")


@router.get("/nothing", status_code=204, response_model=None)
async def nothing_answer() -> None:
    return None


@router.get("/dependency")
async def dependency_answer(value: Annotated[str, Depends(lambda: "from a dependency")]) -> str:
    return value


@router.api_route("/both", methods=["GET", "HEAD"], include_in_schema=False)
async def both_answer() -> str:
    return "both"


def make_app() -> FastAPI:
    app = FastAPI(
        middleware=[
            Middleware(CORSMiddleware, allow_origins=["https://a.example"]),
            Middleware(GZipMiddleware, minimum_size=2000),
            Middleware(Stamp),
        ]
    )
    app.include_router(router)
    app.mount("/static", StaticFiles(directory=HERE))
    return app


APP = make_app()

REQUESTS: list[tuple[str, str, dict[str, Any]]] = [
    ("GET", "/json/7?q=a%20b", {}),
    ("GET", "/json/seven", {}),
    ("GET", "/json/7/", {}),
    ("DELETE", "/json/7", {}),
    ("HEAD", "/json/7", {}),
    ("GET", "/nowhere", {}),
    ("GET", "/sync/7", {}),
    ("POST", "/body", {"content": b"\x00\xff" * 1000}),
    ("POST", "/body", {}),
    ("PUT", "/body", {"content": b"x"}),
    ("POST", "/item", {"json": {"price": 2.5}}),
    ("POST", "/item", {"content": b'{"price":', "headers": {"content-type": "application/json"}}),
    ("POST", "/form", {"data": {"name": "ü"}, "files": {"upload": ("f.bin", b"\x00" * 100)}}),
    ("POST", "/form", {"data": {"name": "x"}}),
    ("GET", "/cookies", {"headers": [("cookie", "a=1"), ("cookie", "b=2")]}),
    ("GET", "/error/404", {}),
    ("GET", "/error/503", {}),
    ("GET", "/error/304", {}),
    ("GET", "/redirect", {}),
    ("GET", "/stream", {}),
    ("GET", "/sync-stream", {"headers": {"accept-encoding": "identity"}}),
    ("GET", "/sync-stream", {"headers": {"accept-encoding": "gzip"}}),
    ("GET", "/file", {}),
    ("GET", "/file", {"headers": {"range": "bytes=0-4"}}),
    ("GET", "/nothing", {}),
    ("GET", "/dependency", {}),
    ("GET", "/both", {}),
    ("HEAD", "/both", {}),
    ("OPTIONS", "/both", {}),
    ("GET", "/both", {"headers": {"origin": "https://a.example"}}),
    ("GET", "/openapi.json", {"headers": {"accept-encoding": "gzip"}}),
    ("GET", "/static/helpers.py", {}),
    ("HEAD", "/static/helpers.py", {}),
    ("GET", "/static/helpers.py", {"headers": {"range": "bytes=-10"}}),
    ("GET", "/static/none", {}),
]


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """uvicorn as it comes."""
    with uvicorn_server(APP) as url:
        yield url


def build(base: str, method: str, path: str, arguments: dict[str, Any]) -> httpx.Request:
    """Make a request whose headers do not depend on the server's port."""
    request = httpx.Request(method, base + path, **arguments)
    request.headers["host"] = "testserver"
    if "boundary" in request.headers.get("content-type", ""):
        return httpx.Request(
            method,
            base + path,
            headers={"host": "testserver", "content-type": "multipart/form-data; boundary=b"},
            **arguments,
        )
    return request


@pytest.mark.anyio
@pytest.mark.parametrize(("method", "path", "arguments"), REQUESTS)
async def test_as_uvicorn(server: str, method: str, path: str, arguments: dict[str, Any]) -> None:
    """Status, header lines and body are what uvicorn sends."""
    async with httpx.AsyncHTTPTransport() as theirs:
        expected = await ask(theirs, build(server, method, path, arguments))
    async with ASGITransport(APP) as ours:
        answer = await ask(ours, build(server, method, path, arguments))

    assert answer == expected


@pytest.mark.anyio
@pytest.mark.parametrize(("method", "path", "arguments"), REQUESTS)
async def test_as_httpx(method: str, path: str, arguments: dict[str, Any]) -> None:
    """Status, header lines and body are what httpx's own transport gives."""
    base = "http://testserver"
    theirs = httpx.ASGITransport(APP)
    expected = await ask(theirs, build(base, method, path, arguments))
    async with ASGITransport(APP) as ours:
        answer = await ask(ours, build(base, method, path, arguments))

    assert answer == expected
