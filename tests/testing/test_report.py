"""The report at the end of a run, as a reader gets it."""

from __future__ import annotations

import json

import pytest

from iii_asgi import Settings
from iii_asgi.catalogue.build import build_catalogue
from iii_asgi.testing.differences import KINDS
from iii_asgi.testing.records import Records
from iii_asgi.testing.report import Report
from tests.testing.apps import make_app


def counted(tests: int) -> Records:
    records = Records()
    app = records.app(build_catalogue(make_app(), settings=Settings()))
    records.count(app, "items::read")
    for number in range(tests):
        records.test = f"test_{number}"
        records.differ("query-repeated", "GET", "/items", "q")
    return records


def text(records: Records, *, strict: bool = False, verbose: bool = False) -> str:
    report = Report(records, strict=strict, over="memory", verbose=verbose)
    return "\n".join(report.lines())


def test_difference() -> None:
    """A difference has its count, what it means, what to do, and its tests."""
    assert text(counted(1)).endswith(
        """
An engine would treat these otherwise. Here the app answered them all the same;
--iii-strict does as the engine:

      1  repeated query key
         on iii: the app gets the last value alone
         to do:  send one value with commas, or a body; or keep this route on a web server (attach)
           test_0
             GET /items  (q)

… stands for more: -v lists all, --iii-report FILE writes it down."""
    )
    assert text(counted(1), verbose=True).endswith("GET /items  (q)")


def test_minor_differences() -> None:
    """What is as it should be comes last, under a heading of its own if there is more."""
    records = counted(0)
    records.differ("path", "GET", "/nowhere", "engine 404, app 404")
    assert "seldom matters" not in text(records)
    records.differ("https", "GET", "/items")
    shown = text(records)
    assert shown.index("https") < shown.index("seldom matters") < shown.index("/nowhere")


def test_many_tests() -> None:
    """Only some tests are named, unless the run is verbose."""
    short, long = text(counted(5)), text(counted(5), verbose=True)
    assert "… 2 more tests" in short
    assert "test_4" not in short
    assert "test_4" in long
    assert "more" not in long.partition("otherwise")[2]


def test_functions() -> None:
    """Each app has its functions, how often they were called, and those that were not."""
    lines = text(counted(0)).splitlines()
    assert lines[0] == "1 request of 1 went through iii, in memory."
    assert lines[2] == "Shop: 1 of 11 functions called"
    assert lines[3].split() == ["1", "items::read", "GET", "/items/{item_id}"]
    assert lines[4].strip() == "no test called"
    assert lines[5].split() == ["items::list", "GET", "/items"]
    assert "An engine would have treated all of them as the test client did." in lines


def test_strict() -> None:
    """A strict run names the tests that failed first, and tells how many are explained."""
    records = counted(5)
    records.failed = {"test_4", "test_of_something_else"}
    shown = text(records, strict=True)
    assert "2 tests failed, of which 1 had such a request:" in shown
    assert shown.index("test_4  FAILED") < shown.index("test_0")
    assert "FAILED" not in text(records)


def test_directly_asked() -> None:
    """Requests that did not go through iii are in the sum, and the first line sends on to them."""
    records = counted(1)
    records.count_direct()
    first = text(records).splitlines()[0]
    assert first == "1 request of 2 went through iii, in memory; the rest stands below."


@pytest.mark.parametrize(
    ("over", "way"),
    [
        ("http://127.0.0.1:3111", "over the engine at http://127.0.0.1:3111"),
        ("engines", "over an engine in each process"),
    ],
)
def test_way(over: str, way: str) -> None:
    """The first line tells what was between."""
    report = Report(counted(0), strict=False, over=over, verbose=False)
    assert next(report.lines()) == f"1 request of 1 went through iii, {way}."


def test_json() -> None:
    """The file has everything, and can be read without anything else."""
    report = Report(counted(1), strict=False, over="memory", verbose=False)
    found = json.loads(json.dumps(report.to_json()))
    assert found["kinds"].keys() == KINDS.keys()
    assert found["differences"][0]["kind"] == "query-repeated"
    assert "items::create" in found["apps"][0]["untouched"]


def test_many_apps() -> None:
    """Of many apps the busiest are shown, and a line tells of all."""
    records = Records()
    for number in range(7):
        app = make_app()
        app.title = f"App {number}"
        records.count(records.app(build_catalogue(app, settings=Settings())), "items::read")
    assert "7 apps in all, of whose 77 functions 7 were called" in text(records)
    assert "App 6" in text(records, verbose=True)
