"""Requests that an engine answers itself, and routes that are excluded from iii."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi import APIRouter, FastAPI, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.testclient import TestClient
from starlette.types import ASGIApp, Receive, Scope, Send

from iii_asgi import Settings
from iii_asgi.testing.records import Records
from iii_asgi.testing.through import Through
from tests.testing.apps import Rewriting, kinds, make_excluding_app

QUIET = Settings(access_log=False)


def client_of(app: ASGIApp, records: Records, *, strict: bool = False, **more: Any) -> TestClient:
    return TestClient(
        Through(app, settings=Settings(access_log=False, **more), records=records, strict=strict)
    )


@pytest.fixture(params=[False, True], ids=["before", "after start-up"])
def app(request: pytest.FixtureRequest) -> FastAPI:
    """The app, before and after its start-up and first request, which had nothing of iii."""
    app = make_excluding_app()
    if request.param:
        with TestClient(app) as client:
            assert client.get("/internal").text == '"internal"'
    return app


EXCLUDED = [
    # Settings, path, and whether a function of the app is called on iii.
    ("routes", "/internal", False),
    ("routes", "/items/internal", True),
    ("routes", "/v1/items/internal", True),
    ("app", "/internal", True),
    ("app", "/v1/items/internal", True),
]


@pytest.mark.parametrize(("http", "path", "is_called"), EXCLUDED)
def test_excluded(app: FastAPI, http: Any, path: str, is_called: bool) -> None:
    """A test of an excluded route passes; strictly it gets what stands on iii: 404."""
    records, strict = Records(), Records()
    assert client_of(app, records, http=http).get(path).json() == "internal"
    assert (records.carried, records.direct) == (0, 1)
    assert kinds(records).keys() == {"excluded"}
    answer = client_of(app, strict, strict=True, http=http).get(path)
    assert answer.status_code == 404
    assert answer.json() == {"detail": "Not Found"} or not is_called
    assert kinds(strict).keys() == {"excluded"}


def test_what_is_not_excluded(app: FastAPI) -> None:
    """The other routes of the same app are as ever."""
    records = Records()
    client = client_of(app, records)
    assert client.get("/items/1").json() == "1"
    assert client.get("/v1/items/1").json() == "1"
    assert records.carried == 2
    assert not records.differences


def test_direct_requests(app: FastAPI) -> None:
    """Requests that are not carried find the app as it was, its middleware too."""
    records = Records()
    carried, direct = client_of(app, records, strict=True), TestClient(app)
    direct.get("/internal")
    assert carried.get("/internal").status_code == 404
    assert direct.get("/internal").json() == direct.get("/items/internal").json() == "internal"
    layer: Any = app.middleware_stack
    while not isinstance(layer, Rewriting):
        layer = layer.app
    assert layer.count >= 3  # the one that was there first


def test_call_that_leads_astray(app: FastAPI) -> None:
    """A call whose argument leads to an excluded route is an error, as on iii."""
    client = TestClient(Through(app, settings=QUIET), raise_server_exceptions=False)
    assert client.get("/calls").status_code == 500


def test_filters() -> None:
    """What a filter excludes is treated the same; in a mounted app, too."""

    async def page(request: Request) -> Response:
        return PlainTextResponse("page")

    admin = FastAPI()
    admin.add_api_route("/users", lambda: "users")
    admin.add_api_route("/{rest:path}", lambda rest: rest)
    router = APIRouter(prefix="/in")
    router.add_api_route("/users", lambda: "users")
    app = FastAPI(routes=[Mount("/admin", admin), Route("/page", page)])
    app.include_router(router)
    TestClient(app).get("/page")
    for path in ("/admin/users", "/in/users", "/page"):
        records = Records()
        client = client_of(app, records, exclude=("/*/users", "/page"))
        assert client.get(path).status_code == 200
        assert kinds(records).keys() == {"excluded"}
    strict = client_of(app, Records(), strict=True, exclude=("/*/users", "/page"))
    assert strict.get("/admin/users").status_code == 404
    assert strict.get("/admin/other").json() == "other"


class Hiding:
    """Middleware that does not show what it calls."""

    def __init__(self, app: ASGIApp) -> None:
        self._inner = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._inner(scope, receive, send)


def test_no_place_for_a_guard() -> None:
    """Middleware in which a guard cannot be put any more is named, with what would help."""
    app = make_excluding_app()
    app.add_middleware(Hiding)
    TestClient(app).get("/internal")
    records = Records()
    assert client_of(app, records).get("/internal").json() == "internal"
    assert "Hiding keeps what it calls out of sight" in kinds(records)["catalogue"]


@pytest.mark.parametrize(
    ("method", "path", "kind"),
    [
        ("GET", "/nowhere", "path"),
        ("GET", "/items/1/", "unreachable"),
        ("PUT", "/items/1", "method"),
        ("HEAD", "/items/1", "method"),
        ("OPTIONS", "/items/1", "options"),
        ("GET", "/mounted" + "/x" * 12, "unreachable"),
    ],
)
def test_strict_kinds(method: str, path: str, kind: str) -> None:
    """Strictly the app is not asked, and its router tells what it would have answered."""

    async def mounted(scope: Scope, receive: Receive, send: Send) -> None:
        await PlainTextResponse("here")(scope, receive, send)

    app, records = make_excluding_app(), Records()
    app.mount("/mounted", mounted)
    client_of(app, records, strict=True).request(method, path)
    assert kinds(records).keys() == {kind}


def test_route_that_cannot_be_asked() -> None:
    """A route that fails when its router asks it is not called, and nothing breaks."""

    class Broken(Route):
        def matches(self, scope: Scope) -> Any:
            raise LookupError

    async def page(request: Request) -> Response:
        return PlainTextResponse("page")

    records = Records()
    app = FastAPI(routes=[Broken("/page", page)])
    assert client_of(app, records, strict=True).get("/nowhere").status_code == 404
    assert kinds(records).keys() == {"path"}
