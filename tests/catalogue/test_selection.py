"""Tests of the selection: it says what the router then does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Host, Match, Mount, Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from iii_asgi.catalogue.introspect import introspect
from iii_asgi.catalogue.model import RouteKey
from iii_asgi.catalogue.selection import Entered, Place, Selected, Selection, select
from iii_asgi.catalogue.templates import REST

METHODS = ("GET", "HEAD", "POST", "DELETE", "OPTIONS")


class Tell:
    """An endpoint that tells its path and the id by which a selection knows it."""

    def __init__(self, path: str) -> None:
        self.path = path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        text = f"{self.path}\n{id(self)}"
        await PlainTextResponse(text)(scope, receive, send)


def telling(path: str) -> Callable[..., Any]:
    """Return a function that does the same."""

    async def tell(request: Request) -> Response:
        return PlainTextResponse(f"{path}\n{id(tell)}")

    return tell


class OnlyWithHeader(APIRoute):
    """A route class that looks at more than path and method."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        match, child = super().matches(scope)
        wanted = (b"x-version", b"2") in scope["headers"]
        return (match, child) if wanted else (Match.NONE, {})


def route(path: str, *methods: str, within: str = "") -> Route:
    """Return a Starlette route that tells its path."""
    return Route(path, telling(within + path), methods=list(methods) or None)


def api(router: FastAPI | APIRouter, path: str, *methods: str, within: str = "") -> None:
    """Add a FastAPI route that tells its path."""
    router.api_route(path, methods=list(methods) or ["GET"])(telling(within + path))


def site() -> FastAPI:
    """Make an app with every kind of nesting that keeps one router's view."""
    app = FastAPI(openapi_url=None)
    api(app, "/users/me")
    api(app, "/users/{name}", "GET", "DELETE")
    api(app, "/users/{name}", "POST")
    api(app, "/slash/")
    app.router.routes.append(Route("/any", Tell("/any")))
    versions = APIRouter(route_class=OnlyWithHeader)
    api(versions, "/users/me", within="")
    app.include_router(versions)
    deep = APIRouter(prefix="/deep")
    api(deep, "/x", within="/in/deep")
    api(deep, "/{rest:path}/end", within="/in/deep")
    outer = APIRouter(prefix="/in")
    api(outer, "/{one}", within="/in")
    outer.include_router(deep)
    outer.routes.append(route("/in/plain", "POST"))
    app.include_router(outer)
    app.mount("/m", Router([route("/a", within="/m"), route("/b/", "POST", within="/m")]))
    app.router.routes.append(
        Mount("/t/{tenant}", CORSMiddleware(Router([route("/a", within="/t/{tenant}")])))
    )
    app.router.routes.append(Host("api.example", Router([route("/h"), route("/users/me")])))
    app.mount("/opaque", Tell("/opaque" + REST))
    return app


def ask(app: Any, method: str, path: str, *headers: tuple[bytes, bytes]) -> tuple[Selection, Scope]:
    """Return what is selected for a request, and its scope."""
    scope: Scope = {
        "type": "http",
        "method": method,
        "path": path,
        "root_path": "",
        "query_string": b"",
        "headers": [(b"host", b"localhost"), *headers],
    }
    return select(app, scope, Place()), scope


