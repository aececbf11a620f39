"""Tests of which fields of a body are arguments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

import pytest
from fastapi import Body, File, Form, Request, UploadFile
from pydantic import BaseModel, ConfigDict, Field, Json

from iii_asgi.catalogue.arguments import Body as BodyRecord
from tests.catalogue.described import arguments_of


class Item(BaseModel):
    """An item."""

    name: str
    price: float | None = None


class Open(BaseModel):
    """A model that takes more."""

    model_config = ConfigDict(extra="allow")
    name: str


class Closed(BaseModel):
    """A model that refuses more."""

    model_config = ConfigDict(extra="forbid")
    name: str


class Empty(BaseModel):
    """A model of nothing."""


class Cat(BaseModel):
    """One of two."""

    kind: Literal["cat"]
    lives: int


class Dog(BaseModel):
    """The other one."""

    kind: Literal["dog"]
    name: str


class Node(BaseModel):
    """A model that holds itself."""

    value: int
    children: list[Node] = []


Pet = Annotated[Cat | Dog, Field(discriminator="kind")]


def one(item: Item) -> None: ...
def embedded(item: Annotated[Item, Body(embed=True)]) -> None: ...
def two(item: Item, n: Annotated[int, Body()] = 3) -> None: ...
def optional(item: Item | None = None) -> None: ...
def union(pet: Pet) -> None: ...
def some(thing: Cat | list[int] | None) -> None: ...
def recursive(node: Node) -> None: ...
def free(item: dict[str, Any]) -> None: ...
def numbers(item: dict[str, int]) -> None: ...
def anything(item: Annotated[Any, Body()]) -> None: ...
def open_model(item: Open) -> None: ...
def closed(item: Closed) -> None: ...
def empty(item: Empty) -> None: ...
def items(items: list[Item]) -> None: ...
def number(n: Annotated[int, Body()]) -> None: ...
def text(t: Annotated[str, Body(media_type="text/plain")]) -> None: ...
def form(a: Annotated[int, Form()], b: Annotated[list[str], Form()]) -> None: ...
def form_json(a: Annotated[Json[Any], Form()]) -> None: ...
def nothing() -> None: ...


def body_of(endpoint: Callable[..., Any]) -> BodyRecord | None:
    """Return the body of a route."""
    return arguments_of(endpoint).body


@pytest.mark.parametrize(
    ("endpoint", "fields", "required", "extra"),
    [
        (one, ["name*", "price"], True, False),
        (embedded, ["item*"], True, False),
        (two, ["item*", "n"], True, False),
        (optional, ["name*", "price"], False, False),
        (union, ["kind*", "lives", "name"], True, False),
        (some, ["kind*", "lives*"], True, False),
        (recursive, ["value*", "children"], True, False),
        (free, [], True, True),
        (numbers, [], True, {"type": "integer"}),
        (anything, [], True, True),
        (open_model, ["name*"], True, True),
        (closed, ["name*"], True, False),
        (empty, [], True, False),
    ],
)
def test_flat(
    endpoint: Callable[..., Any], fields: list[str], required: bool, extra: object
) -> None:
    """The fields of an object are arguments; the star is for those that are required."""
    body = body_of(endpoint)
    assert body is not None
    assert (body.kind, body.is_flat, body.required) == ("json", True, required)
    assert [field.name + "*" * field.required for field in body.fields] == fields
    assert body.extra == extra


@pytest.mark.parametrize(("endpoint", "kind"), [(items, "json"), (number, "json"), (text, "bytes")])
def test_whole(endpoint: Callable[..., Any], kind: str) -> None:
    """What is no object is one argument."""
    body = body_of(endpoint)
    assert body is not None
    assert (body.kind, body.is_flat, body.fields, body.extra) == (kind, False, (), False)


def test_no_body() -> None:
    """A route that declares no body has none."""
    assert body_of(nothing) is None


def test_form() -> None:
    """The fields of a form are arguments, without a file it is written as a query is."""
    body = body_of(form)
    assert body is not None
    assert (body.kind, [one.name for one in body.fields]) == ("urlencoded", ["a", "b"])


def test_json_in_a_form() -> None:
    """A field whose text is JSON takes any value."""
    body = body_of(form_json)
    assert body is not None
    assert [one.is_json for one in body.fields] == [True]


def test_files() -> None:
    """Files are known in each way to declare them."""

    def upload(
        a: UploadFile,
        b: list[UploadFile],
        c: Annotated[bytes, File()],
        d: Annotated[bytes | None, File()] = None,
        e: UploadFile | None = None,
        text: Annotated[str, Form()] = "",
    ) -> None: ...

    upload.__annotations__["a"] = UploadFile
    body = body_of(upload)
    assert body is not None
    assert body.kind == "multipart"
    assert {one.name: one.is_file for one in body.fields} == {
        "a": True,
        "b": True,
        "c": True,
        "d": True,
        "e": True,
        "text": False,
    }


def by_hand(content: Any, **more: Any) -> BodyRecord | None:
    """Return the body of a route that describes it by hand."""

    def read(request: Request) -> None: ...

    read.__annotations__ = {"request": Request}
    extra = {"requestBody": {"content": content, **more}}
    return arguments_of(read, openapi_extra=extra).body


@pytest.mark.parametrize(
    ("content", "media_type", "kind"),
    [
        ({"application/x-yaml": {}}, "application/x-yaml", "bytes"),
        ({"text/csv": {}, "application/json": {}}, "application/json", "json"),
        (
            {"multipart/form-data": {}, "application/vnd.a+json": {}},
            "application/vnd.a+json",
            "json",
        ),
        (
            {"application/x-www-form-urlencoded": {}, "multipart/form-data": {}},
            "multipart/form-data",
            "multipart",
        ),
        ({"image/*": {"schema": {"type": "string", "format": "binary"}}}, "image/*", "bytes"),
    ],
)
def test_described_by_hand(content: Any, media_type: str, kind: str) -> None:
    """Of several types JSON is sent rather than a form, and a form rather than anything else."""
    body = by_hand(content)
    assert body is not None
    assert (body.media_type, body.kind) == (media_type, kind)


def test_all_of() -> None:
    """An object that is several at a time has the fields of all."""
    parts = [
        {"properties": {"a": {"type": "string"}}, "required": ["a"]},
        {"properties": {"b": {"type": "integer"}}, "additionalProperties": {"type": "string"}},
    ]
    body = by_hand({"application/json": {"schema": {"allOf": parts}}})
    assert body is not None
    assert [one.name for one in body.fields] == ["a", "b"]
    assert body.extra == {"type": "string"}
