"""What a test run has sent through iii, counted."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from iii_asgi.catalogue.model import Catalogue, Function

__all__ = ["AppRecord", "Difference", "Records"]

# So that a test with thousands of odd requests does not fill the report.
_PATH_AT_MOST = 100


@dataclass(slots=True)
class AppRecord:
    """One app of a run.

    Attributes:
        title: the app's.
        routes: function id → the route behind it, as text.
        skipped: path → why it is not on iii; WebSockets apart.
        requests: function id → how often it was called.
    """

    title: str
    routes: dict[str, str]
    skipped: dict[str, str] = field(default_factory=dict)
    requests: Counter[str] = field(default_factory=Counter)

    @property
    def untouched(self) -> list[str]:
        """The ids of functions that no test has called, documentation pages apart."""
        return [one for one in self.routes if not self.requests[one]]


@dataclass(frozen=True, order=True, slots=True)
class Difference:
    """A request that a real engine would treat otherwise.

    Attributes:
        kind: see `differences.KINDS`.
        test: the node id of the test.
        request: method and path.
        note: what exactly.
    """

    kind: str
    test: str
    request: str
    note: str


class Records:
    """The counts of a run. Those of other processes can be added.

    Attributes:
        test: the test that runs now.
        carried: requests that went through iii.
        direct: other requests.
        failed: the tests that did not pass.
    """

    def __init__(self) -> None:
        self.test = ""
        self.carried = 0
        self.direct = 0
        self.failed: set[str] = set()
        self._apps: dict[tuple[str, ...], AppRecord] = {}
        self._differences: Counter[Difference] = Counter()
        self._lock = threading.Lock()

    @property
    def apps(self) -> list[AppRecord]:
        """The apps, those with most requests first; equal ones are one."""
        return sorted(self._apps.values(), key=lambda app: -app.requests.total())

    @property
    def differences(self) -> Mapping[str, Counter[Difference]]:
        """The differences by kind."""
        kinds: dict[str, Counter[Difference]] = {}
        for difference, count in sorted(self._differences.items()):
            kinds.setdefault(difference.kind, Counter())[difference] = count
        return kinds

    # -- counting ----------------------------------------------------------------------

    def app(self, catalogue: Catalogue) -> AppRecord:
        """Return the record of an app, by what it has on iii."""
        skipped = {
            one.path: one.reason
            for one in catalogue.skipped
            if not one.reason.startswith("WebSocket")
        }
        functions = [one for one in catalogue.functions if not one.internal]
        routes = {one.id: _route_of(one) for one in functions}
        return self._app(catalogue.title, routes, skipped)

    def count(self, app: AppRecord, function_id: str) -> None:
        """Count a request that has reached its function."""
        with self._lock:
            self.carried += 1
            app.requests[function_id] += 1

    def count_direct(self) -> None:
        """Count a request that did not."""
        with self._lock:
            self.direct += 1

    def differ(self, kind: str, method: str, path: str, note: str = "") -> None:
        """Count a difference."""
        request = f"{method} {path if len(path) <= _PATH_AT_MOST else path[:_PATH_AT_MOST] + '…'}"
        difference = Difference(kind, self.test, _printable(request), _printable(note))
        with self._lock:
            self._differences[difference] += 1

    def _app(self, title: str, routes: dict[str, str], skipped: dict[str, str]) -> AppRecord:
        key = (title, *(f"{name} {route}" for name, route in routes.items()))
        with self._lock:
            return self._apps.setdefault(key, AppRecord(title, routes, skipped))

    # -- between processes -------------------------------------------------------------

    def to_json(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return {
            "carried": self.carried,
            "direct": self.direct,
            "failed": sorted(self.failed),
            "apps": [
                {
                    "title": app.title,
                    "routes": app.routes,
                    "skipped": app.skipped,
                    "requests": dict(app.requests),
                }
                for app in self.apps
            ],
            "differences": [
                {
                    "kind": one.kind,
                    "test": one.test,
                    "request": one.request,
                    "note": one.note,
                    "count": count,
                }
                for one, count in self._flat()
            ],
        }

    def add(self, other: Mapping[str, Any]) -> None:
        """Add what `to_json` of another process gave."""
        self.carried += other["carried"]
        self.direct += other["direct"]
        self.failed.update(other["failed"])
        for app in other["apps"]:
            record = self._app(app["title"], app["routes"], app["skipped"])
            record.requests.update(app["requests"])
        for one in other["differences"]:
            difference = Difference(one["kind"], one["test"], one["request"], one["note"])
            self._differences[difference] += one["count"]

    def _flat(self) -> Iterator[tuple[Difference, int]]:
        return (item for kind in self.differences.values() for item in kind.items())


def _route_of(function: Function) -> str:
    return f"{'any' if function.kind == 'app' else function.method} {function.path}"


def _printable(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()
