"""Tests of the schemas that functions are registered with."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from enum import Enum
from typing import Annotated, Any, Literal

import pytest
from fastapi import Body, Depends, Form, Header, Query, Response, UploadFile
from fastapi.responses import HTMLResponse, StreamingResponse
from fastapi.security import APIKeyCookie, HTTPBearer
from jsonschema import Draft202012Validator
from pydantic import BaseModel, ConfigDict, Field

from tests.catalogue.described import described, function_of, valid


class Size(Enum):
    """Sizes."""

    S = "s"
    L = "l"


class Address(BaseModel):
    """Where somebody lives."""

    street: str


class Person(BaseModel):
    """Somebody."""

    name: str = Field(description="All of it")
    age: int | None = Field(None, ge=0)
    home: Address
    second: Address | None = None
    size: Size | None = None
    kind: Literal["a"] | None = None
    when: datetime | str | None = None
    any: Any = None


class Node(BaseModel):
    """A tree."""

    value: int
    children: list[Node] = []


class Cat(BaseModel):
    """One of two."""

    kind: Literal["cat"]
    lives: int


class Dog(BaseModel):
    """The other one."""

    kind: Literal["dog"]
    home: Address


class Open(BaseModel):
    """A model that takes more."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Address]


def make(person: Person) -> None: ...
def grow(node: Node) -> Node: ...  # type: ignore[empty-body]
def adopt(pet: Annotated[Cat | Dog, Field(discriminator="kind")]) -> None: ...
def listed(people: list[Person], q: int = 0) -> None: ...
def opened(item: Open) -> None: ...
def upload(a: UploadFile, b: list[UploadFile], note: Annotated[str, Form()] = "") -> None: ...


def request_of(endpoint: Callable[..., Any], **options: Any) -> Any:
    """Return the schema of a route's arguments, checked."""
    function = function_of(endpoint, **options)
    for one in function.request_format["properties"].values():  # type: ignore[index]
        assert isinstance(one["description"], str)
        assert one["description"]
    return valid(function.request_format)


def response_of(endpoint: Callable[..., Any], **options: Any) -> Any:
    """Return the schema of a route's answer, checked."""
    schema = function_of(endpoint, **options).response_format
    return schema and valid(schema)


def test_flat() -> None:
    """All arguments stand in one object, each with a plain type and a description."""
    schema = request_of(make)
    assert schema["required"] == ["name", "home"]
    assert schema["additionalProperties"] is False
    properties = schema["properties"]
    assert properties["name"] == {"type": "string", "title": "Name", "description": "All of it"}
    assert properties["age"] == {
        "type": ["integer", "null"],
        "minimum": 0,
        "title": "Age",
        "description": "Age",
    }
    assert properties["home"] == {
        "$ref": "#/$defs/Address",
        "type": "object",
        "description": "Where somebody lives.",
    }
    assert properties["second"]["type"] == ["object", "null"]
    assert properties["size"]["type"] == ["string", "null"]
    assert properties["kind"]["type"] == ["string", "null"]
    assert properties["when"]["type"] == ["string", "null"]
    assert "type" not in properties["any"]
    assert set(schema["$defs"]) == {"Address", "Size"}


@pytest.mark.parametrize(
    ("arguments", "fits"),
    [
        ({"name": "a", "home": {"street": "b"}}, True),
        ({"name": "a", "home": {"street": "b"}, "age": None, "second": None}, True),
        ({"name": "a", "home": {"street": "b"}, "size": None, "kind": None}, True),
        ({"name": "a", "home": {"street": "b"}, "size": "l", "kind": "a", "any": [1]}, True),
        ({"name": "a", "home": {"street": "b"}, "size": "m"}, False),
        ({"name": "a", "home": {"street": "b"}, "age": -1}, False),
        ({"name": "a", "home": {}}, False),
        ({"name": "a"}, False),
        ({"name": "a", "home": {"street": "b"}, "more": 1}, False),
    ],
)
def test_what_fits(arguments: Any, fits: bool) -> None:
    """What the schema takes is what the app takes."""
    assert Draft202012Validator(request_of(make)).is_valid(arguments) is fits


def test_recursive_model() -> None:
    """A model that holds itself is defined once."""
    schema = request_of(grow)
    (name,) = schema["$defs"]
    assert schema["properties"]["children"]["items"] == {"$ref": f"#/$defs/{name}"}
    tree = {"value": 1, "children": [{"value": 2, "children": [{"value": "x"}]}]}
    assert not Draft202012Validator(schema).is_valid(tree)
    answer = response_of(grow)
    assert answer["type"] == "object"
    assert not Draft202012Validator(answer).is_valid(tree)


def test_union() -> None:
    """Of a union the fields of all members are there, with all that they may be."""
    schema = request_of(adopt)
    assert schema["required"] == ["kind"]
    assert set(schema["properties"]) == {"kind", "lives", "home"}
    assert [one["const"] for one in schema["properties"]["kind"]["anyOf"]] == ["cat", "dog"]
    assert schema["properties"]["kind"]["type"] == "string"


