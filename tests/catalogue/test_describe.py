"""Tests of describing a whole catalogue."""

from __future__ import annotations

import pickle
import time
from dataclasses import replace
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel, create_model
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Mount, Route

from iii_asgi.catalogue.describe import describe
from tests.catalogue.described import described, valid
from tests.catalogue.helpers import build


class Item(BaseModel):
    """An item."""

    name: str
    price: float


async def make(item: Item) -> Item:
    """Make an item."""
    return item


def test_described() -> None:
    """A described function has arguments and schemas; the record is the same else."""
    app = FastAPI()
    app.post("/items", tags=["items"])(make)
    bare, full = build(app), described(app)
    (before,) = [one for one in bare.functions if not one.internal]
    (after,) = [one for one in full.functions if not one.internal]
    assert (before.arguments, before.request_format, before.response_format) == (None, None, None)
    assert after == replace(
        before,
        arguments=after.arguments,
        request_format=after.request_format,
        response_format=after.response_format,
    )
    assert set(valid(after.request_format)["properties"]) == {"name", "price"}
    assert set(valid(after.response_format)["properties"]) == {"name", "price"}


def test_opaque_app() -> None:
    """A function that is a whole app has no arguments of its own."""

    async def opaque(scope: Any, receive: Any, send: Any) -> None: ...

    (function,) = described(Starlette(routes=[Mount("/x", opaque)])).functions
    assert (function.arguments, function.request_format) == (None, None)


def test_plain_data() -> None:
    """A described catalogue can go to another process."""
    app = FastAPI()
    app.post("/items", tags=["items"])(make)
    catalogue = described(app)
    assert pickle.loads(pickle.dumps(catalogue)) == catalogue


def test_known() -> None:
    """A catalogue that is built again takes over what was found out before."""
    app = FastAPI()
    app.post("/items", tags=["items"])(make)
    first = describe(build(app))
    first = replace(first, warnings=(*first.warnings, "of schemas"))
    app.openapi = lambda: 1 / 0  # type: ignore[method-assign, assignment, return-value]
    again = describe(build(app), first)
    assert again == first
    assert again.functions[-1].arguments is first.functions[-1].arguments


def test_known_and_new() -> None:
    """What is new since then is described, too."""
    app = FastAPI()
    app.post("/items", tags=["items"])(make)
    first = describe(build(app))
    app.put("/items/{x}", tags=["items"])(make)
    again = describe(build(app), first)
    assert all(one.arguments for one in again.functions)


def test_schema_that_cannot_be_made() -> None:
    """A schema that cannot be made is left out, with a warning; the map stands all the same."""
    app = FastAPI()
    answers = {"200": {"content": {"application/json": {"schema": {"$ref": "#/elsewhere"}}}}}
    parameter = {"in": "query", "name": "q", "schema": {"type": "array", "items": {"$ref": "x"}}}
    extra = {"parameters": [parameter], "responses": answers}
    app.get("/", tags=["t"], openapi_extra=extra)(lambda: None)
    catalogue = described(app)
    (function,) = [one for one in catalogue.functions if one.service == "t"]
    assert function.arguments is not None
    assert [one.name for one in function.arguments.outside] == ["q"]
    assert (function.request_format, function.response_format) == (None, None)
    first, second = catalogue.warnings
    assert first.startswith(f"{function.id}: the request_format cannot be made (SchemaError: 'x'")
    assert second.startswith(f"{function.id}: the response_format cannot be made (SchemaError: ")


def test_starlette() -> None:
    """An app without FastAPI is described by its paths alone."""
    app = Starlette(routes=[Route("/{n:int}", lambda request: Response())])
    (function,) = described(app).functions
    assert function.arguments is not None
    assert [one.name for one in function.arguments.outside] == ["n"]


def test_five_hundred_routes() -> None:
    """A large app is described in less than a second beyond what its own document takes."""
    app = FastAPI()
    for index in range(250):
        model = create_model(
            f"Model{index}", name=(str, ...), inner=(Item, ...), more=(list[Item], [])
        )

        async def read(x: int, q: str | None = None) -> None: ...

        async def write(x: int, item: Any) -> None: ...

        read.__annotations__["return"] = model
        write.__annotations__ |= {"item": model, "return": model}
        app.get(f"/things{index}/{{x}}", tags=[f"t{index}"])(read)
        app.put(f"/things{index}/{{x}}", tags=[f"t{index}"])(write)
    catalogue = build(app)
    app.openapi()
    started = time.process_time()
    full = describe(catalogue)
    taken = time.process_time() - started

    assert taken < 1  # 0.1 s, unhurried
    assert sum(one.response_format is not None for one in full.functions) == 500
