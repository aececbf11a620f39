"""Tests of reading what apps say of their routes."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from fastapi import APIRouter, Body, FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel, ConfigDict

from iii_asgi.catalogue.model import Function
from tests.catalogue.described import described

pytestmark = pytest.mark.anyio


def read(q: int) -> None: ...


def other(p: str) -> None: ...


class NoSchema:
    """A type that no schema can say."""


class Bad(BaseModel):
    """A model of it."""

    model_config = ConfigDict(arbitrary_types_allowed=True)
    value: NoSchema


def bad(x: str, given: Bad) -> None: ...


def functions_of(app: Any) -> dict[str, Function]:
    """Return the functions of an app by the name of their endpoint."""
    return {one.action: one for one in described(app).functions}


def names(function: Function) -> list[str]:
    """Return the names of a function's arguments."""
    assert function.arguments is not None
    return [one.name for one in function.arguments.outside]


@pytest.mark.parametrize("in_router", [False, True])
@pytest.mark.parametrize("hidden", [False, True])
def test_hidden_route(in_router: bool, hidden: bool) -> None:
    """A route that the app's documentation leaves out is described like any other."""
    app = FastAPI()
    place = APIRouter(prefix="/r") if in_router else app
    place.get("/{x}", tags=["t"], include_in_schema=not hidden)(read)
    if isinstance(place, APIRouter):
        app.include_router(place, prefix="/v1")
    function = functions_of(app)["read"]
    assert names(function) == ["x", "q"]
    assert function.request_format is not None


def test_mounted_apps() -> None:
    """A mounted app is described by its own document, a mounted router route by route."""
    app, sub, router = FastAPI(), FastAPI(), APIRouter()
    sub.get("/a", tags=["t"])(read)
    router.get("/a", tags=["t"])(other)
    app.mount("/sub/{tenant}", sub)
    app.mount("/router", router)
    found = functions_of(app)
    assert names(found["read"]) == ["tenant", "q"]
    assert names(found["other"]) == ["p"]


def test_custom_document() -> None:
    """What the user adds to the app's document counts."""
    app = FastAPI()
    app.get("/", tags=["t"])(read)

    def custom() -> dict[str, Any]:
        document = get_openapi(title="x", version="1", routes=app.routes)
        header = {"in": "header", "name": "x-tenant", "schema": {"type": "string"}}
        document["components"] = {"parameters": {"Tenant": header}}
        document["paths"]["/"]["parameters"] = [{"$ref": "#/components/parameters/Tenant"}]
        return document

    app.openapi = custom  # type: ignore[method-assign]
    assert names(functions_of(app)["read"]) == ["q", "x-tenant"]


@pytest.mark.parametrize("document", [{}, {"paths": {}}, {"paths": {"/": {}}}, None, [1]])
def test_custom_document_without_the_route(document: Any) -> None:
    """A document that says nothing of a route, or is none, leaves FastAPI to be asked."""
    app = FastAPI()
    app.get("/", tags=["t"])(read)
    app.openapi = lambda: document  # type: ignore[method-assign]
    assert names(functions_of(app)["read"]) == ["q"]


def test_two_of_one_path() -> None:
    """Of two routes of one path and method each is described as itself."""
    app = FastAPI()
    app.get("/{x:int}", tags=["t"])(read)
    app.get("/{x}", tags=["t"])(other)
    found = functions_of(app)
    assert (names(found["read"]), names(found["other"])) == (["x", "q"], ["x", "p"])


def test_document_that_cannot_be_made() -> None:
    """One route that no schema can say takes no other one's schemas away."""
    app = FastAPI(title="Shop")
    app.get("/", tags=["t"])(read)
    app.post("/bad/{x}", tags=["t"])(bad)
    catalogue = described(app)
    found = {one.action: one for one in catalogue.functions}
    assert names(found["read"]) == ["q"]
    assert found["read"].request_format is not None
    assert names(found["bad"]) == ["x"]
    assert catalogue.warnings[-1].startswith("t::bad: the map of its arguments cannot be made")


def test_document_that_is_not_made() -> None:
    """An app that fails to document itself is told why, once, and described all the same."""
    app = FastAPI(title="Shop")
    app.get("/", tags=["t"])(read)
    app.get("/other", tags=["t"])(other)

    def fail() -> dict[str, Any]:
        raise RuntimeError("no time\nfor this")

    app.openapi = fail  # type: ignore[method-assign]
    catalogue = described(app)
    assert catalogue.warnings == (
        "the OpenAPI of Shop cannot be made (RuntimeError: no time), "
        "so each route is looked at by itself",
    )
    assert [names(one) for one in catalogue.functions if one.service == "t"] == [["q"], ["p"]]


@pytest.mark.parametrize(
    "reference", ["#/components/parameters/No", "#/components/schemas/No", "x", "#/a/b/c/d"]
)
def test_reference_to_nothing(reference: str) -> None:
    """A reference that leads nowhere is a warning, and the route can be called all the same."""
    app = FastAPI()
    extra = {"parameters": [{"$ref": reference}]}
    app.get("/{x}", tags=["t"], openapi_extra=extra)(lambda x: None)
    catalogue = described(app)
    function = next(one for one in catalogue.functions if one.service == "t")
    assert names(function) == ["x"]
    (warning,) = catalogue.warnings
    assert warning.startswith(f"{function.id}: the map of its arguments cannot be made")
    assert f"{reference} is not defined" in warning


async def test_app_is_left_alone() -> None:
    """The app's own documentation is as it would be without us: later routes, its servers."""
    app, sub = FastAPI(), FastAPI()
    sub.get("/a", tags=["t"])(read)
    app.mount("/sub", sub)
    described(app)
    sub.get("/later", tags=["t"])(other)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://test"
    ) as client:
        document = (await client.get("/sub/openapi.json")).json()
    assert set(document["paths"]) == {"/a", "/later"}
    assert document["servers"] == [{"url": "/sub"}]


def test_kept_document() -> None:
    """A document that the app has made before is used, and kept."""
    app = FastAPI()
    app.get("/", tags=["t"])(read)
    document = app.openapi()
    document["paths"]["/"]["get"]["parameters"][0]["description"] = "mine"
    assert "mine" in str(functions_of(app)["read"].request_format)
    assert app.openapi() is document


def test_warnings_of_the_app(recwarn: pytest.WarningsRecorder) -> None:
    """What FastAPI has to say about the app's documentation is not said by us."""
    app = FastAPI()
    app.get("/a", tags=["t"], operation_id="same")(read)
    app.get("/b", tags=["u"], operation_id="same")(other)
    described(app)
    assert not recwarn.list


def test_first_answer() -> None:
    """Of the answers the first from 200 to 299 counts."""

    def make(a: int = Body(embed=True)) -> None: ...

    app = FastAPI()
    responses: dict[int | str, dict[str, Any]] = {
        404: {"content": {"application/json": {"schema": {"type": "integer"}}}},
        202: {"content": {"application/json": {"schema": {"type": "boolean"}}}},
    }
    app.post("/", tags=["t"], status_code=201, response_model=str, responses=responses)(make)
    schema = functions_of(app)["make"].response_format
    assert schema is not None
    assert schema["type"] == "string"
