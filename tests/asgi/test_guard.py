"""Tests of the guards: what they let through, what they answer, where they can stand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx
import pytest
from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import JSONResponse
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route, Router
from starlette.testclient import TestClient
from starlette.types import ASGIApp, Receive, Scope, Send

from iii_asgi.asgi.guard import Guarded, ensure_guards, has_disabled, install_guards
from iii_asgi.asgi.transport import ASGITransport
from iii_asgi.catalogue.build import build_catalogue
from iii_asgi.errors import CatalogueError
from iii_asgi.marks import expose
from iii_asgi.settings import Settings

pytestmark = pytest.mark.anyio


async def hello(request: Request) -> Response:
    """Answer."""
    return PlainTextResponse("hello")


def guarded(app: ASGIApp, **filters: Any) -> ASGIApp:
    """Do to an app what a bridge does."""
    reach = build_catalogue(app, settings=Settings(**filters)).reach
    assert reach is not None
    install_guards(app)
    ensure_guards(app, reach)
    return Guarded(app, reach)


async def get(app: ASGIApp, path: str, method: str = "GET") -> httpx.Response:
    """Ask an app."""
    async with httpx.AsyncClient(
        transport=ASGITransport(app), base_url="http://test", follow_redirects=False
    ) as client:
        return await client.request(method, path)


async def statuses(app: ASGIApp, *paths: str) -> list[int]:
    """Ask an app for several paths."""
    return [(await get(app, path)).status_code for path in paths]


async def test_only_what_comes_this_way() -> None:
    """The same app serves everything to those that do not come through iii."""
    app = Starlette(routes=[Route("/a", hello), Route("/b", hello)])
    through = guarded(app, exclude="/b")
    assert await statuses(through, "/a", "/b", "/none") == [200, 404, 404]
    assert await statuses(app, "/a", "/b", "/none") == [200, 200, 404]


async def test_two_bridges() -> None:
    """Two that put an app on iii each have their own filters, and there is one guard."""
    app = Starlette(routes=[Route("/a", hello), Route("/b", hello)])
    one, other = guarded(app, exclude="/b"), guarded(app, include="/b")
    assert await statuses(one, "/a", "/b") == [200, 404]
    assert await statuses(other, "/a", "/b") == [404, 200]
    assert str(app.user_middleware).count("Guard") == len(app.user_middleware) == 1


def own_pages() -> Starlette:
    """Make an app with a page of its own for what is not found."""

    async def not_found(request: Request, error: Exception) -> Response:
        return PlainTextResponse("my own page", 404, {"x-own": "1"})

    return Starlette(routes=[Route("/a", hello)], exception_handlers={404: not_found})


def own_handler() -> FastAPI:
    """Make an app with a handler of its own for HTTP errors."""
    app = FastAPI()
    app.get("/a")(hello)

    @app.exception_handler(HTTPException)
    async def handler(request: Request, error: HTTPException) -> Response:
        return JSONResponse({"mine": error.detail}, error.status_code)

    return app


def plain() -> FastAPI:
    """Make an app with nothing of its own."""
    app = FastAPI()
    app.get("/a")(hello)
    return app


@pytest.mark.parametrize("app", [own_pages(), own_handler(), plain()])
async def test_not_found(app: ASGIApp) -> None:
    """What is excluded is answered exactly as a path that the app does not know."""
    through = guarded(app, exclude="/a")
    excluded, unknown = await get(through, "/a"), await get(through, "/unknown")
    assert excluded.status_code == unknown.status_code == 404
    assert excluded.content == unknown.content
    assert excluded.headers == unknown.headers


class Prefixing:
    """Middleware that changes the path or the method, as a client asks."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope["path"] = scope["path"].removeprefix("/v1")
            query = scope["query_string"].decode()
            scope["method"] = query.partition("method=")[2] or scope["method"]
        await self.app(scope, receive, send)


