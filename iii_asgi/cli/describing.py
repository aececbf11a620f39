"""``iii-asgi call --describe``: what a function takes and gives, whoever serves it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from rich.console import Console
from rich.text import Text

from iii_asgi.catalogue.pieces import Piece, UnjudgedError
from iii_asgi.catalogue.valuesets import words
from iii_asgi.cli.file_values import is_upload
from iii_asgi.cli.listed import info_of
from iii_asgi.cli.program import address, command_line
from iii_asgi.settings import Settings

__all__ = ["lines", "run"]

_WIDEST = 34


def run(settings: Settings, function_id: str) -> None:
    """Print what the engine knows of a function (see `iii_asgi.cli.listed.info_of`)."""
    info = info_of(settings, function_id)
    console = Console(highlight=False, soft_wrap=True)
    for line in lines(info, settings):
        console.print(line)


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
    request, response = info.get("request_schema"), info.get("response_schema")
    yield Text("\nArguments", "bold")
    arguments = list(_arguments(request))
    if arguments:
        yield from _table(arguments)
    elif isinstance(request, Mapping):
        yield Text("  none")
    else:
        yield Text("  it does not say: give key=value, or --json")
    yield Text("\nAnswer", "bold")
    answer = list(_arguments(response))
    yield Text(f"  {_words(response, response) if response else 'it does not say'}")
    yield from _table(answer)
    example = [f"{name}={_value(schema, request)}" for name, schema in _required(request)]
    yield Text("\nTry", "bold")
    yield Text("  " + command_line("call", info["function_id"], *example, *address(settings)))


def _table(rows: list[tuple[str, str, str, str]]) -> Iterator[Text]:
    """Yield a line for each row: name, type, whether it must be there, what it is."""
    widths = [min(max((len(row[at]) for row in rows), default=0), _WIDEST) for at in range(3)]
    for name, *others in rows:
        cells = [name.ljust(widths[0])]
        cells += [cell.ljust(width) for cell, width in zip(others[:2], widths[1:], strict=True)]
        line = Text.assemble("  ", (cells[0], "cyan"), f"   {cells[1]}   {cells[2]}   {others[2]}")
        line.rstrip()
        yield line


def _arguments(schema: Any) -> Iterator[tuple[str, str, str, str]]:
    for name, value in _properties(schema).items():
        text = str(value.get("description", "")) if isinstance(value, Mapping) else ""
        # FastAPI's titles say the name once more.
        told = "" if text.replace(" ", "_").lower() == name.lower() else text
        yield name, _words(value, schema), _presence(name, value, schema), told.partition("\n")[0]


def _presence(name: str, value: Any, schema: Mapping[str, Any]) -> str:
    if name in schema.get("required", ()):
        return "required"
    if isinstance(value, Mapping) and "default" in value:
        return f"default {msgspec.json.encode(value['default']).decode()}"
    return "optional"


def _words(value: Any, schema: Any) -> str:
    """Return a few words on the type of a value within a schema."""
    if is_upload(value):
        return "file"
    definitions = schema.get("$defs", {}) if isinstance(schema, Mapping) else {}
    try:
        piece = Piece.of([value], definitions)
        said = dict.fromkeys(map(words, piece.branches() if piece.has_union else [piece]))
    except (UnjudgedError, RecursionError):
        return "anything"
    return " | ".join(said)


def _properties(schema: Any) -> Mapping[str, Any]:
    properties = schema.get("properties") if isinstance(schema, Mapping) else None
    return properties if isinstance(properties, Mapping) else {}


def _required(schema: Any) -> list[tuple[str, Any]]:
    properties = _properties(schema)
    names = schema.get("required", ()) if properties else ()
    return [(name, properties[name]) for name in names if name in properties]


def _value(value: Any, schema: Any) -> str:
    """Return what stands for a value in an example."""
    kind = _words(value, schema).partition(" |")[0]
    simple = {"integer": "1", "number": "1.5", "boolean": "true", "array": "[]", "object": "{}"}
    simple |= {"file": "@PATH"}
    return simple.get(kind, kind if kind.startswith('"') else "…")
