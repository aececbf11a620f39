"""A short visit to the engine: connect, call functions, leave. For those who serve nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NoReturn

from websockets.exceptions import WebSocketException

from iii_asgi.errors import ConnectionLostError, EngineRefusedError, InvocationError
from iii_asgi.protocol import messages as m
from iii_asgi.worker.connection import connect, reason, refusal
from iii_asgi.worker.link import Link

__all__ = ["visit"]

GREETING_TIMEOUT = 10.0


@asynccontextmanager
async def visit(
    url: str, token: str | None = None, *, metadata: dict[str, Any]
) -> AsyncIterator[Link]:
    """Give a connection to call over (`Link.call`) while the context lasts.

    Args:
        url: WebSocket URL of the engine's worker port.
        token: sent as ``Authorization: Bearer``.
        metadata: who we are, for ``engine::workers::register``.

    Raises:
        ConnectionLostError: the engine is not there, or is no engine.
        EngineRefusedError: it does not let us in.
    """
    try:
        socket = await connect(url, token)
    except (OSError, TimeoutError, WebSocketException) as error:
        raise _failure(url, error) from error
    link = Link(socket, _serve_nothing, _take_event, resend=False)
    receiving = asyncio.create_task(link.receive())
    receiving.add_done_callback(lambda _: link.close())
    try:
        await _greeting(url, link)
        await link.call("engine::workers::register", metadata, action={"type": "void"})
        yield link
    except ConnectionLostError:
        ended = receiving.exception() if receiving.done() else None
        if isinstance(ended, EngineRefusedError):
            raise ended from None
        raise
    finally:
        receiving.cancel()
        await asyncio.gather(receiving, return_exceptions=True)
        await link.finish()


async def _greeting(url: str, link: Link) -> None:
    try:
        async with asyncio.timeout(GREETING_TIMEOUT):
            await link.greeting
    except TimeoutError:
        raise ConnectionLostError(f"{url} does not greet as an iii engine does") from None


def _failure(url: str, error: Exception) -> Exception:
    return refusal(error) or ConnectionLostError(f"{url} {reason(error)}")


async def _serve_nothing(message: m.InvokeFunction) -> NoReturn:
    raise InvocationError("function_not_found", f"this worker has no {message.function_id}")


def _take_event(message: m.Message) -> None:
    if isinstance(message, m.RegistrationRejected):
        raise EngineRefusedError(message.code, "the engine refused this worker's name")
