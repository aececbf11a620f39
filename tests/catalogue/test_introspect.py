"""Tests of the walk through an app."""

from __future__ import annotations

from enum import Enum
from typing import Any

import fastapi.routing
import pytest
from fastapi import APIRouter, Depends, FastAPI, WebSocket
from starlette.applications import Starlette
from starlette.endpoints import HTTPEndpoint
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Host, Mount, Route, Router, WebSocketRoute
from starlette.staticfiles import StaticFiles

from iii_asgi.catalogue.introspect import Introspection, introspect
from iii_asgi.catalogue.operations import METHODS
from iii_asgi.marks import expose

ALL = tuple(sorted(METHODS))


async def call(request: Request) -> Response:
    """Answer."""
    return Response()


async def opaque(scope: Any, receive: Any, send: Any) -> None:
    """Be an app that nobody can look into."""


class Wrapper:
    """A middleware of the user's own."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.app(scope, receive, send)


def paths(found: Introspection) -> dict[str, tuple[str, ...]]:
    """Return path → methods of the routes that are not FastAPI's own pages."""
    return {one.path: one.methods for one in found.routes if not one.internal}


def test_starlette_routes() -> None:
    """A route of Starlette is read with its methods, HEAD with GET."""
    found = introspect(
        Starlette(routes=[Route("/a/{x:int}", call), Route("/b", call, methods=["post"])])
    )

    assert paths(found) == {"/a/{x:int}": ("GET", "HEAD"), "/b": ("POST",)}
    assert (found.title, found.framework, found.warnings) == ("Starlette", "Starlette", ())
    assert found.routes[0].description == "Answer."
    assert found.routes[0].body == "channel"


def test_fastapi_routes() -> None:
    """A route of FastAPI is read with what FastAPI knows of it; HEAD is not answered."""

    class Tag(Enum):
        USERS = "Users"

    app = FastAPI(title="Shop")

    @app.get(
        "/users/{id}",
        tags=[Tag.USERS, "more"],
        operation_id="get_it",
        description="Get it.",
        openapi_extra={"x-iii-function-id": "a::b", "x-iii-metadata": {"team": "x"}},
    )
    @expose(action="fetch")
    def read_user(id: int) -> None: ...

    found = introspect(app)
    (route,) = (one for one in found.routes if not one.internal)

    assert (route.path, route.methods, route.endpoint) == ("/users/{id}", ("GET",), read_user)
    assert (route.tags, route.operation_id) == (("Users", "more"), "get_it")
    assert (route.function_id, route.metadata) == ("a::b", {"team": "x"})
    assert (route.description, route.mark.action, route.name) == ("Get it.", "fetch", "read_user")
    assert (found.title, found.framework) == ("Shop", "FastAPI")


def test_pages_of_fastapi_are_internal() -> None:
    """Documentation pages are there, as no part of the app's schema."""
    found = introspect(FastAPI())

    assert [one.path for one in found.routes if one.internal] == [
        "/openapi.json",
        "/docs",
        "/docs/oauth2-redirect",
        "/redoc",
    ]


def test_automatic_operation_ids_are_not_taken() -> None:
    """FastAPI's own operation id depends on the hash seed, so it is as if there was none."""
    app = FastAPI(generate_unique_id_function=lambda route: "made")
    app.get("/")(call)

    assert introspect(app).routes[-1].operation_id is None


def test_included_routers() -> None:
    """Prefixes, tags and dependencies of routers at any depth are on their routes."""

    def check() -> None: ...

    inner = APIRouter(prefix="/inner", tags=["inner"])
    inner.get("/{x}")(call)
    inner.get("")(call)
    outer = APIRouter(prefix="/outer", dependencies=[Depends(check)])
    outer.include_router(inner, prefix="/mid", tags=["mid"])
    app = FastAPI()
    app.include_router(outer)
    app.include_router(inner, prefix="/again")

    found = introspect(app)

    assert paths(found) == {
        "/outer/mid/inner/{x}": ("GET",),
        "/outer/mid/inner": ("GET",),
        "/again/inner/{x}": ("GET",),
        "/again/inner": ("GET",),
    }
    tags = {one.path: one.tags for one in found.routes}
    assert tags["/outer/mid/inner/{x}"] == ("mid", "inner")
    assert tags["/again/inner/{x}"] == ("inner",)


def test_routes_of_starlette_in_a_router_of_fastapi() -> None:
    """A router of FastAPI may hold routes and mounts of Starlette."""
    router = APIRouter()
    router.add_route("/plain", call)
    app = FastAPI()
    app.include_router(router, prefix="/in")

    assert paths(introspect(app)) == {"/in/plain": ("GET", "HEAD")}


