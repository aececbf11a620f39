"""The lifespan of an ASGI app: start-up and shutdown, in one task of its own."""

from __future__ import annotations

import asyncio
import logging
from enum import Enum
from types import TracebackType
from typing import Any, NoReturn

from starlette.types import ASGIApp, Message

from iii_asgi.errors import LifespanError
from iii_asgi.settings import LifespanMode

__all__ = ["Lifespan"]

logger = logging.getLogger("iii_asgi")

_PATIENCE = 1.0  # seconds before a line says what is waited for
_CANCEL_TIMEOUT = 1.0  # seconds that the app gets to return when all is said


class _Phase(Enum):
    NEW = "new"
    STARTING = "starting"
    UNSUPPORTED = "not supported"
    UP = "up"
    STOPPING = "stopping"
    OVER = "over"
    FAILED = "failed"


# What the app may send, and where that leads. All else is refused in the app.
_MOVES: dict[tuple[_Phase, str], _Phase] = {
    (_Phase.STARTING, "lifespan.startup.complete"): _Phase.UP,
    (_Phase.STARTING, "lifespan.startup.failed"): _Phase.FAILED,
    (_Phase.STOPPING, "lifespan.shutdown.complete"): _Phase.OVER,
    (_Phase.STOPPING, "lifespan.shutdown.failed"): _Phase.FAILED,
}
# Where it leads that the app returns, or raises, without sending anything.
_ON_RETURN = {
    _Phase.STARTING: _Phase.UNSUPPORTED,
    _Phase.UP: _Phase.OVER,
    _Phase.STOPPING: _Phase.OVER,
}
_ON_RAISE = _ON_RETURN | {_Phase.STOPPING: _Phase.FAILED}


class Lifespan:
    """Runs an app's lifespan once: `startup`, then `shutdown`, or as a context manager.

    One task runs all of it, so the app may hold task groups open in between.

    Args:
        app: any ASGI app.
        mode: ``on``: the app must have a lifespan; ``auto``: it may (ASGI has an app
            without one raise, or return); ``off``: do nothing.

    Attributes:
        state: what the app keeps for its requests; each gets a shallow copy.
    """

    def __init__(self, app: ASGIApp, mode: LifespanMode = "auto") -> None:
        self.state: dict[str, Any] = {}
        self._app = app
        self._mode = mode
        self._phase = _Phase.NEW
        self._moved = asyncio.Event()
        self._events: asyncio.Queue[Message] = asyncio.Queue()
        self._message = ""
        self._error: BaseException | None = None
        self._task: asyncio.Task[None] | None = None

    async def startup(self) -> None:
        """Start the app up, once; call `shutdown` in the end.

        Raises:
            LifespanError: the start-up failed, with the app's own message; or the mode
                is ``on`` and the app has no lifespan.
        """
        if self._mode == "off":
            return
        if self._phase is not _Phase.NEW:
            raise RuntimeError("a lifespan starts once")
        self._phase = _Phase.STARTING
        self._task = asyncio.create_task(self._run())
        await self._do("startup")
        if self._phase is _Phase.FAILED:
            await self._finish()
            self._fail("the application's start-up failed")
        if self._phase is _Phase.UNSUPPORTED:
            self._unsupported()

    async def shutdown(self) -> None:
        """Shut the app down. Without effect when it is not up.

        Raises:
            LifespanError: the shutdown failed, with the app's own message.
        """
        if self._phase is not _Phase.UP:
            return
        self._phase = _Phase.STOPPING
        await self._do("shutdown")
        await self._finish()
        if self._phase is _Phase.FAILED:
            self._fail("the application's shutdown failed")

    async def __aenter__(self) -> Lifespan:
        await self.startup()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.shutdown()

    # -- our side ----------------------------------------------------------------------

    async def _do(self, step: str) -> None:
        """Send an event, wait for the move that it leads to; say so when that is slow."""
        phase = self._phase
        reminder = asyncio.get_running_loop().call_later(
            _PATIENCE, logger.info, "still waiting for the application's %s", step
        )
        self._events.put_nowait({"type": f"lifespan.{step}"})
        try:
            while self._phase is phase:
                self._moved.clear()
                await self._moved.wait()
        except asyncio.CancelledError:
            await self._finish(patience=0)
            raise
        finally:
            reminder.cancel()

    async def _finish(self, patience: float = _CANCEL_TIMEOUT) -> None:
        """See to it that the app's task has ended."""
        assert self._task is not None
        await asyncio.wait({self._task}, timeout=patience)
        if not self._task.done():
            self._task.cancel()
            await asyncio.wait({self._task}, timeout=_CANCEL_TIMEOUT)

    def _unsupported(self) -> None:
        if self._mode == "on":
            self._fail("the application has no lifespan (use lifespan=auto or off for it)")
        if self._error is not None and self._events.empty():
            # It took the event, so this may well be a start-up that failed; but ASGI
            # says to go on.
            logger.warning("lifespan not supported, or failed", exc_info=self._error)

    def _fail(self, what: str) -> NoReturn:
        detail = self._message or (repr(self._error) if self._error else "")
        raise LifespanError(f"{what}: {detail}" if detail else what) from self._error

    # -- the app's side ----------------------------------------------------------------

    async def _run(self) -> None:
        scope = {
            "type": "lifespan",
            "asgi": {"version": "3.0", "spec_version": "2.0"},
            "state": self.state,
        }
        moves = _ON_RETURN
        try:
            await self._app(scope, self._events.get, self._send)
        except BaseException as error:  # this is the end of the task, whatever it was
            moves = _ON_RAISE
            self._error = error
            if self._phase in (_Phase.UP, _Phase.OVER):
                logger.error("the application's lifespan raised", exc_info=error)
        self._move(moves.get(self._phase, self._phase))

    async def _send(self, message: Message) -> None:
        kind = message["type"]
        if (phase := _MOVES.get((self._phase, kind))) is None:
            raise RuntimeError(f"unexpected ASGI message {kind!r}: lifespan {self._phase.value}")
        self._message = message.get("message", "")
        self._move(phase)

    def _move(self, phase: _Phase) -> None:
        self._phase = phase
        self._moved.set()
