"""Lines that a newcomer can paste: a function to call, and the same over HTTP."""

from __future__ import annotations

import shlex

from iii_asgi.catalogue.model import Catalogue, Function
from iii_asgi.cli.program import address, command_line
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
    arguments = dict.fromkeys(f"{one.name}=1" for one in chosen.parameters)
    commands = [command_line("call", chosen.id, *arguments, *address(settings))]
    trigger = next((one for one in chosen.triggers if one.method == "GET"), None)
    if http_url and trigger:
        parts = ["1" if part.startswith(":") else part for part in trigger.api_path.split("/")]
        commands.append(shlex.join(["curl", http_url + "/".join(parts)]))
    return commands


def _reads(function: Function) -> bool:
    return function.method == "GET" and function.kind == "route" and not function.internal


def _rank(function: Function) -> tuple[int, bool]:
    """Order by how likely the call is to work: nothing to guess, then what lists things."""
    guessed = sum(1 if one.name.endswith("id") else 10 for one in function.parameters)
    return guessed, function.action != "list"
