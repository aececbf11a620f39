"""Tests of how much of a re-serialised body a FastAPI route could notice."""

from __future__ import annotations

import datetime
import decimal
import enum
import uuid
from typing import Annotated, Any, Literal

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
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    PlainValidator,
    RootModel,
    Tag,
    WrapValidator,
    field_validator,
    model_validator,
)

from iii_asgi.catalogue.bodies import body_rule
from tests.catalogue.helpers import build


class Color(enum.Enum):
    """Text."""

    RED = "red"


class Level(enum.Enum):
    """Numbers."""

    LOW = 1


class Address(BaseModel):
    """Closed."""

    street: str = Field(min_length=1)
    kind: Literal["home", "work", None] = None


class Person(BaseModel):
    """Closed, and refers to itself."""

    model_config = ConfigDict(extra="forbid")

    id: uuid.UUID
    name: str
    color: Color = Color.RED
    active: bool | None = None
    addresses: list[Address] = []
    tags: set[str] = set()
    pair: tuple[str, bool] | None = None
    contact: Address | str
    friends: list[Person] = []

    @field_validator("name")
    @classmethod
    def check(cls, value: str) -> str:
        """Validate what was validated."""
        return value


class Cat(BaseModel):
    """One of a union that is told apart by a field."""

    kind: Literal["cat"]


class Dog(BaseModel):
    """The other one."""

    kind: Literal["dog"]


class Open(BaseModel):
    """Keeps what it does not know."""

    model_config = ConfigDict(extra="allow")


class Texts(BaseModel):
    """Makes text of numbers."""

    model_config = ConfigDict(coerce_numbers_to_str=True)
    text: str


class Before(BaseModel):
    """Sees its input."""

    text: str

    @model_validator(mode="before")
    @classmethod
    def check(cls, value: Any) -> Any:
        """Validate what came."""
        return value


class OwnInit(BaseModel):
    """Sees its input, too."""

    text: str

    def __init__(self, **data: Any) -> None:
        super().__init__(**data)


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
    "annotation",
    [
        Person,
        Person | None,
        list[Person],
        Cat | Dog,
        Annotated[Cat | Dog, Field(discriminator="kind")],
        Annotated[Cat | Dog, Body(discriminator="kind")],
        RootModel[list[str]],
        Annotated[str, Body()],
        Annotated[bool, Body()],
        Annotated[Color, Body()],
        Annotated[str, AfterValidator(unchanged), Body()],
    ],
)
def test_closed(annotation: Any) -> None:
    """A closed schema without numbers is the same from a re-serialised body."""
    assert rule_of_body(annotation) == "inline"


@pytest.mark.parametrize(
    "annotation",
    [
        Open,
        Texts,
        Before,
        OwnInit,
        dict[str, str],
        list[Any],
        list[Open],
        Annotated[Any, Body()],
        Annotated[int, Body()],
        Annotated[float, Body()],
        Annotated[decimal.Decimal, Body()],
        Annotated[datetime.date, Body()],
        Annotated[datetime.datetime, Body()],
        Annotated[datetime.timedelta, Body()],
        Annotated[Literal[1], Body()],
        Annotated[Level, Body()],
        Annotated[str, BeforeValidator(unchanged), Body()],
        Annotated[str, PlainValidator(unchanged), Body()],
        Annotated[str, WrapValidator(lambda value, handler: handler(value)), Body()],
        Annotated[
            Annotated[Cat, Tag("cat")] | Annotated[Dog, Tag("dog")],
            Discriminator(lambda value: "cat"),
            Body(),
        ],
        Annotated[str, Form()],
        Annotated[bytes, File()],
        UploadFile,
    ],
)
def test_open(annotation: Any) -> None:
    """Numbers, free-form values, forms and what sees the input need the client's bytes."""
    assert rule_of_body(annotation) == "channel"


def test_several_bodies() -> None:
    """Several bodies are closed when all of them are."""
    app = FastAPI()

    @app.post("/")
    def call(one: Address, other: Annotated[str, Body()]) -> None: ...

    assert rule_of(app) == "inline"


def test_no_body() -> None:
    """A route that takes no body and no request never reads one."""
    app = FastAPI()

    @app.get("/{id}")
    def call(id: int, response: Response, q: float = 1.0, x: str = Header("")) -> None: ...

    assert rule_of(app) == "inline"


@pytest.mark.parametrize("kind", [Request, HTTPConnection])
def test_a_request_anywhere(kind: type) -> None:
    """A route with a dependency that gets the request may read the body there."""

    def deep(request) -> None: ...  # type: ignore[no-untyped-def]

    deep.__annotations__["request"] = kind

    nested = Depends(deep)

    def dependency(value: Any = nested) -> None: ...

    app = FastAPI()
    router = APIRouter(dependencies=[Depends(dependency)])

    @router.post("/")
    def call(body: Address) -> None: ...

    app.include_router(router, prefix="/a")
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

    class Signed(HTTPBearer):
        async def __call__(self, request: Request) -> Any:  # type: ignore[override]
            return await request.body()

    # Older versions of FastAPI do not resolve annotations of a callable object.
    Signed.__call__.__annotations__["request"] = Request
    app = FastAPI()

    @app.post("/", dependencies=[Depends(Signed())])
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