def test_whole_body() -> None:
    """A body that is no object is one argument beside the others."""
    schema = request_of(listed)
    assert list(schema["properties"]) == ["q", "$body"]
    assert schema["properties"]["$body"]["type"] == "array"
    assert schema["required"] == ["$body"]


def test_body_of_bytes() -> None:
    """A body that is neither JSON nor a form is text, bytes or a channel."""
    extra = {"requestBody": {"content": {"image/png": {}}, "required": True}}
    body = request_of(lambda: None, openapi_extra=extra)["properties"]["$body"]
    for value in (
        "text",
        {"content_type": "a/b", "base64": ""},
        {"channel_id": "c", "access_key": "k", "direction": "read"},
    ):
        assert Draft202012Validator(body).is_valid(value)
    assert not Draft202012Validator(body).is_valid(3)


def test_extra_fields() -> None:
    """What a body takes beside its fields is said, by a schema where there is one."""
    schema = request_of(opened)
    assert schema["additionalProperties"] in (True, {"$ref": "#/$defs/Address"})


@pytest.mark.parametrize(
    ("file", "fits"),
    [
        ({"base64": ""}, True),
        ({"filename": "a", "content_type": "b", "base64": ""}, True),
        ({"filename": "a", "channel_id": "c", "access_key": "k", "direction": "read"}, True),
        ({"filename": "a"}, False),
        ("text", False),
    ],
)
def test_files(file: Any, fits: bool) -> None:
    """A file is an object that holds it, or the channel to read it from."""
    schema = request_of(upload)
    properties = schema["properties"]
    assert (properties["a"]["type"], properties["b"]["type"]) == ("object", "array")
    assert properties["note"]["type"] == "string"
    assert Draft202012Validator(schema).is_valid({"a": file, "b": [file, file]}) is fits


def test_credentials() -> None:
    """Where a function asks for credentials, its schema says where they go."""
    security = [Depends(HTTPBearer()), Depends(APIKeyCookie(name="sid"))]
    properties = request_of(lambda: None, dependencies=security)["properties"]
    assert set(properties["$headers"]["properties"]) == {"authorization"}
    assert set(properties["$cookies"]["properties"]) == {"sid"}


def test_streams() -> None:
    """A function that answers with a stream says how to get it."""
    responses: dict[int | str, dict[str, Any]] = {200: {"content": {"text/event-stream": {}}}}
    assert "$response" in request_of(lambda: None, responses=responses)["properties"]


def test_parameters() -> None:
    """What a parameter says of itself stands before what its schema says."""

    def read(
        a: Annotated[int, Query(description="mine", examples=[3], gt=0)],
        b: Annotated[list[str], Header()],
        c: Annotated[Any, Body()] = None,
    ) -> None: ...

    read.__annotations__["a"] = Annotated[int, Query(description="mine", examples=[3], gt=0)]
    properties = request_of(read)["properties"]
    assert properties["a"]["description"] == "mine"
    assert properties["a"]["examples"] == [3]
    assert properties["b"]["type"] == "array"


def answers(media_type: str) -> dict[int | str, dict[str, Any]]:
    """Return what a route says that answers with this type."""
    return {200: {"content": {media_type: {}}}}


@pytest.mark.parametrize(
    ("options", "kind"),
    [
        ({"response_model": int}, "integer"),
        ({"response_model": list[Person]}, "array"),
        ({"response_model": Person}, "object"),
        ({"response_model": Person | None}, ["object", "null"]),
        ({"response_model": int | None}, ["integer", "null"]),
        ({"status_code": 204, "response_model": None}, "null"),
        ({"response_class": HTMLResponse}, "string"),
        ({"response_class": Response, "responses": answers("application/zip")}, "object"),
        ({"response_class": Response, "responses": answers("application/xml")}, "string"),
        ({"response_class": StreamingResponse, "responses": answers("text/event-stream")}, None),
        ({"response_class": StreamingResponse}, None),
        ({}, "any"),
    ],
)
def test_answer(options: dict[str, Any], kind: Any) -> None:
    """The schema of an answer is that of the value that callers get."""

    def answer() -> Any: ...

    schema = response_of(answer, **options)
    assert (schema and schema.get("type", "any")) == kind
    assert schema is None or schema["description"]


def test_plain_starlette() -> None:
    """A route of Starlette has its path, and takes all else."""
    from starlette.applications import Starlette
    from starlette.routing import Route

    app = Starlette(routes=[Route("/{n:int}", lambda request: Response())])
    (function,) = described(app).functions
    assert valid(function.request_format) == {
        "type": "object",
        "properties": {"n": {"type": "integer", "minimum": 0, "description": "n"}},
        "required": ["n"],
        "additionalProperties": True,
    }
    assert function.response_format is None
