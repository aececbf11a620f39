"""The table of ``routes``."""

from __future__ import annotations

from typing import Any

from iii_asgi.catalogue.model import EventTrigger, HttpTrigger, Skipped
from iii_asgi.cli.table import short_arguments, table, totals, warning_lines
from tests.cli.catalogues import WEBSOCKET, catalogue, function


def schema(required: str, optional: str, **more: Any) -> dict[str, Any]:
    """Return the schema of arguments of these names."""
    names = {name: {"type": "string"} for name in f"{required} {optional}".split()}
    given = {"properties": names, "required": required.split(), "additionalProperties": False}
    return {"type": "object", **given, **more}


LIST = function("teas::list", "GET", "/teas", request_format=schema("", "sort limit"))
EDIT = function(
    "teas::edit",
    "PUT",
    "/teas/{tea_id}",
    request_format=schema("tea_id name", "price_in_cents country_of_origin when"),
    body="inline_if_same_length",
)
DOCS = function("docs::html", "GET", "/docs", internal=True)
CRON = EventTrigger("1", "teas::list::cron", "cron", {"expression": "@daily"})
QUEUE = EventTrigger("2", "teas::list::q", "durable:subscriber", {"topic": "teas", "queue": {}})
OTHER = EventTrigger("3", "teas::list::other", "fax", {"number": 1, "paper": "A4"})


def lines(width: int, *functions: Any, **more: Any) -> list[str]:
    """Return the lines of a table."""
    return [line.plain for line in table(catalogue(*functions, **more), width)]


def test_functions_by_service() -> None:
    """Below each service are its actions with methods, paths and arguments."""
    assert lines(100, LIST, DOCS, EDIT) == [
        "teas",
        "  list   GET  /teas            sort?, limit?",
        "  edit   PUT  /teas/{tea_id}   tea_id, name, price_in_cents?, country_of_origin?, when?",
        "                               [body: inline if same length]",
        "",
        "docs",
        "  html   GET  /docs   [internal]",
    ]


def test_eighty_columns() -> None:
    """What does not fit beside the path stands beneath it."""
    long = function("teas::f", "GET", f"/{'long/' * 9}", request_format=schema("a", ""))
    shown = lines(80, LIST, EDIT, long)

    assert all(len(line) <= 80 for line in shown)
    assert "  f      GET  /long/long/long/long/long/long/long/long/long/   a" in shown
    assert shown[2:4] == [
        "  edit   PUT  /teas/{tea_id}   tea_id, name, price_in_cents?,",
        "                               country_of_origin?, when?",
    ]


def test_narrow() -> None:
    """Paths and names are whole in any width."""
    shown = "\n".join(lines(20, LIST, EDIT, skipped=(WEBSOCKET,)))

    assert all(word in shown for word in ("/teas/{tea_id}", "country_of_origin?", "WebSocket:"))


def test_other_triggers() -> None:
    """Triggers that are not HTTP stand below their function, and are counted by type."""
    some = function("teas::list", "GET", "/teas", events=(CRON, QUEUE, OTHER))

    assert lines(80, some)[2:] == [
        "              cron  @daily",
        "              durable:subscriber  teas",
        "              fax  number=1 paper=A4",
    ]
    assert totals(catalogue(some, LIST)) == (
        "2 exposed; 2 HTTP triggers, 1 cron, 1 durable:subscriber, 1 fax"
    )


def test_other_paths() -> None:
    """Further paths of one function stand below it, once for both slash forms."""
    paths = ["/api/teas", "/api/teas/", "/api/v1/teas/:p1", "/api/v1/teas/:p1/"]
    triggers = tuple(HttpTrigger(path, "GET", path) for path in paths)
    both = function("teas::list", "GET", "/teas", triggers=triggers)
    mounted = function("teas::app", "GET", "/teas", triggers=triggers, kind="app")

    assert lines(80, both) == ["teas", "  list   GET  /teas", "         GET  /api/v1/teas/:p1"]
    assert lines(80, mounted) == ["teas", "  app   GET  /teas"]


def test_skipped() -> None:
    """Routes that are not on iii stand at the end, with methods and reasons."""
    gone = Skipped("/teas", ("DELETE", "PUT"), "excluded by --exclude " + "'/teas' " * 8)

    assert lines(80, skipped=(WEBSOCKET, gone)) == [
        "",
        "skipped",
        "  /ws                WebSocket: no trigger of iii reaches it",
        "  DELETE,PUT /teas   excluded by --exclude '/teas' '/teas' '/teas' '/teas'",
        "                     '/teas' '/teas' '/teas' '/teas'",
    ]


def test_arguments_in_short() -> None:
    """What can be left out has a question mark; dots stand for any others."""
    assert short_arguments(schema("a", "b")) == ["a", "b?"]
    assert short_arguments(schema("a", "", additionalProperties=True)) == ["a", "…"]
    assert short_arguments(None) == []


def test_warnings() -> None:
    """A long warning is continued beneath its first words."""
    shown = [line.plain for line in warning_lines(["a b " * 12, "c"], 40)]

    assert shown == [
        "Warning  a b a b a b a b a b a b a b a b",
        "         a b a b a b a b",
        "Warning  c",
    ]
