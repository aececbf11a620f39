"""The words of the blocks: what is on the engine, as `serve`, `dev` and `routes` show it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rich.text import Text

from iii_asgi.catalogue.model import Catalogue, Function, Skipped
from iii_asgi.cli.trying import commands_to_try
from iii_asgi.settings import Settings
from iii_asgi.version import __version__

__all__ = [
    "Overview",
    "Row",
    "app_line",
    "block",
    "counts",
    "function_lines",
    "overview_rows",
    "plural",
    "skipped_lines",
]

Row = tuple[str, Text]
"""A label and what it says; a row without a label belongs to the one above."""

_MOST_FUNCTIONS = 8
_MOST_SKIPPED = 4


@dataclass(frozen=True, slots=True)
class Overview:
    """What there is to say of an app that is on the engine.

    Attributes:
        app: what imports it (``main:app``).
        rule: which rule chose it; empty when the user named it.
        routes: the command that shows all of its functions.
        catalogue: as it is registered.
        settings: of the bridge.
        standby: function id → the worker that owns it.
        refused: why the engine refused triggers.
    """

    app: str
    rule: str
    routes: str
    catalogue: Catalogue
    settings: Settings
    standby: tuple[tuple[str, str], ...] = ()
    refused: tuple[str, ...] = ()


def block(mode: str, rows: Iterable[Row], ending: str) -> Text:
    """Return rows between a heading and an ending, their labels in a column."""
    rows = list(rows)
    width = max(len(label) for label, _ in rows)
    text = Text.assemble(("iii-asgi", "bold"), f" {__version__}  ", (mode, "dim"), "\n")
    for label, content in rows:
        style = "yellow" if label == "Warning" else "bold"
        text.append(f"\n  {label:<{width}}  ", style).append_text(content)
    return text.append("\n\n").append(ending, "bold")


def overview_rows(
    overview: Overview, engine: Iterable[tuple[str, str]], http_url: str | None = None
) -> Iterator[Row]:
    """Yield the rows of an app that is on the engine.

    Args:
        overview: of the app.
        engine: labels and texts on the engine: where it is.
        http_url: where HTTP is served, if known, for a line to try.
    """
    catalogue = overview.catalogue
    yield "App", app_line(overview.app, overview.rule, catalogue)
    yield from ((label, Text(text)) for label, text in engine)
    yield "Functions", Text(counts(catalogue))
    yield from _labelled("", _first_functions(overview))
    yield from _labelled("", skipped_lines(catalogue.skipped, most=_MOST_SKIPPED))
    commands = commands_to_try(catalogue, overview.settings, http_url)
    yield from _labelled("Try", (Text(one, "green") for one in commands))
    for warning in _warnings(overview):
        yield "Warning", Text(warning)


def _labelled(label: str, contents: Iterable[Text]) -> Iterator[Row]:
    for number, content in enumerate(contents):
        yield "" if number else label, content


def app_line(name: str, rule: str, catalogue: Catalogue) -> Text:
    """Return what imports the app, what it is, and why this one."""
    title = f' "{catalogue.title}"' if catalogue.framework == "FastAPI" else ""
    text = Text.assemble((name, "bold"), f"   {catalogue.framework}{title}")
    return text.append(f"   ({rule})", "dim") if rule else text


def counts(catalogue: Catalogue) -> str:
    """Return how many functions are exposed, internal and skipped, in words."""
    internal = sum(function.internal for function in catalogue.functions)
    words = [f"{len(catalogue.functions) - internal} exposed"]
    words += [f"{internal} internal"] if internal else []
    words += [f"{len(catalogue.skipped)} skipped"] if catalogue.skipped else []
    return ", ".join(words)


def function_lines(functions: Iterable[Function]) -> Iterator[Text]:
    """Yield a line for each function: its id, methods and path."""
    shown = list(functions)
    ids = _width(one.id for one in shown)
    methods = _width(methods_of(one) for one in shown)
    paths = _width(one.path for one in shown)
    for one in shown:
        text = Text.assemble(
            (f"{one.id:<{ids}}", "cyan"),
            f"   {methods_of(one):<{methods}}  {one.path or '/':<{paths}}",
            ("   internal" if one.internal else "", "dim"),
        )
        text.rstrip()
        yield text


def _first_functions(overview: Overview) -> Iterator[Text]:
    """Yield lines for the functions that the app documents, or some and where to see all."""
    functions = [one for one in overview.catalogue.functions if not one.internal]
    # One line more is no longer than the line that says it is left out.
    shown = functions if len(functions) <= _MOST_FUNCTIONS + 1 else functions[:_MOST_FUNCTIONS]
    yield from function_lines(shown)
    if left := len(functions) - len(shown):
        yield Text(f"… {left} more: {overview.routes}", "dim")


def skipped_lines(skipped: Iterable[Skipped], *, most: int | None = None) -> Iterator[Text]:
    """Yield a line for each route that is not on iii, with the reason."""
    shown = list(skipped)[:most]
    paths = _width(one.path for one in shown)
    for one in shown:
        yield Text(f"skipped   {one.path:<{paths}}   {one.reason}", "dim")


def methods_of(function: Function) -> str:
    """Return the methods of a function for people: HEAD comes with GET, unsaid."""
    methods = [one for one in function.methods if one != "HEAD" or "GET" not in function.methods]
    return "any" if function.kind == "app" and len(methods) > 1 else ",".join(methods)


def _warnings(overview: Overview) -> Iterator[str]:
    yield from overview.catalogue.warnings
    owners: dict[str, list[str]] = {}
    for function_id, owner in overview.standby:
        owners.setdefault(owner, []).append(function_id)
    for owner, ids in owners.items():
        others = f" and {len(ids) - 1} more" if len(ids) > 1 else ""
        yield f"{ids[0]}{others}: owned by worker {owner}, standing by until it leaves"
    yield from overview.refused


def _width(texts: Iterable[str]) -> int:
    return max(map(len, texts), default=0)


def plural(count: int, noun: str) -> str:
    """Return a number with its noun: ``1 trigger``, ``2 triggers``."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
