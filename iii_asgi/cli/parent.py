"""The parent's side of `dev`: the app's process, started, heard and stopped."""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
from multiprocessing.connection import wait

from iii_asgi.cli import child
from iii_asgi.cli.child import Failed, Plan, Report

__all__ = ["AppProcess"]

_PATIENCE = 2.0
"""Seconds that a process gets to end, beyond what the app has for its calls."""


class AppProcess:
    """One run of the app, in a process of its own."""

    def __init__(self, plan: Plan) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=child.main, args=(plan, theirs), name="app")
        self._process.start()
        theirs.close()  # so that the end of the process is the end of the pipe

    async def report(self) -> Report:
        """Wait for what the process has to say: that it serves, or why not.

        Called again, wait for its end.
        """
        return await asyncio.to_thread(self._next)

    def _next(self) -> Report:
        ready = wait([self._pipe, self._process.sentinel])
        if self._pipe in ready:
            with contextlib.suppress(EOFError, OSError):
                report: Report = self._pipe.recv()
                return report
        self._process.join()
        return Failed(f"The app's process has ended (exit code {self._process.exitcode})", 3)

    async def stop(self, timeout: float) -> None:
        """Ask the process to finish its calls and end; make it, when it does not in time."""
        with contextlib.suppress(OSError):
            self._pipe.send("stop")
        await asyncio.to_thread(self._process.join, timeout + _PATIENCE)
        self.kill()

    def kill(self) -> None:
        """End the process at once."""
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        self._pipe.close()
