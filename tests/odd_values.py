"""More odd routes: values that lose something on the way, and what goes beside a body."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Form, Header, Query, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict
from starlette.requests import Request
from starlette.responses import JSONResponse

__all__ = ["besides", "values"]


class Color(enum.Enum):
    """Two of them."""

    RED = "red"
    GREEN = "green"


class Typed(BaseModel):
    """A value of each type that JSON has not."""

    day: date | None = None
    at: datetime | None = None
    id: UUID | None = None
    price: Decimal | None = None
    color: Color | None = None


class Numbers(BaseModel):
    """Numbers as they are."""

    whole: int = 0
    ratio: float = 0.0


class Closed(BaseModel):
    """A model that refuses more."""

    model_config = ConfigDict(extra="forbid")
    a: int = 0


class Token(BaseModel):
    """What a header says."""

    x_token: str
    x_tags: list[str] = []


class Fields(BaseModel):
    """The fields of a form."""

    a: int
    b: list[str] = []


class Address(BaseModel):
    """Where."""

    street: str
    number: int | None = None


class Person(BaseModel):
    """Who, and where."""

    name: str
    addresses: list[Address]


def values() -> APIRouter:
    """Return the routes whose values are odd."""
    router = APIRouter()

    @router.post("/typed")
    async def typed(data: Typed) -> Any:
        return data.model_dump(mode="json", exclude_unset=True)

    @router.get("/typed/{id}")
    async def typed_query(id: UUID, day: date, price: Annotated[Decimal, Query(ge=0)]) -> Any:
        return [str(id), day.isoformat(), str(price)]

    @router.post("/numbers")
    async def numbers(data: Numbers) -> Any:
        return [data.whole, data.ratio]

    @router.post("/closed")
    async def closed(data: Closed) -> Any:
        return data

    @router.post("/people")
    async def people(person: Person) -> Any:
        return person

    @router.post("/embedded")
    async def embedded(person: Annotated[Person, Body(embed=True)]) -> Any:
        return person.name

    @router.get("/token")
    async def token(token: Annotated[Token, Header()]) -> Any:
        return token

    @router.post("/fields")
    async def fields(data: Annotated[Fields, Form()]) -> Any:
        return data

    return router


async def tenant(x_tenant: Annotated[str, Header()]) -> str:
    """Return who a request is for."""
    return x_tenant


async def plain(request: Request) -> Response:
    """A route of Starlette."""
    return JSONResponse([request.path_params["name"], request.query_params.get("q")])


def besides(run: str) -> APIRouter:
    """Return the routes that do more than take a value and answer with one."""
    router = APIRouter()
    # Without tags a service is named after the path.
    router.add_route(f"/plain/odd{run}/{{name}}", plain, methods=["GET"])

    @router.get("/whose")
    async def whose(tenant: Annotated[str, Depends(tenant)]) -> Any:
        return tenant

    @router.get("/told")
    async def told(response: Response) -> Any:
        response.headers["x-told"] = "yes"
        response.set_cookie("sid", "s")
        return "told"

    @router.get("/pieces")
    async def pieces() -> StreamingResponse:
        def parts() -> Iterator[str]:
            yield from ("one ", "two ", "grüße")

        return StreamingResponse(parts(), media_type="text/plain")

    @router.get("/untrue", response_model=Address)
    async def untrue() -> Any:
        return {"street": ["swordfish"]}

    return router
