"""Tests of what is around apps."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.httpsredirect import HTTPSRedirectMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.routing import Router

from iii_asgi.catalogue.layers import is_walkable, look_through, may_read_bodies


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


def test_an_instrumented_app() -> None:
    """An app whose middleware stack somebody replaced may read bodies."""
    app = FastAPI()
    app.build_middleware_stack = lambda: plain  # type: ignore[method-assign]

    assert may_read_bodies(app)


def test_middleware_of_a_router() -> None:
    """A router with middleware of its own may read bodies."""
    assert not may_read_bodies(Router())
    assert may_read_bodies(Router(middleware=[Middleware(GZipMiddleware)]))
