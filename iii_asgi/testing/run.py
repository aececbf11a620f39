"""One test run through iii: what pytest tells it, and what it tells at the end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from iii_asgi.errors import Error
from iii_asgi.testing.patches import Patches
from iii_asgi.testing.records import Records
from iii_asgi.testing.report import Report
from iii_asgi.testing.through import Through, settings_of_tests

if TYPE_CHECKING:
    from iii_asgi.testing.host import Host
    from iii_asgi.testing.over_engine import EngineRoads

__all__ = ["Run"]

_KEY = "iii_asgi"
_PLACE = "_iii_asgi_through"


class Run:
    """The part of the plugin that exists with ``--iii`` alone.

    Args:
        config: of pytest.

    Raises:
        pytest.UsageError: it cannot run like this; the text says why.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._strict = bool(config.getoption("iii_strict"))
        self._records = Records()
        self._is_off = False  # for a test that has opted out
        self._host: Host | None = None
        self._roads: EngineRoads | None = None
        try:
            self._settings = settings_of_tests()
            if config.getoption("iii_engine"):
                self._start_engine()
        except Error as error:
            raise pytest.UsageError(f"--iii: {error}") from None
        self._patches = Patches(self._exchange)
        self._patches.install()

    def _start_engine(self) -> None:
        from iii_asgi.testing.host import Host  # an engine and its sockets: not in memory
        from iii_asgi.testing.over_engine import EngineRoads

        host = Host.of_environment()
        if host.is_external and self._is_controller:
            raise pytest.UsageError(
                "--iii-engine: several processes would put the same functions on one engine; "
                "run without -n, or without III_URL (each process then has an engine of its own)"
            )
        if not self._is_controller:
            host.start()
            self._host, self._roads = host, EngineRoads(host)

    @property
    def _is_controller(self) -> bool:
        """Whether the tests run in other processes (pytest-xdist)."""
        return bool(self._config.getoption("dist", "no") != "no") and not hasattr(
            self._config, "workerinput"
        )

    # -- the requests ----------------------------------------------------------------------

    def _exchange(self, transport: Any) -> Any:
        """Return what is to be called instead of a transport's app."""
        app = transport.app
        if self._is_off or isinstance(app, Through):
            return app
        # On the app itself, so that it goes when the app goes; several clients share it.
        for holder in (app, transport):
            place = getattr(holder, "__dict__", None)
            if isinstance(place, dict):
                through = place.get(_PLACE)
                if not isinstance(through, Through) or through.app is not app:
                    through = place[_PLACE] = self._through(app)
                return through
        return self._through(app)

    def _through(self, app: Any) -> Through:
        return Through(
            app,
            settings=self._settings,
            strict=self._strict,
            records=self._records,
            open_road=None if self._roads is None else self._roads.open,
        )

    # -- hooks -----------------------------------------------------------------------------

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """A test begins."""
        self._records.test = nodeid

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Its fixtures begin."""
        self._is_off = item.get_closest_marker("no_iii") is not None

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A part of it has ended."""
        if report.failed:
            self._records.failed.add(report.nodeid)

    def pytest_runtest_logfinish(self) -> None:
        """It is over."""
        self._records.test = ""
        self._is_off = False

    def pytest_sessionfinish(self) -> None:
        """All tests are over: pass the counts on, where another process gathers them."""
        output = getattr(self._config, "workeroutput", None)
        if output is not None:
            output[_KEY] = self._records.to_json()

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """A process of pytest-xdist has ended."""
        if counts := getattr(node, "workeroutput", {}).get(_KEY):
            self._records.add(counts)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Tell what there is to tell."""
        if self._config.getoption("collectonly"):
            return
        report = self._report()
        terminalreporter.section("iii")
        for line in report.lines():
            terminalreporter.write_line(line)
        if file := self._config.getoption("iii_report"):
            text = json.dumps(report.to_json(), indent=2, ensure_ascii=False)
            Path(file).write_text(text + "\n", encoding="utf-8")
            terminalreporter.write_line("")
            terminalreporter.write_line(f"The whole report is in {file}.")

    def _report(self) -> Report:
        over = "memory" if self._host is None else self._host.http_url
        if self._config.getoption("iii_engine") and self._host is None:
            over = "engines"
        return Report(
            self._records,
            strict=self._strict,
            over=over,
            verbose=self._config.getoption("verbose") > 0,
        )

    def pytest_unconfigure(self) -> None:
        """Leave everything as it was."""
        self._patches.remove()
        if self._host is not None and self._roads is not None:
            self._host.submit(self._roads.leave_all()).result()
            self._host.stop()
