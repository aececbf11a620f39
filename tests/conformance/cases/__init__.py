"""The cases by theme, and the one app that all of them ask."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from fastapi import FastAPI
from starlette.responses import PlainTextResponse

from tests.conformance.case import Case
from tests.conformance.cases import (
    answers,
    bodies,
    files,
    headers,
    hosts,
    lifecycle,
    methods,
    mounts,
    paths,
    queries,
    streams,
)

__all__ = ["CASES", "THEMES", "create_app"]

_THEMES = (
    paths,
    queries,
    headers,
    hosts,
    methods,
    bodies,
    answers,
    streams,
    files,
    lifecycle,
    mounts,
)

THEMES: dict[str, list[Case]] = {
    name: [replace(one, name=f"{name}: {one.name}") for one in theme.CASES]
    for theme in _THEMES
    for name in [theme.__name__.rpartition(".")[2]]
}

CASES: list[Case] = [one for cases in THEMES.values() for one in cases]


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[dict[str, str]]:
    app.add_api_route("/lifecycle/late", lambda: "added at start-up")
    yield {"started": "yes"}


def create_app() -> FastAPI:
    """Return a new app, with the endpoints of all themes."""
    app = FastAPI(title="Conformance", lifespan=_lifespan)

    @app.get("/alive")
    async def alive() -> PlainTextResponse:
        return PlainTextResponse("alive")

    for theme in _THEMES:
        theme.add_to(app)
    return app
