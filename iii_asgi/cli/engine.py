"""``iii-asgi engine``: the embedded engine alone, for any worker in any language."""

from __future__ import annotations

from dataclasses import dataclass

from rich.text import Text

from iii_asgi import process
from iii_asgi.cli.failures import needs_standard
from iii_asgi.cli.screen import Screen
from iii_asgi.cli.startup import block
from iii_asgi.engine import Engine
from iii_asgi.engine.front import FrontName

__all__ = ["Ports", "addresses", "run"]


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the engine listens, and as which front end; a port of 0 is a free one."""

    host: str = "127.0.0.1"
    port: int = 49134
    http_port: int = 3111
    http_front: FrontName = "builtin"

    def engine(self) -> Engine:
        """Return an engine that listens there, once it is started."""
        return Engine(self.host, self.port, self.http_port, http_front=self.http_front)


def run(ports: Ports, screen: Screen, loop: process.LoopName) -> None:
    """Run an engine until SIGTERM or SIGINT.

    Raises:
        PortInUseError: a port is taken.
        SettingsError: the host or a port cannot be used.
        MissingExtraError: uvloop was asked for and is not installed.
    """
    with needs_standard():
        process.run_until_stopped(_run(ports, screen), loop)


async def _run(ports: Ports, screen: Screen) -> None:
    with process.stop_signals() as stop:
        async with ports.engine() as engine:
            rows = [(label, Text(text)) for label, text in addresses(engine)]
            ready = f"Ready in {screen.seconds:.1f} s (Ctrl+C stops)"
            screen.block(block("engine", rows, ready))
            await stop.wait()


def addresses(engine: Engine) -> list[tuple[str, str]]:
    """Return what to show of an embedded engine, with labels."""
    return [
        ("Engine", "embedded, in memory, not for production"),
        ("Workers", engine.url),
        ("HTTP", engine.http_url),
    ]