async def test_middleware_that_rewrites() -> None:
    """The guard sees a request as the routes will."""
    app = Starlette(
        routes=[Route("/a", hello, methods=["GET", "DELETE"]), Route("/b", hello)],
        middleware=[Middleware(Prefixing)],
    )
    app.add_middleware(Prefixing)
    through = guarded(app, exclude=["/b", "DELETE"])
    assert await statuses(through, "/v1/a", "/v1/b", "/v1/a?method=DELETE") == [200, 404, 404]
    assert await statuses(app, "/v1/a", "/v1/b", "/v1/a?method=DELETE") == [200, 200, 200]


async def test_mounted_apps() -> None:
    """An app that is mounted twice is told which one was asked."""
    inner = FastAPI(openapi_url=None)
    inner.get("/x")(hello)
    inner.mount("/r", Router([Route("/y", hello), Route("/z", hello)]))
    app = Starlette(
        routes=[Mount("/one", inner), Mount("/two/{name}", inner), Route("/a", hello)],
        middleware=[Middleware(Prefixing)],
    )
    through = guarded(app, exclude=["/one/x", "/two/{name}/r/y"])
    assert await statuses(through, "/one/x", "/one/r/y", "/one/r/z") == [404, 200, 200]
    assert await statuses(through, "/v1/two/n/x", "/two/n/r/y", "/two/n/r/z") == [200, 404, 200]
    assert await statuses(through, "/a", "/one/none") == [200, 404]
    assert await statuses(app, "/one/x", "/two/n/r/y") == [200, 200]


async def test_app_of_mounts() -> None:
    """An app that has no routes but mounts tells those where they are."""
    inner = FastAPI(openapi_url=None)
    inner.get("/x")(hello)
    inner.get("/y")(hello)
    outer = Starlette(routes=[Mount("/m", Starlette(routes=[Mount("/n", inner)]))])
    through = guarded(outer, exclude="/m/n/x")
    assert await statuses(through, "/m/n/x", "/m/n/y") == [404, 200]


async def test_out_of_sight() -> None:
    """Where nothing is excluded, a router that does as it likes may go on to do so."""
    inner = Starlette(routes=[Route("/x", hello)])
    hidden = Mount("/m", Router([Mount("/i", inner)], middleware=[Middleware(Prefixing)]))
    app = Starlette(routes=[hidden, Mount("/open", inner), Route("/b", hello)])
    through = guarded(app, exclude=["/b", "/open/x"])
    assert await statuses(through, "/m/i/x", "/open/x", "/b") == [200, 404, 404]


async def test_default_app() -> None:
    """What a router falls back on can be reached until only some routes are offered."""
    app = Starlette(routes=[Route("/a", hello), Route("/b", hello)])
    app.router.default = PlainTextResponse("the rest")
    assert await statuses(guarded(app, exclude="/b"), "/a", "/b", "/c") == [200, 404, 200]
    assert await statuses(guarded(app, include="/a"), "/a", "/b", "/c") == [200, 404, 404]


async def test_routes_that_come_later() -> None:
    """What nobody has put filters to is not reached."""
    app = FastAPI(openapi_url=None)
    app.get("/a")(hello)
    app.get("/b")(hello)
    through = guarded(app, exclude="/b")
    app.get("/later")(hello)
    assert await statuses(through, "/a", "/later") == [200, 404]
    assert await statuses(app, "/later") == [200]


async def test_other_methods_and_redirects() -> None:
    """Neither a 405 nor a redirect tells that something excluded is there."""
    app = FastAPI(openapi_url=None)
    app.get("/a")(hello)
    app.get("/slash/")(hello)
    app.get("/b")(hello)
    through = guarded(app, include="/b")
    assert (await get(app, "/a", "POST")).status_code == 405
    assert (await get(app, "/slash")).status_code == 307
    assert (await get(through, "/a", "POST")).status_code == 404
    assert (await get(through, "/slash")).status_code == 404
    assert (await get(through, "/b", "POST")).status_code == 405


