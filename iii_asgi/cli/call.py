"""``iii-asgi call``: call a function on the engine and print its result."""

from __future__ import annotations

import asyncio
import os
import platform
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import msgspec

from iii_asgi import process
from iii_asgi.cli.program import address, command_line
from iii_asgi.errors import InvocationError, SettingsError
from iii_asgi.settings import Settings
from iii_asgi.version import __version__
from iii_asgi.worker.client import visit

__all__ = ["arguments_of", "run", "show_functions"]

_PATIENCE = 1.0
"""Seconds before a line says what is waited for."""
_LIST_TIMEOUT = 10.0


def run(settings: Settings, function_id: str, payload: Any, timeout: float) -> None:
    """Call a function, and print its result on stdout.

    Args:
        settings: where the engine is; `namespace` is the function's.
        function_id: ``service::action``.
        payload: what it is called with.
        timeout: seconds to wait for the answer.

    Raises:
        InvocationError: the answer is an error, or there is none in time.
        ConnectionLostError: the engine is not there.
        EngineRefusedError: it does not let us in.
    """
    try:
        _print_json(process.run(_call(settings, function_id, payload, timeout)))
    except InvocationError as error:
        if error.code == "function_not_found":
            error.add_note(f"Which there are: {command_line('call', '--list', *address(settings))}")
        raise


def show_functions(settings: Settings) -> None:
    """Print the functions that are on the engine, of one namespace or of all (see `run`).

    Where there are none, say so on stderr: stdout is for programs.
    """
    everywhere = replace(settings, namespace="default")  # the engine's own live there
    listed = process.run(_call(everywhere, "engine::functions::list", {}, _LIST_TIMEOUT))
    functions = listed["functions"]
    if settings.namespace != "default":
        functions = [one for one in functions if one.get("namespace") == settings.namespace]
    if functions:
        _print_functions(functions)
    else:
        print("No functions yet", file=sys.stderr)  # noqa: T201  # what a person is told


# -- the call ----------------------------------------------------------------------------


async def _call(settings: Settings, function_id: str, payload: Any, timeout: float) -> Any:
    metadata = {
        "runtime": "python",
        "version": __version__,
        # Never III_WORKER_NAME: that is the app's, and it may be connected right now.
        "name": f"iii-asgi-call:{platform.node() or 'host'}:{os.getpid()}",
        "pid": os.getpid(),
    }
    namespace = None if settings.namespace == "default" else settings.namespace
    async with (
        visit(settings.url, settings.token, metadata=metadata) as link,
        _patience(function_id),
    ):
        return await link.call(function_id, payload, timeout=timeout, namespace=namespace)


@asynccontextmanager
async def _patience(function_id: str) -> AsyncIterator[None]:
    """Show on a terminal that the call still runs."""

    async def show() -> None:
        from rich.console import Console

        await asyncio.sleep(_PATIENCE)
        with Console(stderr=True).status(f"Waiting for {function_id} (Ctrl+C gives up)"):
            await asyncio.Event().wait()

    showing = asyncio.create_task(show()) if sys.stderr.isatty() else None
    try:
        yield
    finally:
        if showing is not None:
            showing.cancel()
            await asyncio.gather(showing, return_exceptions=True)


# -- what the user typed -----------------------------------------------------------------


def arguments_of(pairs: Sequence[str], text: str | None) -> Any:
    """Return the payload of a call.

    Args:
        pairs: ``key=value``; a value that is JSON is taken as such, all else as text.
        text: JSON text, ``-`` to read it from stdin, or None.

    Raises:
        SettingsError: a pair has no ``=``, the text is no JSON, or pairs are given beside
            JSON that is no object.
    """
    payload: Any = {}
    if text is not None:
        source = sys.stdin.read() if text == "-" else text
        try:
            payload = msgspec.json.decode(source)
        except msgspec.DecodeError as error:
            raise SettingsError("--json", f"this is no JSON: {error}") from None
    if not pairs:
        return payload
    if not isinstance(payload, Mapping):
        raise SettingsError("--json", "must be an object where key=value is given, too")
    return {**payload, **dict(_pair(one) for one in pairs)}


def _pair(text: str) -> tuple[str, Any]:
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise SettingsError(repr(text), "arguments are written key=value")
    try:
        return key, msgspec.json.decode(value)
    except msgspec.DecodeError:
        return key, value


# -- what is printed ---------------------------------------------------------------------


def _print_json(value: Any) -> None:
    text = msgspec.json.encode(value)
    if not sys.stdout.isatty():
        print(text.decode())  # noqa: T201  # the result, for programs
        return
    from rich.console import Console
    from rich.json import JSON

    Console(soft_wrap=True).print(JSON(text.decode()))


def _print_functions(functions: Sequence[Mapping[str, Any]]) -> None:
    """Print a line for each: id, worker, namespace where there are several, description."""
    from rich.console import Console
    from rich.text import Text

    columns = ["function_id", "worker_name", "namespace", "description"]
    if len({one.get("namespace") for one in functions}) < 2:
        columns.remove("namespace")
    rows = sorted([_first_line(one.get(name)) for name in columns] for one in functions)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    console = Console(highlight=False, soft_wrap=True)
    for row in rows:
        first, *others = map(str.ljust, row, widths)
        line = Text.assemble((first, "cyan"), *(f"   {cell}" for cell in others))
        line.rstrip()
        console.print(line)


def _first_line(text: Any) -> str:
    return str(text or "").partition("\n")[0]
