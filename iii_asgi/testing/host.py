"""An engine beside the tests: embedded, in a thread of its own, or a real one."""

from __future__ import annotations

import asyncio
import os
import secrets
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager, contextmanager
from contextvars import Context
from types import TracebackType
from typing import Any, Self, TypeVar

from starlette.types import ASGIApp

from iii_asgi.bridge import Bridge
from iii_asgi.engine import Engine
from iii_asgi.settings import Settings
from iii_asgi.version import __version__
from iii_asgi.worker.client import visit
from iii_asgi.worker.link import Link

__all__ = ["Held", "Host"]

T = TypeVar("T")


class Held:
    """A bridge that is connected until it is told to leave."""

    def __init__(self, bridge: Bridge) -> None:
        self.bridge = bridge
        self._stop = asyncio.Event()
        self._ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._serving = asyncio.create_task(self._serve())

    async def ready(self) -> None:
        """Wait until everything is registered; raise what prevents it."""
        await self._ready

    async def leave(self) -> None:
        """Finish what runs, and leave."""
        self._stop.set()
        await self._serving

    async def _serve(self) -> None:
        try:
            async with self.bridge.connect():
                self._ready.set_result(None)
                await self._stop.wait()
        except Exception as error:
            if self._ready.done():
                raise
            self._ready.set_exception(error)


class Host:
    """A thread with an event loop, where an engine is, and workers on it can be.

    Attributes:
        url: where workers connect.
        http_url: where the HTTP triggers are.
        is_external: the engine is one that runs anyhow.
    """

    def __init__(self, url: str = "", http_url: str = "") -> None:
        self.url = url
        self.http_url = http_url.rstrip("/")
        self.is_external = bool(url)
        self._engine: Engine | None = None
        self._loop: asyncio.AbstractEventLoop
        self._thread: threading.Thread

    @classmethod
    def embedded(cls) -> Host:
        """Return a host with an engine of its own, on free ports."""
        return cls()

    @classmethod
    def of_environment(cls) -> Host:
        """Return one with the engine at III_URL and III_HTTP_URL, else with its own."""
        url, http_url = os.environ.get("III_URL"), os.environ.get("III_HTTP_URL")
        return cls(url, http_url) if url and http_url else cls()

    def start(self) -> None:
        """Start the thread, and the engine unless it is external.

        Raises:
            ConnectionLostError: the external engine is not there.
        """
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="iii", daemon=True)
        self._thread.start()
        try:
            self.submit(self._begin()).result()
        except BaseException:
            self.stop()
            raise

    async def _begin(self) -> None:
        if self.is_external:
            async with self._visit():
                return
        engine = Engine(port=0, http_port=0)
        await engine.start()
        self._engine = engine
        self.url, self.http_url = engine.url, engine.http_url

    def stop(self) -> None:
        """Stop both. Workers that are still there lose their connection."""
        if self._engine is not None:
            self.submit(self._engine.stop()).result()
        self.submit(_cancel_all()).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def submit(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Run something in the host's loop, from any other thread, without its context."""
        return Context().run(asyncio.run_coroutine_threadsafe, work, self._loop)

    # -- workers ---------------------------------------------------------------------------

    async def hold(self, app: ASGIApp, settings: Settings) -> Held:
        """Connect a bridge, in the host's loop; wait until everything is registered."""
        held = Held(Bridge(app, settings=settings))
        await held.ready()
        return held

    @contextmanager
    def workers(self) -> Iterator[Callable[..., Bridge]]:
        """Give a function that puts an app on the engine, until the context ends."""
        present: list[Held] = []

        def connect(app: ASGIApp, **settings: Any) -> Bridge:
            given = Settings.resolve(
                **{"url": self.url, "name": "", "access_log": False, **settings}
            )
            held = self.submit(self.hold(app, given)).result()
            present.append(held)
            return held.bridge

        try:
            yield connect
        finally:
            for held in reversed(present):
                self.submit(held.leave()).result()

    def call(self, function_id: str, data: Any = None, *, timeout: float = 30.0) -> Any:
        """Call a function as another worker would, and return its result.

        Args:
            function_id: ``service::action``.
            data: any value that JSON can carry; None is no arguments.
            timeout: seconds to wait for the result.

        Raises:
            InvocationError: the function answered with an error, or is not there.
            InvocationTimeoutError: no result in time.
        """
        return self.submit(self._call(function_id, data, timeout)).result()

    async def _call(self, function_id: str, data: Any, timeout: float) -> Any:
        async with self._visit() as link:
            return await link.call(function_id, data, timeout=timeout)

    def _visit(self) -> AbstractAsyncContextManager[Link]:
        name = f"test:{secrets.token_hex(4)}"
        metadata = {"runtime": "python", "version": __version__, "name": name}
        return visit(self.url, os.environ.get("III_TOKEN"), metadata=metadata)


async def _cancel_all() -> None:
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
