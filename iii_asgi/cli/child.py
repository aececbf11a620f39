"""The child process of `dev`: the app, served until the parent says stop or is gone."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import threading
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from typing import Any

from iii_asgi.cli.logs import LogPlan
from iii_asgi.cli.quick import start_quickly
from iii_asgi.cli.startup import Overview
from iii_asgi.cli.target import Target
from iii_asgi.process import LoopName

__all__ = ["Failed", "Plan", "Report", "main"]


@dataclass(frozen=True, slots=True)
class Plan:
    """What the child is to do.

    Attributes:
        target: which app.
        settings: what was given, for `Settings.resolve`.
        logs: as the parent's.
        loop: as the parent's.
    """

    target: Target
    settings: dict[str, Any]
    logs: LogPlan
    loop: LoopName


@dataclass(frozen=True, slots=True)
class Failed:
    """The app is not on the engine: what to tell the user, and the exit code for it."""

    message: str
    exit_code: int


Report = Overview | Failed


def main(plan: Plan, parent: Connection) -> None:
    """Serve the app; report to the parent once. The target of the process."""
    # Ctrl+C reaches both processes; the parent then stops this one, in its own order. Not
    # SIG_IGN, which the app's own child processes would inherit.
    signal.signal(signal.SIGINT, lambda *_: None)
    with contextlib.suppress(OSError, ValueError):
        sys.stdin = os.fdopen(0)  # for debuggers; multiprocessing has taken it away
    start_quickly()

    from iii_asgi import process
    from iii_asgi.cli.failures import described
    from iii_asgi.cli.logs import configure
    from iii_asgi.errors import Error

    configure(plan.logs)
    try:
        process.run_until_stopped(_serve(plan, parent), plan.loop)
    except Error as error:
        parent.send(Failed(described(error), error.exit_code))


async def _serve(plan: Plan, parent: Connection) -> None:
    _obey(parent)
    from iii_asgi.bridge import Bridge
    from iii_asgi.cli.loading import load
    from iii_asgi.cli.serve import overview_of
    from iii_asgi.settings import Settings

    loaded = load(plan.target)
    async with Bridge(loaded.app, settings=Settings.resolve(**plan.settings)).connect() as bridge:
        overview = overview_of(bridge, plan.target, loaded)
        functions = overview.catalogue.functions
        # Metadata and arguments are the app's own objects, which may not be fit to be sent.
        sendable = tuple(
            replace(
                one,
                metadata=None,
                events=tuple(replace(event, arguments=None) for event in one.events),
            )
            for one in functions
        )
        catalogue = replace(overview.catalogue, functions=sendable)
        parent.send(replace(overview, catalogue=catalogue))
        await asyncio.Event().wait()


def _obey(parent: Connection) -> None:
    """Cancel the running task when the parent says stop, or is gone."""
    task, loop = asyncio.current_task(), asyncio.get_running_loop()
    assert task is not None

    def listen() -> None:
        with contextlib.suppress(EOFError, OSError):
            parent.recv()
        with contextlib.suppress(RuntimeError):  # the loop has ended already
            loop.call_soon_threadsafe(task.cancel)

    threading.Thread(target=listen, daemon=True).start()
