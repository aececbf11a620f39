"""An httpx transport that calls an ASGI app in process."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeAlias

import httpx
from starlette.types import ASGIApp, Scope

from iii_asgi.asgi.cycle import Cycle
from iii_asgi.asgi.response import ASGIResponse
from iii_asgi.asgi.scope import http_scope
from iii_asgi.asgi.stream import ClientDisconnectedError

__all__ = ["ASGITransport", "ErrorHandler"]

ErrorHandler: TypeAlias = Callable[[httpx.Request, BaseException], None]

logger = logging.getLogger("iii_asgi")

_CLOSE_TIMEOUT = 5.0  # seconds that background work gets in aclose()
_CANCEL_TIMEOUT = 1.0  # seconds that a cancelled app gets to clean up


class ASGITransport(httpx.AsyncBaseTransport):
    """Serves each request by the app, as a server would, without a socket.

    Unlike httpx's own, it returns as soon as the response starts and streams the body,
    with backpressure; closing the response early is a disconnect; and background work
    runs on when the answer is complete. Its responses have a `ResponseStream`.

    The app runs in one task per request, with a copy of the caller's context variables.

    Args:
        app: any ASGI app. Its lifespan is not run here (see `Lifespan`).
        root_path: where the app is mounted; a part of ``path`` and ``raw_path``.
        client: address and port of the peer in the scope.
        state: each request gets a shallow copy of it as ``scope["state"]``.
        raise_app_exceptions: an exception before the response starts is raised to the
            caller. If False, the caller gets a server's plain 500.
        on_error: is told, once, of each exception that the app let through and that was
            not raised to the caller, also of those after the response (a background
            task). They are logged when it is None.

    Request extensions:
        target (bytes): the exact request target, instead of the URL's path and query.
        scope (dict): entries for the scope, more or others.
        cancel (Callable[[Scope], bool]): is asked, with the scope that the app got, when
            whoever asked leaves, or the body of the request breaks off, before the response
            is complete: whether the app is cancelled.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        root_path: str = "",
        client: tuple[str, int] | None = None,
        state: Mapping[str, Any] | None = None,
        raise_app_exceptions: bool = True,
        on_error: ErrorHandler | None = None,
    ) -> None:
        self.app = app
        self.root_path = root_path
        self.client = client
        self.state = state
        self.raise_app_exceptions = raise_app_exceptions
        self._report = _log_error if on_error is None else on_error
        self._running: dict[Cycle, asyncio.Task[None]] = {}

    async def handle_async_request(self, request: httpx.Request) -> ASGIResponse:
        """Return the response as soon as the app has started it.

        Being cancelled here is a disconnect for the app, which runs on.

        Raises:
            Exception: what the app raised before it started the response.
            httpx.RemoteProtocolError: the app did not respond, or was stopped by `drain`.
            httpx.LocalProtocolError: the request target is not ASCII.
        """
        cycle = Cycle(request)
        stream = cycle.stream
        scope = http_scope(request, root_path=self.root_path, client=self.client, state=self.state)
        task = asyncio.get_running_loop().create_task(self._run(cycle, scope))
        if not task.done():  # as it is with an eager task factory
            self._running[cycle] = task
        if (cancels := request.extensions.get("cancel")) is not None:
            stream.on_departure = partial(_cancel_if, cancels, scope, task)
        try:
            while not cycle.status:
                stream.raise_if_broken()
                await stream.wait()
        except asyncio.CancelledError:
            stream.disconnect()
            if stream.error is not None:  # at the same moment; nobody else will see it
                self._report(request, stream.error)
            raise
        return ASGIResponse(cycle.status, cycle.headers, stream)

    async def _run(self, cycle: Cycle, scope: Scope) -> None:
        """The app's task: whatever comes of the app ends here."""
        stream = cycle.stream
        try:
            await self.app(scope, cycle.receive, cycle.send)
            if not stream.over:
                what = "completing" if cycle.status else "starting"
                reason = f"the application returned without {what} the response"
                self._failed(cycle, httpx.RemoteProtocolError(reason, request=cycle.request))
        except BaseException as error:  # SystemExit, too, ends this call and not the worker
            if _is_cancelled(error):
                cycle.break_off("the application was cancelled")
                raise
            self._failed(cycle, error)
        finally:
            try:
                if cycle.upload is not None:
                    await cycle.upload.aclose()
            finally:
                self._running.pop(cycle, None)

    def _failed(self, cycle: Cycle, error: BaseException) -> None:
        stream = cycle.stream
        if stream.closed:
            if not _is_disconnect(error):
                self._report(cycle.request, error)
        elif not cycle.status and self.raise_app_exceptions and isinstance(error, Exception):
            stream.break_off(error)
        else:
            self._report(cycle.request, error)
            if not cycle.status:
                cycle.answer_error()
            else:
                cycle.break_off("the application broke off the response", error)

    # -- the end -----------------------------------------------------------------------

    @property
    def tasks(self) -> frozenset[asyncio.Task[None]]:
        """The tasks of all apps that still run, be it background work after the answer."""
        return frozenset(self._running.values())

    async def drain(self, timeout: float | None = None) -> None:
        """Wait until no app runs any more.

        What still runs after `timeout` seconds is disconnected and cancelled, and who
        waits for its answer gets an `httpx.RemoteProtocolError`.

        Args:
            timeout: seconds; None waits for as long as it takes.
        """
        loop = asyncio.get_running_loop()
        deadline = None if timeout is None else loop.time() + timeout
        while tasks := self.tasks:
            left = None if deadline is None else deadline - loop.time()
            if left is not None and left <= 0:
                break
            await asyncio.wait(tasks, timeout=left)
        self._disconnect_all()
        await asyncio.sleep(0)  # a task that never began could not be told anything
        if tasks := self.tasks:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks, timeout=_CANCEL_TIMEOUT)

    async def aclose(self) -> None:
        """Disconnect all, give background work a few seconds, cancel what is left."""
        self._disconnect_all()
        await self.drain(_CLOSE_TIMEOUT)

    def _disconnect_all(self) -> None:
        for cycle in self._running:
            cycle.break_off("the application is being stopped")


def _cancel_if(cancels: Callable[[Scope], bool], scope: Scope, task: asyncio.Task[None]) -> None:
    if cancels(scope):
        task.cancel()


def _is_cancelled(error: BaseException) -> bool:
    """Whether this task was cancelled, and not the app raised a CancelledError by itself."""
    task = asyncio.current_task()
    return isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling() > 0


def _is_disconnect(error: BaseException) -> bool:
    """Whether this is nothing but the error that we raised in the app ourselves."""
    if isinstance(error, BaseExceptionGroup):
        return error.split(ClientDisconnectedError)[1] is None
    return isinstance(error, ClientDisconnectedError)


def _log_error(request: httpx.Request, error: BaseException) -> None:
    logger.error("Exception in ASGI application", exc_info=error)