async def test_sockets_pass() -> None:
    """WebSockets and the lifespan are none of a guard's business."""
    app = FastAPI(openapi_url=None)
    app.get("/b")(hello)

    @app.websocket("/live")
    async def live(socket: Any) -> None: ...

    with TestClient(guarded(app, exclude="/b")) as client:
        assert client.get("/b").status_code == 404


# -- where they cannot be ------------------------------------------------------------------


class Rewriting(Router):
    """A router that chooses in its own way."""

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        await super().app(scope, receive, send)


async def opaque(scope: Scope, receive: Receive, send: Send) -> None:
    """Be no Starlette app."""


ROUTES = [Route("/b", hello)]
HOPELESS: Mapping[str, tuple[ASGIApp, str]] = {
    "router": (Router(ROUTES), "a Router takes no middleware: make a Starlette"),
    "mounted router with middleware": (
        Starlette(routes=[Mount("/m", routes=ROUTES, middleware=[Middleware(Prefixing)])]),
        "middleware stands before a Router: mount a Starlette app there",
    ),
    "router with middleware": (
        Starlette(routes=[Mount("/m", Router(ROUTES, middleware=[Middleware(Prefixing)]))]),
        "its Router chooses routes in a way of its own, or has middleware",
    ),
    "own router": (
        Starlette(routes=[Mount("/m", Rewriting(ROUTES))]),
        "its Rewriting chooses routes in a way of its own, or has middleware",
    ),
    "no Starlette app": (opaque, "the app is no Starlette app"),
}


@pytest.mark.parametrize(("app", "why"), HOPELESS.values(), ids=HOPELESS)
def test_no_place(app: ASGIApp, why: str) -> None:
    """Where no guard can stand, excluding something is an error that says why."""
    with pytest.raises(CatalogueError, match=rf"/.* is excluded, but stays within reach: {why}"):
        guarded(app, exclude="GET")


def test_no_place_and_no_need() -> None:
    """Where no guard can stand but nothing is excluded, something may be excluded elsewhere."""
    app = Starlette(routes=[Mount("/m", Rewriting(ROUTES)), Route("/a", hello)])
    guarded(app, exclude="/a")


def test_too_late() -> None:
    """An app that has answered requests already takes no guard, and says what to do."""
    app = FastAPI(title="Shop")
    app.get("/b")(hello)
    TestClient(app).get("/b")
    with pytest.raises(CatalogueError, match="the app 'Shop' has built its middleware without"):
        guarded(app, exclude="/b")


def test_app_without_middleware() -> None:
    """An app that leaves out its middleware is found out."""

    class Bare(Starlette):
        def build_middleware_stack(self) -> ASGIApp:
            return self.router

    with pytest.raises(CatalogueError, match="the app 'Bare' has built its middleware without"):
        guarded(Bare(routes=ROUTES), exclude="/b")


async def test_middleware_that_comes_later() -> None:
    """Middleware that is added after the guard stands before it."""
    app = FastAPI(openapi_url=None)
    app.get("/a")(hello)
    app.get("/b")(hello)
    install_guards(app)
    app.add_middleware(Prefixing)
    through = guarded(app, exclude="/b")
    assert await statuses(through, "/v1/a", "/v1/b") == [200, 404]


def test_has_disabled() -> None:
    """Whether an endpoint is not for iii is known before the start-up."""
    app = FastAPI()
    app.get("/a")(hello)
    assert not has_disabled(app)
    router = APIRouter()
    router.get("/b")(expose(enabled=False)(lambda: None))
    app.include_router(router)
    assert has_disabled(app)


def test_what_cannot_be_read() -> None:
    """An app that cannot be looked into is left to the catalogue."""

    app = Starlette()
    del app.router.routes
    assert not has_disabled(app)
