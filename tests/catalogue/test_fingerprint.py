"""Whether an app's routes have changed since they were looked at."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI
from starlette.applications import Starlette
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import Mount, Route

from iii_asgi.catalogue.fingerprint import Fingerprint


async def endpoint() -> None:
    pass


def make_app() -> FastAPI:
    app, router = FastAPI(), APIRouter()
    router.add_api_route("/included", endpoint)
    app.include_router(router)
    app.mount("/mounted", Starlette(routes=[Route("/", endpoint)]))
    app.state.router = router
    return app


def mounted(app: FastAPI) -> Any:
    return next(route.app for route in app.routes if isinstance(route, Mount))


CHANGES: dict[str, Callable[[FastAPI], Any]] = {
    "a route": lambda app: app.add_api_route("/new", endpoint),
    "a route taken away": lambda app: app.router.routes.pop(),
    "a route in a mount": lambda app: mounted(app).add_route("/new", endpoint),
    "middleware": lambda app: app.add_middleware(GZipMiddleware),
    "an exception handler": lambda app: app.add_exception_handler(418, endpoint),  # type: ignore[arg-type]
    "an override": lambda app: app.dependency_overrides.update({endpoint: endpoint}),
}


@pytest.mark.parametrize("change", CHANGES)
def test_changes(change: str) -> None:
    """Whatever decides how a request is passed on is noticed when it changes."""
    app = make_app()
    fingerprint = Fingerprint(GZipMiddleware(app))
    assert fingerprint.is_current()
    CHANGES[change](app)
    assert not fingerprint.is_current()


def test_app_without_routes() -> None:
    """An app whose routes cannot be seen does not change."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        pass

    assert Fingerprint(app).is_current()


def test_app_in_itself() -> None:
    """An app that is mounted in itself is looked at once."""
    app = Starlette()
    app.mount("/self", app)
    assert Fingerprint(app).is_current()
