"""What the engine does with an HTTP request: a function is called, or it answers itself."""

from __future__ import annotations

import asyncio
import logging

from iii_asgi.engine.answers import Answer
from iii_asgi.engine.client import Body, Reply
from iii_asgi.engine.exchange import Download, Exchange
from iii_asgi.engine.framing import VARY
from iii_asgi.engine.front import Front
from iii_asgi.engine.http1 import Head
from iii_asgi.engine.hub import Hub
from iii_asgi.engine.request import Request
from iii_asgi.engine.routes import Route

__all__ = ["Service"]

logger = logging.getLogger("iii_asgi.engine")

_PREFLIGHT = [
    VARY,
    (b"access-control-allow-origin", b"*"),
    (b"access-control-allow-methods", b"*"),
    (b"access-control-allow-headers", b"*"),
]


class Service:
    """Answers HTTP requests by calling the functions that http triggers name."""

    def __init__(self, hub: Hub, front: Front, timeout: float) -> None:
        self._hub = hub
        self._front = front
        self._timeout = timeout

    async def __call__(self, head: Head, body: Body, reply: Reply) -> None:
        """Serve one request. Cancel it when the client leaves."""
        if _wants_websocket(head):
            logger.warning("WebSocket %s: no trigger of iii reaches it", head.path)
        if head.method == "OPTIONS":  # never reaches a function, also where it is registered
            await reply.bare(200, [*_PREFLIGHT, *self._front.options(head.path)])
        elif route := self._front.routes.match(head.method, head.path):
            await self._serve(route, head, body, reply)
        else:
            await reply.whole(self._front.miss(head.method, head.path))

    async def _serve(self, route: Route, head: Head, body: Body, reply: Reply) -> None:
        request = Request.read(head, self._front.unreadable)
        exchange = Exchange(self._hub, self._front, request, body)
        try:
            async with asyncio.timeout(self._timeout):
                answer = await exchange.answer(route)
        except TimeoutError:
            exchange.leave()
            await reply.bare(504, [])
        except asyncio.CancelledError:
            exchange.leave()
            raise
        else:
            await self._pass_on(answer, exchange, reply)

    async def _pass_on(self, answer: Answer | Download, exchange: Exchange, reply: Reply) -> None:
        try:
            if isinstance(answer, Answer):
                await reply.whole(answer)
            else:
                silence = None if self._front.may_be_silent else self._timeout
                await reply.stream(answer.control, exchange.chunks(answer, silence))
        finally:
            exchange.close()
        await exchange.finish()


def _wants_websocket(head: Head) -> bool:
    return any(name == "upgrade" and value.lower() == b"websocket" for name, value in head.headers)