def test_mounts_in_a_router_of_fastapi() -> None:
    """A mount and a host in an included router have its prefix (older versions drop them)."""
    if not hasattr(fastapi.routing, "iter_route_contexts"):
        pytest.skip("this FastAPI drops mounts of included routers")
    router = APIRouter()
    router.mount("/mount", Starlette(routes=[Route("/x", call)]))
    router.host("a.test", Router([Route("/y", call)]))
    app = FastAPI()
    app.include_router(router, prefix="/in")

    assert paths(introspect(app)) == {
        "/in/mount/x": ("GET", "HEAD"),
        "/in/y": ("GET", "HEAD"),
    }


def test_a_flat_list_of_routes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without FastAPI, or with an older one, routes are read as they are."""
    monkeypatch.delattr("fastapi.routing.iter_route_contexts", raising=False)

    assert paths(introspect(Starlette(routes=[Route("/a", call)]))) == {"/a": ("GET", "HEAD")}


def test_a_title_that_cannot_be_read() -> None:
    """Whatever an app does, it has a title."""

    class Odd(FastAPI):
        def __getattribute__(self, name: str) -> Any:
            if name == "title":
                raise RuntimeError("untitled")
            return super().__getattribute__(name)

    assert introspect(Odd(openapi_url=None)).title == "Odd"


@pytest.mark.parametrize(
    ("first", "second", "equal"),
    [({}, {}, True), ({"tags": ["a"]}, {}, False), ({}, {"dependencies": True}, False)],
)
def test_identity(first: dict[str, Any], second: dict[str, Any], equal: bool) -> None:
    """Registrations of one endpoint are the same with equal tags and dependencies."""

    def check() -> None: ...

    if "dependencies" in second:
        second = {"dependencies": [Depends(check)]}
    app = FastAPI(openapi_url=None)
    app.get("/a", **first)(call)
    app.get("/b", **second)(call)
    one, other = introspect(app).routes

    assert (one.identity == other.identity) is equal


def test_an_endpoint_without_a_hash() -> None:
    """A callable that cannot be hashed is an endpoint like any other."""

    class Unhashable:
        __hash__ = None  # type: ignore[assignment]

        async def __call__(self, scope: Any, receive: Any, send: Any) -> None: ...

    endpoint = Unhashable()
    found = introspect(Starlette(routes=[Route("/a", endpoint), Route("/b", endpoint)]))

    assert found.warnings == ()
    assert found.routes[0].identity == found.routes[1].identity


def test_endpoints_that_are_classes() -> None:
    """An HTTPEndpoint has the methods that it handles, any other ASGI class all of them."""

    class Users(HTTPEndpoint):
        async def get(self, request: Request) -> Response:
            return Response()

        async def delete(self, request: Request) -> Response:
            return Response()

    class Writer(HTTPEndpoint):
        async def post(self, request: Request) -> Response:
            return Response()

    found = introspect(
        Starlette(
            routes=[
                Route("/a", Users),
                Route("/b", Users, methods=["GET", "POST"]),
                Route("/c", Wrapper),
                Route("/d", Writer),
            ]
        )
    )

    assert paths(found) == {
        "/a": ("DELETE", "GET", "HEAD"),
        "/b": ("GET", "HEAD"),
        "/c": ALL,
        "/d": ("POST",),
    }


def test_websockets_are_skipped() -> None:
    """WebSocket routes are listed with the reason."""
    app = FastAPI(routes=[WebSocketRoute("/one", opaque)])
    router = APIRouter(prefix="/r")

    @router.websocket("/two")
    async def two(socket: WebSocket) -> None: ...

    app.include_router(router)
    app.mount("/m", Starlette(routes=[WebSocketRoute("/three", opaque)]))
    found = introspect(app)

    assert [(one.path, one.methods, one.reason) for one in found.skipped] == [
        (path, (), "WebSocket: no trigger of iii reaches it")
        for path in ("/one", "/r/two", "/m/three")
    ]


def test_mounts() -> None:
    """Mounted apps and routers are walked, with the parameters of the mount."""
    sub = FastAPI(openapi_url=None)
    sub.get("/{x}")(call)
    app = Starlette(
        routes=[
            Mount("/sub", sub),
            Mount("/{tenant}/t", routes=[Route("/", call), Mount("/deep", routes=[])]),
            Mount("/wrapped", Wrapper(GZipMiddleware(sub))),
            Mount("/with", routes=[Route("/x", call)], middleware=[Middleware(Wrapper)]),
            Mount("", Router([Route("/root", call)])),
        ]
    )

    assert paths(introspect(app)) == {
        "/sub/{x}": ("GET",),
        "/{tenant}/t/": ("GET", "HEAD"),
        "/wrapped/{x}": ("GET",),
        "/with/x": ("GET", "HEAD"),
        "/root": ("GET", "HEAD"),
    }


def test_a_mount_whose_middleware_hides_the_app() -> None:
    """Middleware without an .app hides nothing: the mount itself knows its routes."""

    def hide(app: Any) -> Any:
        return opaque

    app = Starlette(routes=[Mount("/a", routes=[Route("/x", call)], middleware=[Middleware(hide)])])

    assert paths(introspect(app)) == {"/a/x": ("GET", "HEAD")}


def test_opaque_mounts(tmp_path: Any) -> None:
    """What cannot be walked is one function; files answer GET and HEAD only."""
    found = introspect(
        Starlette(
            routes=[
                Mount("/any", opaque, name="any"),
                Mount("/files", StaticFiles(directory=tmp_path)),
                Mount("/zipped", GZipMiddleware(StaticFiles(directory=tmp_path))),
            ]
        )
    )

    assert paths(found) == {
        "/any/{path:path}": ALL,
        "/files/{path:path}": ("GET", "HEAD"),
        "/zipped/{path:path}": ("GET", "HEAD"),
    }
    assert {(one.kind, one.endpoint, one.identity) for one in found.routes} == {("app", None, None)}
    assert found.routes[0].name == "any"


def test_frontends(tmp_path: Any) -> None:
    """The frontends of FastAPI come last, those of included routers as well."""
    app = FastAPI(openapi_url=None)
    if not hasattr(app, "frontend"):
        pytest.skip("this FastAPI has no frontends")
    router = APIRouter(prefix="/r")
    router.frontend("/pages", directory=tmp_path)
    app.frontend("/", directory=tmp_path)
    app.include_router(router, prefix="/in")
    app.get("/a")(call)

    assert paths(introspect(app)) == {
        "/a": ("GET",),
        "/{path:path}": ("GET", "HEAD"),
        "/in/r/pages/{path:path}": ("GET", "HEAD"),
    }


def test_hosts() -> None:
    """Routes behind a host say so, and have no prefix of it."""
    app = Starlette(
        routes=[Host("{name}.test", Router([Route("/a", call)])), Host("b.test", opaque)]
    )
    found = introspect(app)

    assert [(one.host, one.path) for one in found.routes] == [
        ("{name}.test", "/a"),
        ("b.test", "/{path:path}"),
    ]


@pytest.mark.parametrize(
    ("app", "title"), [(opaque, "opaque"), (Wrapper(opaque), "opaque"), (object(), "object")]
)
def test_an_opaque_app(app: Any, title: str) -> None:
    """An app that cannot be walked is one route for everything."""
    found = introspect(app)

    assert paths(found) == {"/{path:path}": ALL}
    assert (found.title, found.framework, found.warnings) == (title, "ASGI", ())


@pytest.mark.parametrize("wrap", [Wrapper, GZipMiddleware, lambda app: Wrapper(Wrapper(app))])
def test_a_wrapped_app(wrap: Any) -> None:
    """Middleware around the app is looked through for routes, title and framework."""
    app = FastAPI(title="Shop", openapi_url=None)
    app.get("/a")(call)
    found = introspect(wrap(app))

    assert paths(found) == {"/a": ("GET",)}
    assert (found.title, found.framework) == ("Shop", "FastAPI")


@pytest.mark.parametrize(("wrap", "body"), [(GZipMiddleware, "inline"), (Wrapper, "channel")])
@pytest.mark.parametrize("where", ["around", "user_middleware", "mount", "outer"])
def test_middleware_decides_on_bodies(wrap: Any, body: str, where: str) -> None:
    """A middleware that might read bodies, wherever it is, gets the client's own bytes."""
    app = FastAPI(openapi_url=None)

    @app.get("/a")
    def read() -> None: ...

    top: Any = app
    if where == "around":
        top = wrap(app)
    elif where == "user_middleware":
        app.add_middleware(wrap)
    elif where == "mount":
        top = Starlette(routes=[Mount("/m", app, middleware=[Middleware(wrap)])])
    else:
        top = Starlette(routes=[Mount("/m", app)], middleware=[Middleware(wrap)])

    assert [one.body for one in introspect(top).routes] == [body]


