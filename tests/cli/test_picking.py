"""Which object of a module is the app."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.types import Receive, Scope, Send

from iii_asgi.cli.picking import checked, is_asgi, pick
from iii_asgi.cli.target import Target
from iii_asgi.errors import AppNotFoundError


class Other:
    """An ASGI app of no framework."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None: ...


class Synchronous:
    """An ASGI app whose call is no coroutine function, but returns something to await."""

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Any: ...


async def function(scope: Scope, receive: Receive, send: Send) -> None: ...


def module(**things: Any) -> ModuleType:
    """Return a module that holds things, in this order."""
    made = ModuleType("shop")
    vars(made).update(things)
    return made


@pytest.mark.parametrize(
    ("things", "name"),
    [
        ({"web": FastAPI(), "app": FastAPI()}, "app"),
        ({"web": FastAPI(), "api": FastAPI()}, "api"),
        ({"api": FastAPI(), "app": FastAPI()}, "app"),
        ({"app": Other(), "api": Starlette()}, "api"),
        ({"app": Other(), "web": Starlette()}, "app"),
        ({"app": 1, "first": Other(), "second": Starlette()}, "second"),
        ({"FastAPI": FastAPI, "function": function, "first": Other()}, "first"),
    ],
)
def test_which_is_picked(things: dict[str, Any], name: str) -> None:
    """app, then api, the known frameworks first; then a known framework's; then any app."""
    assert pick(module(**things), "shop", Target()) == (name, things[name])


def test_nothing_to_pick() -> None:
    """A module without an app is an error that names it, and says how to say which."""
    with pytest.raises(AppNotFoundError) as caught:
        pick(module(x=1), "shop.py", Target(command="dev"))

    assert str(caught.value).splitlines() == [
        "shop.py has no ASGI app",
        "Say which:  iii-asgi dev shop.py:NAME",
        "or, of a function that makes it:  iii-asgi dev shop.py:NAME --factory",
    ]


def test_no_factory_to_pick() -> None:
    """So is a module without a function that makes the app."""
    with pytest.raises(AppNotFoundError) as caught:
        pick(module(x=1), "shop", Target(factory=True))

    assert str(caught.value).splitlines() == [
        "shop has no function create_app or make_app",
        "Say which:  iii-asgi serve shop:NAME --factory",
    ]


@pytest.mark.parametrize("app", [FastAPI(), Starlette(), Other(), function])
def test_asgi_apps(app: Any) -> None:
    """Whatever is called with three arguments and awaited is an ASGI app."""
    assert is_asgi(app)


@pytest.mark.parametrize("thing", [1, FastAPI, Other, len, print, Synchronous(), lambda: None])
def test_other_things(thing: Any) -> None:
    """Classes, functions and values are none."""
    assert not is_asgi(thing)


def test_an_app_that_was_named() -> None:
    """What the user names need not look like an app from outside, only be callable."""
    app = Synchronous()

    assert checked(app, "shop:app", Target()) is app


@pytest.mark.parametrize("thing", [1, FastAPI, None])
def test_named_but_no_app(thing: Any) -> None:
    """What cannot be an app is refused, with its type."""
    with pytest.raises(AppNotFoundError, match="no ASGI app but a"):
        checked(thing, "shop:app", Target())
