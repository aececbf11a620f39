"""What shortens the start of a command."""

from __future__ import annotations

import gc
import sys

__all__ = ["start_quickly"]

_SELDOM = 10_000
"""New objects between two looks for garbage: imports make many, and next to none is garbage."""
_HTTPX_CLI = "httpx._main"
"""For it httpx takes click and half of rich along. It does without where those are missing."""


def start_quickly() -> None:
    """Have less imported in this process, and with fewer interruptions. Call it early.

    A command of 0.6 s takes 0.53 s then.
    """
    gc.set_threshold(_SELDOM, *gc.get_threshold()[1:])
    sys.modules.setdefault(_HTTPX_CLI, None)  # type: ignore[arg-type]  # as if it were missing
