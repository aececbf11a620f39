"""What callers rely on: written, read and compared."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI, Security
from fastapi.security import APIKeyHeader
from pydantic import BaseModel

from iii_asgi import Bridge, Trigger, expose
from iii_asgi.catalogue.contract import compare, contract_of, read, text_of


class Old(BaseModel):
    """An item."""

    price: float
    name: str


class New(BaseModel):
    """Another item."""

    price: int
    name: str
    note: str = ""


class Order(BaseModel):
    item: Old


class Price(BaseModel):
    price: float


class Shorter(BaseModel):
    item: Price


def app_of(endpoint: Callable[..., Any], path: str = "/items", **options: Any) -> FastAPI:
    """Return an app with one route."""
    app = FastAPI(title="T", openapi_url=None)
    app.add_api_route(path, endpoint, **{"methods": ["POST"], "tags": ["items"], **options})
    return app


def changes(old: FastAPI, new: FastAPI, **given: Any) -> list[tuple[bool, str]]:
    """Return whether each change breaks callers, and its text."""
    before, after = (contract_of(Bridge(app, **given).catalogue) for app in (old, new))
    assert compare(before, before) == []
    return [(one.breaks, one.text) for one in compare(before, after)]


def add(item: Old) -> str:
    raise NotImplementedError


def with_triggers(*triggers: Trigger) -> FastAPI:
    """Return an app whose route has triggers."""

    @expose(triggers=triggers)
    def add() -> None: ...

    return app_of(add)


def test_arguments() -> None:
    """An argument that takes less breaks callers; one that is new and optional does not."""

    def then(item: New) -> str:
        raise NotImplementedError

    then.__name__ = "add"
    assert changes(app_of(add), app_of(then)) == [(True, "argument `price`: number → integer")]
    assert changes(app_of(then), app_of(add)) == [(True, "argument `note`: string → none")]


def test_answers() -> None:
    """An answer with less in it breaks callers; one with more does not."""

    def old() -> Old:
        raise NotImplementedError

    def new() -> New:
        raise NotImplementedError

    old.__name__ = new.__name__ = "add"
    fine = changes(app_of(old), app_of(new))
    assert fine[0] == (False, "answer `price`: number → integer")
    assert all(not breaks for breaks, _ in fine)
    assert any("`note`: none → string" in text for _, text in fine)
    assert changes(app_of(new), app_of(old)) == [
        (True, "answer `price`: integer → number"),
        (True, "answer `note`: string, optional → none"),
    ]


def test_fields_within() -> None:
    """A field of a model that is gone breaks callers, though the app ignores what they send."""

    def old(order: Order, key: int) -> None: ...

    def new(order: Shorter, key: int) -> None: ...

    old.__name__ = new.__name__ = "add"
    told = (True, "argument `item.name`: string → none")
    assert changes(app_of(old), app_of(new)) == [told]
    assert (True, "argument `item.name`: none → required") in changes(app_of(new), app_of(old))


def test_credentials() -> None:
    """A function that asks for a credential may break callers who give none."""

    def secured(item: Old, key: str = Security(APIKeyHeader(name="x-key"))) -> str:
        raise NotImplementedError

    secured.__name__ = "add"
    name = "argument `$headers.x-key`"
    assert changes(app_of(add), app_of(secured)) == [
        (True, f"{name}: none → a credential: may break, it may be required")
    ]
    assert changes(app_of(secured), app_of(add)) == [(False, f"{name}: a credential → none")]


def test_words_only() -> None:
    """Titles and descriptions break nobody."""

    def new(item: Old) -> str:
        raise NotImplementedError

    new.__name__ = "add"
    app = app_of(new, response_description="Another description")
    assert changes(app_of(add), app) == [(False, "answer: descriptions")]


def test_functions() -> None:
    """A function that is gone, or hidden, breaks its callers; a new one does not."""
    nothing = FastAPI(openapi_url=None)

    assert changes(app_of(add), nothing) == [(True, "is gone")]
    assert changes(app_of(add), app_of(add, include_in_schema=False)) == [(True, "is gone")]
    assert changes(nothing, app_of(add)) == [(False, "is new")]


def test_http() -> None:
    """A path that is gone breaks HTTP clients; what a parameter is called does not."""

    def get(a: int) -> None: ...

    def other(b: int) -> None: ...

    get.__name__ = other.__name__ = "add"
    assert changes(app_of(add), app_of(add, "/things")) == [
        (True, "HTTP: POST /items → none"),
        (False, "HTTP: none → POST /things"),
    ]
    assert changes(app_of(get, "/items/{a}"), app_of(other, "/items/{b}"))[0] == (
        False,
        "HTTP: /items/:a → /items/:b",
    )


def test_other_triggers() -> None:
    """A queue that is gone breaks those who fill it; a schedule has no callers."""
    cron = Trigger("cron", {"expression": "@daily"})
    queue = Trigger("durable:subscriber", {"topic": "items"})

    assert changes(with_triggers(cron, queue), with_triggers()) == [
        (False, 'trigger: cron {"expression": "@daily"} → none'),
        (True, 'trigger: durable:subscriber {"topic": "items"} → none'),
    ]
    assert changes(with_triggers(), with_triggers(cron)) == [
        (False, 'trigger: none → cron {"expression": "@daily"}')
    ]


def test_unknown_on_one_side() -> None:
    """An answer that is known on one side only may break callers."""

    def text() -> None: ...

    text.__name__ = "add"
    known = contract_of(Bridge(app_of(text)).catalogue)
    unknown = {**known, "functions": [{**known["functions"][0], "response_format": None}]}

    (one,) = compare(known, unknown)
    assert (one.breaks, one.text) == (True, "answer: known → not known: may break")
    assert compare(unknown, unknown) == []


def test_written_and_read(tmp_path: Path) -> None:
    """What is read is what was written; addresses of objects are left out."""
    app = app_of(add, openapi_extra={"x-what": object()})
    contract = contract_of(Bridge(app).catalogue)
    file = tmp_path / "contract.json"
    file.write_text(text_of(contract))

    assert read(file) == contract
    assert "0x" not in text_of(contract)


def test_mappings() -> None:
    """A field that models in a mapping lose breaks callers; to take any mapping does not."""

    def old(orders: dict[str, Order]) -> dict[str, New]:
        raise NotImplementedError

    def new(orders: dict[str, Any]) -> dict[str, Old]:
        raise NotImplementedError

    old.__name__ = new.__name__ = "add"
    told = changes(app_of(old), app_of(new))
    assert [text for breaks, text in told if breaks] == [
        "answer `*.price`: integer → number",
        "answer `*.note`: string, optional → none",
    ]
    assert any("argument" in text for _, text in told)


def test_defaults() -> None:
    """Another default is told as such, and breaks nobody."""

    def old(size: int = 1) -> None: ...

    def new(size: int = 2) -> None: ...

    old.__name__ = new.__name__ = "add"
    assert changes(app_of(old), app_of(new)) == [(False, "argument: defaults")]


def test_too_large() -> None:
    """What has changed in too many places may break callers, and is not listed."""
    names = [f"f{number}" for number in range(32)]

    def answer(*fields: str) -> dict[str, Any]:
        leaf = {"properties": {name: {"type": "string"} for name in fields}}
        inner = {"properties": {key: {"$ref": "#/$defs/Leaf"} for key in names}}
        return {"properties": dict.fromkeys(names, inner), "$defs": {"Leaf": leaf}}

    one: dict[str, Any] = {"id": "a::b", "http": [], "events": [], "request_format": None}
    before, after = (
        {"version": 1, "functions": [{**one, "response_format": schema}]}
        for schema in (answer(*names), answer(names[0]))
    )

    (change,) = compare(before, after)
    assert (change.breaks, change.text) == (
        True,
        "answer: may break, it is too large to be compared",
    )


@pytest.mark.parametrize("keyword", ["pattern", "format"])
def test_what_cannot_be_judged(keyword: str) -> None:
    """What cannot be judged may break callers, with the reason."""
    old: dict[str, Any] = {"type": "object", "properties": {"a": {"type": "string"}}}
    new = {"type": "object", "properties": {"a": {"type": "string", keyword: "uuid"}}}
    one: dict[str, Any] = {"id": "a::b", "http": [], "events": [], "response_format": None}
    before, after = (
        {"version": 1, "functions": [{**one, "request_format": schema}]} for schema in (old, new)
    )

    (change,) = compare(before, after)
    assert change.text == (
        f'argument `a`: no {keyword} → {keyword} "uuid": may break, {keyword} differs'
    )


def one_function(schema: Any) -> dict[str, Any]:
    """Return a contract with one function, of this answer."""
    function: dict[str, Any] = {"id": "a::b", "http": [], "events": [], "request_format": None}
    return {"version": 1, "functions": [{**function, "response_format": schema}]}


def test_differences_that_double() -> None:
    """Where a change would be told at each of a million places it is told that it is too large."""

    def doubling(leaf: str) -> Any:
        levels = {
            f"L{n}": {
                "type": "object",
                "properties": {name: {"$ref": f"#/$defs/L{n + 1}"} for name in "ab"},
                "required": ["a", "b"],
            }
            for n in range(20)
        }
        return {"$ref": "#/$defs/L0", "$defs": {**levels, "L20": {"type": leaf}}}

    (change,) = compare(one_function(doubling("integer")), one_function(doubling("string")))
    assert change.text == "answer: may break, it is too large to be judged"


@pytest.mark.parametrize("depth", [250, 600])
def test_nested_too_deeply(depth: int) -> None:
    """A schema that nobody can follow may break callers."""

    def nested(leaf: str) -> Any:
        schema: Any = {"type": leaf}
        for _ in range(depth):
            schema = {"type": "array", "items": schema}
        return schema

    (change,) = compare(one_function(nested("integer")), one_function(nested("string")))
    assert change.text == "answer: may break, it is nested too deeply"
