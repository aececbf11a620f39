"""What a router asks, in both shapes that FastAPI has had."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi import APIRouter, FastAPI
from starlette.routing import Route, Router

from iii_asgi.catalogue.routers import frontends_of, routers_in, routes_of


def endpoint() -> None: ...


def test_routes_of_starlette() -> None:
    """Its view says what it says itself."""
    route = Route("/a", endpoint)
    [(found, view)] = routes_of(Router([route]))

    assert found is route
    assert (view.path, view.endpoint) == ("/a", endpoint)


def test_included_routes() -> None:
    """A view has the prefixes of the routers around it."""
    inner, outer, app = APIRouter(prefix="/in"), APIRouter(prefix="/out"), FastAPI(openapi_url=None)
    inner.get("/a", tags=["x"])(endpoint)
    outer.include_router(inner, tags=["y"])
    app.include_router(outer, prefix="/v1")
    views = [(view.path, view.endpoint, {*view.tags}) for _, view in routes_of(app.router)]

    assert views == [("/v1/out/in/a", endpoint, {"x", "y"})]


def test_included_routers() -> None:
    """A router is found itself, and what is included in it where that stays a router."""
    inner, app = APIRouter(), FastAPI(openapi_url=None)
    inner.get("/a")(endpoint)
    app.include_router(inner)
    first, *others = routers_in(app.router)

    assert first is app.router
    assert others in ([], [inner])


def test_frontends(tmp_path: Any) -> None:
    """They are known by the path at which they are."""
    app = FastAPI(openapi_url=None)
    assert list(frontends_of(app.router)) == []
    if not hasattr(app, "frontend"):
        pytest.skip("this FastAPI has no frontends")
    app.frontend("/pages", directory=tmp_path)
    assert list(frontends_of(app.router)) == ["/pages"]
