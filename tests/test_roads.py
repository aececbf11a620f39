"""What is excluded is out of reach: each road to it is walked, with the door open and shut."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias

import pytest
from fastapi import APIRouter, FastAPI
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Host, Mount, Route, Router
from starlette.testclient import TestClient
from starlette.types import ASGIApp, Receive, Scope, Send

from iii_asgi import Bridge, Settings, attach, expose
from iii_asgi.engine import Engine
from iii_asgi.errors import CatalogueError, SettingsError
from tests.engine.helpers import RawWorker, fetch

pytestmark = pytest.mark.anyio

SHUT = [
    "/users/me",
    "/users/{name}/secret",
    "DELETE",
    "/plain",
    "/slash",
    "/in/*",
    "/sub/secret",
    "/router/secret",
    "/hosted/*",
    "site::panel",
]


class AsAsked:
    """Middleware that takes path, method and host from headers, as proxies and old forms do."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            headers = dict(scope["headers"])
            path = headers.get(b"x-path", scope["path"].encode())
            scope["path"], scope["raw_path"] = path.decode(), path
            override = headers.get(b"x-http-method-override", scope["method"].encode())
            scope["method"] = override.decode()
            if b"x-host" in headers:
                scope["headers"] = [(b"host", headers[b"x-host"])]
        await self.app(scope, receive, send)


class Site:
    """An app with routes that should not run, each beside one that may.

    Attributes:
        ran: the paths of the former that did.
    """

    def __init__(self) -> None:
        self.ran: list[str] = []
        self.app = app = FastAPI(title="Site", openapi_url=None)
        app.add_middleware(AsAsked)
        app.get("/users/me")(self._shut("me"))
        app.get("/users/{name}")(self._open("read_user"))
        app.post("/users/{name}")(self._open("change_user"))
        app.delete("/users/{name}")(self._shut("delete_user"))
        app.get("/users/{name}/secret")(self._shut("secret"))
        app.get("/admin/panel", operation_id="site::panel")(self._shut("panel"))
        app.get("/slash/")(self._shut("slash"))
        app.router.routes.append(Route("/plain", self._shut("plain")))
        included = APIRouter(prefix="/in")
        included.get("/{x}")(self._shut("included"))
        app.include_router(included)
        inner = FastAPI(openapi_url=None)
        inner.get("/secret")(self._shut("inner"))
        app.mount("/sub", inner)
        app.mount("/router", Router([Route("/secret", self._shut("routed"))]))
        hosted = Mount("/hosted", Router([Route("/x", self._shut("hosted"))]))
        app.router.routes.append(Host("inside.example", Router([hosted])))
        app.get("/{path:path}")(self._open("page"))
        app.post("/{path:path}")(self._open("post_page"))

    def _shut(self, name: str) -> Callable[..., Any]:
        async def endpoint(request: Request) -> Response:
            self.ran.append(name)
            return PlainTextResponse("ran")

        endpoint.__name__ = name
        return endpoint

    def _open(self, name: str) -> Callable[..., Any]:
        async def endpoint(request: Request) -> Response:
            return PlainTextResponse("open")

        endpoint.__name__ = name
        return endpoint


@dataclass(frozen=True, slots=True)
class Walker:
    """Somebody on the engine, who wants to reach something."""

    engine: Engine
    worker: RawWorker

    async def http(self, path: str, method: str = "GET", *headers: str) -> str:
        """Ask over HTTP; return the status."""
        return str((await fetch(self.engine, path, method, headers)).status)

    async def call(self, function_id: str, data: Any) -> str:
        """Call a function; return the code of the error, or 200."""
        answer = await self.worker.call(function_id, data)
        return str(answer["error"]["code"] if "error" in answer else 200)


@asynccontextmanager
async def on_the_way(site: Site, http: str, **filters: Any) -> AsyncIterator[Walker]:
    """Put the site on an engine, with somebody beside it."""
    async with Engine(port=0, http_port=0) as engine, RawWorker(engine, "walker") as worker:
        settings = Settings(url=engine.url, http=http, name="site")  # type: ignore[arg-type]
        async with Bridge(site.app, settings=settings, **filters).connect():
            yield Walker(engine, worker)


def forged(path: str, method: str = "GET", **parameters: str) -> dict[str, Any]:
    """Return what a trigger would send, were there one; any worker can."""
    return {
        "method": method,
        "path": path,
        "headers": {"host": "x"},
        "path_params": parameters,
        "query_params": {},
        "body": None,
        "trigger": {"type": "http", "path": path, "method": method},
    }


Road: TypeAlias = Callable[[Walker], Awaitable[str]]

WHOLE = "site::app"

