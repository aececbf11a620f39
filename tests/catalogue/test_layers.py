"""Tests of what is around apps."""

from __future__ import annotations

import functools
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.exception_handlers import http_exception_handler
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.httpsredirect import HTTPSRedirectMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Host, Mount, Route, Router

from iii_asgi.catalogue.layers import (
    behind,
    endpoints_in,
    is_walkable,
    look_through,
    may_read_bodies,
)


class Wrapper:
    """A middleware that could do anything."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.app(scope, receive, send)


async def plain(scope: Any, receive: Any, send: Any) -> None:
    """Be an app without routes."""


@pytest.mark.parametrize("app", [FastAPI(), Starlette(), Router()])
def test_walkable(app: Any) -> None:
    """An app or a router has routes that can be read, and is found at once."""
    assert is_walkable(app)
    assert look_through(app) == (app, True)


@pytest.mark.parametrize(
    ("wrap", "harmless"),
    [
        (GZipMiddleware, True),
        (lambda app: CORSMiddleware(TrustedHostMiddleware(app)), True),
        (Wrapper, False),
        (lambda app: GZipMiddleware(Wrapper(app)), False),
    ],
)
def test_look_through(wrap: Any, harmless: bool) -> None:
    """Middleware is looked through at any depth; only what is known is harmless."""
    app = Starlette()

    assert look_through(wrap(app)) == (app, harmless)


def test_nothing_to_look_at() -> None:
    """Where nothing has routes, the innermost app is what was found."""
    assert look_through(Wrapper(Wrapper(plain))) == (plain, False)


def test_a_wrapper_around_itself() -> None:
    """A cycle of wrappers ends."""
    wrapper = Wrapper(None)
    wrapper.app = Wrapper(wrapper)

    assert not is_walkable(look_through(wrapper)[0])


@pytest.mark.parametrize("kind", [Starlette, FastAPI])
@pytest.mark.parametrize(
    ("middleware", "may"),
    [
        ([], False),
        ([Middleware(GZipMiddleware), Middleware(HTTPSRedirectMiddleware)], False),
        ([Middleware(GZipMiddleware), Middleware(Wrapper)], True),
        ([Middleware(lambda app: app)], True),
    ],
)
def test_middleware_of_an_app(kind: Any, middleware: list[Middleware], may: bool) -> None:
    """An app with a middleware that is not known may read bodies."""
    assert may_read_bodies(kind(middleware=middleware)) is may


def test_an_app_that_is_called_in_its_own_way() -> None:
    """A subclass that overrides the call may read bodies; one that adds things may not."""

    class Own(FastAPI):
        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            await super().__call__(scope, receive, send)

    class More(FastAPI):
        def more(self) -> None: ...

    assert may_read_bodies(Own())
    assert not may_read_bodies(More())


@pytest.mark.parametrize("disguise", [lambda _: lambda function: function, functools.wraps])
def test_an_instrumented_app(disguise: Any) -> None:
    """An app whose middleware stack somebody replaced may read bodies, however it looks."""
    app = FastAPI()
    app.build_middleware_stack = disguise(app.build_middleware_stack)(lambda: plain)  # type: ignore[method-assign]

    assert may_read_bodies(app)


def test_middleware_of_a_router() -> None:
    """A router with middleware of its own may read bodies."""
    assert not may_read_bodies(Router())
    assert may_read_bodies(Router(middleware=[Middleware(GZipMiddleware)]))


class OwnRouter(APIRouter):
    """A router that passes requests on in its own way."""

    async def app(self, scope: Any, receive: Any, send: Any) -> None:
        await super().app(scope, receive, send)


def test_a_router_with_ways_of_its_own() -> None:
    """A router that overrides how a request is passed on may read bodies, as the app's too."""
    app = FastAPI()
    assert not may_read_bodies(APIRouter())
    assert may_read_bodies(OwnRouter())
    app.router.__class__ = OwnRouter

    assert may_read_bodies(app)


def test_an_included_router_with_ways_of_its_own() -> None:
    """So does one that is included, where FastAPI asks it; before it only took its routes."""

    class Included(APIRouter):
        async def handle(self, scope: Any, receive: Any, send: Any) -> None: ...

    middle, app = APIRouter(), FastAPI()
    middle.include_router(Included(), prefix="/a")
    app.include_router(middle, prefix="/b")

    assert may_read_bodies(app) is hasattr(APIRouter, "handle")


def nothing(request: Request, error: Exception) -> Response:
    """Do not look at the request."""
    return Response(str(error))


async def line(request: Request, error: Exception) -> Response:
    """Look at what is no body."""
    first = request.headers.get("x-first", request.app.title)
    return Response(f"{request.method} {request.url.path} {request.url_for('x')} {first}: {error}")


async def body(request: Request, error: Exception) -> Response:
    """Look at the body."""
    return Response(await request.body())


async def receive(request: Request, error: Exception) -> Response:
    """Look at the body, in the manner of ASGI."""
    return Response((await request.receive())["body"])


def passed_on(request: Request, error: Exception) -> Response:
    """Let others look."""
    return nothing(request, error)


def renamed(request: Request, error: Exception) -> Response:
    """Look later."""
    other = request
    return nothing(other, error)


def enclosed(request: Request, error: Exception) -> Response:
    """Look from within."""
    return (lambda: nothing(request, error))()


class Handler:
    """A handler that is an object."""

    def __call__(self, request: Request, error: Exception) -> Response:
        return Response()


@pytest.mark.parametrize("kind", [FastAPI, Starlette])
@pytest.mark.parametrize(
    ("handler", "may"),
    [
        (http_exception_handler, False),
        (nothing, False),
        (line, False),
        (body, True),
        (receive, True),
        (passed_on, True),
        (renamed, True),
        (enclosed, True),
        (functools.partial(nothing), True),
        (functools.wraps(nothing)(lambda *args: nothing(*args)), True),
        (Handler(), True),
    ],
)
def test_exception_handlers(handler: Any, may: bool, kind: Any) -> None:
    """An exception handler gets the request, whose body FastAPI has read; one whose code
    cannot look at that is harmless."""
    assert may_read_bodies(kind(exception_handlers={ValueError: handler})) is may


def test_behind() -> None:
    """What is behind middleware that does not tell is taken from the mount."""
    router = Router()
    assert behind(GZipMiddleware(router)) == (router, True)
    assert behind(plain, router) == (router, False)
    assert behind(plain, plain) == (plain, True)


def test_endpoints() -> None:
    """The endpoints of an app are found at any depth, and an app in itself ends the search."""

    def one() -> None: ...
    def two() -> None: ...
    def three() -> None: ...
    def four() -> None: ...

    app = FastAPI(openapi_url=None)
    app.get("/one")(one)
    included, deep = APIRouter(), APIRouter()
    deep.get("/two")(two)
    included.include_router(deep)
    app.include_router(included)
    app.mount("/m", Wrapper(Router([Route("/three", three)])))
    app.router.routes.append(Host("x", Starlette(routes=[Mount("/n", routes=[Route("/", four)])])))
    app.mount("/plain", wrapped := Wrapper(plain))
    app.mount("/self", app)
    found = set(map(id, endpoints_in(GZipMiddleware(app))))  # a Router cannot be hashed
    assert found >= set(map(id, (one, two, three, four, app, plain, wrapped)))
