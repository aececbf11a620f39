"""Tests of what is offered and what may run, once filters are put to an app."""

from __future__ import annotations

import pickle

from fastapi import APIRouter, FastAPI
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, Router

from iii_asgi import expose
from tests.catalogue.helpers import build, endpoint, ids, triggers_of


def test_nothing_excluded() -> None:
    """Where nothing is left out, there is nothing to guard."""
    app = FastAPI()
    app.get("/a")(endpoint("a"))
    assert build(app).reach is None
    assert build(app, exclude="/none").reach is None


def test_names_stay() -> None:
    """Leaving out one route renames no other, not even one that it collides with."""
    app = FastAPI(openapi_url=None)
    app.get("/items", tags=["items"])(endpoint("read"))
    app.get("/shops/{shop}/items", tags=["items"])(endpoint("read"))
    whole, part = build(app), build(app, exclude="/items")
    assert ids(whole)["GET /shops/{shop}/items"] == "items::read_by_shop"
    assert ids(part) == {"GET /shops/{shop}/items": "items::read_by_shop"}
    assert part.warnings == whole.warnings


def test_no_trigger() -> None:
    """What is left out has no trigger, and shares none."""
    app = FastAPI(openapi_url=None)
    app.get("/users/me")(endpoint("me"))
    app.get("/users/{id}")(endpoint("user"))
    app.post("/users/{id}")(endpoint("change"))
    assert "POST /users/me" in triggers_of(build(app))
    assert triggers_of(build(app, exclude="/users/me")) == {
        "GET /users/:id": "users::user",
        "POST /users/:id": "users::change",
    }


def test_one_of_several_places() -> None:
    """One endpoint at two places stays one function of the place that is left."""
    app = FastAPI(openapi_url=None)
    show = endpoint("show")
    app.get("/api/x")(show)
    app.get("/ajax/x")(show)
    catalogue = build(app, exclude="/api/*")
    assert [one.path for one in catalogue.functions] == ["/ajax/x"]
    assert list(triggers_of(catalogue)) == ["GET /ajax/x"]


def test_enabled() -> None:
    """An endpoint says by itself that it is not for iii, wherever it is included."""
    app = FastAPI(openapi_url=None)
    router = APIRouter()
    router.get("/off")(expose(enabled=False)(endpoint("off")))
    router.get("/on")(expose(enabled=True)(endpoint("on")))
    app.include_router(router)
    app.include_router(router, prefix="/again")
    catalogue = build(app)
    assert [one.path for one in catalogue.functions] == ["/on"]
    assert {one.path: one.reason for one in catalogue.skipped} == {
        "/off": "excluded by expose(enabled=False)",
        "/again/off": "excluded by expose(enabled=False)",
    }
    assert not build(app, include="/off").functions
    assert catalogue.reach is not None


def test_internal_routes() -> None:
    """Documentation pages have triggers and are marked, and can be left out as others."""
    app = FastAPI()
    assert {one.path for one in build(app).functions if one.internal and one.triggers} == {
        "/openapi.json",
        "/docs",
        "/docs/oauth2-redirect",
        "/redoc",
    }
    catalogue = build(app, exclude=["/docs/*", "/redoc"])
    assert [one.path for one in catalogue.functions] == ["/openapi.json"]


def test_the_whole_app_is_a_road() -> None:
    """The function of the whole app is no route: filters leave it, and what it reaches counts."""
    app = FastAPI(openapi_url=None)
    app.get("/a")(endpoint("a"))
    app.get("/b")(endpoint("b"))
    catalogue = build(app, http="app", service="shop", include="/a", exclude="shop::*")
    assert [one.id for one in catalogue.functions] == ["a::a", "shop::app"]
    assert catalogue.reach is not None
    assert [path for _, path, _ in catalogue.reach.routes] == ["/a"]


async def _plain(request: Request) -> Response:
    return PlainTextResponse("plain")


def test_reach() -> None:
    """A method that the engine cannot bind goes with the others of its route."""
    router = Router(
        [
            Route("/both", _plain, methods=["GET", "POST", "OPTIONS"]),
            Route("/get", _plain, methods=["GET", "OPTIONS"]),
            Route("/other", _plain, methods=["OPTIONS"]),
        ]
    )
    reach = build(router, exclude=["GET", "/other"]).reach
    assert reach is not None
    assert reach.rest
    both, get = ((None, path, id(_plain)) for path in ("/both", "/get"))
    assert reach.routes == {both: {"GET", "HEAD"}}
    assert reach.permits(both, "POST")
    assert reach.permits(both, "OPTIONS")
    assert reach.permits(both, None)
    assert not reach.permits(both, "HEAD")
    assert not reach.permits(get, "OPTIONS")
    assert not reach.permits(get, None)


def test_hidden_routes() -> None:
    """A route that an earlier one hides keeps its own fate: some road may lead to it."""
    app = FastAPI(openapi_url=None)
    first, second = endpoint("first"), endpoint("second")
    app.get("/x", tags=["open"])(first)
    app.get("/x", tags=["closed"])(second)
    reach = build(app, exclude="tag:closed").reach
    assert reach is not None
    assert reach.permits((None, "/x", id(first)), "GET")
    assert not reach.permits((None, "/x", id(second)), "GET")


def test_only_what_is_included() -> None:
    """With an include, what no filter can name is out of reach as well."""
    app = FastAPI(openapi_url=None)
    app.get("/a")(endpoint("a"))
    reach = build(app, include="/a").reach
    assert reach is not None
    assert not reach.permits(None, "GET")
    assert not reach.permits((None, "/later", 1), "GET")


def test_it_can_be_sent() -> None:
    """A catalogue with something left out goes to another process."""
    app = FastAPI(openapi_url=None)
    app.get("/a")(endpoint("a"))
    app.get("/b")(endpoint("b"))
    reach = build(app, exclude="/b").reach
    assert pickle.loads(pickle.dumps(reach)) == reach
