"""Function names for the shell to complete: those that the engine has."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import typer

from iii_asgi.cli.bash_words import BEGUN

__all__ = ["complete_function"]

_WITHIN = 1.0  # seconds; whoever presses Tab waits no longer


def complete_function(context: typer.Context, incomplete: str) -> list[str]:
    """Return the ids that begin like this; none where no engine answers in time."""
    begun = os.environ.get(BEGUN, "")  # bash has the rest of the id already
    return [
        one.removeprefix(begun)
        for one in _ids(context.params)
        if one.startswith(begun + incomplete)
    ]


def _ids(given: Mapping[str, Any]) -> list[str]:
    from iii_asgi import process

    try:
        return process.run(_listed(given))
    except Exception:  # nobody wants to read in the middle of a line why there is nothing
        return []


async def _listed(given: Mapping[str, Any]) -> list[str]:
    import asyncio

    from iii_asgi.cli.listed import list_functions
    from iii_asgi.settings import Settings

    said = {name: given[name] for name in ("url", "token", "namespace") if given.get(name)}
    async with asyncio.timeout(_WITHIN):
        functions = await list_functions(Settings.resolve(**said), _WITHIN)
    return [one["function_id"] for one in functions]
