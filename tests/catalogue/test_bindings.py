"""Tests of how functions and triggers are put on the wire."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from iii_asgi.catalogue.bindings import (
    bind,
    register,
    registrations,
    spellings_of_others,
)
from iii_asgi.catalogue.model import Catalogue, EventTrigger, Function, HttpTrigger
from iii_asgi.protocol import messages as m

TRIGGER = HttpTrigger("6f3f0c1e-0000-5000-8000-000000000000", "GET", "/users/:id")


def function(**changes: Any) -> Function:
    """Return a function to bind."""
    given = {"id": "users::get", "kind": "route", "methods": ("GET",), "path": "/users/{id}"}
    return Function(**(given | changes))


def wire(message: m.Message) -> Any:
    """Return a message as the engine sees it."""
    return msgspec.json.decode(m.encode(message))


def test_register() -> None:
    """What a function does not have is left out."""
    assert wire(register(function())) == {"type": "registerfunction", "id": "users::get"}


def test_register_with_description_and_metadata() -> None:
    """Description and the user's metadata are passed on."""
    message = register(function(description="Read a user.", metadata={"team": "a"}))

    assert wire(message) == {
        "type": "registerfunction",
        "id": "users::get",
        "description": "Read a user.",
        "metadata": {"team": "a"},
    }


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [(None, {"internal": True}), ({"internal": "docs", "a": 1}, {"internal": "docs", "a": 1})],
)
def test_register_internal(metadata: Any, expected: Any) -> None:
    """An internal function says so, unless its own metadata says something else."""
    message = register(function(internal=True, metadata=metadata))

    assert wire(message)["metadata"] == expected


def test_bind_by_trigger() -> None:
    """A route is an http trigger on engines that have triggers."""
    assert wire(bind(function(), TRIGGER)) == {
        "type": "registertrigger",
        "id": TRIGGER.id,
        "trigger_type": "http",
        "function_id": "users::get",
        "config": {"api_path": "/users/:id", "http_method": "GET"},
    }


def test_bind_by_observing() -> None:
    """A route observes the engine's own function on engines that have observers."""
    assert wire(bind(function(), TRIGGER, observe=True)) == {
        "type": "observe",
        "id": TRIGGER.id,
        "source": {
            "function_id": "http::on-request",
            "args": {"method": "GET", "path": "/users/:id"},
        },
        "target": {"function_id": "users::get"},
    }


def test_bind_in_a_namespace() -> None:
    """A namespace of the function's own is named, since the engine would take the default."""
    trigger = wire(bind(function(), TRIGGER, namespace="blue"))
    observer = wire(bind(function(), TRIGGER, namespace="blue", observe=True))

    assert trigger["namespace"] == "blue"
    assert observer["target"]["namespace"] == "blue"


@pytest.mark.parametrize(
    ("api_path", "taken"),
    [
        ("/users/:user_id", True),
        ("users/:user_id/", True),
        ("/users/:id", False),
        ("/users/:id/", False),
        ("/orders/:order_id", False),
    ],
)
def test_spellings_of_others(api_path: str, taken: bool) -> None:
    """Of the triggers of others, those matter that have our shape under other names."""
    catalogue = Catalogue((function(triggers=(TRIGGER,)),))
    registered = [{"id": "1", "trigger_type": "http", "config": {"api_path": api_path}}]

    assert bool(spellings_of_others(catalogue, registered)) is taken


@pytest.mark.parametrize("odd", [None, "text", {}, {"config": None}, {"config": {"topic": "a"}}])
def test_triggers_of_other_kinds(odd: Any) -> None:
    """A registered trigger that has no path says nothing about paths."""
    assert spellings_of_others(Catalogue((function(triggers=(TRIGGER,)),)), [odd]) == []


@pytest.mark.parametrize("observe", [False, True])
def test_events(observe: bool) -> None:
    """A trigger calls a function of its own, which is internal, on every kind of engine."""
    event = EventTrigger("id", "users::get::cron", "cron", {"expression": "@daily"}, {"a": 1})
    catalogue = Catalogue((function(events=(event,)), function(id="users::list")))
    sent = registrations(catalogue, namespace="default", observe=observe)

    assert [wire(message) for message in sent] == [
        {"type": "registerfunction", "id": "users::get"},
        {"type": "registerfunction", "id": "users::list"},
        {
            "type": "registerfunction",
            "id": "users::get::cron",
            "description": "users::get, called by its trigger cron",
            "metadata": {"internal": True},
        },
        {
            "type": "registertrigger",
            "id": "id",
            "trigger_type": "cron",
            "function_id": "users::get::cron",
            "config": {"expression": "@daily"},
        },
    ]
    *_, last = registrations(catalogue, namespace="shop")
    assert wire(last)["namespace"] == "shop"
