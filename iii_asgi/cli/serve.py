"""``iii-asgi serve``: an app on an engine that runs somewhere."""

from __future__ import annotations

import asyncio

from rich.text import Text

from iii_asgi import process
from iii_asgi.bridge import Bridge
from iii_asgi.cli.failures import needs_standard, start_an_engine
from iii_asgi.cli.loading import LoadedApp, load
from iii_asgi.cli.screen import Screen
from iii_asgi.cli.startup import Overview, block, overview_rows
from iii_asgi.cli.target import Target
from iii_asgi.settings import Settings
from iii_asgi.worker.worker import ConnectionState

__all__ = ["overview_of", "run"]


def run(target: Target, settings: Settings, screen: Screen, loop: process.LoopName) -> None:
    """Serve until SIGTERM or SIGINT (see `process.run_until_stopped`).

    Raises:
        AppError: the app cannot be found, imported or started.
        EngineRefusedError: the engine refused this worker for good.
    """
    with needs_standard():
        process.run_until_stopped(_serve(target, settings, screen), loop)


async def _serve(target: Target, settings: Settings, screen: Screen) -> None:
    # In the loop, as a web server does it: some apps look for it when they are imported.
    loaded = load(target)
    bridge = Bridge(loaded.app, settings=settings)
    bridge.on_connection_state_change(_Opening(bridge, target, loaded, screen))
    await bridge.serve(own_process=True)


def overview_of(bridge: Bridge, target: Target, loaded: LoadedApp) -> Overview:
    """Return what there is to say of a bridge that is connected."""
    registrations = bridge.worker.registrations if bridge.worker else None
    return Overview(
        app=loaded.name,
        rule=loaded.rule,
        routes=target.line(target.app, command="routes"),
        catalogue=bridge.catalogue,
        settings=bridge.settings,
        standby=tuple(registrations.standby.items()) if registrations else (),
        refused=tuple(registrations.refused.values()) if registrations else (),
    )


class _Opening:
    """Shows the start-up block at the first connection, or what to do when there is none."""

    def __init__(self, bridge: Bridge, target: Target, loaded: LoadedApp, screen: Screen) -> None:
        self._bridge = bridge
        self._target = target
        self._loaded = loaded
        self._screen = screen
        self._has_hinted = self._is_open = False

    def __call__(self, state: ConnectionState) -> None:
        if state == "connected" and not self._is_open:
            self._is_open = True
            self._show()
        elif state == "reconnecting" and not (self._is_open or self._has_hinted):
            self._has_hinted = True
            hint = Text(f"{start_an_engine()}.")
            # After the worker's own line, which says what happened.
            asyncio.get_running_loop().call_soon(self._screen.line, hint)

    def _show(self) -> None:
        settings = self._bridge.settings
        engine = [("Engine", settings.url)]
        if settings.namespace != "default":
            engine.append(("Namespace", settings.namespace))
        engine.append(("Worker", settings.name))
        rows = overview_rows(overview_of(self._bridge, self._target, self._loaded), engine)
        ready = f"Ready in {self._screen.seconds:.1f} s (Ctrl+C stops)"
        self._screen.block(block("serving", rows, ready))
