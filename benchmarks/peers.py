"""What is compared: the bridge in its variants, the official SDK, uvicorn."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TypeAlias

from benchmarks.http_side import HttpSide
from benchmarks.load import Sample
from benchmarks.payloads import USER_CALL, HttpCall
from benchmarks.processes import Program, free_port, program, python

__all__ = ["Peer", "Running", "bridge", "sdk", "uvicorn"]


@dataclass(frozen=True)
class Running:
    """A peer that is up and has answered once.

    Attributes:
        load: called with how many calls to keep outstanding, and for how many seconds.
        ask: called with how many seconds one call may take.
    """

    program: Program
    load: Callable[[int, float], Awaitable[Sample]]
    ask: Callable[[float], Awaitable[object]]


Start: TypeAlias = Callable[[], AbstractAsyncContextManager[Running]]


@dataclass(frozen=True)
class Peer:
    """One of those that are compared; it is started as often as there are rounds."""

    start: Start
    requires: Sequence[str]

    @property
    def obstacle(self) -> str:
        """Why it cannot run; empty when it can."""
        absent = [module for module in self.requires if find_spec(module) is None]
        return f"{', '.join(absent)} not installed" if absent else ""


def bridge(
    app: str, call: HttpCall = USER_CALL, *flags: str, warm_up: HttpCall | None = None
) -> Peer:
    """Return ``iii-asgi serve`` with an app; we play the engine's side.

    Args:
        app: as on its command line.
        call: what it is asked.
        flags: more of its command line.
        warm_up: what it is asked at first, else `call`.
    """
    return _worker(
        call,
        lambda url: python("-m", "iii_asgi", "serve", app, "--url", url, "--no-access-log", *flags),
        "picows",
        "psutil",
        warm_up=warm_up,
    )


def sdk(*flags: str) -> Peer:
    """Return a handler written by hand on the official SDK."""
    return _worker(
        USER_CALL,
        lambda url: python("-m", "benchmarks.serve_sdk", url, *flags),
        "iii",
        "picows",
        "psutil",
    )


def _worker(
    call: HttpCall,
    command: Callable[[str], list[str]],
    *requires: str,
    warm_up: HttpCall | None = None,
) -> Peer:
    @asynccontextmanager
    async def start() -> AsyncIterator[Running]:
        from benchmarks.engine_side import engine_side  # picows may not be installed

        async with (
            engine_side(free_port()) as engine,
            program(command(engine.url)) as running,
        ):
            await engine.registered(call.function_id, running)
            await engine.ask(warm_up or call)
            yield Running(
                running,
                lambda outstanding, seconds: engine.load(call, outstanding, running, seconds),
                lambda patience: engine.ask(call, patience),
            )

    return Peer(start, requires)


def uvicorn(
    app: str, call: HttpCall = USER_CALL, *flags: str, warm_up: HttpCall | None = None
) -> Peer:
    """Return uvicorn[standard] with an app, asked over HTTP (see `bridge`)."""

    @asynccontextmanager
    async def start() -> AsyncIterator[Running]:
        port = free_port()
        command = python("-m", "uvicorn", app, "--port", str(port), "--no-access-log", *flags)
        async with program(command) as running:
            side = HttpSide(port)
            await side.listening(running)
            await side.ask(warm_up or call)
            yield Running(
                running,
                lambda outstanding, seconds: side.load(call, outstanding, running, seconds),
                lambda patience: side.ask(call, patience),
            )

    return Peer(start, ("uvicorn", "uvloop", "httptools", "psutil"))
