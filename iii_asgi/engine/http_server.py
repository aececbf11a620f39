"""The HTTP server of the engine: uvicorn, inside the running loop and without its signals.

Import it late: uvicorn is in the extra ``standard``.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from contextlib import suppress
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.auto import AutoHTTPProtocol

__all__ = ["HttpServer"]

logger = logging.getLogger("iii_asgi.engine.http")

# The engine never closes a connection that a client keeps open.
KEEP_ALIVE_SECONDS = 3600
STOP_SECONDS = 2


class HttpServer:
    """Serves an ASGI app on a bound socket."""

    def __init__(self, app: ASGIApp) -> None:
        self._config = uvicorn.Config(
            app,
            interface="asgi3",
            http=_Protocol,
            lifespan="off",
            ws="none",
            log_config=None,
            proxy_headers=False,
            server_header=False,
            date_header=False,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
        )
        self._server = uvicorn.Server(self._config)

    async def start(self, listener: socket.socket) -> None:
        """Serve; returns when connections are accepted."""
        # What its `serve` does, apart from signals, polling, and log lines of another program.
        self._config.load()
        self._server.lifespan = self._config.lifespan_class(self._config)
        await self._server.startup(sockets=[listener])

    async def stop(self) -> None:
        """Finish what is being answered, then close."""
        if not self._server.started:
            return
        for server in self._server.servers:
            server.close()
        state = self._server.server_state
        for connection in list(state.connections):
            connection.shutdown()
        with suppress(TimeoutError):
            async with asyncio.timeout(STOP_SECONDS):
                while state.connections or state.tasks:  # noqa: ASYNC110 - they tell nobody
                    await asyncio.sleep(0.01)
        for task in state.tasks:
            task.cancel()


class _Protocol(AutoHTTPProtocol):  # type: ignore[misc, valid-type]  # httptools or h11
    """Leaves it to `Front` to speak of upgrades; uvicorn would have packages installed.

    Set up here, for this server alone: the loggers of uvicorn belong to the whole process.
    """

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self.logger, self.access_log = logger, False


def _is_no_advice(record: logging.LogRecord) -> bool:
    return not str(record.msg).startswith(("Unsupported upgrade", "No supported WebSocket"))


logger.addFilter(_is_no_advice)
logger.setLevel(logging.WARNING)
