"""The words of the start-up block."""

from __future__ import annotations

from dataclasses import replace

from rich.text import Text

from iii_asgi.cli.startup import Overview, block, counts, function_lines, overview_rows, plural
from iii_asgi.settings import Settings
from tests.cli.catalogues import WEBSOCKET, catalogue, function

LIST = function("teas::list", "GET", "/teas")
READ = function("teas::read", "GET", "/teas/{tea_id}")
DOCS = function("docs::html", "GET", "/docs", internal=True)
OVERVIEW = Overview(
    app="main:app",
    rule="found main.py",
    routes="iii-asgi routes",
    catalogue=catalogue(LIST, READ, DOCS, skipped=(WEBSOCKET,)),
    settings=Settings(),
)


def lines(overview: Overview) -> list[str]:
    """Return the block of an overview, line by line."""
    rows = overview_rows(overview, [("Engine", "ws://engine")], "http://engine")
    return block("serving", rows, "Ready").plain.splitlines()


def test_block() -> None:
    """Labels stand in a column, and so do ids, methods and paths."""
    assert lines(OVERVIEW)[1:] == [
        "",
        '  App        main:app   FastAPI "Tea"   (found main.py)',
        "  Engine     ws://engine",
        "  Functions  2 exposed, 1 internal, 1 skipped",
        "             teas::list   GET  /teas",
        "             teas::read   GET  /teas/{tea_id}",
        "             skipped   /ws   WebSocket: no trigger of iii reaches it",
        "  Try        iii-asgi call teas::list",
        "             curl http://engine/teas",
        "",
        "Ready",
    ]


def test_many_functions() -> None:
    """Only the first are shown, and the command that shows all; one too many is shown."""
    many = [function(f"teas::f{n}", "GET", f"/f{n}") for n in range(10)]

    shown = [line.strip() for line in lines(replace(OVERVIEW, catalogue=catalogue(*many)))]
    assert "… 2 more: iii-asgi routes" in shown
    assert sum(line.startswith("teas::f") for line in shown) == 8

    shown = [line.strip() for line in lines(replace(OVERVIEW, catalogue=catalogue(*many[:9])))]
    assert sum(line.startswith("teas::f") for line in shown) == 9


def test_named_by_the_user() -> None:
    """Of an app that the user named there is no rule to tell."""
    named = replace(OVERVIEW, rule="", catalogue=catalogue(LIST, framework="Starlette"))

    assert lines(named)[2] == "  App        main:app   Starlette"


def test_warnings() -> None:
    """Warnings of the catalogue, foreign owners and refused triggers are all told."""
    warned = replace(
        OVERVIEW,
        catalogue=catalogue(LIST, READ, warnings=("two of a name",)),
        standby=(("teas::list", "w1"), ("teas::read", "w1"), ("docs::html", "w2")),
        refused=("no such trigger type",),
    )

    told = [line[13:] for line in lines(warned) if line.startswith("  Warning")]

    assert told == [
        "two of a name",
        "teas::list and 1 more: owned by worker w1, standing by until it leaves",
        "docs::html: owned by worker w2, standing by until it leaves",
        "no such trigger type",
    ]


def test_methods() -> None:
    """HEAD beside GET goes without saying; an app that takes many takes any."""
    both = replace(LIST, methods=("GET", "HEAD"))
    head = replace(LIST, methods=("HEAD",))
    static = replace(LIST, kind="app", methods=("GET", "HEAD"))
    whole = replace(LIST, kind="app", methods=("GET", "POST"))

    shown = [line.plain.split()[1] for line in function_lines([both, head, static, whole])]

    assert shown == ["GET", "HEAD", "GET", "any"]


def test_internal_in_a_column() -> None:
    """Internal functions are marked, beside the longest path."""
    first, second = (line.plain for line in function_lines([DOCS, READ]))

    assert first == "docs::html   GET  /docs            internal"
    assert second == "teas::read   GET  /teas/{tea_id}"


def test_counts() -> None:
    """What there is none of is not counted."""
    assert counts(catalogue(LIST)) == "1 exposed"
    assert plural(1, "trigger") == "1 trigger"
    assert plural(2, "trigger") == "2 triggers"


def test_block_of_nothing_but_an_engine() -> None:
    """A block needs no app."""
    text = block("engine", [("HTTP", Text("http://engine"))], "Ready").plain

    assert text.endswith("\n  HTTP  http://engine\n\nReady")
