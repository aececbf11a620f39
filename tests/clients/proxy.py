"""A reverse proxy, as it stands in front of an engine: it ends TLS, as it says, and may strip a
path. Run by uvicorn, with ``UPSTREAM`` and ``STRIP`` in its environment."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

CLIENT = "203.0.113.7"
"""Whom it says that it was asked by."""

_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
_FRAMING = {"connection", "transfer-encoding", "date", "server"}


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[dict[str, httpx.AsyncClient]]:
    async with httpx.AsyncClient(base_url=os.environ["UPSTREAM"], timeout=40) as upstream:
        yield {"upstream": upstream}


async def forward(request: Request) -> Response:
    """Ask upstream the same, in the name of the client."""
    upstream: httpx.AsyncClient = request.state.upstream
    strip = os.environ.get("STRIP", "")
    target = request.scope["raw_path"].decode().removeprefix(strip) or "/"
    if query := request.scope["query_string"]:
        target += f"?{query.decode()}"
    headers = [one for one in request.headers.items() if not one[0].startswith("x-forwarded-")]
    headers += [("x-forwarded-proto", "https"), ("x-forwarded-for", CLIENT)]
    asked = upstream.build_request(
        request.method, target, headers=headers, content=request.stream()
    )
    answer = await upstream.send(asked, stream=True)
    response = StreamingResponse(
        answer.aiter_raw(), status_code=answer.status_code, background=BackgroundTask(answer.aclose)
    )
    response.raw_headers = [
        (name.lower(), value)
        for name, value in answer.headers.raw
        if name.lower().decode() not in _FRAMING
    ]
    return response


app = Starlette(routes=[Route("/{path:path}", forward, methods=_METHODS)], lifespan=_lifespan)