def test_an_app_mounted_in_itself() -> None:
    """A cycle of mounts ends, and is listed."""
    app = Starlette(routes=[Route("/a", call)])
    app.mount("/again", app)
    found = introspect(app)

    assert paths(found) == {"/a": ("GET", "HEAD")}
    assert [(one.path, one.reason) for one in found.skipped] == [
        ("/again", "mounted inside itself")
    ]


def test_an_app_mounted_twice() -> None:
    """An app in two places is walked in both."""
    sub = Starlette(routes=[Route("/x", call)])
    app = Starlette(routes=[Mount("/a", sub), Mount("/b", sub)])

    assert list(paths(introspect(app))) == ["/a/x", "/b/x"]


class Broken(Starlette):
    """An app whose routes cannot be read."""

    @property
    def routes(self) -> list[BaseRoute]:
        """Fail."""
        raise RuntimeError("no routes today")


def test_an_app_that_cannot_be_read() -> None:
    """It is one opaque function, with a warning; the others are as they are."""
    found = introspect(Starlette(routes=[Route("/a", call), Mount("/broken", Broken())]))

    assert paths(found) == {"/a": ("GET", "HEAD"), "/broken/{path:path}": ALL}
    assert found.warnings == (
        "/broken: the routes of this app could not be read (RuntimeError: no routes today), "
        "so it is one function",
    )


