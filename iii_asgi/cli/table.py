"""The table of ``routes``: functions by service, what runs them and what they take."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from rich.text import Text

from iii_asgi.catalogue.model import Catalogue, EventTrigger, Function, Skipped
from iii_asgi.catalogue.shapes import patterns_of, shape_of
from iii_asgi.cli.startup import counts, methods_of, plural

__all__ = ["PLAIN_WIDTH", "short_arguments", "table", "totals", "warning_lines"]

PLAIN_WIDTH = 80
"""Columns where nobody can tell: output that is piped."""
_WITH_BODY = frozenset({"PATCH", "POST", "PUT"})
_WIDEST_PATH = 34
"""A longer one has what follows on lines of its own."""
_NARROWEST = 32
_WELL_KNOWN = ("expression", "topic", "scope", "key")
"""Keys of a trigger's configuration whose values say enough."""


def table(catalogue: Catalogue, width: int) -> Iterator[Text]:
    """Yield the lines of a catalogue's functions and of what was skipped.

    Args:
        catalogue: of an app.
        width: columns that there are; ids and paths are never broken, so a line can be longer.
    """
    services: dict[str, list[Function]] = {}
    for one in catalogue.functions:
        services.setdefault(one.service, []).append(one)
    sizes = _Sizes(catalogue.functions, width)
    for number, (service, functions) in enumerate(services.items()):
        if number:
            yield Text()
        yield Text(service, "bold cyan")
        for function in functions:
            yield from sizes.lines(function, functions)
    if catalogue.skipped:
        yield from (Text(), Text("skipped", "bold"))
        yield from _skipped(catalogue.skipped, width)


class _Sizes:
    """The columns of a table: actions, methods, paths, and what is said beside them."""

    def __init__(self, functions: Iterable[Function], width: int) -> None:
        shown = list(functions)
        self._action = max((len(one.action) for one in shown), default=0)
        self._method = max((len(methods_of(one)) for one in shown), default=0)
        self._indent = 2 + self._action + 3 + self._method + 2
        self._width = width

    def lines(self, function: Function, neighbours: Iterable[Function]) -> Iterator[Text]:
        """Yield the lines of one function; details stand in a column with its neighbours'."""
        first = Text.assemble(
            (f"  {function.action:<{self._action}}   ", "cyan"),
            f"{methods_of(function):<{self._method}}  {_path(function)}",
        )
        beside, beneath = self._placed(_details(function), len(first), self._column(neighbours))
        first.append(beside, "dim")
        first.rstrip()
        yield first
        yield from (Text(line, "dim") for line in beneath)
        for method, path in _other_paths(function):
            yield Text(f"{'':<{self._action + 5}}{method:<{self._method}}  {path}")
        for event in function.events:
            yield Text(" " * self._indent + f"{event.type}  {_config(event)}".rstrip(), "magenta")

    def _column(self, neighbours: Iterable[Function]) -> int:
        widths = [len(_path(one)) for one in neighbours]
        return self._indent + max((one for one in widths if one <= _WIDEST_PATH), default=0) + 3

    def _placed(self, words: list[str], used: int, column: int) -> tuple[str, list[str]]:
        """Return what stands beside the path, and lines beneath it."""
        needed = len(" ".join(words))
        column = max(column, used + 3)
        if needed > self._width - column and needed <= self._width - used - 3:
            column = used + 3
        room = self._width - column
        if room >= min(needed, _NARROWEST):
            lines = _wrapped(words, room)
            beside = " " * (column - used) + lines.pop(0) if lines else ""
            return beside, [" " * column + line for line in lines]
        indent = min(self._indent, self._width // 2)
        return "", [" " * indent + line for line in _wrapped(words, self._width - indent)]


def _path(function: Function) -> str:
    return function.path or "/"


def _other_paths(function: Function) -> Iterator[tuple[str, str]]:
    """Yield methods and paths of the engine that lead here as well, such as those of a second
    route of the same endpoint; one for both slash forms.
    """
    own = [one.shape for one in patterns_of(function.path)]
    seen = set(own)
    for trigger in function.triggers:
        shape = shape_of(trigger.api_path)
        is_own = any(shape[len(shape) - len(one) :] == one for one in own)  # after the prefix
        if function.kind == "route" and not is_own and shape not in seen:
            seen.add(shape)
            yield trigger.method, trigger.api_path


def _details(function: Function) -> list[str]:
    """Return the words on a function that are never torn apart by a line's end."""
    names = short_arguments(function.request_format)
    words = [f"{name}," for name in names[:-1]] + names[-1:]
    if not _WITH_BODY.isdisjoint(function.methods):
        words.append(f"[body: {function.body.replace('_', ' ')}]")
    if function.internal:
        words.append("[internal]")
    return words


def short_arguments(schema: Mapping[str, Any] | None) -> list[str]:
    """Return the names of arguments, with ``?`` where they can be left out; ``…``: any more."""
    if not schema:
        return []
    required = schema.get("required", ())
    names = [name if name in required else f"{name}?" for name in schema.get("properties", ())]
    return names if schema.get("additionalProperties", True) is False else [*names, "…"]


def _wrapped(words: Iterable[str], width: int) -> list[str]:
    lines: list[str] = []
    for word in words:
        if lines and len(lines[-1]) + 1 + len(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def _config(event: EventTrigger) -> str:
    """Return what a trigger waits for, in a few words."""
    known = [str(event.config[key]) for key in _WELL_KNOWN if event.config.get(key) is not None]
    said = known or [f"{key}={value}" for key, value in event.config.items()]
    return " ".join(said)


def _skipped(skipped: Iterable[Skipped], width: int) -> Iterator[Text]:
    shown = list(skipped)
    names = [f"{','.join(one.methods)} {one.path}".strip() for one in shown]
    column = max((len(one) for one in names if len(one) <= _WIDEST_PATH), default=0)
    for name, one in zip(names, shown, strict=True):
        lines = _wrapped(one.reason.split(), width - column - 5) or [""]
        if len(name) <= column:
            yield Text(f"  {name:<{column}}   {lines.pop(0)}", "dim")
        else:
            yield Text(f"  {name}", "dim")
        yield from (Text(" " * (column + 5) + line, "dim") for line in lines)


def totals(catalogue: Catalogue) -> str:
    """Return how many functions there are, and triggers of each type, in words."""
    kinds = Counter(event.type for one in catalogue.functions for event in one.events)
    words = [plural(catalogue.trigger_count, "HTTP trigger")]
    words += [f"{count} {kind}" for kind, count in kinds.items()]
    return f"{counts(catalogue)}; {', '.join(words)}"


def warning_lines(warnings: Iterable[str], width: int) -> Iterator[Text]:
    """Yield the warnings of a catalogue, each after its label."""
    for warning in warnings:
        for number, line in enumerate(_wrapped(warning.split(), width - 9)):
            label = "" if number else "Warning"
            yield Text.assemble((f"{label:<7}", "bold yellow"), f"  {line}")
