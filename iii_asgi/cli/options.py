"""How an option is written: once, with its environment variable, in a group for commands.

Options that are settings are not read from the environment here: `Settings.resolve` does it,
for the command line as for everyone else. So their default is None: not given.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any, TypeVar, get_type_hints

import typer

from iii_asgi.settings import variable_of

__all__ = ["described", "given", "grouped", "option", "setting"]

_T = TypeVar("_T")


def setting(name: str, help: str, *, panel: str, default: str = "", **more: Any) -> Any:
    """Return the option of a field of `Settings`.

    Args:
        name: of the field; the flag and the variable follow from it.
        help: one sentence.
        panel: which box of the help it stands in.
        default: as the help shows it.
        **more: for `typer.Option`.
    """
    return typer.Option(
        help=described(help, variable_of(name), default),
        rich_help_panel=panel,
        show_default=False,
        **more,
    )


def option(name: str, help: str, *flags: str, panel: str, default: str = "", **more: Any) -> Any:
    """Return an option that only the command line has: typer reads its variable.

    Args:
        name, help, panel, default, **more: see `setting`.
        *flags: where they do not follow from the name.
    """
    variable = variable_of(name)
    return typer.Option(
        *flags,
        help=described(help, variable, default),
        rich_help_panel=panel,
        show_default=False,
        envvar=variable,
        show_envvar=False,
        **more,
    )


def described(help: str, variable: str, default: str = "") -> str:
    """Return a help text with its variable and default, alike for both kinds of option."""
    notes = f" [dim]\\[{variable}][/dim]"
    if default:
        notes += f" [dim]\\[default: {default}][/dim]"
    return help + notes


def grouped(command: Callable[..., _T]) -> Callable[..., _T]:
    """Let a command take dataclasses of options: typer sees their fields instead."""
    hints = get_type_hints(command, include_extras=True)
    hints.pop("return", None)
    groups = {name: hint for name, hint in hints.items() if is_dataclass(hint)}

    def called(**values: Any) -> _T:
        for name, group in groups.items():
            own = {one.name: values.pop(one.name) for one in fields(group)}
            values[name] = group(**own)  # type: ignore[operator]  # a class, not an instance
        return command(**values)

    parameters = list(_parameters(command, hints))
    called.__name__, called.__doc__ = command.__name__, command.__doc__
    called.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    called.__annotations__ = {one.name: one.annotation for one in parameters}
    return called


def _parameters(command: Callable[..., Any], hints: dict[str, Any]) -> Iterator[inspect.Parameter]:
    kind = inspect.Parameter.KEYWORD_ONLY
    for name, parameter in inspect.signature(command).parameters.items():
        hint = hints[name]
        if not is_dataclass(hint):
            yield inspect.Parameter(name, kind, default=parameter.default, annotation=hint)
            continue
        of_group = get_type_hints(hint, include_extras=True)
        for one in fields(hint):
            yield inspect.Parameter(
                one.name, kind, default=one.default, annotation=of_group[one.name]
            )


def given(group: Any) -> dict[str, Any]:
    """Return what was given of a group of settings, as `Settings.resolve` takes it."""
    values = {one.name: getattr(group, one.name) for one in fields(group)}
    return {
        name: value.value if isinstance(value, Enum) else value
        for name, value in values.items()
        if value is not None
    }