async def answer(app: ASGIApp, scope: Scope) -> tuple[int, str]:
    """Return the status and the text with which the app answers."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.request"}

    await app(dict(scope), receive, send)
    body = b"".join(one.get("body", b"") for one in sent)
    return sent[0]["status"], body.decode()


SITE = site()
WORDS = "users me 7 slash any in deep x end plain m a b t opaque h nothing %2F"
PATHS = st.lists(st.sampled_from([*WORDS.split(), "", " "]), max_size=5).map(
    lambda parts: "/" + "/".join(parts)
)
HEADERS = st.sampled_from([(), ((b"x-version", b"2"),), ((b"x-version", b"1"),)])


@given(path=PATHS, method=st.sampled_from(METHODS), headers=HEADERS, host=st.booleans())
@pytest.mark.anyio
async def test_what_runs(path: str, method: str, headers: Any, host: bool) -> None:
    """Whatever the request, the selected route is the one that answers."""
    selected, scope = ask(SITE, method, path, *headers)
    if host:
        scope["headers"][0] = (b"host", b"api.example")
        selected = select(SITE, scope, Place())
    before = {**scope, "headers": list(scope["headers"])}
    status, text = await answer(SITE, scope)
    assert scope == before
    if status == 200 and method != "HEAD":
        told, _, endpoint = text.partition("\n")
        assert isinstance(selected, Selected)
        assert selected.runs
        assert selected.key is not None
        assert selected.key[1] == told
        assert selected.key[2] == (0 if told.startswith("/opaque") else int(endpoint))
        assert selected.key in introspect(SITE).keepers
    elif status == 307 and selected is None:
        assert path == "/m" or path.startswith("/t/")  # to a mount, where there is nothing
    elif status in (405, 307):
        assert isinstance(selected, Selected)
        assert not selected.runs
        assert selected.key in introspect(SITE).keepers
    elif status == 404:
        assert selected is None


def key_of(app: Any, method: str, path: str) -> RouteKey | None:
    """Return the key of what runs."""
    selected, _ = ask(app, method, path)
    assert isinstance(selected, Selected), selected
    return selected.key


def test_mounted_app() -> None:
    """An app that is mounted chooses by itself, and is told where it is."""
    inner = Starlette(routes=[route("/x")])
    app = FastAPI(openapi_url=None)
    app.mount("/a/{b}", inner)
    app.router.routes.append(Host("{sub}.example", inner))
    assert ask(app, "GET", "/a/1/x")[0] == Entered(Place("/a/{b}"))
    selected, scope = ask(app, "GET", "/x")
    assert selected is None
    scope["headers"] = [(b"host", b"one.example")]
    assert select(app, scope, Place()) == Entered(Place("", "{sub}.example"))
    selected, _ = ask(inner, "GET", "/x")
    assert selected == Selected((None, "/x", id(inner.routes[0].endpoint)), True)  # type: ignore[attr-defined]


def rewriting(app: ASGIApp) -> ASGIApp:
    """Wrap an app in what could change a request, and does not tell what is in it."""

    async def call(scope: Scope, receive: Receive, send: Send) -> None:
        await app(scope, receive, send)

    return call


class Rewriting:
    """The same, but telling what is in it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


class Choosy(Router):
    """A router that chooses in its own way."""

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        await super().app(scope, receive, send)


@pytest.mark.parametrize(
    "mount",
    [
        Mount("/m", Rewriting(Router([route("/a")]))),
        Mount("/m", routes=[route("/a")], middleware=[Middleware(rewriting)]),
        Mount("/m", Router([route("/a")], middleware=[Middleware(Rewriting)])),
        Mount("/m", Choosy([route("/a")])),
    ],
)
def test_out_of_sight(mount: Mount) -> None:
    """Where a request may be changed on its way to the routes, nothing is foretold."""
    app = Starlette(routes=[mount])
    assert ask(app, "GET", "/m/a")[0] == Entered(None)
    (keeper,) = introspect(app).keepers.values()
    assert isinstance(keeper, str)


def test_keepers() -> None:
    """Each route is kept by the innermost app that sees its requests, or it is told why not."""
    inner = Starlette(routes=[route("/x"), Mount("/r", Router([route("/y")]))])
    app = FastAPI(openapi_url=None)
    api(app, "/a")
    app.mount("/s", inner)
    app.mount("/o", Tell("/o"))
    app.mount("/lost", Choosy([Mount("/again", Starlette(routes=[route("/z")]))]))
    keepers = {path: one for (_, path, _), one in introspect(app).keepers.items()}
    assert keepers == {
        "/a": app,
        "/s/x": inner,
        "/s/r/y": inner,
        "/o/{path:path}": app,
        "/lost/again/z": "its Choosy chooses routes in a way of its own, or has middleware",
    }
    (why,) = introspect(Router([route("/x")])).keepers.values()
    assert why == "a Router takes no middleware: make a Starlette(routes=...) of it"
    (why,) = introspect(Tell("/")).keepers.values()
    assert why == "the app is no Starlette app, so nothing can be put before its routes"


def test_default_app() -> None:
    """What a router falls back on is no route, but it runs."""
    app = Starlette(routes=[route("/a")])
    assert ask(app, "GET", "/b")[0] is None
    app.router.default = Tell("/b")
    assert ask(app, "GET", "/b")[0] == Selected(None, True)


def test_frontend(tmp_path: Any) -> None:
    """The files of a frontend are what is left when no route matches; the longest path wins."""
    if not hasattr(FastAPI, "frontend"):
        pytest.skip("this FastAPI has no frontends")
    app = FastAPI(openapi_url=None)
    api(app, "/ui/api/")
    app.frontend("/ui", directory=tmp_path)
    app.frontend("/ui/deep", directory=tmp_path)
    keepers = introspect(app).keepers
    for path, frontend in {
        "/ui": "/ui",
        "/ui/x": "/ui",
        "/ui/deep": "/ui/deep",
        "/ui/deeper": "/ui",
        "/ui/deep/x/y": "/ui/deep",
    }.items():
        key = key_of(app, "GET", path)
        assert key == (None, f"{frontend}/{{path:path}}", 0)
        assert key in keepers
    assert ask(app, "GET", "/other")[0] is None
    selected, _ = ask(app, "GET", "/ui/api")
    assert isinstance(selected, Selected)
    assert not selected.runs
