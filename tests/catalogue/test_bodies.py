"""Tests of how much of a re-serialised body a FastAPI route could notice."""

from __future__ import annotations

from typing import Annotated, Any

import pytest
from fastapi import (
    APIRouter,
    Body,
    Depends,
    FastAPI,
    File,
    Form,
    Header,
    Request,
    Response,
    UploadFile,
)
from fastapi.requests import HTTPConnection
from fastapi.routing import APIRoute
from fastapi.security import HTTPBearer, OAuth2PasswordBearer
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
)

from iii_asgi.catalogue.bodies import body_rule
from tests.catalogue.helpers import build


class Address(BaseModel):
    """Closed."""

    street: str = Field(min_length=1)


class Open(BaseModel):
    """Keeps what it does not know."""

    model_config = ConfigDict(extra="allow")


def unchanged(value: Any) -> Any:
    """Return the value."""
    return value


def rule_of(app: FastAPI) -> str:
    """Return the body rule of the one route of an app."""
    (function,) = (one for one in build(app, http="off").functions if not one.internal)
    return function.body


def rule_of_body(annotation: Any) -> str:
    """Return the body rule of a route that takes such a body."""

    def call(body) -> None: ...  # type: ignore[no-untyped-def]

    call.__annotations__["body"] = annotation
    app = FastAPI()
    app.post("/")(call)
    return rule_of(app)


@pytest.mark.parametrize(
    ("annotation", "rule"),
    [
        (Address, "inline"),
        (list[Address], "inline"),
        (Annotated[str, Body()], "inline"),
        (Annotated[int, Body()], "inline_if_same_length"),
        (Open, "channel"),
        (list, "channel"),
        (Annotated[Any, Body()], "channel"),
        (Annotated[str, Form()], "channel"),
        (Annotated[bytes, File()], "channel"),
        (UploadFile, "channel"),
    ],
)
def test_body(annotation: Any, rule: str) -> None:
    """The rule is that of the body's schema; a form needs the client's bytes."""
    assert rule_of_body(annotation) == rule


@pytest.mark.parametrize(
    ("other", "rule"),
    [
        (str, "inline"),
        (int, "inline_if_same_length"),
        (Annotated[str, BeforeValidator(unchanged)], "channel"),
    ],
)
def test_several_bodies(other: Any, rule: str) -> None:
    """Of several bodies, one in a dependency too, the strictest rule holds."""

    def dependency(other) -> None: ...  # type: ignore[no-untyped-def]

    dependency.__annotations__["other"] = Annotated[other, Body()]
    app = FastAPI()

    @app.post("/", dependencies=[Depends(dependency)])
    def call(one: Address) -> None: ...

    assert rule_of(app) == rule


def test_no_body() -> None:
    """A route that takes no body and no request never reads one."""
    app = FastAPI()

    @app.get("/{id}")
    def call(id: int, response: Response, q: float = 1.0, x: str = Header("")) -> None: ...

    assert rule_of(app) == "inline"


class Signed:
    """A dependency that is a class."""

    def __init__(self, request: Request) -> None: ...


class Checked:
    """A dependency that is an object."""

    def __call__(self, request: Request) -> None: ...


for one in (Signed.__init__, Checked.__call__):
    # Older versions of FastAPI do not resolve annotations of a callable object.
    one.__annotations__["request"] = Request


@pytest.mark.parametrize("kind", [Request, HTTPConnection, Signed, Checked()])
@pytest.mark.parametrize("place", ["app", "router", "include", "route"])
def test_a_request_anywhere(kind: Any, place: str) -> None:
    """A route with a dependency that gets the request may read the body there."""

    def deep(request) -> None: ...  # type: ignore[no-untyped-def]

    deep.__annotations__["request"] = kind
    nested = Depends(kind if kind not in (Request, HTTPConnection) else deep)

    def dependency(value: Any = nested) -> None: ...

    given: dict[str, Any] = {place: [Depends(dependency)]}
    app = FastAPI(dependencies=given.get("app"))
    router = APIRouter(dependencies=given.get("router"))

    @router.post("/", dependencies=given.get("route"))
    def call(body: Address) -> None: ...

    app.include_router(router, prefix="/a", dependencies=given.get("include"))
    assert rule_of(app) == "channel"


@pytest.mark.parametrize("scheme", [HTTPBearer(), OAuth2PasswordBearer("token")])
def test_security_schemes_of_fastapi(scheme: Any) -> None:
    """FastAPI's own security schemes get the request, and look at its headers only."""
    app = FastAPI()

    @app.post("/", dependencies=[Depends(scheme)])
    def call(body: Address) -> None: ...

    assert rule_of(app) == "inline"


def test_a_security_scheme_of_the_users_own() -> None:
    """One that a user has derived may do anything."""

    class Own(HTTPBearer):
        async def __call__(self, request: Request) -> Any:  # type: ignore[override]
            return await request.body()

    # Older versions of FastAPI do not resolve annotations of a callable object.
    Own.__call__.__annotations__["request"] = Request
    app = FastAPI()

    @app.post("/", dependencies=[Depends(Own())])
    def call(body: Address) -> None: ...

    assert rule_of(app) == "channel"


def test_a_route_class_of_the_users_own() -> None:
    """A route class may read the request in its handler."""

    class Logged(APIRoute):
        pass

    app = FastAPI()
    app.router.route_class = Logged

    @app.post("/")
    def call(body: Address) -> None: ...

    assert rule_of(app) == "channel"


def test_a_route_that_was_wrapped() -> None:
    """What somebody has put around a route may read the request."""
    app = FastAPI()

    @app.post("/")
    def call(body: Address) -> None: ...

    route = app.routes[-1]
    assert isinstance(route, APIRoute)
    inner = route.app

    async def around(scope: Any, receive: Any, send: Any) -> None:
        await inner(scope, receive, send)

    route.app = around
    assert rule_of(app) == "channel"


def test_a_schema_that_cannot_be_read() -> None:
    """What FastAPI or Pydantic keep otherwise one day is not closed."""
    app = FastAPI()

    @app.post("/")
    def call(body: Address) -> None: ...

    route = app.routes[-1]
    assert isinstance(route, APIRoute)
    assert body_rule(route) == "inline"
    del route.body_field._type_adapter  # type: ignore[union-attr]
    assert body_rule(route) == "channel"


def test_dependency_overrides() -> None:
    """An app with overrides may depend on anything."""
    app = FastAPI()
    app.dependency_overrides[unchanged] = unchanged

    @app.post("/")
    def call(body: Address) -> None: ...

    assert rule_of(app) == "channel"


def test_exact() -> None:
    """Who asks for exact bodies gets the client's own bytes everywhere."""
    app = FastAPI()

    @app.post("/")
    def call(body: Address) -> None: ...

    for http in ("routes", "app", "off"):
        assert {one.body for one in build(app, http=http, body="exact").functions} == {"channel"}
