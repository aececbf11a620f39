"""Where the commands that run on speak: blocks and lines on a terminal, or in the log.

Everything goes to stderr, where the log goes too, so it stays in order; stdout is the app's.
"""

from __future__ import annotations

import logging
import sys
import time
from typing import TYPE_CHECKING

from iii_asgi.cli.logs import LogPlan, configure

if TYPE_CHECKING:
    from rich.text import Text

__all__ = ["Screen"]

logger = logging.getLogger("iii_asgi")


class Screen:
    """Sets logging up, and shows words as the log is shown.

    Args:
        plan: on a terminal, with colours; or as log lines.
    """

    def __init__(self, plan: LogPlan) -> None:
        self._started = time.perf_counter()
        self._styled = plan.styled
        configure(plan)

    @property
    def seconds(self) -> float:
        """How long the command has run."""
        return time.perf_counter() - self._started

    def block(self, text: Text) -> None:
        """Show a text of several lines; on a terminal with blank ones around it."""
        from rich.text import Text

        if self._styled:
            _print(Text("\n").append_text(text), end="\n\n")
        else:
            _log(text, logging.INFO)

    def line(self, text: Text, level: int = logging.INFO) -> None:
        """Show what happened just now: the time, and further lines beneath the first."""
        from rich.text import Text

        if not self._styled:
            _log(text, level)
            return
        shown = Text()
        for number, part in enumerate(text.split("\n")):
            clock = "" if number else time.strftime("%H:%M:%S")
            shown.append(f"\n{clock:<8}  " if number else f"{clock}  ", "dim").append_text(part)
        _print(shown)


def _print(text: Text, end: str = "\n") -> None:
    from rich.console import Console

    # Lines are never broken by us: what is there to be pasted must stay whole.
    console = Console(file=sys.stderr, force_terminal=True, highlight=False, soft_wrap=True)
    console.print(text, end=end)


def _log(text: Text, level: int) -> None:
    for line in text.plain.splitlines():
        if line.strip():
            warns = line.lstrip().startswith("Warning")
            logger.log(logging.WARNING if warns else level, "%s", line.rstrip())
