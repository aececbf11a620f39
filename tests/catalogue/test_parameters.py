"""Tests of the parameter map: which argument goes where."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import pytest
from fastapi import Cookie, Depends, Header, Path, Query, Request
from fastapi.security import (
    APIKeyCookie,
    APIKeyHeader,
    APIKeyQuery,
    HTTPBasic,
    HTTPBearer,
    OAuth2PasswordBearer,
)
from pydantic import BaseModel, Json

from iii_asgi.catalogue.arguments import Argument, Arguments
from iii_asgi.catalogue.parameters import arguments_without_schema
from tests.catalogue.described import arguments_of
from tests.exchange.helpers import function


class Filter(BaseModel):
    """A model of query parameters."""

    limit: int = 10
    tags: list[str] = []


class Item(BaseModel):
    """A body."""

    id: int
    name: str = ""


def by_path(item_id: int, q: str | None = None) -> None: ...


def by_alias(
    q: Annotated[list[int], Query(alias="item-query", description="Which")],
    item_id: Annotated[int, Path()],
    x_token: Annotated[str, Header()] = "",
    session: Annotated[str | None, Cookie()] = None,
) -> None: ...


def by_model(chosen: Annotated[Filter, Query()]) -> None: ...


def by_dependency(page: Annotated[None, Depends(by_path)]) -> None: ...


def in_four_places(
    id: int,
    q: Annotated[int, Query(alias="id")],
    h: Annotated[int, Header(alias="id")],
    c: Annotated[int, Cookie(alias="id")],
) -> None: ...


def in_path_and_body(id: int, item: Item) -> None: ...


def reserved(q: Annotated[int, Query(alias="$body")]) -> None: ...


def as_json(q: Annotated[Json[list[int]] | None, Query()] = None) -> None: ...


def places(arguments: Arguments) -> list[str]:
    """Return ``name: place wire_name`` of the arguments outside of the body."""
    return [f"{one.name}: {one.place} {one.wire_name}" for one in arguments.outside]


@pytest.mark.parametrize(
    ("endpoint", "path", "expected"),
    [
        (by_path, "/{item_id}", ["item_id: path item_id", "q: query q"]),
        (by_dependency, "/{item_id}", ["item_id: path item_id", "q: query q"]),
        (
            by_alias,
            "/{item_id}",
            [
                "item_id: path item_id",
                "item-query: query item-query",
                "x-token: header x-token",
                "session: cookie session",
            ],
        ),
        (by_model, "/", ["limit: query limit", "tags: query tags"]),
        (
            in_four_places,
            "/{id}",
            ["id: path id", "query.id: query id", "header.id: header id", "cookie.id: cookie id"],
        ),
        (in_path_and_body, "/{id}", ["id: path id"]),
        (reserved, "/", ["query.$body: query $body"]),
    ],
)
def test_places(endpoint: Callable[..., Any], path: str, expected: list[str]) -> None:
    """An argument is called as on the wire, and a second one of a name by its place."""
    method = "PUT" if endpoint is in_path_and_body else "GET"
    assert places(arguments_of(endpoint, path, method)) == expected


def test_required_and_described() -> None:
    """What the app says of a parameter is kept."""
    found = {one.name: one for one in arguments_of(by_alias, "/{item_id}", "GET").outside}
    assert {name for name, one in found.items() if one.required} == {"item_id", "item-query"}
    assert found["item-query"].description == "Which"


def test_body_beside_its_name() -> None:
    """A body with a field of a name that goes elsewhere is one argument."""
    body = arguments_of(in_path_and_body, "/{id}", "PUT").body
    assert body is not None
    assert (body.is_flat, body.fields, body.extra) == (False, (), False)


@pytest.mark.parametrize(
    ("extra", "style", "explode"),
    [
        ({}, "", True),
        ({"explode": False}, "", False),
        ({"style": "pipeDelimited"}, "pipeDelimited", False),
        ({"style": "form", "explode": True}, "form", True),
        ({"style": "deepObject", "explode": True}, "deepObject", True),
    ],
)
def test_style(extra: dict[str, Any], style: str, explode: bool) -> None:
    """A parameter that the user describes by hand is written as that says."""

    def read(request: Request) -> None: ...

    parameter = {"in": "query", "name": "tags", "schema": {"type": "array"}, **extra}
    found = arguments_of(read, method="GET", openapi_extra={"parameters": [parameter]}).outside
    assert [(one.name, one.style, one.explode) for one in found] == [("tags", style, explode)]


def test_json() -> None:
    """A parameter whose text is JSON takes any value."""
    assert [one.is_json for one in arguments_of(as_json, method="GET").outside] == [True]


@pytest.mark.parametrize(
    ("scheme", "credentials"),
    [
        (APIKeyHeader(name="X-Key"), (("header", "X-Key", "API key"),)),
        (APIKeyCookie(name="sid", description="Log in"), (("cookie", "sid", "Log in"),)),
        (HTTPBearer(), (("header", "authorization", "Bearer CREDENTIALS"),)),
        (HTTPBasic(), (("header", "authorization", "Basic CREDENTIALS"),)),
        (OAuth2PasswordBearer("/token"), (("header", "authorization", "Bearer TOKEN"),)),
        (APIKeyQuery(name="key"), ()),
    ],
)
def test_credentials(scheme: Any, credentials: Any) -> None:
    """Credentials are no arguments, but for those in the query, which has no other way."""

    def read(q: int) -> None: ...

    found = arguments_of(read, method="GET", dependencies=[Depends(scheme)])
    assert found.credentials == credentials
    names = [one.name for one in found.outside]
    assert names == (["q", "key"] if isinstance(scheme, APIKeyQuery) else ["q"])


@pytest.mark.parametrize(
    ("method", "endpoint", "rest"),
    [
        ("GET", lambda request: None, "query"),
        ("POST", lambda request: None, "body"),
        ("GET", lambda request, q: None, None),
        ("POST", lambda request, q: None, "body"),
        ("POST", lambda request, item: None, None),
        ("POST", lambda q: None, None),
    ],
)
def test_rest(method: str, endpoint: Callable[..., Any], rest: str | None) -> None:
    """An endpoint that takes the request, and declares nothing there, takes all names."""
    types = {"request": Request, "q": int, "item": Item}
    names = endpoint.__code__.co_varnames
    endpoint.__annotations__ = {name: types[name] for name in names}
    assert arguments_of(endpoint, method=method).rest == rest


def test_streams() -> None:
    """A function whose answer is declared a stream is known as one."""

    def read() -> None: ...

    stream: dict[int | str, dict[str, Any]] = {200: {"content": {"text/event-stream": {}}}}
    assert arguments_of(read, responses=stream).streams
    assert not arguments_of(read).streams


@pytest.mark.parametrize(
    ("path", "method", "rest", "schema"),
    [
        ("/{n:int}", "GET", "query", {"type": "integer", "minimum": 0}),
        ("/{n:float}", "POST", "body", {"type": "number", "minimum": 0}),
        ("/{n:uuid}", "PUT", "body", {"type": "string", "format": "uuid"}),
        ("/{n:path}", "DELETE", "query", {"type": "string"}),
        ("/{n}", "HEAD", "query", {"type": "string"}),
        ("/{n:mine}", "PATCH", "body", {"type": "string"}),
    ],
)
def test_without_a_schema(path: str, method: str, rest: str, schema: Any) -> None:
    """Of a route of Starlette the path is known, with what its convertors take."""
    found = arguments_without_schema(function(path, methods=(method,)))
    assert found.outside == (Argument("n", "path", "n", required=True, schema=schema),)
    assert (found.rest, found.body) == (rest, None)
