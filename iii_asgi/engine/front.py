"""The HTTP side of the engine, as an ASGI app: routes, CORS, 404, 405, OPTIONS, 504."""

from __future__ import annotations

import asyncio
import logging

from starlette.types import Receive, Scope, Send

from iii_asgi.engine.answers import Answer, error_json
from iii_asgi.engine.exchange import Exchange
from iii_asgi.engine.hub import Hub
from iii_asgi.engine.request import Request
from iii_asgi.engine.responses import CORS, VARY, send_answer, send_bare, send_stream
from iii_asgi.engine.routes import Route, Site

__all__ = ["Front"]

logger = logging.getLogger("iii_asgi.engine")

NOT_FOUND = error_json(404, "NOT_FOUND", "Not Found")
_PREFLIGHT = [
    VARY,
    (b"access-control-allow-origin", b"*"),
    (b"access-control-allow-methods", b"*"),
    (b"access-control-allow-headers", b"*"),
]


class Front:
    """Answers HTTP requests by calling the functions that http triggers name."""

    def __init__(self, hub: Hub, timeout: float) -> None:
        self._hub = hub
        self._timeout = timeout

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        assert scope["type"] == "http", "the server speaks HTTP only"
        path, method = scope["raw_path"].decode("latin-1"), scope["method"]
        site = self._hub.routes.find(path)
        if _wants_websocket(scope):
            logger.warning("WebSocket %s: no trigger of iii reaches it", path)
        if method == "OPTIONS":
            await self._preflight(site, send)
        elif site is None or _is_head_of_get(site, method):
            await send_answer(send, NOT_FOUND, method)
        elif (route := site.routes.get(method)) is None:
            await send_bare(send, 405, [*CORS, (b"allow", site.allow.encode())])
        else:
            await self._serve(Request.read(scope), route, receive, send)

    async def _preflight(self, site: Site | None, send: Send) -> None:
        """Answer OPTIONS: the engine does it itself, also where OPTIONS is registered."""
        allow = []
        if site is not None and "OPTIONS" not in site.routes:
            allow = [(b"allow", site.allow.encode())]
        await send_bare(send, 200, [*_PREFLIGHT, *allow])

    async def _serve(self, request: Request, route: Route, receive: Receive, send: Send) -> None:
        exchange = Exchange(self._hub, request, receive)
        try:
            async with asyncio.timeout(self._timeout):
                answer = await exchange.answer(route)
        except TimeoutError:
            exchange.expire()
            return await send_bare(send, 504, [])
        try:
            if isinstance(answer, Answer):
                exchange.close()
                await send_answer(send, answer, request.method)
            else:
                control, chunks = answer.control, exchange.chunks(answer)
                await send_stream(send, control.status, control.headers, chunks, request.method)
        finally:
            exchange.close()
        return None


def _wants_websocket(scope: Scope) -> bool:
    return any(
        name == b"upgrade" and value.lower() == b"websocket" for name, value in scope["headers"]
    )


def _is_head_of_get(site: Site, method: str) -> bool:
    """A HEAD reaches a GET route and is then not found there: the engine's own oddity."""
    return method == "HEAD" and "HEAD" not in site.routes and "GET" in site.routes
