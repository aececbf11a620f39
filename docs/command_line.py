"""Print the reference of the command line, from the commands themselves.

``scripts/docs`` writes it to ``reference/command-line.md``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import is_dataclass
from enum import EnumType
from typing import Any, get_args, get_type_hints

from rich.text import Text
from typer.main import get_command

from iii_asgi.cli import flags, process_flags
from iii_asgi.cli.commands import app

INTRODUCTION = """\
# Command line

An option is taken from the command line, else from its environment variable, else it has its
default. `iii-asgi COMMAND --help` shows the same. In an environment variable a switch is `true` or
`false`; several globs are separated by spaces, several folders as in `PATH`, several
[filters](../how-to/choose.md#filters) by commas.

Where no app is named, it is looked for: `entrypoint` of `[tool.fastapi]` in `pyproject.toml`, else
the app in `main.py`, `app.py`, `api.py`, `app/main.py`, `app/app.py` or `app/api.py`. The start-up
block says which rule chose it.

What goes wrong is one message on stderr that says what to do next, and an
[exit code](errors.md#exit-codes).
"""

_CHOICES: dict[str, list[Any]] = {
    name: list(hint_part)
    for group in (*vars(flags).values(), *vars(process_flags).values())
    if is_dataclass(group)
    for name, hint in get_type_hints(group).items()
    for hint_part in get_args(hint) or [hint]
    if isinstance(hint_part, EnumType)
}
"""Name of an option → the values that it takes, where they are few."""

_HEADER = "| {first} | Variable | Default | |\n|---|---|---|---|"


def page() -> str:
    """Return the page."""
    command: Any = get_command(app)
    sections = [INTRODUCTION]
    sections += [_section(name, one) for name, one in command.commands.items()]
    return "\n".join(sections)


def _section(name: str, command: Any) -> str:
    options = [one for one in command.params if one.param_type_name == "option"]
    arguments = [one for one in command.params if one.param_type_name == "argument"]
    usage = " ".join(f"[{one.metavar}]" for one in arguments)
    lines = [f"## iii-asgi {name}\n", _paragraphs(command.help)]
    lines.append(f"\nUsage: `{' '.join(filter(None, ['iii-asgi', name, '[OPTIONS]', usage]))}`\n")
    if arguments:
        lines += [_HEADER.format(first="Argument"), *(map(_row, arguments)), ""]
    lines += [_HEADER.format(first="Option"), *(map(_row, options)), ""]
    return "\n".join(lines)


def _paragraphs(text: str) -> str:
    """Return a docstring; a line that is a command becomes code."""
    return re.sub(r"^(iii-asgi .*)$", r"    \1", text.strip(), flags=re.MULTILINE)


def _row(parameter: Any) -> str:
    text, variable, default = _parts(parameter.help or "")
    names = " / ".join(f"`{name}`" for name in _names(parameter))
    choices = _CHOICES.get(parameter.name, [])
    if not all(choice in text for choice in choices):
        text += f" One of {', '.join(f'`{choice}`' for choice in choices)}."
    cells = [names, f"`{variable}`" if variable else "", *_escaped(default, text)]
    return f"| {' | '.join(cells)} |"


def _escaped(*texts: str) -> Iterator[str]:
    return (text.replace("*", r"\*") for text in texts)


def _names(parameter: Any) -> Iterator[str]:
    if parameter.param_type_name == "argument":
        yield parameter.metavar
        return
    yield from parameter.opts
    yield from parameter.secondary_opts


def _parts(markup: str) -> tuple[str, str, str]:
    """Return (text, variable, default) of a help text."""
    plain = Text.from_markup(markup).plain
    match = re.fullmatch(r"(.*?)(?: \[(III_\w+)\])?(?: \[default: (.*)\])?", plain)
    assert match
    text, variable, default = (part or "" for part in match.groups())
    return re.sub(r"\[([\w.]+)\]", r"\\[\1\\]", text), variable, default


if __name__ == "__main__":
    print(page(), end="")  # noqa: T201  # scripts/docs writes it to a file