# Name of the road → what reaches the endpoint, and what is said where it is shut.
ROADS: dict[str, tuple[Road, str]] = {
    "its own trigger": (lambda w: w.http("/admin/panel"), "404"),
    "the trigger of another shape": (lambda w: w.http("/users/me"), "404"),
    "an encoded path": (lambda w: w.http("/users/m%65"), "404"),
    "an encoded slash": (lambda w: w.http("/admin%2Fpanel"), "404"),
    "another method of its path": (lambda w: w.http("/users/x", "DELETE"), "40[45]"),
    "HEAD for GET": (lambda w: w.http("/plain", "HEAD"), "40[45]"),
    "GET of a plain route": (lambda w: w.http("/plain"), "404"),
    "an included router": (lambda w: w.http("/in/7"), "404"),
    "a mounted app": (lambda w: w.http("/sub/secret"), "404"),
    "a mounted router": (lambda w: w.http("/router/secret"), "404"),
    "a host": (lambda w: w.http("/hosted/x", "GET", "X-Host: inside.example"), "404"),
    "middleware that rewrites paths": (
        lambda w: w.http("/users/x", "GET", "X-Path: /admin/panel"),
        "404",
    ),
    "middleware that rewrites paths into a mounted app": (
        lambda w: w.http("/users/x", "GET", "X-Path: /sub/secret"),
        "404",
    ),
    "middleware that overrides the method": (
        lambda w: w.http("/users/x", "POST", "X-HTTP-Method-Override: DELETE"),
        "404",
    ),
    "a call of its function": (lambda w: w.call("site::panel", {}), "function_not_found"),
    "headers of an envelope": (
        lambda w: w.call(
            "users::read",
            {"$http": {"path_params": {"name": "x"}, "headers": {"x-path": "/admin/panel"}}},
        ),
        "200",
    ),
}
# Parameters of a direct call that make the path another route's: that one never runs for it.
BENT_ROADS: dict[str, tuple[Road, str]] = {
    "a call of another function": (lambda w: w.call("users::read", {"name": "me"}), "NOT_FOUND"),
    "a parameter that spans segments": (
        lambda w: w.call("site::page", {"path": "admin/panel"}),
        "NOT_FOUND",
    ),
    "a parameter that leads into a mount": (
        lambda w: w.call("site::page", {"path": "sub/secret"}),
        "NOT_FOUND",
    ),
    "an envelope": (
        lambda w: w.call("users::read", {"$http": {"path_params": {"name": "me"}}}),
        "200",  # an envelope's answer has the status in it
    ),
}
# Those that there are with --http routes or app only.
ROUTES_ROADS: dict[str, tuple[Road, str]] = {
    "a forged trigger": (lambda w: w.call("users::read", forged("/users/:n", n="me")), "200"),
}
APP_ROADS: dict[str, tuple[Road, str]] = {
    "a forged trigger": (lambda w: w.call(WHOLE, forged("/:a/:b", a="admin", b="panel")), "200"),
    "an encoded slash in a parameter": (lambda w: w.http("/users/x%2Fsecret"), "404"),
    "the whole app": (
        lambda w: w.call(WHOLE, {"$http": {"method": "GET", "path": "/admin/panel"}}),
        "200",
    ),
    "the whole app, encoded": (
        lambda w: w.call(WHOLE, {"$http": {"method": "GET", "path": "/sub%2Fsecret"}}),
        "200",
    ),
    "the whole app, another method": (
        lambda w: w.call(WHOLE, {"$http": {"method": "DELETE", "path": "/users/x"}}),
        "200",
    ),
}
WALKS = {
    f"{http}: {name}": (http, road)
    for http, roads in {"routes": ROADS | ROUTES_ROADS, "app": ROADS | APP_ROADS}.items()
    for name, road in roads.items()
}


@pytest.mark.parametrize(("http", "road"), WALKS.values(), ids=WALKS)
async def test_road(http: str, road: tuple[Road, str]) -> None:
    """A road that leads to an endpoint leads nowhere once that is excluded."""
    walk, end = road
    site = Site()
    async with on_the_way(site, http) as walker:
        await walk(walker)
    assert len(site.ran) == 1
    site = Site()
    async with on_the_way(site, http, exclude=SHUT) as walker:
        said = await walk(walker)
    assert not site.ran
    assert re.fullmatch(end, said)


@pytest.mark.parametrize("http", ["routes", "app"])
@pytest.mark.parametrize("road", BENT_ROADS.values(), ids=BENT_ROADS)
async def test_bent_road(http: str, road: tuple[Road, str]) -> None:
    """A direct call runs its own route or none, whether others are excluded or not."""
    walk, end = road
    for filters, said in (({}, "BAD_REQUEST"), ({"exclude": SHUT}, end)):
        site = Site()
        async with on_the_way(site, http, **filters) as walker:
            assert await walk(walker) == said
        assert not site.ran


