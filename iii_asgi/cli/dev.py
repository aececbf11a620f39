"""``iii-asgi dev``: an engine of its own, and the app in a process that is loaded anew.

The engine lives in the parent, so its ports and the other workers stay connected when the
app's process is exchanged.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from rich.text import Text

from iii_asgi import process
from iii_asgi.cli.changes import changes
from iii_asgi.cli.child import Failed, Plan
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
        MissingExtraError: uvicorn is not installed.
    """
    if _GRACE not in plan.settings and not os.environ.get(variable_of(_GRACE)):
        plan.settings[_GRACE] = _DEFAULT_GRACE
    Settings.resolve(**plan.settings)  # what is wrong is said before anything starts
    with needs_standard(), suppress(asyncio.CancelledError):  # a second signal
        return process.run(_run(plan, ports, watching, screen), plan.loop)
    return 0


async def _run(plan: Plan, ports: Ports, watching: Watching | None, screen: Screen) -> int:
    with process.stop_signals() as stop:
        async with Engine(ports.host, ports.port, ports.http_port) as engine:
            settings = {**plan.settings, "url": engine.url}
            session = _Session(engine, replace(plan, settings=settings), watching, screen)
            following = asyncio.create_task(session.follow())
            stopping = asyncio.create_task(stop.wait())
            try:
                await asyncio.wait({following, stopping}, return_when=asyncio.FIRST_COMPLETED)
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
        self._ending: asyncio.Task[None] | None = None
        self._overview: Overview | None = None

    async def follow(self) -> Failed:
        """Start the app, and again whenever its files change. Return why that has ended."""
        if self._watching is None:
            return await self._start() or await self._end()
        changes = self._watching.changes()
        # Before the start, so that no change is missed meanwhile.
        change = asyncio.ensure_future(anext(changes))
        try:
            if failed := await self._start():
                return failed
            while True:
                await self._reload(await change)
                change = asyncio.ensure_future(anext(changes))
        finally:
            change.cancel()

    async def _start(self) -> Failed | None:
        self._process = AppProcess(self._plan)
        report = await self._process.report()
        if isinstance(report, Failed):
            return report
        self._overview = report
        self._show(report)
        if self._watching is not None:
            self._mind(self._process)
        return None

    async def _end(self) -> Failed:
        assert self._process is not None
        report = await self._process.report()
        assert isinstance(report, Failed), "a process reports once, and then its end"
        return report

    async def _reload(self, files: Sequence[str]) -> None:
        began = time.perf_counter()
        await self.stop()
        self._process = AppProcess(self._plan)
        report = await self._process.report()
        names = ", ".join(_relative(one) for one in files[:3]) + (" …" if len(files) > 3 else "")
        if isinstance(report, Failed):
            self._say_offline(report, names)
            return
        line = Text(f"reloaded in {time.perf_counter() - began:.1f} s ({names})")
        if self._overview is not None:
            line.append("   ").append_text(changes(self._overview.catalogue, report.catalogue))
        line.rstrip()
        self._overview = report
        self._screen.line(line)
        self._mind(self._process)

    def _mind(self, app: AppProcess) -> None:
        """Say it when the app's process ends by itself."""

        async def mind() -> None:
            report = await app.report()
            if isinstance(report, Failed):
                self._say_offline(report)

        self._ending = asyncio.create_task(mind())

    async def stop(self) -> None:
        """Stop the app's process in order."""
        if self._ending is not None:
            self._ending.cancel()
        if self._process is not None:
            await self._process.stop(self._grace)

    def kill(self) -> None:
        """End the app's process, if it still runs."""
        if self._process is not None:
            self._process.kill()

    # -- what is shown -------------------------------------------------------------------

    def _show(self, overview: Overview) -> None:
        ready = f"Ready in {self._screen.seconds:.1f} s. "
        if self._watching is not None:
            folders = ", ".join(_relative(str(one)) for one in self._watching.folders)
            ready += f"Watching {folders} "
        rows = overview_rows(overview, addresses(self._engine), self._engine.http_url)
        self._screen.block(block("development", rows, f"{ready}(Ctrl+C stops)"))

    def _say_offline(self, failed: Failed, files: str = "") -> None:
        first, *rest = failed.message.splitlines()
        text = Text(first, "bold red").append(f" ({files})" if files else "", "not bold")
        for line in rest:
            text.append(f"\n{line}", "default")
        text.append("\nfunctions offline, still watching", "yellow")
        self._screen.line(text, logging.ERROR)


def _relative(path: str) -> str:
    try:
        return str(Path(path).resolve().relative_to(Path.cwd()))
    except ValueError:
        return path
