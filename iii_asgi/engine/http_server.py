"""The HTTP server of the engine: uvicorn, inside the running loop and without its signals.

Import it late: uvicorn is in the extra ``standard``.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

__all__ = ["HttpServer"]

# The engine never closes a connection that a client keeps open.
KEEP_ALIVE_SECONDS = 3600
STOP_SECONDS = 2


class HttpServer:
    """Serves an ASGI app on a bound socket."""

    def __init__(self, app: ASGIApp) -> None:
        self._server = _Server(
            uvicorn.Config(
                app,
                interface="asgi3",
                lifespan="off",
                ws="none",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                date_header=False,
                timeout_keep_alive=KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=STOP_SECONDS,
            )
        )
        self._task: asyncio.Task[None] | None = None

    async def start(self, listener: socket.socket) -> None:
        """Serve; returns when connections are accepted."""
        self._task = asyncio.create_task(self._run(listener))
        await self._server.up.wait()
        if self._task.done():  # it never came up
            await self._task

    async def _run(self, listener: socket.socket) -> None:
        try:
            await self._server.serve(sockets=[listener])
        finally:
            self._server.up.set()

    async def stop(self) -> None:
        """Finish what is being answered, then close."""
        if self._task is not None:
            self._server.quit.set()
            await self._task


class _Server(uvicorn.Server):
    """A server that others start and stop: no signal handlers, no polling."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = asyncio.Event()
        self.quit = asyncio.Event()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.up.set()

    async def main_loop(self) -> None:
        await self.quit.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if not self.server_state.connections:  # uvicorn would give nobody a tenth of a second
            for server in self.servers:
                server.close()
            for listener in sockets or ():
                listener.close()
        else:
            await super().shutdown(sockets)
