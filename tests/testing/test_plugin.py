"""``pytest --iii`` on tests as people have them, each run in a process of its own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

pytest_plugins = ["pytester"]

APP = """
from fastapi import FastAPI

app = FastAPI(title="Tea")


@app.get("/teas")
def list_teas() -> list[str]:
    return ["assam", "oolong"]


@app.get("/teas/{tea_id}")
async def read_tea(tea_id: int) -> int:
    return tea_id


@app.delete("/teas/{tea_id}")
async def delete_tea(tea_id: int) -> None:
    raise LookupError
"""

CLIENTS = """
import unittest

import httpx
import httpx2
import pytest
from fastapi.testclient import TestClient

from iii_asgi import get_invocation
from tea import app


class OurClient(TestClient):
    pass


class OurTransport(httpx.ASGITransport):
    async def handle_async_request(self, request):
        return await super().handle_async_request(request)


@pytest.fixture(params=[TestClient, OurClient])
def client(request):
    with request.param(app) as client:
        yield client


def test_client(client):
    assert client.app is app
    assert client.get("/teas/1").json() == 1


def test_exception(client, monkeypatch):
    with pytest.raises(LookupError):
        client.delete("/teas/1")


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
@pytest.mark.parametrize("transport", [httpx.ASGITransport, OurTransport])
async def test_async_client(transport, anyio_backend):
    transport = transport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://tea.test") as client:
        assert (await client.get("/teas/2")).json() == 2
    assert transport.app is app


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_async_client_2():
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://tea.test") as client:
        assert (await client.get("/teas/2")).json() == 2


class TestTeas(unittest.TestCase):
    def setUp(self):
        self.client = TestClient(app)

    def test_list(self):
        assert len(self.client.get("/teas").json()) == 2

    def test_nowhere(self):
        assert self.client.get("/coffees").json() == {"detail": "Not Found"}


class TestAsyncTeas(unittest.IsolatedAsyncioTestCase):
    async def test_read(self):
        async with make_client() as client:
            assert (await client.get("/teas/3")).json() == 3


def make_client(**options):
    transport = httpx.ASGITransport(app, **options)
    return httpx.AsyncClient(transport=transport, base_url="http://tea.test")


@pytest.mark.no_iii
def test_opted_out(client):
    assert client.get("/teas/1").json() == 1


@pytest.mark.no_iii
class TestOptedOut(unittest.TestCase):
    def test_read(self):
        assert TestClient(app).get("/teas/1").json() == 1
"""

# What the oldest supported Starlette warns of, as in pyproject.toml.
OLD = [
    "ignore:Please use `import python_multipart`:PendingDeprecationWarning",
    "ignore:The anyio.abc.BlockingPortal alias:DeprecationWarning",
]


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    """A project whose tests know nothing of iii, and pass."""
    pytester.makepyfile(tea=APP, test_tea=CLIENTS)
    return pytester


def run(project: pytest.Pytester, *options: str) -> pytest.RunResult:
    filters = [option for one in ("error", *OLD) for option in ("-W", one)]
    return project.runpytest_subprocess("-p", "no:cacheprovider", *filters, *options)


def report(project: pytest.Pytester, *options: str) -> tuple[pytest.RunResult, dict[str, Any]]:
    """Run with a report; return the result and what stands in the file."""
    result = run(project, "--iii-report", "report.json", *options)
    return result, json.loads((project.path / "report.json").read_text())


def test_without(project: pytest.Pytester) -> None:
    """Without an option nothing goes through iii, and nothing is said."""
    result = run(project)
    result.assert_outcomes(passed=15)
    result.stdout.no_fnmatch_line("*= iii =*")


def test_through_iii(project: pytest.Pytester) -> None:
    """All kinds of clients go through iii, as they are, and the run ends with a report."""
    result, found = report(project)
    result.assert_outcomes(passed=15)
    (app,) = found["apps"]
    assert app["title"] == "Tea"
    assert app["requests"] == {"teas::list": 1, "teas::read": 6, "teas::delete": 2}
    assert app["untouched"] == []
    assert (found["carried"], found["direct"]) == (9, 3)
    assert [(one["kind"], one["test"].split("::", 1)[1]) for one in found["differences"]] == [
        ("not-carried", "test_async_client[ASGITransport-trio]"),
        ("not-carried", "test_async_client[OurTransport-trio]"),
        ("path", "TestTeas::test_nowhere"),
    ]
    assert found["kinds"]["path"]["meaning"]
    result.stdout.fnmatch_lines(
        [
            "*= iii =*",
            "9 requests of 12 went through iii, in memory; the rest stands below.",
            "Tea: 3 of 3 functions called",
            "*6  teas::read    GET /teas/{tea_id}",
            "*1  path without a trigger, the app has none either",
            "*test_tea.py::TestTeas::test_nowhere",
            "*GET /coffees  (engine 404, app 404)",
            "The whole report is in report.json.",
        ]
    )


def test_in_the_ini_file(project: pytest.Pytester) -> None:
    """A project can have it always on."""
    project.makeini("[pytest]\niii = true")
    run(project).stdout.fnmatch_lines(["9 requests of 12 went through iii*"])


def test_several_processes(project: pytest.Pytester) -> None:
    """With pytest-xdist the report is that of all processes together."""
    result, found = report(project, "-n", "2")
    result.assert_outcomes(passed=15)
    assert (found["carried"], found["direct"]) == (9, 3)
    assert found["apps"][0]["requests"]["teas::read"] == 6


@pytest.mark.parametrize("processes", [[], ["-n", "2"]], ids=["one process", "two"])
def test_strict(project: pytest.Pytester, processes: list[str]) -> None:
    """Strictly, the engine's own answers are what tests get, and the report says which."""
    result, found = report(project, "--iii-strict", *processes)
    result.assert_outcomes(passed=14, failed=1)
    assert found["failed"] == ["test_tea.py::TestTeas::test_nowhere"]
    result.stdout.fnmatch_lines(
        [
            "*NOT_FOUND*",
            "1 test failed, of which 1 had such a request:",
            "*test_tea.py::TestTeas::test_nowhere  FAILED",
        ]
    )


