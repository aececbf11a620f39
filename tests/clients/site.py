"""What clients ask: cookies, redirects, uploads, downloads, streams, events."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import os
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import (
    FileResponse,
    JSONResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
    StreamingResponse,
)
from starlette.routing import Route

__all__ = ["FILE", "app"]

FILE = bytes(range(256)) * 1000
"""What ``/file`` has."""

_path = Path(tempfile.gettempdir()) / f"site-{os.getpid()}.bin"


async def told(request: Request) -> JSONResponse:
    """Tell the method, some headers, and the size and digest of the body, read in pieces."""
    digest, size = hashlib.sha256(), 0
    async for chunk in request.stream():
        digest.update(chunk)
        size += len(chunk)
    names = ("authorization", "content-type", "content-length", "x-sent")
    return JSONResponse(
        {
            "method": request.method,
            "query": request.query_params.multi_items(),
            "headers": {name: request.headers.get(name) for name in names},
            "size": size,
            "sha256": digest.hexdigest(),
        }
    )


async def login(request: Request) -> Response:
    """Set two cookies, and send to where they are shown."""
    response = RedirectResponse("/cookies", status_code=303)
    response.set_cookie("name", request.query_params["name"], httponly=True)
    response.set_cookie("theme", "dark", max_age=3600)
    return response


async def cookies(request: Request) -> JSONResponse:
    return JSONResponse(request.cookies)


async def logout(request: Request) -> Response:
    response = Response(status_code=204)
    response.delete_cookie("name", httponly=True)
    return response


async def away(request: Request) -> Response:
    """Redirect with any status, to where the request is told."""
    return RedirectResponse("/told", status_code=int(request.path_params["status"]))


async def form(request: Request) -> JSONResponse:
    """Tell the fields and files of a form."""
    async with request.form() as fields:
        rows = []
        for name, value in fields.multi_items():
            if isinstance(value, UploadFile):
                content = await value.read()
                digest = hashlib.sha256(content).hexdigest()
                rows.append([name, value.filename, value.content_type, len(content), digest])
            else:
                rows.append([name, value])
    return JSONResponse(rows)


async def lines(request: Request) -> StreamingResponse:
    """Stream numbered lines, with pauses between them."""
    count, pause = (float(request.query_params[name]) for name in ("count", "pause"))

    async def made() -> AsyncIterator[str]:
        for number in range(int(count)):
            yield f"line {number} ü\n"
            await asyncio.sleep(pause)

    return StreamingResponse(made(), media_type="text/plain")


async def events(request: Request) -> StreamingResponse:
    """Send three events a connection, counting on from the last that the client has seen."""
    last = int(request.headers.get("last-event-id", "0"))

    async def made() -> AsyncIterator[str]:
        yield "retry: 50\n\n"
        for number in range(last + 1, last + 4):
            yield f"id: {number}\nevent: tick\ndata: {number}\ndata: ü\n\n"
            await asyncio.sleep(0.3)

    return StreamingResponse(made(), media_type="text/event-stream")


async def file(request: Request) -> FileResponse:
    if not _path.exists():
        _path.write_bytes(FILE)
    return FileResponse(_path, filename="tägliches.bin")


async def private(request: Request) -> Response:
    """Ask for a name and a password."""
    expected = "Basic " + base64.b64encode(b"ada:love lace").decode()
    if request.headers.get("authorization") == expected:
        return PlainTextResponse("welcome")
    return Response(status_code=401, headers={"www-authenticate": 'Basic realm="site"'})


async def large(request: Request) -> JSONResponse:
    """Answer with much JSON, which is compressed where the client likes it."""
    return JSONResponse([{"number": number, "text": "grüße"} for number in range(30_000)])


async def unchanged(request: Request) -> Response:
    if request.headers.get("if-none-match") == '"1"':
        return Response(status_code=304, headers={"etag": '"1"'})
    return PlainTextResponse("first", headers={"etag": '"1"'})


_ALL = ["GET", "POST", "PUT", "PATCH", "DELETE"]

app = Starlette(
    routes=[
        Route("/told", told, methods=_ALL),
        Route("/login", login),
        Route("/cookies", cookies),
        Route("/logout", logout, methods=["POST"]),
        Route("/away/{status}", away, methods=_ALL),
        Route("/form", form, methods=["POST"]),
        Route("/lines", lines),
        Route("/events", events),
        Route("/file", file),
        Route("/private", private),
        # Not for all: old versions keep streams back until there is enough to compress.
        Route("/large", large, middleware=[Middleware(GZipMiddleware)]),
        Route("/unchanged", unchanged),
    ],
)
