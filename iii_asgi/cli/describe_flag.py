"""``--json`` beside ``--describe``: an option with a value that has none there."""

from __future__ import annotations

from typing import Any

from typer.core import TyperCommand

__all__ = ["AS_JSON", "CallCommand"]

AS_JSON = "-"
"""The value of ``--json`` that stands for none."""


class CallCommand(TyperCommand):
    """The command ``call``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse what was typed; see the module."""
        if "--describe" in args and "--json" in args:
            args = [one for one in args if one != "--json"] + ["--json", AS_JSON]
        return super().parse_args(ctx, args)
