"""``iii-asgi routes``: what an app offers on iii; no engine is needed."""

from __future__ import annotations

import contextlib
import sys
from typing import Any

import msgspec
from rich.console import Console

from iii_asgi import process
from iii_asgi.asgi.lifespan import Lifespan
from iii_asgi.bridge import Bridge
from iii_asgi.catalogue.model import Catalogue, Function
from iii_asgi.cli.loading import LoadedApp, load
from iii_asgi.cli.startup import app_line
from iii_asgi.cli.table import PLAIN_WIDTH, table, totals, warning_lines
from iii_asgi.cli.target import Target
from iii_asgi.errors import LifespanError
from iii_asgi.settings import Settings

__all__ = ["document", "read", "run"]


def run(target: Target, settings: Settings, *, as_json: bool) -> None:
    """Print the functions and triggers of an app.

    Raises:
        AppError: the app cannot be found, imported or started.
    """
    loaded, catalogue = read(target, settings)
    if as_json:
        text = msgspec.json.encode(document(catalogue), enc_hook=str)
        print(msgspec.json.format(text, indent=2).decode())  # noqa: T201  # the result
    else:
        _print_table(loaded, catalogue)


def read(target: Target, settings: Settings) -> tuple[LoadedApp, Catalogue]:
    """Load an app, start and stop it, and return what it offers.

    Raises:
        AppError: the app cannot be found, imported or started.
    """
    # What the app prints while it starts must not end up in what we print.
    with contextlib.redirect_stdout(sys.stderr):
        return process.run(_read(target, settings))


async def _read(target: Target, settings: Settings) -> tuple[LoadedApp, Catalogue]:
    loaded = load(target)
    try:
        # Some apps add routes when they start.
        async with Lifespan(loaded.app, settings.lifespan):
            return loaded, Bridge(loaded.app, settings=settings).catalogue
    except LifespanError as error:
        error.add_note("The routes without starting the app: --lifespan off")
        raise


def document(catalogue: Catalogue) -> dict[str, Any]:
    """Return a catalogue as ``routes --json`` prints it."""
    return {
        "functions": [_function(one) for one in catalogue.functions],
        "skipped": [
            {"path": one.path, "methods": one.methods, "reason": one.reason}
            for one in catalogue.skipped
        ],
        "warnings": catalogue.warnings,
    }


def _function(function: Function) -> dict[str, Any]:
    return {
        "id": function.id,
        "service": function.service,
        "action": function.action,
        "kind": function.kind,
        "methods": function.methods,
        "path": function.path,
        "triggers": [{"method": one.method, "api_path": one.api_path} for one in function.triggers],
        "events": [
            {"type": one.type, "config": one.config, "function_id": one.function_id}
            for one in function.events
        ],
        "request_format": function.request_format,
        "response_format": function.response_format,
        "description": function.description,
        "tags": function.tags,
        "metadata": _metadata(function),
        "body": function.body,
    }


def _metadata(function: Function) -> dict[str, Any] | None:
    """Return what the engine is told, with the mark of internal functions."""
    mark = {"internal": True} if function.internal else {}
    return {**mark, **(function.metadata or {})} or None


def _print_table(loaded: LoadedApp, catalogue: Catalogue) -> None:
    console = Console(highlight=False, soft_wrap=True)
    width = console.width if console.is_terminal else PLAIN_WIDTH
    console.print(app_line(loaded.name, loaded.rule, catalogue), end="\n\n")
    for line in table(catalogue, width):
        console.print(line)
    if catalogue.functions or catalogue.skipped:
        console.print()
    console.print(totals(catalogue), markup=False)
    for line in warning_lines(catalogue.warnings, width):
        console.print(line)
