"""What a run has counted, and how the counts of several processes come together."""

from __future__ import annotations

from iii_asgi import Settings
from iii_asgi.catalogue.build import build_catalogue
from iii_asgi.testing.records import Difference, Records
from tests.testing.apps import make_app

CATALOGUE = build_catalogue(make_app(), settings=Settings())


def counted() -> Records:
    records = Records()
    app = records.app(CATALOGUE)
    records.count(app, "items::read")
    records.count_direct()
    records.test = "test_it"
    records.differ("path", "GET", "/nowhere", "404")
    return records


def test_counts_of_several_processes() -> None:
    """The counts of two processes are added; apps with the same functions are one."""
    records, other = counted(), counted()
    records.failed, other.failed = {"test_it"}, {"test_it", "test_another"}
    records.add(other.to_json())
    assert (records.carried, records.direct) == (2, 2)
    assert records.failed == {"test_it", "test_another"}
    (app,) = records.apps
    assert app.requests == {"items::read": 2}
    assert records.differences["path"] == {Difference("path", "test_it", "GET /nowhere", "404"): 2}


def test_untouched() -> None:
    """Functions that nobody called are known; documentation pages are not among them."""
    (app,) = counted().apps
    assert "items::create" in app.untouched
    assert "items::read" not in app.untouched
    assert not [one for one in app.routes.values() if "openapi" in one]


def test_what_is_not_on_iii() -> None:
    """A route that no trigger reaches stands with its reason, WebSockets apart."""
    app = make_app()
    app.add_api_route("/traced", lambda: None, methods=["TRACE"])
    record = Records().app(build_catalogue(app, settings=Settings()))
    assert record.skipped.keys() == {"/traced"}


def test_odd_text() -> None:
    """A long path is cut, and bytes that are no text are written out."""
    records = Records()
    records.differ("path", "GET", "/" + "x" * 1000, "\udcff")
    (difference,) = records.differences["path"]
    assert len(difference.request) < 120
    assert difference.note == r"\udcff"
