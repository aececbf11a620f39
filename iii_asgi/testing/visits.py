"""How a request that comes back from iii meets the task that sent it.

The app's part of a request runs in the test's own task, not in one of the bridge: so it is
in the loop and thread, has the context variables and the database session, and is cancelled
or stopped in a debugger, as without iii.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from iii_asgi.invocation import SCOPE_KEY, Caller, Invocation

__all__ = ["PROBE", "VISIT_HEADER", "AppFailedError", "Door", "Entry", "Visit", "current_visit"]

VISIT_HEADER = b"x-iii-visit"
"""Where an engine is between, this request header tells which request of which test it is."""
PROBE = "probe"
"""Its value in a request that asks whether the way is open; the app is not called."""

T = TypeVar("T")


class AppFailedError(Exception):
    """Stands for what the app raised, where the bridge sees it; the test gets the original."""


@dataclass(slots=True)
class Entry:
    """A request at the app's door.

    Attributes:
        scope: as the bridge made it.
        receive, send: to be awaited in the task that takes the entry.
        finish: to be called when the app has returned, with what it raised.
    """

    scope: Scope
    receive: Receive
    send: Send
    finish: Callable[[BaseException | None], None]


class Visit:
    """One request on its way. Make it in the task that is to run the app's part."""

    def __init__(self) -> None:
        self.id = ""
        self.loop = asyncio.get_running_loop()
        self._entry: asyncio.Future[Entry] = self.loop.create_future()

    @property
    def entered(self) -> bool:
        """Whether the request has come to the app's door."""
        return self._entry.done()

    async def entry(self, carrying: asyncio.Task[Any]) -> Entry | None:
        """Wait until the request is at the door; None when it was answered before that."""
        await asyncio.wait({self._entry, carrying}, return_when=asyncio.FIRST_COMPLETED)
        return self._entry.result() if self._entry.done() else None

    async def come(self, within: float) -> None:
        """Wait until the request is at the door, or for so many seconds."""
        await asyncio.wait({self._entry}, timeout=within)

    async def enter(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Have the app's part done by the waiting task; returns when it is.

        Raises:
            AppFailedError: the app raised something.
        """
        here = asyncio.get_running_loop()
        over: asyncio.Future[bool] = here.create_future()
        if here is self.loop:

            def finish(error: BaseException | None) -> None:
                _resolve(over, error is None)

            self._entry.set_result(Entry(scope, receive, send, finish))
        else:

            def finish(error: BaseException | None) -> None:
                here.call_soon_threadsafe(_resolve, over, error is None)

            async def receive_there() -> Any:
                return await _in(here, receive())

            async def send_there(message: Any) -> None:
                await _in(here, send(message))

            entry = Entry(_carried(scope, here), receive_there, send_there, finish)
            self.loop.call_soon_threadsafe(_resolve, self._entry, entry)
        if not await over:
            raise AppFailedError


async def _in(loop: asyncio.AbstractEventLoop, work: Awaitable[T]) -> T:
    """Await something that belongs to another loop, which runs in another thread."""

    async def awaited() -> T:
        return await work

    return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(awaited(), loop))


def _carried(scope: Scope, home: asyncio.AbstractEventLoop) -> Scope:
    """Return the scope for another loop: what the app calls with belongs to this one."""
    invocation: Invocation = scope[SCOPE_KEY]
    caller = _CallerElsewhere(invocation.worker, home)
    return {**scope, SCOPE_KEY: msgspec.structs.replace(invocation, worker=caller)}


class _CallerElsewhere:
    def __init__(self, caller: Caller, loop: asyncio.AbstractEventLoop) -> None:
        self._caller = caller
        self._loop = loop

    async def trigger(self, function_id: str, data: Any = None, **options: Any) -> Any:
        """See `Caller.trigger`."""
        return await _in(self._loop, self._caller.trigger(function_id, data, **options))


def _resolve(future: asyncio.Future[T], result: T) -> None:
    if not future.done():  # whoever waited may have been cancelled
        future.set_result(result)


current_visit: ContextVar[Visit | None] = ContextVar("iii_carried_visit", default=None)


class Door:
    """What the bridge calls instead of the app: it passes requests to the tasks that wait.

    A call without a visit (a route has called a function of its own app) is the app's at
    once: in this loop, or in that of a visit, where the app's resources are.

    Attributes:
        app: what has the app's routes.
    """

    def __init__(self, app: ASGIApp, call: ASGIApp) -> None:
        self.app = app
        self._call = call
        self._visits: dict[str, Visit] = {}
        self._count = 0
        self._lock = threading.Lock()  # tests may have clients in several threads

    @property
    def is_busy(self) -> bool:
        """Whether requests are on their way."""
        return bool(self._visits)

    def expect(self, visit: Visit) -> None:
        """Let a visit in, once, by the id that it gets here."""
        with self._lock:
            self._count += 1
            visit.id = f"{id(self):x}-{self._count}"
            self._visits[visit.id] = visit

    def forget(self, visit: Visit) -> None:
        """The visit is over."""
        self._visits.pop(visit.id, None)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take a request from the bridge."""
        if (VISIT_HEADER, PROBE.encode()) in scope["headers"]:
            await Response(status_code=204)(scope, receive, send)
            return
        visit = current_visit.get() or self._announced(scope)
        if visit is not None and not visit.entered:
            await visit.enter(scope, receive, send)
            return
        host = next(iter(self._visits.values()), None)
        if host is None or host.loop is asyncio.get_running_loop():
            await self._call(scope, receive, send)
        else:
            await self._elsewhere(host.loop, scope, receive, send)

    def _announced(self, scope: Scope) -> Visit | None:
        for name, value in scope["headers"]:
            if name == VISIT_HEADER:
                scope["headers"] = [one for one in scope["headers"] if one[0] != VISIT_HEADER]
                return self._visits.get(value.decode("latin-1"))
        return None

    async def _elsewhere(
        self, loop: asyncio.AbstractEventLoop, scope: Scope, receive: Receive, send: Send
    ) -> None:
        here = asyncio.get_running_loop()
        await _in(
            loop,
            self._call(
                scope, lambda: _in(here, receive()), lambda message: _in(here, send(message))
            ),
        )
