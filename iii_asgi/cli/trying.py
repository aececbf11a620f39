"""Lines that a newcomer can paste: a function to call, and the same over HTTP."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from dataclasses import fields
from pathlib import Path

from iii_asgi.catalogue.model import Catalogue, Function
from iii_asgi.settings import Settings

__all__ = ["commands_to_try"]


def commands_to_try(catalogue: Catalogue, settings: Settings, http_url: str | None) -> list[str]:
    """Return commands that read something; never one that writes.

    Args:
        catalogue: what there is.
        settings: where it is; only what is not the default needs to be said.
        http_url: where HTTP is served, if known.
    """
    readers = [function for function in catalogue.functions if _reads(function)]
    if not readers:
        return []
    chosen = min(readers, key=_rank)
    values = {one.name: "1" for one in chosen.parameters}
    arguments = [f"{name}={value}" for name, value in values.items()]
    arguments += [
        f"--{field.name}={value}"
        for field in fields(settings)
        if field.name in ("url", "namespace")
        and (value := getattr(settings, field.name)) != field.default
    ]
    commands = [shlex.join([_program(), "call", chosen.id, *arguments])]
    trigger = next((one for one in chosen.triggers if one.method == "GET"), None)
    if http_url and trigger:
        parts = ["1" if part.startswith(":") else part for part in trigger.api_path.split("/")]
        commands.append(shlex.join(["curl", http_url + "/".join(parts)]))
    return commands


def _program() -> str:
    """Return how the command line is called here: by its name, or where that is not on the
    PATH (a virtual environment that is not active), by its path."""
    script = Path(sys.executable).with_name("iii-asgi")
    if shutil.which("iii-asgi") or not script.exists():
        return "iii-asgi"
    return os.path.relpath(script)


def _reads(function: Function) -> bool:
    return function.method == "GET" and function.kind == "route" and not function.internal


def _rank(function: Function) -> tuple[int, bool]:
    """Order by how likely the call is to work: nothing to guess, then what lists things."""
    guessed = sum(1 if one.name.endswith("id") else 10 for one in function.parameters)
    return guessed, function.action != "list"
