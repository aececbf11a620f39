"""Which object of a module is the app."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.types import Receive, Scope, Send

from iii_asgi.cli.picking import pick
from iii_asgi.cli.target import Target
from iii_asgi.errors import AppNotFoundError


class Other:
    """An ASGI app of no framework."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None: ...


async def function(scope: Scope, receive: Receive, send: Send) -> None: ...


class Wsgi:
    """A WSGI app of no framework."""

    def __call__(self, environ: Any, start_response: Any) -> Any: ...


def wsgi(environ: Any, start_response: Any) -> Any: ...


def pair(one: int, other: int) -> None: ...


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
        ({"application": Other(), "app": Wsgi()}, "app"),
        ({"application": Wsgi(), "web": Other()}, "application"),
        ({"pair": pair, "application": wsgi}, "application"),
        ({"wsgi": wsgi, "web": Wsgi()}, "web"),
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
        "shop.py has no app",
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
