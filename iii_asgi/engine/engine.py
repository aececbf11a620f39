"""The embedded engine: for development, tests and CI. Not for production.

It speaks the wire of a real iii engine on real sockets, and loses what a real one loses, so
that a program that runs on it runs on a real one.
"""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from types import TracebackType

from iii_asgi.engine.builtin import BuiltinFront
from iii_asgi.engine.cron import Cron
from iii_asgi.engine.front import FrontName
from iii_asgi.engine.functions import register_engine_functions
from iii_asgi.engine.http_server import HttpServer
from iii_asgi.engine.hub import EngineApi, Hub
from iii_asgi.engine.observers import register_source
from iii_asgi.engine.queue import Queue
from iii_asgi.engine.service import Service
from iii_asgi.engine.sockets import Sockets
from iii_asgi.engine.standalone import StandaloneFront
from iii_asgi.engine.state import State
from iii_asgi.errors import Error, PortInUseError, SettingsError

__all__ = ["Engine"]

HOST_FLAG = "--host"
WORKER_FLAG = "--port"
HTTP_FLAG = "--http-port"

_FRONTS: dict[FrontName, type[BuiltinFront | StandaloneFront]] = {
    "builtin": BuiltinFront,
    "standalone": StandaloneFront,
}
_ADDRESS_ERRORS = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)


class Engine:
    """An iii engine in this process.

    Use it as an async context manager, or call `start` and `stop`:

        async with Engine(port=0, http_port=0) as engine:
            print(engine.url, engine.http_url)

    Attributes:
        host: the address that both ports listen on.
        port: for workers and channels; once started, the real one.
        http_port: for HTTP; once started, the real one.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 49134,
        http_port: int = 3111,
        *,
        request_timeout: float = 30.0,
        api: EngineApi = "0.23",
        http_front: FrontName = "builtin",
    ) -> None:
        """Prepare an engine.

        Args:
            host: the address to listen on.
            port: for workers; 0 takes a free one.
            http_port: for HTTP; 0 takes a free one.
            request_timeout: seconds that an HTTP request waits for the beginning of its
                answer, then it is a 504; and that a stream may be silent ("standalone").
            api: the engine whose interface it has. With "0.25" workers can bind HTTP
                routes by observing ``http::on-request``, too.
            http_front: whose HTTP it has: that of engines up to 0.23 ("builtin"), or of the
                worker ``http`` of later ones ("standalone"). What differs is told in
                `iii_asgi.engine.builtin` and `iii_asgi.engine.standalone`.
        """
        self.host = host
        self.port = port
        self.http_port = http_port
        self._hub = Hub(api=api, front=_FRONTS[http_front]())
        register_engine_functions(self._hub)
        if self._hub.has_observers:
            register_source(self._hub)
        self._sources = (Cron(self._hub), Queue(self._hub), State(self._hub))
        self._sockets = Sockets(self._hub)
        self._http = HttpServer(Service(self._hub, self._hub.front, request_timeout))
        self._sweeper: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """Where workers connect."""
        return f"ws://{_bracketed(self.host)}:{self.port}"

    @property
    def http_url(self) -> str:
        """Where the HTTP triggers are."""
        return f"http://{_bracketed(self.host)}:{self.http_port}"

    async def start(self) -> None:
        """Listen on both ports.

        Raises:
            PortInUseError: a port is taken; the error names the flag that changes it.
            SettingsError: the host or port cannot be listened on.
        """
        worker_socket = _bind(self.host, self.port, WORKER_FLAG)
        try:
            http_socket = _bind(self.host, self.http_port, HTTP_FLAG)
        except Exception:
            worker_socket.close()
            raise
        self.port = worker_socket.getsockname()[1]
        self.http_port = http_socket.getsockname()[1]
        self._sweeper = asyncio.create_task(self._hub.channels.sweep_forever())
        await self._sockets.start(worker_socket)
        await self._http.start(http_socket)

    async def stop(self) -> None:
        """Close everything: calls in flight are answered ``invocation_stopped``."""
        if self._sweeper is not None:
            self._sweeper.cancel()
        for source in self._sources:
            source.stop()
        self._hub.invocations.stop()
        self._hub.channels.shut()
        await self._sockets.stop()
        await self._http.stop()

    async def __aenter__(self) -> Engine:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.stop()


def _bind(host: str, port: int, flag: str) -> socket.socket:
    try:
        return _listener(host, port)
    except (OSError, OverflowError) as error:
        raise _listen_error(error, host, port, flag) from error


def _listener(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With the protocol named, asyncio turns Nagle's delay off in what this socket accepts.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":  # elsewhere it would let two programs share the port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen()
    except BaseException:
        listener.close()
        raise
    return listener


def _listen_error(error: OSError | OverflowError, host: str, port: int, flag: str) -> Error:
    if not isinstance(error, OSError):  # the number is too high
        return SettingsError(flag, f"cannot listen on port {port}: {error}")
    if error.errno == errno.EADDRINUSE:
        return PortInUseError(port, flag)
    if isinstance(error, socket.gaierror) or error.errno in _ADDRESS_ERRORS:
        return SettingsError(HOST_FLAG, f"cannot listen on {host}: {error.strerror}")
    return SettingsError(flag, f"cannot listen on port {port}: {error.strerror}")


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
