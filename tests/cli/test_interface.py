"""What kind of app an object is."""

from __future__ import annotations

import asyncio
import functools
import sys
from collections.abc import Callable, Iterable
from typing import Any

import httpx
import pytest
from a2wsgi import WSGIMiddleware
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.endpoints import HTTPEndpoint
from starlette.types import Receive, Scope, Send

from iii_asgi.asgi.transport import ASGITransport
from iii_asgi.cli.interface import adapted, is_asgi, is_known_wsgi
from iii_asgi.cli.target import Target
from iii_asgi.errors import AppNotFoundError, MissingExtraError


class Object:
    """An ASGI app of no framework."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None: ...


class Synchronous:
    """An ASGI app whose call is no coroutine function, but returns something to await."""

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Any: ...


class Anything:
    """An app that does not say what it takes."""

    def __call__(self, *arguments: Any) -> Any: ...


class Wsgi:
    """A WSGI app of no framework."""

    def __call__(self, environ: Any, start_response: Any) -> Any: ...


class Double:
    """An ASGI app as the first version of ASGI had it."""

    def __init__(self, scope: Scope) -> None: ...

    async def __call__(self, receive: Receive, send: Send) -> None: ...


class DoubleObject:
    """An object that makes one for each scope."""

    def __call__(self, scope: Scope) -> Any: ...


class Endpoint(HTTPEndpoint):
    """A class whose objects are awaited."""


async def function(scope: Scope, receive: Receive, send: Send) -> None: ...


def wsgi(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer with the path, and remember nothing."""
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [environ["PATH_INFO"].encode("latin-1")]


def short(e: Any, s: Any) -> Any: ...


def double(scope: Scope) -> Any: ...


def make() -> Any: ...


def refused(app: Any, target: Target | None = None) -> str:
    """Return why an object is no app."""
    with pytest.raises(AppNotFoundError) as caught:
        adapted(app, "shop:app", target or Target())
    return str(caught.value)


@pytest.mark.parametrize("app", [FastAPI(), Starlette(), Object(), function])
def test_known_asgi_apps(app: Any) -> None:
    """Whatever is called with three arguments and awaited is an ASGI app."""
    assert is_asgi(app)


@pytest.mark.parametrize(
    "thing", [1, FastAPI, Object, len, print, Synchronous(), Anything(), Wsgi(), wsgi, lambda: None]
)
def test_not_known_as_asgi(thing: Any) -> None:
    """Classes, functions and values are none."""
    assert not is_asgi(thing)


@pytest.mark.parametrize("app", [Wsgi(), wsgi, functools.partial(wsgi)])
def test_known_wsgi_apps(app: Any) -> None:
    """What takes a start_response after one more argument is a WSGI app."""
    assert is_known_wsgi(app)


@pytest.mark.parametrize("thing", [1, Wsgi, len, print, short, function, Object(), Anything()])
def test_not_known_as_wsgi(thing: Any) -> None:
    """A function that takes any two arguments is not taken for one unless it is named."""
    assert not is_known_wsgi(thing)


@pytest.mark.parametrize(
    "app", [FastAPI(), Object(), function, Synchronous(), Anything(), Endpoint]
)
def test_asgi_apps(app: Any) -> None:
    """What the user names need not look like an app from outside; it is served as it is."""
    assert adapted(app, "shop:app", Target()) is app


@pytest.mark.parametrize("app", [Wsgi(), wsgi, short, functools.partial(wsgi)])
def test_wsgi_apps(app: Any) -> None:
    """What takes two arguments is a WSGI app, and is wrapped."""
    wrapped = adapted(app, "shop:app", Target())

    assert isinstance(wrapped, WSGIMiddleware)
    assert wrapped.app is app


@pytest.mark.parametrize("thing", [1, None, FastAPI, Object, wsgi.__doc__, make])
def test_no_apps(thing: Any) -> None:
    """What cannot be an app is refused, with its type."""
    assert "shop:app is no ASGI or WSGI app but a" in refused(thing)


@pytest.mark.parametrize("app", [Double, DoubleObject(), double])
def test_asgi_2(app: Any) -> None:
    """An app of ASGI 2 is refused with the name of what makes it one of today's."""
    assert "guarantee_single_callable" in refused(app)


def test_told_by_the_user() -> None:
    """--interface decides where the signature says nothing, or something else."""
    told = Anything()

    assert isinstance(adapted(told, "shop:app", Target(interface="wsgi")), WSGIMiddleware)
    assert adapted(wsgi, "shop:app", Target(interface="asgi")) is wsgi
    assert "but a int" in refused(1, Target(interface="asgi"))


def test_factory_is_offered_with_the_interface() -> None:
    """The line to paste keeps what the user has said."""
    text = refused(make, Target())

    assert text.endswith("iii-asgi serve shop:app --factory")
    assert "--interface wsgi" in Target(interface="wsgi").line("shop:app")


def test_without_a2wsgi(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a2wsgi is missing, the error says what to install."""
    monkeypatch.setitem(sys.modules, "a2wsgi", None)

    with pytest.raises(MissingExtraError, match=r'pip install "iii-asgi\[wsgi\]"'):
        adapted(wsgi, "shop:app", Target())


def test_it_is_served() -> None:
    """A wrapped app answers."""

    async def ask() -> str:
        transport = ASGITransport(adapted(wsgi, "shop:app", Target()))
        async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
            return (await client.get("/t%C3%A9")).text

    assert asyncio.run(ask()) == "/té"
