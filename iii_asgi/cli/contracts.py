"""``iii-asgi routes --write`` and ``--check``: whether callers get what they rely on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

from rich.console import Console
from rich.text import Text

from iii_asgi.catalogue.contract import (
    Change,
    Contract,
    ContractError,
    compare,
    contract_of,
    text_of,
)
from iii_asgi.catalogue.contract import read as read_contract
from iii_asgi.cli.routes import read
from iii_asgi.cli.startup import plural
from iii_asgi.cli.target import Target
from iii_asgi.errors import SettingsError
from iii_asgi.settings import Settings

__all__ = ["check", "write"]


def write(target: Target, settings: Settings, file: Path) -> None:
    """Write what callers of an app rely on to a file.

    Raises:
        AppError: the app cannot be found, imported or started.
        SettingsError: the file cannot be written.
    """
    contract = contract_of(read(target, settings)[1])
    try:
        # The same bytes on every system: the file is kept with the code.
        file.write_bytes(text_of(contract).encode())
    except OSError as error:
        raise SettingsError("write", f"{file}: {error.strerror or error}") from None
    _console().print(f"Wrote {_count(contract)} to {file}", markup=False)


def check(target: Target, settings: Settings, file: Path) -> int:
    """Compare an app with a file; return what to exit with: 1 where callers break.

    Raises:
        AppError: the app cannot be found, imported or started.
        SettingsError: the file cannot be read, or is no contract.
    """
    old = _known(file)
    new = contract_of(read(target, settings)[1])
    changes = compare(old, new)
    console = _console()
    if not changes:
        console.print(f"Nothing has changed since {file}: {_count(new)}", markup=False)
        return 0
    for line in _lines(changes):
        console.print(line)
    breaking = sum(one.breaks for one in changes)
    console.print(Text(f"\n{_summary(breaking, len(changes) - breaking)}", "bold"))
    again = f"the same command with --write {file}"
    hint = f"Is it meant to be so? Then run {again}" if breaking else f"To keep it, run {again}"
    console.print(hint, markup=False)
    return 1 if breaking else 0


def _known(file: Path) -> Contract:
    try:
        return read_contract(file)
    except FileNotFoundError:
        problem = f"{file} does not exist. Write it first: the same command with --write {file}"
    except OSError as error:
        problem = f"{file}: {error.strerror or error}"
    except ContractError as error:
        problem = f"{file} cannot be used: {error}. Write it anew with --write {file}"
    raise SettingsError("check", problem)


def _lines(changes: Iterable[Change]) -> Iterator[Text]:
    for function_id, some in groupby(changes, lambda one: one.function_id):
        yield Text(function_id, "bold cyan")
        for one in some:
            label = ("breaks", "bold red") if one.breaks else ("fine  ", "green")
            yield Text.assemble("  ", label, f"  {one.text}")


def _summary(breaking: int, others: int) -> str:
    if not breaking:
        return f"{plural(others, 'change')}, and nothing that breaks callers"
    words = f"{plural(breaking, 'change')} {'breaks' if breaking == 1 else 'break'} callers"
    if not others:
        return words
    return f"{words}, {plural(others, 'change')} {'does' if others == 1 else 'do'} not"


def _count(contract: Contract) -> str:
    return plural(len(contract["functions"]), "function")


def _console() -> Console:
    return Console(highlight=False, soft_wrap=True)
