"""Tests of `expose`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, wraps
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.endpoints import HTTPEndpoint
from starlette.routing import Route

from iii_asgi import Trigger, expose
from iii_asgi.errors import CatalogueError
from iii_asgi.marks import Mark, mark_of
from tests.catalogue.helpers import build


def endpoint() -> None:
    """Do nothing."""


@pytest.mark.parametrize(
    ("mark", "expected"),
    [
        (expose(), Mark()),
        (expose("users::get"), Mark(id="users::get")),
        (expose(enabled=False), Mark(enabled=False)),
        (expose(service="users", action="get"), Mark(service="users", action="get")),
        (
            expose(errors="return", metadata={"cost": 1}),
            Mark(errors="return", metadata={"cost": 1}),
        ),
        (expose(triggers=[Trigger("log")]), Mark(triggers=(Trigger("log", {}, None),))),
    ],
)
def test_expose(mark: Callable[[Any], Any], expected: Mark) -> None:
    """The mark is on the very function that was given."""

    def marked() -> None: ...

    assert mark(marked) is marked
    assert mark_of(marked) == expected


def test_no_mark() -> None:
    """An endpoint without a mark says nothing, whatever it is."""
    for unmarked in (endpoint, partial(endpoint), object(), None):
        assert mark_of(unmarked) == Mark()


def test_instance() -> None:
    """The mark of ``__call__`` is that of the instances, unless one has its own."""

    class Job:
        @expose(enabled=False)
        def __call__(self) -> None: ...

        def run(self) -> None: ...

    own = Job()
    expose("jobs::run")(own)

    assert mark_of(Job()) == Mark(enabled=False)
    assert mark_of(partial(Job())) == Mark(enabled=False)
    assert mark_of(own) == Mark(id="jobs::run")
    assert mark_of(Job().run) == Mark()


def test_method_of_an_endpoint_class() -> None:
    """A mark there would say nothing, so it is refused with what to do."""

    class Users(HTTPEndpoint):
        def get(self, request: Any) -> None: ...

        @expose(enabled=False)
        def delete(self, request: Any) -> None: ...

    with pytest.raises(CatalogueError, match=r"on .*Users\.delete, .* put it on the class"):
        build(Starlette(routes=[Route("/users", Users)]))


def test_method_of_another_class() -> None:
    """A class that is an ASGI app, and not an endpoint with a method for each of HTTP."""

    class Page:
        def __init__(self, scope: Any, receive: Any, send: Any) -> None: ...

        def __await__(self) -> Any: ...

        @expose("pages::get")
        def get(self) -> None: ...

    catalogue = build(Starlette(routes=[Route("/page", Page)]))
    assert any(one.path == "/page" for one in catalogue.functions)


def test_empty_callable() -> None:
    """What wraps something that is empty, and so false, has its mark."""

    class Steps(list[str]):
        @expose(enabled=False)
        def __call__(self) -> None: ...

    assert mark_of(partial(Steps())) == Mark(enabled=False)


def test_foreign_attribute() -> None:
    """What answers to every name, such as a mock, has no mark."""

    class Anything:
        def __getattr__(self, name: str) -> str:
            return name

    assert mark_of(Anything()) == Mark()


def test_order_of_decorators() -> None:
    """`expose` works above and below the framework's decorator."""
    app = FastAPI()

    @expose("a::above")
    @app.get("/above")
    def above() -> None: ...

    @app.get("/below")
    @expose("b::below")
    def below() -> None: ...

    ids = {mark_of(getattr(route, "endpoint", None)).id for route in app.routes}
    assert {"a::above", "b::below"} <= ids


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"id": "a::b", "service": "c"}, "give either id, or service and action, not both"),
        ({"id": "a", "action": "b"}, "give either id, or service and action, not both"),
        ({"errors": "ignore"}, "errors is 'raise' or 'return', not 'ignore'"),
        ({"on_disconnect": "x"}, "on_disconnect is 'finish' or 'cancel', not 'x'"),
        ({"triggers": ["cron"]}, r"triggers is a list of Trigger\(...\), not of 'cron'"),
        ({"triggers": 7}, r"triggers is a list of Trigger\(...\), not of 7"),
    ],
)
def test_contradictions(arguments: dict[str, Any], message: str) -> None:
    """Marks that contradict themselves are refused where they are written."""
    with pytest.raises(CatalogueError, match=message):
        expose(**arguments)


def test_partials_and_wrappers() -> None:
    """A mark holds for the partials of a function, and for what wraps it; the outermost wins."""

    @expose(service="shop", enabled=False)
    def read(item: int) -> None: ...

    class Wrapper:
        def __init__(self, function: Any) -> None:
            self.__wrapped__ = function

    mark = mark_of(read)
    assert mark_of(partial(read, item=1)) is mark
    assert mark_of(partial(partial(read), item=1)) is mark
    assert mark_of(wraps(read)(lambda: None)) is mark
    assert mark_of(Wrapper(partial(read))) is mark
    assert mark_of(expose("own::one")(partial(read))).id == "own::one"
    assert mark_of(partial(print)) == mark_of(print) == Mark()


def test_wrapped_in_itself() -> None:
    """A function that says that it wraps itself has no mark."""

    def read() -> None: ...

    read.__wrapped__ = read  # type: ignore[attr-defined]
    assert mark_of(read) == Mark()


def test_method_of_an_object() -> None:
    """What cannot keep a mark is refused with the way out."""

    class Shop:
        def read(self) -> None: ...

    with pytest.raises(CatalogueError, match="put it on the function itself"):
        expose("shop::read")(Shop().read)


async def make_later(event: Any) -> dict[str, Any]:
    """Make arguments, too late."""
    return {}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (("http",), "an http trigger is a route of the app"),
        (("",), "type is a text such as 'cron', not ''"),
        ((None,), "type is a text such as 'cron', not None"),
        (("cron ",), "type is a text such as 'cron', not 'cron '"),
        (("cron", "@daily"), r"Trigger\('cron'\): config is a dict, not '@daily'"),
        (("cron", {"expression": {1, object()}}), r"Trigger\('cron'\): config is no JSON"),
        (("cron", {}, "daily"), r"Trigger\('cron'\): arguments is a dict, not 'daily'"),
        (("cron", {}, {"x": object()}), r"Trigger\('cron'\): arguments is no JSON"),
        (("cron", {}, make_later), "arguments is a plain function, not an async one"),
    ],
)
def test_wrong_triggers(given: Any, message: str) -> None:
    """A trigger that cannot be meant is refused where it is written."""
    with pytest.raises(CatalogueError, match=message):
        Trigger(*given)


def test_on_a_static_method() -> None:
    """The mark of a static or class method is that of what an app gets of it."""

    class Teas:
        @expose("teas::list")
        @staticmethod
        def all() -> None: ...

        @expose("teas::one")
        @classmethod
        def one(cls) -> None: ...

    assert mark_of(Teas.all).id == "teas::list"
    assert mark_of(Teas.one).id == "teas::one"


def test_on_a_builtin_class() -> None:
    """What takes no mark is refused."""
    with pytest.raises(CatalogueError, match="cannot be marked"):
        expose("a::b")(int)