def test_a_whole_app_that_cannot_be_read() -> None:
    """The app itself is one opaque function then."""
    found = introspect(Broken())

    assert paths(found) == {"/{path:path}": ALL}
    assert len(found.warnings) == 1


def test_a_route_that_cannot_be_read() -> None:
    """One route that cannot be read is skipped with a warning; the others stay."""
    odd = Route("/odd", call)
    odd.methods = 5  # type: ignore[assignment]
    found = introspect(Starlette(routes=[odd, Route("/a", call)]))

    assert paths(found) == {"/a": ("GET", "HEAD")}
    assert [(one.path, one.reason) for one in found.skipped] == [("/odd", "it could not be read")]
    assert found.warnings[0].startswith("/odd: this route could not be read (TypeError")


def test_a_kind_of_route_that_nobody_knows() -> None:
    """A route of an unknown kind is skipped with its class in the reason."""

    class Odd(BaseRoute):
        path = "/odd"

    found = introspect(Starlette(routes=[Odd()]))

    assert [(one.path, one.reason) for one in found.skipped] == [
        ("/odd", "unknown kind of route: Odd")
    ]


def test_marked_mounts() -> None:
    """A mark on a mounted app without routes is that of its function, also within middleware."""

    @expose("old::all", enabled=False)
    async def old(scope: Any, receive: Any, send: Any) -> None: ...

    found = introspect(Starlette(routes=[Mount("/old", Wrapper(old)), Mount("/new", opaque)]))

    assert [(one.path, one.mark.id, one.mark.enabled) for one in found.routes] == [
        ("/old/{path:path}", "old::all", False),
        ("/new/{path:path}", None, True),
    ]


def test_marked_layers() -> None:
    """A mark is found on any layer of a mounted app, and where the mount's middleware hides it."""

    class Hiding:
        def __init__(self, app: Any) -> None:
            self._inner = app

        async def __call__(self, scope: Any, receive: Any, send: Any) -> None: ...

    between = expose(enabled=False)(Wrapper(opaque))
    hidden = expose(enabled=False)(Wrapper(Wrapper(opaque)))
    found = introspect(
        Starlette(
            routes=[
                Mount("/a", GZipMiddleware(between)),
                Mount("/b", between, middleware=[Middleware(GZipMiddleware)]),
                Mount("/c", hidden, middleware=[Middleware(Hiding)]),
            ]
        )
    )

    assert [one.mark.enabled for one in found.routes] == [False] * 3


def test_marked_app() -> None:
    """An app that is not enabled has no route that is; what else is said of it is told."""
    inner = FastAPI(openapi_url=None)
    inner.get("/a")(call)
    inner.get("/b")(expose("b::b")(call))
    for mark, enabled in (expose(enabled=False), False), (expose("x::y"), True):
        app = mark(Wrapper(inner))
        found = introspect(Starlette(routes=[Mount("/m", app), Mount("/n", GZipMiddleware(app))]))

        assert {one.path: one.mark.enabled for one in found.routes} == dict.fromkeys(
            ("/m/a", "/m/b", "/n/a", "/n/b"), enabled
        )
        assert found.warnings == (
            ()
            if not enabled
            else tuple(
                f"{path}: expose on an app that has routes says nothing but enabled: put it on them"
                for path in ("/m", "/n")
            )
        )
