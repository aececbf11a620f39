"""What a reload is said to have changed."""

from __future__ import annotations

from dataclasses import replace

from iii_asgi.catalogue.model import EventTrigger
from iii_asgi.cli.changes import changes
from tests.cli.catalogues import catalogue, function

LIST = function("teas::list", "GET", "/teas")
READ = function("teas::read", "GET", "/teas/{tea_id}")
BEFORE = catalogue(LIST, READ)


def test_nothing() -> None:
    """The same functions are no change, in whatever order."""
    assert changes(BEFORE, catalogue(READ, LIST)).plain == ""


def test_added_and_removed() -> None:
    """New functions have a plus, those that are gone a minus."""
    create = function("teas::create", "POST", "/teas")

    assert changes(BEFORE, catalogue(LIST, create)).plain == "+ teas::create   - teas::read"


def test_changed() -> None:
    """A function that is another one now says in what."""
    cases = {
        "GET /teas → GET /all": replace(LIST, path="/all"),
        "GET /teas → POST /teas": replace(LIST, methods=("POST",)),
        "HTTP triggers": replace(LIST, triggers=()),
        "triggers": replace(LIST, events=(EventTrigger("i", "teas::list::cron", "cron", {}),)),
        "arguments": replace(LIST, request_format={"type": "object"}),
        "answer": replace(LIST, response_format={"type": "string"}),
        "description": replace(LIST, description="All teas."),
        "options": replace(LIST, internal=True),
    }
    for how, changed in cases.items():
        assert changes(BEFORE, catalogue(changed, READ)).plain == f"~ teas::list ({how})"


def test_many() -> None:
    """More than fit a line are counted."""
    added = [function(f"teas::new{n}", "GET", f"/new{n}") for n in range(9)]

    text = changes(BEFORE, catalogue(LIST, READ, *added)).plain

    assert text.startswith("+ teas::new0   + teas::new1")
    assert text.endswith("+ teas::new5   … 3 more")
