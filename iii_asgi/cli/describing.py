"""``iii-asgi call --describe``: what a function takes and gives, whoever serves it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from rich.console import Console
from rich.text import Text

from iii_asgi.catalogue.pieces import Piece, UnjudgedError
from iii_asgi.catalogue.valuesets import words
from iii_asgi.cli.call import print_json
from iii_asgi.cli.examples import example_of
from iii_asgi.cli.file_values import is_upload
from iii_asgi.cli.listed import info_of
from iii_asgi.cli.program import address, command_line
from iii_asgi.settings import Settings

__all__ = ["lines", "run"]

_WIDEST = 34
_MOST_TRIGGERS = 5


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
    paths = _http(info)
    for method, path in paths[:_MOST_TRIGGERS]:
        yield Text(f"  {method} {path}", "dim")
    if len(paths) > _MOST_TRIGGERS:
        yield Text(f"  … and {len(paths) - _MOST_TRIGGERS} more", "dim")
    request, response = (_modern(info.get(f"{one}_schema")) for one in ("request", "response"))
    yield Text("\nArguments", "bold")
    arguments = list(_fields(request, _names_in(paths)))
    if arguments:
        yield from _table(arguments)
    elif isinstance(request, Mapping):
        yield Text("  none")
    else:
        yield Text("  it does not say: give key=value, or --json")
    yield Text("\nAnswer", "bold")
    yield Text(f"  {_words(response, response) if response else 'it does not say'}")
    yield from _table(list(_fields(_inner(response))))
    yield Text("\nErrors", "bold")
    yield Text("  a code and a message, with exit code 1")
    definitions = _definitions(request)
    example = [f"{name}={example_of(one, definitions)}" for name, one in _required(request)]
    yield Text("\nTry", "bold")
    yield Text("  " + command_line("call", info["function_id"], *example, *address(settings)))


# -- what an engine says -----------------------------------------------------------------


def _http(info: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the methods and paths that lead to the function."""
    found: list[tuple[str, str]] = []
    for one in info.get("registered_triggers") or ():
        config = one.get("config") if isinstance(one, Mapping) else None
        if isinstance(config, Mapping) and one.get("trigger_type") == "http":
            method, path = config.get("http_method") or "GET", str(config.get("api_path", ""))
            found.append((str(method), f"/{path.lstrip('/')}"))
    return sorted(found, key=lambda one: (len(one[1]), one))


def _names_in(paths: list[tuple[str, str]]) -> frozenset[str]:
    return frozenset(
        part[1:] for _, path in paths for part in path.split("/") if part.startswith(":")
    )


def _modern(schema: Any) -> Any:
    """Return a schema with ``$defs``: the engine and other SDKs write ``definitions``."""
    if not isinstance(schema, Mapping) or "definitions" not in schema:
        return schema
    text = msgspec.json.encode(schema).replace(b'"#/definitions/', b'"#/$defs/')
    said = msgspec.json.decode(text)
    return {**said, "$defs": {**said["definitions"], **said.get("$defs", {})}}


def _definitions(schema: Any) -> Mapping[str, Any]:
    found = schema.get("$defs") if isinstance(schema, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _inner(schema: Any) -> Any:
    """Return the schema of an array's items, so that their fields are shown."""
    items = schema.get("items") if isinstance(schema, Mapping) else None
    if not isinstance(items, Mapping):
        return schema
    definitions = _definitions(schema)
    try:
        properties = [one.get("properties", {}) for one in Piece.of([items], definitions).parts]
        required = sorted(Piece.of([items], definitions).required)
    except UnjudgedError:
        return schema
    merged = {name: one for some in properties for name, one in some.items()}
    return {"properties": merged, "required": required, "$defs": definitions}


# -- what is printed ---------------------------------------------------------------------


def _table(rows: list[tuple[str, str, str, str]]) -> Iterator[Text]:
    """Yield a line for each row: name, type, whether it must be there, what it is."""
    widths = [min(max((len(row[at]) for row in rows), default=0), _WIDEST) for at in range(3)]
    for name, *others in rows:
        cells = [name.ljust(widths[0])]
        cells += [cell.ljust(width) for cell, width in zip(others[:2], widths[1:], strict=True)]
        line = Text.assemble("  ", (cells[0], "cyan"), f"   {cells[1]}   {cells[2]}   {others[2]}")
        line.rstrip()
        yield line


def _fields(
    schema: Any, in_path: frozenset[str] = frozenset()
) -> Iterator[tuple[str, str, str, str]]:
    for name, value in _properties(schema).items():
        text = str(value.get("description", "")) if isinstance(value, Mapping) else ""
        # FastAPI's titles say the name once more.
        told = "" if text.replace(" ", "_").lower() == name.lower() else text
        where = ", in the path" if name in in_path else ""
        presence = f"{_presence(name, value, schema)}{where}"
        yield name, _words(value, schema), presence, told.partition("\n")[0]


def _presence(name: str, value: Any, schema: Mapping[str, Any]) -> str:
    if name in schema.get("required", ()):
        return "required"
    if isinstance(value, Mapping) and value.get("default") is not None:
        return f"default {msgspec.json.encode(value['default']).decode()}"
    return "optional"


def _words(value: Any, schema: Any) -> str:
    """Return a few words on the type of a value within a schema."""
    if is_upload(value):
        return "file"
    members = value.get("anyOf") if isinstance(value, Mapping) else None
    if isinstance(members, list) and any(map(is_upload, members)):
        return "text | file"
    definitions = _definitions(schema)
    try:
        piece = Piece.of([value], definitions)
        branches = piece.branches() if piece.has_union else [piece]
        return " | ".join(dict.fromkeys(_of_items(one, schema) for one in branches))
    except (UnjudgedError, RecursionError):
        return "anything"


def _of_items(piece: Piece, schema: Any) -> str:
    """Return the words of a piece, and of what is in it if that is an array."""
    said = words(piece)
    items = next(piece.all("items"), None)
    if "array" not in piece.types or not isinstance(items, Mapping) or said == "anything":
        return said
    inner = _words(items, schema)
    return said.replace("array", f"array of {inner}", 1) if " | " not in inner else said


def _properties(schema: Any) -> Mapping[str, Any]:
    properties = schema.get("properties") if isinstance(schema, Mapping) else None
    return properties if isinstance(properties, Mapping) else {}


def _required(schema: Any) -> list[tuple[str, Any]]:
    properties = _properties(schema)
    names = schema.get("required", ()) if properties else ()
    return [(name, properties[name]) for name in names if name in properties]
