"""The bridge: an ASGI app on iii. It wires the rooms and holds no logic of theirs."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import Any, Self, TypeVar

import httpx
from starlette.types import ASGIApp

from iii_asgi import process
from iii_asgi.asgi.guard import Guarded, ensure_guards, has_disabled, install_guards
from iii_asgi.asgi.lifespan import Lifespan
from iii_asgi.asgi.transport import ASGITransport
from iii_asgi.catalogue.build import build_catalogue
from iii_asgi.catalogue.describe import describe
from iii_asgi.catalogue.model import Catalogue, FunctionNamer
from iii_asgi.errors import ConnectionLostError, Error
from iii_asgi.invocation import get_invocation
from iii_asgi.protocol import messages as m
from iii_asgi.serving.handler import InvocationHandler
from iii_asgi.settings import Settings, filter_texts
from iii_asgi.version import __version__
from iii_asgi.worker import offer
from iii_asgi.worker.channels import Channels
from iii_asgi.worker.worker import Call, ConnectionState, Worker

__all__ = ["Bridge"]

logger = logging.getLogger("iii_asgi")

_T = TypeVar("_T")


class Bridge:
    """Puts an ASGI app on iii: every route a function, with its HTTP trigger.

        bridge = Bridge(app)
        bridge.run()

    Args:
        app: any ASGI app; FastAPI and Starlette apps are known route by route.
        settings: by default `Settings.resolve`, that is the environment.
        include: filters of the routes to offer, instead of those in `settings`.
        exclude: filters of the routes to leave out, besides those in `settings`.
        function_id: called with each `Route`; returns its function id, or None for the
            derived one.

    Raises:
        SettingsError: the environment holds a setting that cannot be used, or a text is no
            filter.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        settings: Settings | None = None,
        include: str | Iterable[str] = (),
        exclude: str | Iterable[str] = (),
        function_id: FunctionNamer | None = None,
    ) -> None:
        settings = settings or Settings.resolve()
        self.settings = replace(
            settings,
            include=filter_texts(include) or settings.include,
            exclude=(*settings.exclude, *filter_texts(exclude)),
        )
        self._app = app
        self._function_id = function_id
        self._catalogue: Catalogue | None = None
        self._worker: Worker | None = None
        self._is_serving = False
        self._callbacks: list[Callable[[ConnectionState], None]] = []
        self.state: Mapping[str, Any] = {}

    # -- serving -------------------------------------------------------------------------

    def run(self) -> None:
        """Serve until SIGTERM or SIGINT, then finish what runs and return.

        While the engine is away, keep trying. Logs to the root logger, and configures it
        when nobody has.

        Raises:
            SystemExit: the app cannot be served (exit code 3), or the engine refused this
                worker for good (4). What happened is logged; `serve` raises it.
        """
        logging.basicConfig(level=logging.INFO, format="%(asctime)s  %(message)s")
        try:
            process.run_until_stopped(self.serve(own_process=True))
        except Error as error:
            logger.error("%s", error)
            sys.exit(error.exit_code)

    async def serve(self, *, own_process: bool = False) -> None:
        """Serve in the running event loop until SIGTERM or SIGINT, then finish what runs.

        Args:
            own_process: nothing else runs in this process, so what start-up has made can be
                taken out of the garbage collector's sight.

        Raises:
            LifespanError: the app's start-up failed.
            CatalogueError: its routes contradict each other.
            EngineRefusedError: the engine refused this worker for good.
        """
        with process.stop_signals() as stop:
            async with AsyncExitStack() as stack:
                working = await _unless(stop, stack.enter_async_context(self._serving()))
                if working is None:
                    logger.info(process.STOPPED_AT_START)
                    return
                if own_process:
                    process.freeze_garbage()
                await _first(stop.wait(), working)
                if stop.is_set():
                    logger.info(process.STOPPING)

    @asynccontextmanager
    async def connect(self, *, wait: bool = True) -> AsyncIterator[Self]:
        """Serve while the context lasts.

        Args:
            wait: begin when everything is registered; if False begin at once, and the
                engine may come later.

        Raises:
            LifespanError, CatalogueError, EngineRefusedError: see `serve`.
        """
        async with self._serving() as working:
            if wait:
                assert self._worker is not None
                await _first(self._worker.registered.wait(), working)
            working.add_done_callback(_log_refusal)  # nobody waits for it
            yield self

    @asynccontextmanager
    async def _serving(self) -> AsyncIterator[asyncio.Task[None]]:
        """Run the app and its worker; give the task that ends only when the worker does."""
        if self._is_serving:
            raise RuntimeError("this bridge is connected already")
        self._is_serving = True
        try:
            async with self._serving_app() as working:
                yield working
        finally:
            self._is_serving = False

    @asynccontextmanager
    async def _serving_app(self) -> AsyncIterator[asyncio.Task[None]]:
        settings = self.settings
        if settings.include or settings.exclude or has_disabled(self._app):
            install_guards(self._app)
        async with Lifespan(self._app, settings.lifespan) as lifespan:
            self._catalogue = catalogue = describe(self._build_catalogue())
            transport = ASGITransport(
                self._guarded(catalogue),
                root_path=settings.root_path + settings.prefix,
                state=lifespan.state,
                raise_app_exceptions=False,
                on_error=_log_app_error,
            )
            self.state = lifespan.state
            channels = Channels(settings.url, settings.token)
            self._worker = worker = self._make_worker(catalogue, transport, channels)
            working = asyncio.create_task(worker.run())
            try:
                yield working
            finally:
                try:
                    await self._leave(worker, transport)
                finally:
                    working.cancel()
                    await asyncio.gather(working, return_exceptions=True)
                    await channels.aclose()
                    self._worker = None

    def _guarded(self, catalogue: Catalogue) -> ASGIApp:
        """Return the app, with guards before what is excluded."""
        if catalogue.reach is None:
            return self._app
        ensure_guards(self._app, catalogue.reach)
        return Guarded(self._app, catalogue.reach)

    def _make_worker(
        self, catalogue: Catalogue, transport: ASGITransport, channels: Channels
    ) -> Worker:
        settings = self.settings
        handler = InvocationHandler(
            catalogue.functions,
            transport,
            channels,
            caller=self,
            prefix=settings.prefix,
            proxy_headers=settings.proxy_headers,
            errors=settings.errors,
            access_log=settings.access_log,
        )
        worker = Worker(
            handler,
            partial(self._offer, catalogue),
            url=settings.url,
            token=settings.token,
            name=settings.name,
            namespace=settings.namespace,
            version=__version__,
            framework="iii-asgi",
            resend=settings.resend,
        )
        for callback in self._callbacks:
            worker.on_connection_state_change(callback)
        return worker

    async def _leave(self, worker: Worker, transport: ASGITransport) -> None:
        """Take no more calls, finish those that run and their background work, go.

        What does not end in time, or before a second signal, is disconnected and cancelled.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self.settings.timeout_graceful_shutdown
        try:
            await worker.retire(deadline - loop.time())
            await transport.drain(max(0.0, deadline - loop.time()))
        finally:
            await transport.drain(0)
            await worker.disconnect()
            await transport.drain(0)  # for calls that came until then

    # -- the catalogue -------------------------------------------------------------------

    @property
    def catalogue(self) -> Catalogue:
        """The app's functions and triggers, what was skipped, and what to warn of.

        While the bridge serves it is the one that is registered. Before, it is worked out
        from the routes that are there now; a lifespan may add some.

        Raises:
            CatalogueError: the routes contradict each other.
        """
        return self._catalogue or describe(self._build_catalogue())

    def _build_catalogue(self, taken: Sequence[str] = ()) -> Catalogue:
        return build_catalogue(
            self._app, settings=self.settings, function_id=self._function_id, taken=taken
        )

    async def _offer(
        self, own: Catalogue, greeting: m.WorkerRegistered, call: Call
    ) -> Sequence[m.Message]:
        """Return what to register on this engine, whose other triggers may bind our hands."""
        taken = await offer.taken_paths(own, call)
        self._catalogue = describe(self._build_catalogue(taken), own) if taken else own
        return await offer.registrations(self._catalogue, self.settings.namespace, greeting, call)

    # -- what others see -----------------------------------------------------------------

    async def trigger(
        self,
        function_id: str,
        data: Any = None,
        *,
        timeout: float | None = None,
        action: Mapping[str, Any] | None = None,
        namespace: str | None = None,
    ) -> Any:
        """Call a function of any worker on the engine, and return its result.

        Within a route the trace of the invocation is carried on. See `Caller.trigger` for
        the arguments and errors.
        """
        if self._worker is None:
            raise ConnectionLostError("this bridge is not connected")
        return await self._worker.trigger(
            function_id, data, timeout=timeout, action=action, namespace=namespace
        )

    @property
    def worker(self) -> Worker | None:
        """The worker while the bridge serves: its state, its refused registrations."""
        return self._worker

    def on_connection_state_change(self, callback: Callable[[ConnectionState], None]) -> None:
        """Call `callback` with each new state of the connection.

        The states are ``connecting``, ``connected`` (everything that the engine grants is
        registered),
        ``reconnecting``, ``disconnected`` (stopped) and ``failed`` (refused for good).
        """
        self._callbacks.append(callback)
        if self._worker is not None:
            self._worker.on_connection_state_change(callback)


async def _first(waiting: Coroutine[Any, Any, Any], working: asyncio.Task[None]) -> None:
    """Wait for one of both; raise what ended `working` if that came first."""
    task = asyncio.create_task(waiting)
    try:
        await asyncio.wait({task, working}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        task.cancel()
    if working.done():
        working.result()


async def _unless(stop: asyncio.Event, starting: Coroutine[Any, Any, _T]) -> _T | None:
    """Return what a start leads to; None when it was given up, since all is to stop."""
    loop = asyncio.get_running_loop()

    async def give_up() -> None:
        await stop.wait()
        patience.reschedule(loop.time())

    try:
        async with asyncio.timeout(None) as patience:
            giving_up = asyncio.create_task(give_up())
            try:
                return await starting
            finally:
                giving_up.cancel()
    except TimeoutError:
        if not patience.expired():
            raise
        return None


def _log_refusal(working: asyncio.Task[None]) -> None:
    if not working.cancelled() and (error := working.exception()) is not None:
        logger.error("No longer on iii: %s", error)


def _log_app_error(request: httpx.Request, error: BaseException) -> None:
    invocation = get_invocation(request.extensions.get("scope", {}))
    function_id = invocation.function_id if invocation else request.url.path
    logger.error("Exception in ASGI application, serving %s", function_id, exc_info=error)
