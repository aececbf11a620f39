"""Which routes the router tries before a function's own."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi import FastAPI
from starlette.requests import Request
from starlette.routing import Host, Mount, Route, Router

from iii_asgi.catalogue.model import Catalogue
from tests.catalogue.helpers import build


async def endpoint() -> Any: ...


def earlier(*routes: str, **settings: Any) -> dict[str, list[str]]:
    """Return the path of each route → the paths that come before it."""
    app = FastAPI(openapi_url=None)
    for number, route in enumerate(routes):
        method, path = route.split(" ")

        async def one() -> None: ...

        one.__name__ = f"one_{number}"
        app.add_api_route(path, one, methods=[method])
    return paths(build(app, **settings))


def paths(catalogue: Catalogue) -> dict[str, list[str]]:
    """Return the path of each function → the paths that come before it."""
    return {one.path: [path for path, _ in one.earlier] for one in catalogue.functions}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("/users/me", "/users/{name}"),
        ("/users/{name}", "/users/me"),
        ("/{x}/me", "/users/{name}"),
        ("/users/{name}.json", "/users/{name}"),
        ("/users/{id:int}", "/users/{name}"),
        ("/a/b/c", "/{rest:path}"),
        ("/a/{rest:path}", "/{x}/b/c"),
        ("/{rest:path}", "/a"),
        ("/{x}/", "/{y}/"),
    ],
)
def test_meet(first: str, second: str) -> None:
    """What comes first and may match the same path is known; what comes later does not count."""
    found = earlier(f"GET {first}", f"GET {second}")
    if second in found:  # else it never runs, and is no function
        assert found == {first: [], second: [first]}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("GET /users/me", "POST /users/{name}"),
        ("GET /users/me", "GET /orders/{name}"),
        ("GET /users/me", "GET /users/{name}/"),
        ("GET /users/{a}/x", "GET /users/{name}/y"),
        ("GET /users/{a}/x", "GET /users/{name}"),
        ("GET /a/{rest:path}", "GET /b/{rest:path}"),
    ],
)
def test_apart(first: str, second: str) -> None:
    """Routes that no path can both be of, or that take other methods, do not meet."""
    assert not any(earlier(first, second).values())


def test_a_function_with_several_routes() -> None:
    """A function's own routes do not stand in its way."""
    app = FastAPI(openapi_url=None)
    app.get("/users/me")(endpoint)
    app.get("/users/{name}")(endpoint)
    app.get("/people/{name}")(endpoint)
    catalogue = build(app)
    assert [path for one in catalogue.functions for path, _ in one.earlier] in (
        [],
        ["/users/me"],  # where they are two functions
    )


def test_hosts_and_mounts() -> None:
    """A route of any host comes before one of a certain host; a mount's have its path."""

    def route(path: str) -> Route:
        async def one(request: Request) -> Any: ...

        return Route(path, one)

    app = Router(
        [
            Mount("/in", Router([route("/a")])),
            route("/in/{b}"),
            route("/{x}"),
            Host("a.example", Router([route("/{y}"), route("/z")])),
            route("/{b}/z"),
        ]
    )
    found = {
        (one.host, one.path): [path for path, _ in one.earlier] for one in build(app).functions
    }
    assert found == {
        (None, "/in/a"): [],
        (None, "/in/{b}"): ["/in/a"],
        (None, "/{x}"): [],
        ("a.example", "/{y}"): ["/{x}"],
        ("a.example", "/z"): ["/{x}", "/{y}"],
        (None, "/{b}/z"): ["/in/{b}"],
    }


def test_excluded() -> None:
    """What is excluded is the guard's: it is not named."""
    found = earlier("GET /users/me", "GET /users/{name}", exclude=("/users/me",))
    assert found == {"/users/{name}": []}