@pytest.mark.parametrize("http", ["routes", "app"])
async def test_answers(http: str) -> None:
    """What is excluded is not found, as the app itself says it, in an envelope too."""
    async with on_the_way(Site(), http, exclude=SHUT) as walker:
        excluded = await fetch(walker.engine, "/users/me")
        assert excluded.json == {"detail": "Not Found"}
        asked = {"$http": {"path_params": {"name": "me"}}}
        answer = await walker.worker.result("users::read", asked)
        assert answer["status_code"] == 404
        assert await walker.http("/users/you") == "200"
        assert await walker.call("users::read", {"name": "you"}) == "200"


@pytest.mark.parametrize("http", ["routes", "app"])
async def test_redirect(http: str) -> None:
    """The app sends nobody to the other slash form of what is excluded."""
    for filters, said in (({}, "307"), ({"exclude": "/slash"}, "404")):
        site = Site()
        site.app = FastAPI(openapi_url=None)
        site.app.get("/slash/")(site._shut("slash"))
        async with on_the_way(site, http, **filters) as walker:
            assert await walker.http("/slash") == said


async def test_include() -> None:
    """With an include, all that it does not name is excluded."""
    site = Site()
    async with on_the_way(site, "app", include="/users/{name}", exclude="DELETE") as walker:
        assert await walker.http("/users/you") == "200"
        for path in ("/users/me", "/admin/panel", "/page", "/plain", "/in/7", "/sub/secret"):
            assert await walker.http(path) == "404"
        assert await walker.http("/users/you", "DELETE") == "404"
    assert not site.ran


@pytest.mark.parametrize("http", ["routes", "app"])
async def test_enabled(http: str) -> None:
    """What is not enabled is excluded without any filter: an endpoint, an app in a mount."""
    app = FastAPI(openapi_url=None)
    ran: list[str] = []

    @app.get("/users/me")
    @expose(enabled=False)
    def me() -> None:
        ran.append("me")

    @app.get("/users/{name}")
    def user(name: str) -> str:
        return name

    @expose(enabled=False)
    async def old(scope: Any, receive: Any, send: Any) -> None:
        ran.append("old")

    shop = FastAPI(openapi_url=None)
    shop.get("/page")(lambda: ran.append("shop"))
    app.mount("/old", old)
    app.mount("/shop", expose(enabled=False)(shop))
    site = Site()
    site.app = app
    async with on_the_way(site, http) as walker:
        for path in ("/users/me", "/old", "/old/page", "/shop/page"):
            assert await walker.http(path) == "404"
        assert await walker.http("/users/you") == "200"
        assert await walker.call("users::user", {"name": "me"}) == "NOT_FOUND"
    assert not ran


async def test_attached() -> None:
    """Beside a web server the app serves there what is excluded from iii."""
    async with Engine(port=0, http_port=0) as engine, RawWorker(engine, "walker") as worker:
        walker = Walker(engine, worker)
        site = Site()
        settings = Settings(url=engine.url, http="app")
        app = attach(site.app, settings=settings, exclude=SHUT)

        def on_the_web() -> int:
            with TestClient(app) as client:
                asyncio.run_coroutine_threadsafe(on_iii(), loop).result(10)
                return client.get("/users/me").status_code

        async def on_iii() -> None:
            while await walker.http("/users/you") != "200":  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            assert await walker.http("/users/me") == "404"
            assert not site.ran

        loop = asyncio.get_running_loop()
        assert await asyncio.to_thread(on_the_web) == 200
        assert site.ran == ["me"]


async def test_start_up_fails() -> None:
    """What cannot be guarded, or understood, does not start."""

    async def opaque(scope: Scope, receive: Receive, send: Send) -> None: ...

    settings = Settings()
    with pytest.raises(SettingsError, match="exclude: 'users' is no filter"):
        Bridge(opaque, settings=settings, exclude=["users"])
    app = FastAPI()
    app.mount("/legacy", opaque)
    for bridge, message in {
        Bridge(app, settings=settings, exclude="/legacy/admin/*"): "means a part of the app",
        Bridge(opaque, settings=settings, exclude="DELETE"): "the app is no Starlette app",
    }.items():
        with pytest.raises(CatalogueError, match=message):
            async with bridge.connect():
                pass


def test_filters_of_a_bridge() -> None:
    """Excludes in Python add to those of the settings, includes replace them."""
    settings = Settings(include=("tag:a",), exclude=("tag:x",))
    app = FastAPI()
    bridge = Bridge(app, settings=settings, include=["tag:b"], exclude=["tag:y", "tag:z"])
    assert bridge.settings.include == ("tag:b",)
    assert bridge.settings.exclude == ("tag:x", "tag:y", "tag:z")
    assert Bridge(app, settings=settings).settings == settings


async def test_no_guard_without_need() -> None:
    """Where nothing is excluded, nothing is put into the app."""
    site = Site()
    before = list(site.app.user_middleware)
    async with on_the_way(site, "routes"):
        assert site.app.user_middleware == before
