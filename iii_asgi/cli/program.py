"""Command lines of ours that are printed to be pasted."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from dataclasses import fields
from pathlib import Path

from iii_asgi.settings import Settings

__all__ = ["address", "command_line"]


def command_line(*words: str) -> str:
    """Return a command as the shell finds it here.

    The program is called by its name, or where that is not on the PATH (a virtual environment
    that is not active), by its path.
    """
    script = Path(sys.executable).with_name("iii-asgi")
    is_hidden = script.exists() and not shutil.which("iii-asgi")
    return shlex.join([os.path.relpath(script) if is_hidden else "iii-asgi", *words])


def address(settings: Settings) -> list[str]:
    """Return the options that say where functions are, as far as that is not the default."""
    return [
        f"--{field.name}={value}"
        for field in fields(settings)
        if field.name in ("url", "namespace")
        and (value := getattr(settings, field.name)) != field.default
    ]
