"""What a run tells at its end: what went through iii, and what a real engine would do otherwise."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from iii_asgi.testing.differences import KINDS
from iii_asgi.testing.records import AppRecord, Difference, Records

__all__ = ["Report"]

_APPS = 5
_FUNCTIONS = 8  # of one app; of several, fewer each
_FUNCTIONS_EACH = 4
_TESTS = 3


class Report:
    """The report of a run.

    Args:
        records: what was counted.
        strict: requests were answered as an engine does.
        over: what was between: ``memory``, or the URL of an engine.
        verbose: list everything.
    """

    def __init__(self, records: Records, *, strict: bool, over: str, verbose: bool) -> None:
        self._records = records
        self._strict = strict
        self._over = over
        self._verbose = verbose

    def to_json(self) -> dict[str, Any]:
        """Return everything as plain values, with the meaning of each kind of difference."""
        found = self._records.to_json()
        for app in found["apps"]:
            app["untouched"] = [one for one in app["routes"] if one not in app["requests"]]
        kinds = {
            name: {"title": kind.title, "meaning": kind.meaning, "advice": kind.advice}
            for name, kind in KINDS.items()
        }
        return {"strict": self._strict, "over": self._over, **found, "kinds": kinds}

    def lines(self) -> Iterator[str]:
        """Yield the lines of the terminal's summary."""
        records = self._records
        total = records.carried + records.direct
        if not total:
            yield (
                "No request of a TestClient or an ASGITransport was seen: nothing went through iii."
            )
            return
        way = "in memory" if self._over == "memory" else f"over the engine at {self._over}"
        yield f"{_count(records.carried, 'request')} of {total} went through iii, {way}."
        yield from self._apps()
        yield from self._differences()

    def _apps(self) -> Iterator[str]:
        apps = [app for app in self._records.apps if app.requests]
        shown = _FUNCTIONS if len(apps) == 1 else _FUNCTIONS_EACH
        for app in self._some(apps, _APPS):
            yield ""
            yield from self._app(app, shown)
        if len(apps) > _APPS and not self._verbose:
            touched = sum(len(app.routes) - len(app.untouched) for app in apps)
            routes = sum(len(app.routes) for app in apps)
            yield ""
            yield (
                f"{len(apps)} apps in all, of whose {routes} functions {touched} were called "
                "(-v lists them)."
            )

    def _app(self, app: AppRecord, shown: int) -> Iterator[str]:
        touched = len(app.routes) - len(app.untouched)
        yield f"{app.title}: {touched} of {_count(len(app.routes), 'function')} called"
        calls = app.requests.most_common()
        width = max(len(name) for name, _ in calls)
        for name, count in self._some(calls, shown):
            route = app.routes.get(name, "documentation")
            yield f"  {count:5}  {name:{width}}  {route}"
        yield from self._rest(len(calls), shown, "more")
        if app.untouched:
            yield "  no test called"
            for name in self._some(app.untouched, shown):
                yield f"         {name}  {app.routes[name]}"
            yield from self._rest(len(app.untouched), shown, "more")
        if app.skipped:
            yield "  not on iii"
            for path, reason in self._some(app.skipped.items(), shown):
                yield f"         {path}  {reason}"
            yield from self._rest(len(app.skipped), shown, "more")

    def _differences(self) -> Iterator[str]:
        found = self._records.differences
        yield ""
        if not found:
            yield "An engine would have treated all of them as the test client did."
            return
        yield "An engine would treat these otherwise. " + (
            "They were answered as it answers:"
            if self._strict
            else "Here the app got and answered them all the same; --iii-strict does as the engine:"
        )
        for name, kind in KINDS.items():
            if name in found:
                yield ""
                yield f"  {found[name].total():5}  {kind.title}"
                yield f"         on iii: {kind.meaning}"
                yield f"         to do:  {kind.advice}"
                yield from self._tests(found[name])

    def _tests(self, found: Counter[Difference]) -> Iterator[str]:
        tests: dict[str, Difference] = {}
        for difference in found:
            tests.setdefault(difference.test or "(outside of tests)", difference)
        for test, difference in self._some(tests.items(), _TESTS):
            note = f"  ({difference.note})" if difference.note else ""
            yield f"           {test}"
            yield f"             {difference.request}{note}"
        yield from self._rest(len(tests), _TESTS, "more tests", "           ")

    def _some(self, items: Iterable[Any], count: int) -> list[Any]:
        return list(items)[: None if self._verbose else count]

    def _rest(self, total: int, shown: int, what: str, margin: str = "         ") -> Iterator[str]:
        if total > shown and not self._verbose:
            yield f"{margin}… {total - shown} {what} (-v or --iii-report FILE lists all)"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
