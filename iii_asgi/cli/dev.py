"""``iii-asgi dev``: an engine of its own, and the app in a process that is loaded anew.

The engine lives in the parent, so its ports and the other workers stay connected when the
app's process is exchanged.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

from rich.text import Text

from iii_asgi import process
from iii_asgi.cli.changes import changes
from iii_asgi.cli.child import Failed, Plan, Report
from iii_asgi.cli.engine import Ports, addresses
from iii_asgi.cli.failures import fail, needs_standard
from iii_asgi.cli.parent import AppProcess
from iii_asgi.cli.screen import Screen
from iii_asgi.cli.startup import Overview, block, overview_rows
from iii_asgi.cli.watching import Watching
from iii_asgi.engine import Engine
from iii_asgi.errors import AppError
from iii_asgi.settings import Settings, variable_of

__all__ = ["run"]

_GRACE = "timeout_graceful_shutdown"
_DEFAULT_GRACE = 1.0
"""A reload waits for nothing: a stream that a browser has open would make it last."""
_PATIENCE = 3.0
"""Seconds before a line says that the app has not come up."""

Change: TypeAlias = asyncio.Future[list[str]]
"""The files that change next."""


def run(plan: Plan, ports: Ports, watching: Watching | None, screen: Screen) -> int:
    """Serve an app on an embedded engine until SIGTERM or SIGINT; return the exit code.

    Args:
        plan: what the app's process does; its engine is added here.
        ports: of the engine.
        watching: which changes load the app anew; None for none.
        screen: where to say what happens.

    Raises:
        SettingsError: a setting, the host or a port cannot be used.
        PortInUseError: a port is taken.
        MissingExtraError: a package of the extra ``standard`` is not installed.
    """
    if _GRACE not in plan.settings and not os.environ.get(variable_of(_GRACE)):
        plan.settings[_GRACE] = _DEFAULT_GRACE
    Settings.resolve(**plan.settings)  # what is wrong is said before anything starts
    with needs_standard(), suppress(asyncio.CancelledError):  # a second signal
        return process.run(_run(plan, ports, watching, screen), plan.loop)
    return 0


async def _run(plan: Plan, ports: Ports, watching: Watching | None, screen: Screen) -> int:
    with process.stop_signals() as stop:
        async with ports.engine() as engine:
            settings = {**plan.settings, "url": engine.url}
            session = _Session(engine, replace(plan, settings=settings), watching, screen)
            following = asyncio.create_task(session.follow())
            stopping = asyncio.create_task(stop.wait())
            try:
                await asyncio.wait({following, stopping}, return_when=asyncio.FIRST_COMPLETED)
                if stop.is_set():
                    screen.line(Text(process.STOPPING))
                    following.cancel()  # that the app ends now is no news
                await session.stop()
            finally:
                session.kill()
                for task in (following, stopping):
                    task.cancel()
            if stop.is_set():
                return 0
            failed = following.result()
            fail(AppError(failed.message))
            return failed.exit_code


class _Session:
    """The app's processes, one after the other, on one engine."""

    def __init__(
        self, engine: Engine, plan: Plan, watching: Watching | None, screen: Screen
    ) -> None:
        self._engine = engine
        self._plan = plan
        self._watching = watching
        self._screen = screen
        self._grace = Settings.resolve(**plan.settings).timeout_graceful_shutdown
        self._process: AppProcess | None = None
        self._overview: Overview | None = None

    async def follow(self) -> Failed:
        """Start the app, and again whenever its files change. Return why that has ended."""
        changes = _no_changes() if self._watching is None else self._watching.changes()
        # Before the start, so that no change is missed meanwhile.
        change = asyncio.ensure_future(anext(changes))
        files: list[str] = []
        began = time.perf_counter()
        try:
            while (failed := await self._run(change, files, began)) is None:
                files, began = await change, time.perf_counter()
                change = asyncio.ensure_future(anext(changes))
                await self.stop()
            return failed
        finally:
            change.cancel()

    async def _run(self, change: Change, files: Sequence[str], began: float) -> Failed | None:
        """Run the app until it has ended or a file changes. Return why that is the end of all."""
        report = await self._start(change, files)
        if report is None:
            self.kill()  # it may hang, and has no calls to finish
            return None
        if isinstance(report, Failed):
            return self._fail(report, files)
        self._show(report, files, time.perf_counter() - began)
        ended = await self._report(change)
        return self._fail(ended) if isinstance(ended, Failed) else None

    async def _start(self, change: Change, files: Sequence[str]) -> Report | None:
        """Start the app's process; return what it reports, or None when a file changes before."""
        self._process = AppProcess(self._plan)
        what = _names(files) or self._plan.target.app
        line = Text("still starting" + (f" ({what})" if what else ""))
        saying = asyncio.get_running_loop().call_later(_PATIENCE, self._screen.line, line)
        try:
            return await self._report(change)
        finally:
            saying.cancel()

    async def _report(self, change: Change) -> Report | None:
        """Return what the app's process reports next, or None when a file changes before."""
        assert self._process is not None
        report = asyncio.create_task(self._process.report())
        either: tuple[asyncio.Future[Any], ...] = (report, change)
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        return report.result() if report.done() else None

    async def stop(self) -> None:
        """Stop the app's process in order."""
        if self._process is not None:
            await self._process.stop(self._grace)

    def kill(self) -> None:
        """End the app's process, if it still runs."""
        if self._process is not None:
            self._process.kill()

    # -- what is shown -------------------------------------------------------------------

    def _show(self, overview: Overview, files: Sequence[str], seconds: float) -> None:
        """Show the app that serves: all of it, or what a reload has changed."""
        before, self._overview = self._overview, overview
        if before is None:
            self._open(overview)
            return
        line = Text(f"reloaded in {seconds:.1f} s ({_names(files)})   ")
        line.append_text(changes(before.catalogue, overview.catalogue)).rstrip()
        self._screen.line(line)

    def _open(self, overview: Overview) -> None:
        ready = f"Ready in {self._screen.seconds:.1f} s"
        if self._watching is not None:
            folders = ", ".join(_relative(str(one)) for one in self._watching.folders)
            ready += f". Watching {folders}"
        rows = overview_rows(overview, addresses(self._engine), self._engine.http_url)
        self._screen.block(block("development", rows, f"{ready} (Ctrl+C stops)"))

    def _fail(self, failed: Failed, files: Sequence[str] = ()) -> Failed | None:
        """Say that the app is offline; or return the failure, where no change can mend it."""
        if self._watching is None or self._overview is None:
            return failed
        first, *rest = failed.message.splitlines()
        text = Text(first, "bold red").append(f" ({_names(files)})" if files else "", "not bold")
        for line in rest:
            text.append(f"\n{line}", "default")
        text.append("\nfunctions offline, still watching", "yellow")
        self._screen.line(text, logging.ERROR)
        return None


async def _no_changes() -> AsyncGenerator[list[str], None]:
    await asyncio.Event().wait()
    yield []


def _names(files: Sequence[str]) -> str:
    return ", ".join(_relative(one) for one in files[:3]) + (" …" if len(files) > 3 else "")


def _relative(path: str) -> str:
    try:
        return str(Path(path).resolve().relative_to(Path.cwd()))
    except ValueError:
        return path