def test_off_for_one_run(project: pytest.Pytester) -> None:
    """What the ini file turns on can be turned off, and a mere listing of tests has no report."""
    project.makeini("[pytest]\niii = true")
    run(project, "-o", "iii=false").stdout.no_fnmatch_line("*= iii =*")
    run(project, "--collect-only").stdout.no_fnmatch_line("*= iii =*")


def test_over_an_engine(project: pytest.Pytester) -> None:
    """The same over sockets, through an embedded engine."""
    result, found = report(project, "--iii-engine")
    result.assert_outcomes(passed=15)
    assert found["over"].startswith("http://127.0.0.1:")
    assert found["apps"][0]["requests"] == {"teas::list": 1, "teas::read": 6, "teas::delete": 2}
    assert "closed the connection" not in result.stderr.str()


def test_nothing_to_carry(pytester: pytest.Pytester) -> None:
    """A run without a request says so."""
    pytester.makepyfile("def test_nothing(): pass")
    run(pytester, "--iii").stdout.fnmatch_lines(["No request of a TestClient*"])


def test_wrong_setting(project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """A setting that cannot be used ends the run before it begins, and is named."""
    monkeypatch.setenv("III_ASGI_HTTP", "never")
    result = run(project, "--iii")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--iii: III_ASGI_HTTP: 'never' is not one of*"])


def test_one_real_engine_and_several_processes(
    project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Several processes cannot share a real engine, and that is said."""
    monkeypatch.setenv("III_URL", "ws://127.0.0.1:1")
    monkeypatch.setenv("III_HTTP_URL", "http://127.0.0.1:2")
    result = run(project, "--iii-engine", "-n", "2")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*run without -n, or without III_URL*"])


FIXTURES = """
import httpx
import pytest

from iii_asgi.errors import InvocationError
from tea import app


def test_call(iii_worker, iii_call):
    assert iii_worker(app).catalogue.title == "Tea"
    assert iii_call("teas::read", {"tea_id": 3}) == 3


def test_it_left(iii_call):
    with pytest.raises(InvocationError, match="function_not_found"):
        iii_call("teas::read", {"tea_id": 3})


def test_http(iii_engine, iii_worker):
    iii_worker(app, service="shop")
    assert httpx.get(f"{iii_engine.http_url}/teas").json() == ["assam", "oolong"]
    assert iii_engine.url.startswith("ws://")
"""


def test_fixtures(pytester: pytest.Pytester) -> None:
    """Without an option too, tests can have an engine, workers on it, and a caller."""
    pytester.makepyfile(tea=APP, test_fixtures=FIXTURES)
    run(pytester).assert_outcomes(passed=3)


def test_plugin_is_light(pytester: pytest.Pytester) -> None:
    """Whoever has iii-asgi installed pays nothing in runs without it: nothing is imported."""
    pytester.makepyfile(
        """
        import sys

        def test_modules():
            ours = {name for name in sys.modules if name.startswith("iii_asgi")}
            assert ours == {
                "iii_asgi", "iii_asgi.version", "iii_asgi.testing", "iii_asgi.testing.plugin",
            }
            assert not {"httpx", "starlette", "fastapi", "websockets", "msgspec"} & set(sys.modules)
        """
    )
    run(pytester).assert_outcomes(passed=1)


def test_example_needs_no_change() -> None:
    """The example's tests name nothing of iii; scripts/test runs them through it all the same."""
    tests = Path(__file__).parents[2] / "examples" / "fastapi_app" / "tests"
    assert not [file.name for file in tests.glob("*.py") if "iii" in file.read_text()]
