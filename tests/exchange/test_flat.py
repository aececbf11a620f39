"""Tests of flat arguments: what each of them becomes."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iii_asgi.catalogue.arguments import Argument, Arguments, Body
from iii_asgi.errors import InvocationError
from iii_asgi.exchange.flat import FlatMap, Parts
from tests.strategies import json_values


def field(name: str) -> Argument:
    """Return a field of a body."""
    return Argument(name, "field", name)


OUTSIDE = (
    Argument("id", "path", "id"),
    Argument("q", "query", "q"),
    Argument("query.id", "query", "id"),
    Argument("x-tag", "header", "x-tag"),
    Argument("sid", "cookie", "sid"),
)
JSON = Body("json", "application/json", True, fields=(field("name"), field("price")))
FULL = FlatMap(Arguments(OUTSIDE, JSON))
OPTIONAL = FlatMap(Arguments(body=Body("json", "application/json", fields=(field("name"),))))
EXTRA = FlatMap(Arguments(OUTSIDE, Body("json", "application/json", True, extra=True)))
WHOLE = FlatMap(Arguments(OUTSIDE, Body("json", "application/json", True, is_flat=False)))
NONE = FlatMap(Arguments(OUTSIDE))
BARE = FlatMap(Arguments())
ANY_QUERY = FlatMap(Arguments(rest="query"))
ANY_BODY = FlatMap(Arguments(rest="body"))


def body_of(parts: Parts) -> bytes | None:
    """Return the body that the arguments became; None without one."""
    if parts.content is None:
        return None
    (piece,) = parts.content.pieces
    assert isinstance(piece, bytes)
    return piece


def refusal(flat: FlatMap, arguments: dict[str, Any]) -> str:
    """Return why these arguments cannot be used."""
    with pytest.raises(InvocationError) as refused:
        flat.read(arguments)
    assert refused.value.code == "BAD_REQUEST"
    return refused.value.message


def test_everywhere() -> None:
    """Each argument goes to its place, under its name there."""
    parts = FULL.read(
        {"q": ["a", 1], "query.id": 7, "x-tag": ["x", "y"], "sid": "s", "name": None, "price": 1.5}
    )
    assert parts.query == {"q": ["a", "1"], "id": "7"}
    assert parts.headers == [(b"x-tag", b"x"), (b"x-tag", b"y")]
    assert parts.cookies == [("sid", "s")]
    assert body_of(parts) == b'{"name":null,"price":1.5}'


def test_null() -> None:
    """Null is absent, but for a field, where it is null."""
    parts = FULL.read({"q": None, "x-tag": None, "sid": None, "name": None})
    assert (parts.query, parts.headers, parts.cookies) == ({}, [], [])
    assert body_of(parts) == b'{"name":null}'


def test_underscores() -> None:
    """A header that is documented with underscores is sent with dashes, too."""
    flat = FlatMap(Arguments((Argument("save_data", "header", "save_data"),)))
    assert flat.read({"save_data": "on"}).headers == [(b"save_data", b"on"), (b"save-data", b"on")]


@pytest.mark.parametrize(
    ("flat", "arguments", "body"),
    [
        (FULL, {}, b"{}"),
        (OPTIONAL, {}, None),
        (OPTIONAL, {"name": None}, b'{"name":null}'),
        (OPTIONAL, {"$body": None}, b"null"),
        (OPTIONAL, {"$body": {}}, b"{}"),
        (EXTRA, {}, b"{}"),
        (EXTRA, {"q": 1, "more": [1]}, b'{"more":[1]}'),
        (WHOLE, {}, None),
        (WHOLE, {"q": 1, "$body": [1]}, b"[1]"),
        (WHOLE, {"$body": {"id": 1, "q": 2}}, b'{"id":1,"q":2}'),
        (NONE, {"q": 1}, None),
        (ANY_QUERY, {"a": 1}, None),
        (ANY_BODY, {}, b"{}"),
        (ANY_BODY, {"a": None}, b'{"a":null}'),
        (ANY_BODY, {"$body": "x"}, b'"x"'),
    ],
)
def test_body(flat: FlatMap, arguments: dict[str, Any], body: bytes | None) -> None:
    """A body that must be there is sent though it is empty, an optional one only when given."""
    assert body_of(flat.read(arguments)) == body


def test_any_query() -> None:
    """Where nothing is known but that there is no body, all is the query."""
    assert ANY_QUERY.read({"a": 1, "b": [True], "c": None}).query == {"a": "1", "b": ["true"]}


@pytest.mark.parametrize(
    ("flat", "arguments", "message"),
    [
        (
            FULL,
            {"nme": 1},
            "unknown argument nme: this function takes id, q, query.id, x-tag, sid, name, price",
        ),
        (
            WHOLE,
            {"a": 1, "b": 2},
            "unknown arguments a, b: this function takes id, q, query.id, x-tag, sid, $body",
        ),
        (BARE, {"a": 1}, "unknown argument a: this function takes no arguments"),
        (BARE, {"$else": 1}, "unknown argument $else: this function takes no arguments"),
        (FULL, {"name": 1, "$body": {}}, "$body is all of the body: name too?"),
        (NONE, {"$body": 1}, "this function takes named arguments: send a JSON object"),
        (FULL, {"q": {}}, "argument q is text, a number or a list of them"),
        (FULL, {"x-tag": "a\nb"}, "argument x-tag must not contain a line break"),
        (ANY_QUERY, {"z": {}}, "argument z is text, a number or a list of them"),
    ],
)
def test_refusals(flat: FlatMap, arguments: dict[str, Any], message: str) -> None:
    """What does not fit is refused by name."""
    assert refusal(flat, arguments) == message


@pytest.mark.parametrize(
    ("flat", "location", "name"),
    [
        (FULL, ["body", "price"], "price"),
        (FULL, ["body", "items", 0, "price"], "items.0.price"),
        (FULL, ["body", "cat", "name"], "name"),
        (FULL, ["body", "cat", "other"], "cat.other"),
        (FULL, ["body"], "$body"),
        (FULL, ["body", 12], "$body.12"),
        (WHOLE, ["body", "id"], "$body.id"),
        (WHOLE, ["body", 0, "id"], "$body.0.id"),
        (NONE, ["body", "id"], "$body.id"),
        (FULL, ["path", "id"], "id"),
        (FULL, ["query", "id"], "query.id"),
        (FULL, ["query", "q", 1], "q.1"),
        (FULL, ["header", "x-tag"], "x-tag"),
        (FULL, ["header", "x-else"], "header.x-else"),
        (FULL, ["anything"], "anything"),
        (FULL, [], ""),
        (FULL, ["query", {"odd": 1}], "query.{'odd': 1}"),
    ],
)
def test_name_at(flat: FlatMap, location: list[Any], name: str) -> None:
    """A place in a request is said in the words of the caller."""
    assert flat.name_at(location) == name


@given(st.dictionaries(st.sampled_from(["q", "x-tag", "sid", "name", "$body", "z"]), json_values))
def test_any_arguments(arguments: dict[str, Any]) -> None:
    """Whatever the arguments, they become parts or a refusal."""
    for flat in (FULL, OPTIONAL, EXTRA, WHOLE, NONE, ANY_QUERY, ANY_BODY):
        with suppress(InvocationError):
            assert isinstance(flat.read(arguments), Parts)


@given(st.lists(json_values))
def test_any_location(location: list[Any]) -> None:
    """An app may name places as it likes."""
    assert isinstance(FULL.name_at(location), str)
