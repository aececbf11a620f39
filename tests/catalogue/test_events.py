"""Which functions get the triggers that `expose` names."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, wraps
from types import MappingProxyType
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.endpoints import HTTPEndpoint
from starlette.routing import Route

from iii_asgi import Trigger, expose
from iii_asgi.catalogue.model import Catalogue
from tests.catalogue.helpers import build

CRON = Trigger("cron", {"expression": "@daily"}, {"kind": "daily"})
QUEUE = Trigger("durable:subscriber", {"topic": "orders"})


def events(catalogue: Catalogue) -> dict[str, list[str]]:
    """Return function id → what its triggers call, of those that have some."""
    return {
        function.id: [event.function_id for event in function.events]
        for function in catalogue.functions
        if function.events
    }


def marked(*triggers: Trigger) -> Callable[..., None]:
    """Return an endpoint with triggers."""

    @expose("jobs::run", triggers=triggers)
    def run() -> None: ...

    return run


@pytest.mark.parametrize("http", ["routes", "app", "off"])
def test_a_function_has_its_triggers(http: str) -> None:
    """Each trigger calls a function of its own, whatever becomes of HTTP."""
    app = FastAPI()
    app.post("/jobs/{kind}")(marked(CRON, QUEUE))
    catalogue = build(app, http=http)
    function = catalogue.get("jobs::run")

    assert events(catalogue) == {"jobs::run": ["jobs::run::cron", "jobs::run::durable_subscriber"]}
    assert function is not None
    assert bool(function.triggers) == (http == "routes")
    assert [(one.type, one.config, one.arguments) for one in function.events] == [
        ("cron", {"expression": "@daily"}, {"kind": "daily"}),
        ("durable:subscriber", {"topic": "orders"}, None),
    ]


def test_ids_last() -> None:
    """The id of a trigger is the same in every process; another configuration has another."""

    def ids(*triggers: Trigger, **settings: Any) -> list[str]:
        app = FastAPI()
        app.get("/jobs")(marked(*triggers))
        function = build(app, **settings).get("jobs::run")
        assert function is not None
        return [event.id for event in function.events]

    assert ids(QUEUE) == ["c38908b8-d632-5232-ba0e-29813158e8bd"]
    assert ids(Trigger(QUEUE.type, MappingProxyType(dict(QUEUE.config)))) == ids(QUEUE)
    assert ids(Trigger("durable:subscriber", {"topic": "returns"})) != ids(QUEUE)
    assert ids(QUEUE, namespace="shop") != ids(QUEUE)


def test_alike_triggers() -> None:
    """Two of a type, even two that are the same, are told apart by a number."""
    app = FastAPI()
    app.get("/jobs")(marked(CRON, QUEUE, CRON))
    app.get("/other")(expose("jobs::run::cron_3")(lambda: None))
    catalogue = build(app)
    function = catalogue.get("jobs::run")
    assert function is not None

    assert [event.function_id for event in function.events] == [
        "jobs::run::cron",
        "jobs::run::durable_subscriber",
        "jobs::run::cron_2",
    ]
    assert len({event.id for event in function.events}) == 3


def test_one_endpoint_under_several_paths() -> None:
    """Where it is one function it has its triggers once."""
    app, run = FastAPI(), marked(CRON)
    app.get("/jobs")(run)
    app.get("/old/jobs")(run)
    catalogue = build(app)

    assert events(catalogue) == {"jobs::run": ["jobs::run::cron"]}
    assert not any("Triggers" in text for text in catalogue.warnings)


def test_one_endpoint_in_several_functions() -> None:
    """The first function gets the triggers, and a warning names the others."""
    app, run = FastAPI(), expose(triggers=[CRON])(lambda: None)

    @wraps(run)
    def wrapped() -> None: ...

    app.api_route("/jobs", methods=["GET", "POST"], name="run", tags=["a"])(run)
    app.get("/more", name="more", tags=["b"])(wrapped)
    catalogue = build(app)
    first, *others = [one.id for one in catalogue.functions if not one.internal]

    assert list(events(catalogue)) == [first]
    assert [text for text in catalogue.warnings if text.startswith(f"Triggers of {first}")] == [
        f"Triggers of {first}: they run it, and not {', '.join(others)}, which has the same "
        "endpoint. Another endpoint can have triggers of its own."
    ]


def test_methods_of_several_objects() -> None:
    """Each object has the triggers of its method, in whatever the method is wrapped."""

    class Jobs:
        @expose(triggers=[CRON])
        def run(self) -> None: ...

        @classmethod
        @expose(triggers=[CRON])
        def check(cls) -> None: ...

    class Others(Jobs): ...

    app, one, two = FastAPI(), Jobs(), Others()
    endpoints: dict[str, Callable[[], None]] = {
        "one": one.run,
        "two": wraps(two.run)(partial(two.run)),
        "jobs": Jobs.check,
        "others": two.check,
    }
    for name, endpoint in endpoints.items():
        app.get(f"/{name}", tags=[name])(endpoint)
    app.get("/again", tags=["again"])(one.run)
    catalogue = build(app)

    assert list(events(catalogue)) == ["one::run", "two::run", "jobs::check", "others::check"]
    assert [text for text in catalogue.warnings if text.startswith("Triggers of")] == [
        "Triggers of one::run: they run it, and not again::run, which has the same endpoint. "
        "Another endpoint can have triggers of its own."
    ]


def test_mounted_objects() -> None:
    """So has each mounted app of a class whose calls are marked."""

    class Plain:
        @expose(triggers=[CRON])
        async def __call__(self, scope: Any, receive: Any, send: Any) -> None: ...

    app, twice = FastAPI(openapi_url=None), Plain()
    for path, one in {"/a": Plain(), "/b": twice, "/c": twice}.items():
        app.mount(path, one)

    assert list(events(build(app))) == ["a::app", "b::app"]


def test_two_endpoints_with_one_mark() -> None:
    """What `expose` returns can be put on several endpoints: each has the triggers."""
    app, daily = FastAPI(), expose(triggers=[CRON])

    @app.get("/a", tags=["t"])
    @daily
    def first() -> None: ...

    @app.get("/b", tags=["t"])
    @daily
    def second() -> None: ...

    assert list(events(build(app))) == ["t::first", "t::second"]


def test_one_function_behind_two_endpoints() -> None:
    """Endpoints that wrap one function have each their own triggers, if each is marked."""
    app = FastAPI()

    def job() -> None: ...

    for name in ("daily", "weekly"):

        @wraps(job)
        def wrapped() -> None: ...

        trigger = Trigger("cron", {"expression": f"@{name}"})
        app.post(f"/{name}")(expose(f"jobs::{name}", triggers=[trigger])(wrapped))
    catalogue = build(app)

    assert events(catalogue) == {
        "jobs::daily": ["jobs::daily::cron"],
        "jobs::weekly": ["jobs::weekly::cron"],
    }
    assert not any("Triggers" in text for text in catalogue.warnings)


def test_partials_share_their_triggers() -> None:
    """Partials of a marked function are one endpoint in several functions."""
    app, run = FastAPI(), expose(triggers=[CRON])(lambda kind: None)
    app.post("/big", tags=["a"], name="big")(partial(run, kind="big"))
    app.post("/small", tags=["b"], name="small")(partial(run, kind="small"))

    assert events(build(app)) == {"a::big": ["a::big::cron"]}


def test_a_type_without_letters() -> None:
    """Its function still has a name."""
    app = FastAPI()
    app.get("/jobs")(marked(Trigger("日本")))

    assert events(build(app)) == {"jobs::run": ["jobs::run::trigger"]}


def test_what_is_left_out_has_no_triggers() -> None:
    """An endpoint that is not exposed is run by nothing of iii."""
    app = FastAPI()
    app.get("/jobs")(expose(enabled=False, triggers=[CRON])(lambda: None))
    app.get("/others")(marked(CRON))

    assert events(build(app)) == {"jobs::run": ["jobs::run::cron"]}
    without = build(app, exclude=("/others",))
    assert events(without) == {}
    assert [text for text in without.warnings if text.startswith("Triggers")] == [
        f"Triggers of {path} (cron): they run nothing, as it is not offered."
        for path in ("/jobs", "/others")
    ]


def test_starlette() -> None:
    """Endpoints of Starlette have triggers, too: classes, and objects that cannot be hashed."""

    @expose(triggers=[CRON])
    class Page(HTTPEndpoint):
        def get(self, request: Any) -> None: ...

        def post(self, request: Any) -> None: ...

    class Callable:
        __hash__ = None  # type: ignore[assignment]

        async def __call__(self, scope: Any, receive: Any, send: Any) -> None: ...

    class Other(Page): ...

    app = Starlette(routes=[Route("/pages", Page), Route("/others", Other)])
    assert list(events(build(app))) == ["pages::page_get", "others::other_get"]
    endpoint = expose("jobs::run", triggers=[CRON])(Callable())
    app = Starlette(routes=[Route("/odd", endpoint, methods=["GET"])])
    assert list(events(build(app))) == ["jobs::run"]
