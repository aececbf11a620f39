"""Tests of the filters: what they name, and what is said of those that name nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.routing import Host, Mount, Route, Router
from starlette.staticfiles import StaticFiles

from iii_asgi.catalogue.model import Catalogue
from iii_asgi.errors import CatalogueError
from tests.catalogue.helpers import build, endpoint


def shop() -> FastAPI:
    """Make an app with all that filters tell apart."""
    app = FastAPI(title="Shop", openapi_url=None)
    app.get("/users/me", tags=["private", "Two Words"])(endpoint("read_me"))
    app.get("/users/{user_id:int}")(endpoint("read_user"))
    app.delete("/users/{user_id:int}")(endpoint("delete_user"))
    app.get("/admin/")(endpoint("admin_home"))
    app.get("/admin/users/{name}", tags=["private"])(endpoint("admin_user"))
    app.get("/administer")(endpoint("administer"))
    app.router.routes.append(Route("/plain", endpoint("plain"), methods=["GET"]))
    return app


ALL = {
    "GET /users/me",
    "GET /users/{user_id:int}",
    "DELETE /users/{user_id:int}",
    "GET /admin/",
    "GET /admin/users/{name}",
    "GET /administer",
    "GET /plain",
    "HEAD /plain",
}
ADMIN = {"GET /admin/", "GET /admin/users/{name}"}
PRIVATE = {"GET /users/me", "GET /admin/users/{name}"}
USERS = {"GET /users/me", "GET /users/{user_id:int}", "DELETE /users/{user_id:int}"}
PLAIN = {"GET /plain", "HEAD /plain"}


def offered(catalogue: Catalogue) -> set[str]:
    """Return the methods and paths that are offered."""
    return {f"{method} {one.path}" for one in catalogue.functions for method in one.methods}


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("/users/me", {"GET /users/me"}),
        ("/users/me/", {"GET /users/me"}),
        ("/users/{user_id}", USERS - {"GET /users/me"}),
        ("/users/{id:str}", USERS - {"GET /users/me"}),
        ("/users/*", USERS),
        ("/users*", USERS),
        ("/admin", {"GET /admin/"}),
        ("/admin/*", ADMIN),
        ("/admin*", ADMIN | {"GET /administer"}),
        ("/*/users/*", {"GET /admin/users/{name}"}),
        ("/*", ALL),
        ("/*me", {"GET /users/me"}),
        ("DELETE", {"DELETE /users/{user_id:int}"}),
        ("GET /users/*", USERS - {"DELETE /users/{user_id:int}"}),
        ("GET  /plain", PLAIN),
        ("tag:private", PRIVATE),
        ("tag:Two Words", {"GET /users/me"}),
        ("tag:priv*", PRIVATE),
        ("users::*", USERS - PRIVATE),
        ("private::me", {"GET /users/me"}),
        ("*::read*", {"GET /users/{user_id:int}", "GET /users/me"}),
        ("/users/me, DELETE", {"GET /users/me", "DELETE /users/{user_id:int}"}),
    ],
)
def test_what_is_named(text: str, named: set[str]) -> None:
    """The same filter offers what it names, or all but that."""
    assert offered(build(shop())) == ALL
    ids = {one.path: one.id for one in build(shop()).functions}
    if text.startswith(("private::", "*::")):  # so that the table above stays readable
        assert ids["/users/me"] == "private::read_me"
        text = text.replace("private::me", "private::read_me")
    assert offered(build(shop(), include=text)) == named
    assert offered(build(shop(), exclude=text)) == ALL - named


@pytest.mark.parametrize(
    ("text", "left"),
    [("HEAD", {"GET /plain"}), ("GET", set()), ("/plain", set()), ("POST", PLAIN)],
)
def test_head(text: str, left: set[str]) -> None:
    """HEAD that comes with GET goes with it, and can go alone."""
    router = Router([Route("/plain", endpoint("plain"), methods=["GET"])])
    assert offered(build(router, exclude=text)) == left


def test_exclude_wins() -> None:
    """What an include and an exclude name is left out."""
    catalogue = build(shop(), include=["/users/*", "/plain"], exclude=["tag:private", "HEAD"])
    assert offered(catalogue) == (USERS | PLAIN) - PRIVATE - {"HEAD /plain"}


def test_mounts_and_hosts() -> None:
    """A path has the mounts in it; a mounted app is left out by its path, as a whole."""
    inner = Router([Route("/a", endpoint("a")), Route("/b", endpoint("b"))])
    app = Router(
        [
            Mount("/inner", inner),
            Mount("/static", StaticFiles(directory=".")),
            Host("api.example", Router([Route("/c", endpoint("c"))])),
        ]
    )
    assert offered(build(app, include="/inner/a")) == {"GET /inner/a", "HEAD /inner/a"}
    assert offered(build(app, include="/c")) == {"GET /c", "HEAD /c"}
    for text in ("/static", "/static/", "/static/*", "/st*", "static::app"):
        methods = {"GET /static/{path:path}", "HEAD /static/{path:path}"}
        assert offered(build(app, include=text)) == methods, text


@pytest.mark.parametrize(
    ("given", "warned"),
    [
        ({"exclude": "/admn/*"}, ["--exclude '/admn/*'"]),
        ({"include": "/users/*,tag:none"}, ["--include 'tag:none'"]),
        ({"exclude": ["PATCH", "users::none"]}, ["--exclude 'PATCH'", "--exclude 'users::none'"]),
        ({"include": "/users/*", "exclude": "/users/me"}, []),
        ({"include": "/users/*", "exclude": "/plain"}, []),
    ],
)
def test_filters_that_name_nothing(given: dict[str, Any], warned: Sequence[str]) -> None:
    """A filter that names nothing is a warning: it may be a typing error."""
    assert list(build(shop(), **given).warnings) == [f"{one} matches no route" for one in warned]


def test_what_is_skipped_anyway() -> None:
    """A filter that names what no trigger reaches is not useless."""
    app = FastAPI(openapi_url=None)
    app.websocket("/live")(endpoint("live"))
    assert not build(app, exclude="/live").warnings


def test_reasons() -> None:
    """What is left out is listed, with the reason."""
    catalogue = build(shop(), include="/users/*", exclude=["DELETE", "/admin/*"])
    reasons = {(one.path, one.methods): one.reason for one in catalogue.skipped}
    assert reasons == {
        ("/users/{user_id:int}", ("DELETE",)): "excluded by --exclude 'DELETE'",
        ("/admin/", ("GET",)): "no --include matches it",
        ("/admin/users/{name}", ("GET",)): "no --include matches it",
        ("/administer", ("GET",)): "no --include matches it",
        ("/plain", ("GET", "HEAD")): "no --include matches it",
    }


def with_mount(path: str) -> FastAPI:
    """Make a shop with an app that cannot be looked into."""

    async def opaque(scope: Any, receive: Any, send: Any) -> None: ...

    app = shop()
    app.mount(path, opaque)
    return app


@pytest.mark.parametrize("flag", ["include", "exclude"])
@pytest.mark.parametrize("text", ["/legacy/admin", "/legacy/admin/*", "GET /legacy/x*"])
def test_part_of_an_opaque_app(text: str, flag: str) -> None:
    """A filter for a part of an app that cannot be looked into is refused with a way out."""
    message = f"--{flag} '.*' means a part of the app at /legacy, .*Write /legacy/\\* for all of it"
    with pytest.raises(CatalogueError, match=message):
        build(with_mount("/legacy"), **{flag: text})


def test_opaque_app_at_the_root() -> None:
    """Paths that routes have can be named where an opaque app takes the rest."""
    app = with_mount("/")
    assert not ADMIN & offered(build(app, exclude="/admin/*", prefix="/p"))
    with pytest.raises(CatalogueError, match="'/legacy' means a part of the app at /, "):
        build(app, exclude="/legacy")
