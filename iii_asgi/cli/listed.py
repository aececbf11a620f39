"""What the engine knows of functions: which there are, and what one takes."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from difflib import get_close_matches
from typing import Any

from iii_asgi import process
from iii_asgi.cli.asking import LIST_TIMEOUT, ask, asked
from iii_asgi.cli.program import address, command_line
from iii_asgi.errors import Error, InvocationError
from iii_asgi.settings import Settings

__all__ = ["functions_of", "info_of", "list_functions", "say_which_there_are"]

Row = Mapping[str, Any]


def functions_of(settings: Settings) -> list[Row]:
    """Return the functions on the engine, of one namespace or of all (see `ask`)."""
    return process.run(list_functions(settings, LIST_TIMEOUT))


async def list_functions(settings: Settings, timeout: float) -> list[Row]:
    """Return the same in a running event loop, after so many seconds at most."""
    listed = await asked(_everywhere(settings), "engine::functions::list", {}, timeout)
    functions: list[Row] = listed["functions"]
    if settings.namespace != "default":
        functions = [one for one in functions if one.get("namespace") == settings.namespace]
    return functions


def info_of(settings: Settings, function_id: str) -> Row:
    """Return what the engine tells of one function (see `ask`).

    Raises:
        InvocationError: there is no such function; its notes name those like it.
    """
    wanted = {"function_id": function_id, "namespace": settings.namespace}
    try:
        info: Row = ask(_everywhere(settings), "engine::functions::info", wanted, LIST_TIMEOUT)
    except InvocationError as error:
        if error.code != "NOT_FOUND":
            raise
        missing = InvocationError("function_not_found", f"the engine has no {function_id}")
        say_which_there_are(missing, function_id, settings)
        raise missing from None
    return info


def say_which_there_are(error: InvocationError, function_id: str, settings: Settings) -> None:
    """Add to an error the ids that are like one that is not there, and how to list all."""
    with suppress(Error):  # what is being told is the first error
        ids = {one["function_id"] for one in functions_of(settings)} - {function_id}
        for close in get_close_matches(function_id, sorted(ids)):
            error.add_note(f"Did you mean {close}?")
    error.add_note(f"Which there are: {command_line('call', '--list', *address(settings))}")


def _everywhere(settings: Settings) -> Settings:
    return replace(settings, namespace="default")  # the engine's own functions live there
