"""What a run tells at its end: what went through iii, and what a real engine would do otherwise."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from iii_asgi.testing.differences import KINDS, Kind
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
        over: what was between: ``memory``, the URL of an engine, or ``engines``: one in each
            process.
        verbose: list everything.
    """

    def __init__(self, records: Records, *, strict: bool, over: str, verbose: bool) -> None:
        self._records = records
        self._strict = strict
        self._over = over
        self._verbose = verbose
        self._is_cut = False

    def to_json(self) -> dict[str, Any]:
        """Return everything as plain values, with the meaning of each kind of difference."""
        found = self._records.to_json()
        for app in found["apps"]:
            app["untouched"] = [one for one in app["routes"] if one not in app["requests"]]
        kinds = {
            name: {
                "title": kind.title,
                "meaning": kind.meaning,
                "advice": kind.advice,
                "minor": kind.is_minor,
            }
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
        others = "; the rest stands below" if records.direct else ""
        yield (
            f"{_count(records.carried, 'request')} of {total} went through iii, "
            f"{self._way()}{others}."
        )
        yield from self._apps()
        yield from self._differences()
        if self._is_cut:
            yield ""
            yield "… stands for more: -v lists all, --iii-report FILE writes it down."

    def _way(self) -> str:
        if self._over == "memory":
            return "in memory"
        if self._over == "engines":
            return "over an engine in each process"
        return f"over the engine at {self._over}"

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
            yield f"… {len(apps)} apps in all, of whose {routes} functions {touched} were called"
            self._is_cut = True

    def _app(self, app: AppRecord, shown: int) -> Iterator[str]:
        touched = len(app.routes) - len(app.untouched)
        yield f"{app.title}: {touched} of {_count(len(app.routes), 'function')} called"
        calls = app.requests.most_common()
        width = max(len(name) for name, _ in calls)
        for name, count in self._some(calls, shown):
            route = app.routes.get(name, "documentation")
            yield f"  {count:5}  {name:{width}}  {route}"
        yield from self._rest(len(calls), shown, "function")
        if app.untouched:
            yield "  no test called"
            for name in self._some(app.untouched, shown):
                yield f"         {name}  {app.routes[name]}"
            yield from self._rest(len(app.untouched), shown, "function")
        if app.skipped:
            yield "  not on iii"
            for path, reason in self._some(app.skipped.items(), shown):
                yield f"         {path}  {reason}"
            yield from self._rest(len(app.skipped), shown, "route")

    def _differences(self) -> Iterator[str]:
        found = self._records.differences
        yield ""
        if not found:
            yield "An engine would have treated all of them as the test client did."
            return
        yield from self._heading()
        for is_minor in (False, True):
            names = [name for name in KINDS if name in found and KINDS[name].is_minor is is_minor]
            if is_minor and names and len(names) < len(found):
                yield ""
                yield "These, too, which is as it should be or seldom matters:"
            for name in names:
                yield ""
                yield from self._kind(KINDS[name], found[name])

    def _heading(self) -> Iterator[str]:
        if not self._strict:
            yield "An engine would treat these otherwise. Here the app answered them all the same;"
            yield "--iii-strict does as the engine:"
            return
        yield "An engine treats these otherwise than the app, and so they were treated here."
        if failed := self._records.failed:
            concerned = {one.test for kind in self._records.differences.values() for one in kind}
            yield (
                f"{_count(len(failed), 'test')} failed, of which {len(failed & concerned)} had "
                "such a request:"
            )

    def _kind(self, kind: Kind, found: Counter[Difference]) -> Iterator[str]:
        yield f"  {found.total():5}  {kind.title}"
        yield f"         on iii: {kind.meaning}"
        yield f"         to do:  {kind.advice}"
        tests: dict[str, Difference] = {}
        failed = self._records.failed if self._strict else frozenset()
        for difference in sorted(found, key=lambda one: one.test not in failed):
            tests.setdefault(difference.test, difference)
        for test, difference in self._some(tests.items(), _TESTS):
            note = f"  ({difference.note})" if difference.note else ""
            yield f"           {test or '(outside of tests)'}{'  FAILED' * (test in failed)}"
            yield f"             {difference.request}{note}"
        yield from self._rest(len(tests), _TESTS, "test", "           ")

    def _some(self, items: Iterable[Any], count: int) -> list[Any]:
        return list(items)[: None if self._verbose else count]

    def _rest(self, total: int, shown: int, noun: str, margin: str = "         ") -> Iterator[str]:
        if total > shown and not self._verbose:
            self._is_cut = True
            yield f"{margin}… {_count(total - shown, f'more {noun}')}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
