"""``iii-asgi call --describe``: what a function takes and gives, whoever serves it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from rich.console import Console
from rich.text import Text

from iii_asgi.cli.call import print_json
from iii_asgi.cli.described import Described, Field
from iii_asgi.cli.listed import info_of
from iii_asgi.cli.printable import printable
from iii_asgi.cli.program import address, command_line
from iii_asgi.settings import Settings

__all__ = ["lines", "run"]

_WIDEST = 34
_MOST_TRIGGERS = 5
_Row: TypeAlias = tuple[str, str, str, str]  # name, type, whether it must be there, what it is


def run(settings: Settings, function_id: str, *, as_json: bool) -> None:
    """Print what the engine knows of a function (see `iii_asgi.cli.listed.info_of`).

    Args:
        settings: where the engine is.
        function_id: which one.
        as_json: as the engine says it, its schemas whole.
    """
    info = info_of(settings, function_id)
    if as_json:
        print_json(info)
        return
    console = Console(highlight=False, soft_wrap=True)
    for line in lines(info, settings):
        console.print(printable(line))


def lines(info: Mapping[str, Any], settings: Settings) -> Iterator[Text]:
    """Yield what is printed of one function.

    Args:
        info: what ``engine::functions::info`` returns.
        settings: where the engine is, for the example.
    """
    worker = info.get("worker_name")
    yield Text.assemble((info["function_id"], "bold cyan"), f"   of {worker}" if worker else "")
    for line in str(info.get("description") or "").splitlines():
        yield Text(f"  {line}".rstrip())
    paths = _http(info)
    for method, path in paths[:_MOST_TRIGGERS]:
        yield Text(f"  {method} {path}", "dim")
    if len(paths) > _MOST_TRIGGERS:
        yield Text(f"  … and {len(paths) - _MOST_TRIGGERS} more", "dim")
    request, response = (Described(info.get(f"{one}_schema")) for one in ("request", "response"))
    yield Text("\nArguments", "bold")
    yield from _arguments(request, _names_in(paths))
    yield Text("\nAnswer", "bold")
    yield Text(f"  {response.words or 'it does not say'}")
    yield from _table([_row(one) for one in response.fields])
    yield Text("\nErrors", "bold")
    yield Text("  a code and a message, with exit code 1")
    words = [info["function_id"], *request.example, *address(settings)]
    yield Text("\nTry", "bold")
    yield Text("  " + command_line("call", *words))


# -- what an engine says -----------------------------------------------------------------


def _http(info: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the methods and paths that lead to the function."""
    found: list[tuple[str, str]] = []
    triggers = info.get("registered_triggers")
    for one in triggers if isinstance(triggers, list) else ():
        config = one.get("config") if isinstance(one, Mapping) else None
        if isinstance(config, Mapping) and one.get("trigger_type") == "http":
            method, path = config.get("http_method") or "GET", str(config.get("api_path", ""))
            found.append((str(method), f"/{path.lstrip('/')}"))
    return sorted(found, key=lambda one: (len(one[1]), one))


def _names_in(paths: list[tuple[str, str]]) -> frozenset[str]:
    return frozenset(
        part[1:] for _, path in paths for part in path.split("/") if part.startswith(":")
    )


# -- what is printed ---------------------------------------------------------------------


def _table(rows: list[_Row]) -> Iterator[Text]:
    """Yield a line for each row."""
    widths = [min(max((len(row[at]) for row in rows), default=0), _WIDEST) for at in range(3)]
    for name, *others in rows:
        cells = [name.ljust(widths[0])]
        cells += [cell.ljust(width) for cell, width in zip(others[:2], widths[1:], strict=True)]
        line = Text.assemble("  ", (cells[0], "cyan"), f"   {cells[1]}   {cells[2]}   {others[2]}")
        line.rstrip()
        yield line


def _arguments(request: Described, in_path: frozenset[str]) -> Iterator[Text]:
    if request.is_empty:
        yield Text("  none")
    elif not (request.is_object and request.fields):
        given = "key=value, or --json" if request.is_object else "--json"
        words = "any" if request.words == "object" else request.words or "it does not say"
        yield Text(f"  {words}: give {given}")
    yield from _table([_row(one, in_path) for one in request.fields])


def _row(field: Field, in_path: frozenset[str] = frozenset()) -> _Row:
    where = ", in the path" if field.name in in_path else ""
    default = f"default {field.default}" if field.default else "optional"
    presence = "required" if field.is_required else default
    # FastAPI's titles say the name once more.
    is_told = field.description.replace(" ", "_").lower() == field.name.lower()
    told = "" if is_told else field.description.partition("\n")[0]
    return field.name, field.words, presence + where, told
