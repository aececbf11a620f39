"""``iii-asgi call``: call a function on the engine and print its result."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from iii_asgi.cli.asking import ask
from iii_asgi.cli.file_values import FileValue, files_of, with_contents
from iii_asgi.cli.listed import functions_of, info_of, say_which_there_are
from iii_asgi.cli.printable import printable
from iii_asgi.errors import InvocationError, SettingsError
from iii_asgi.settings import Settings

__all__ = ["arguments_of", "print_json", "run", "show_functions"]


def run(settings: Settings, function_id: str, payload: Any, timeout: float) -> None:
    """Call a function, and print its result on stdout.

    Args:
        settings: where the engine is; `namespace` is the function's.
        function_id: ``service::action``.
        payload: what `arguments_of` gave.
        timeout: seconds to wait for the answer.

    Raises:
        InvocationError: the answer is an error, or there is none in time.
        ConnectionLostError: the engine is not there.
        EngineRefusedError: it does not let us in.
        SettingsError: a file of the arguments cannot be used.
    """
    if contents := files_of(payload):
        schema = info_of(settings, function_id).get("request_schema")
        payload = with_contents(payload, contents, schema)
    try:
        print_json(ask(settings, function_id, payload, timeout))
    except InvocationError as error:
        if error.code == "function_not_found":
            say_which_there_are(error, function_id, settings)
        raise


def show_functions(settings: Settings) -> None:
    """Print the functions that are on the engine, of one namespace or of all (see `run`).

    Where there are none, say so on stderr: stdout is for programs.
    """
    if functions := functions_of(settings):
        _print_functions(functions)
    else:
        print("No functions yet", file=sys.stderr)  # noqa: T201  # what a person is told


# -- what the user typed -----------------------------------------------------------------


def arguments_of(pairs: Sequence[str], text: str | None) -> Any:
    """Return the payload of a call.

    Args:
        pairs: ``key=value``; a value that is JSON is taken as such, all else as text. With
            ``key=@path`` it is in a file, with ``key=@@text`` the text begins with an ``@``.
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
    if value.startswith("@"):
        return key, value[1:] if value.startswith("@@") else FileValue(value[1:])
    try:
        return key, msgspec.json.decode(value)
    except msgspec.DecodeError:
        return key, value


# -- what is printed ---------------------------------------------------------------------


def print_json(value: Any) -> None:
    """Print JSON: coloured on a terminal, in one line for programs."""
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
        console.print(printable(line))


def _first_line(text: Any) -> str:
    return str(text or "").partition("\n")[0]
