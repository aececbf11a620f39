"""What the user says of where the app is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from iii_asgi.cli.program import command_line

__all__ = ["Target"]


@dataclass(frozen=True, slots=True)
class Target:
    """What the user says of where the app is.

    Attributes:
        app: ``module:attribute``, ``module``, ``path/to/file.py`` or None: look for it.
        factory: the attribute is a function that makes the app.
        app_dir: what `app` is relative to, and where else to look.
        interface: ``asgi``, ``wsgi`` or ``auto``: told from its signature.
        command: for the lines to paste of an error message.
    """

    app: str | None = None
    factory: bool = False
    app_dir: Path = Path()
    interface: str = "auto"
    command: str = "serve"

    def line(self, app: str | None, *, factory: bool = False, command: str = "") -> str:
        """Return a command line for an app in the same place, to be pasted."""
        words = [app] if app else []
        words += ["--factory"] if factory or self.factory else []
        words += ["--interface", self.interface] if self.interface != "auto" else []
        words += ["--app-dir", str(self.app_dir)] if self.app_dir != Path() else []
        return command_line(command or self.command, *words)
