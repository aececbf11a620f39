"""One invocation, from its message to its answer."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from anyio import from_thread
from fastapi import FastAPI, Request
from msgspec import UNSET, Raw
from starlette.testclient import TestClient

from iii_asgi import Trigger, expose, get_invocation
from iii_asgi.asgi.transport import ASGITransport
from iii_asgi.catalogue.build import build_catalogue
from iii_asgi.engine import Engine
from iii_asgi.errors import InvocationError
from iii_asgi.protocol.messages import InvokeFunction, encode
from iii_asgi.serving.handler import InvocationHandler
from iii_asgi.settings import Settings
from iii_asgi.worker.channels import Channels
from tests.engine.helpers import RawWorker, fetch
from tests.exchange.helpers import Nobody, http_data
from tests.serving.helpers import bridged

pytestmark = pytest.mark.anyio

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

app = FastAPI()


@app.get("/told", tags=["t"])
async def told(request: Request) -> dict[str, Any]:
    """Tell what a route knows of its call."""
    one = get_invocation(request)
    if one is None:
        return {"invocation": None}
    fields = ("id", "function_id", "trigger", "metadata", "caller_worker_id")
    return {field: getattr(one, field) for field in (*fields, "traceparent", "baggage")}


@app.get("/pay", tags=["t"])
async def pay(request: Request) -> Any:
    """Call another function."""
    invocation = get_invocation(request)
    assert invocation is not None
    return await invocation.worker.trigger("bank::pay", {"sum": 3})


@app.get("/pay-sync", tags=["t"])
def pay_sync(request: Request) -> Any:
    """Call another function from a sync route."""
    invocation = get_invocation(request)
    assert invocation is not None
    return from_thread.run(invocation.worker.trigger, "bank::pay", {"sum": 3})


@app.get("/client", tags=["t"])
async def client(request: Request) -> Any:
    """Tell who the client is, as far as the scope says."""
    return [request.url.scheme, request.client]


@app.post("/echo", tags=["t"])
async def echo(request: Request) -> Any:
    """Give the body back."""
    return await request.json()


def make(**options: Any) -> InvocationHandler:
    """Return a handler that serves the app without an engine."""
    catalogue = build_catalogue(app, settings=Settings())
    channels = Channels("ws://127.0.0.1:9")
    return InvocationHandler(catalogue.functions, ASGITransport(app), channels, Nobody(), **options)


def call(function_id: str, data: Any = None, **fields: Any) -> InvokeFunction:
    """Return the message of a call."""
    raw = data if isinstance(data, Raw) else Raw(encode(data))
    return InvokeFunction(function_id=function_id, data=raw, **fields)


@pytest.fixture
async def caller(engine: Engine, worker: RawWorker) -> AsyncIterator[RawWorker]:
    """A worker that calls the app's functions, and offers one."""

    async def answering(worker: RawWorker, call: Any) -> None:
        trace = {key: call.get(key) for key in ("traceparent", "baggage")}
        await worker.answer(call, result={"sum": call["data"]["sum"]} | trace)

    await worker.offer("bank::pay", answering)
    async with bridged(engine, app):
        yield worker


async def test_direct() -> None:
    """A route knows of a direct call: its id, its metadata, who called."""
    message = call(
        "t::told",
        {"_caller_worker_id": "w1"},
        invocation_id="i1",
        metadata={"a": 1},
        traceparent=TRACE,
        baggage="b=1",
    )
    told = await make()(message)

    assert bytes(told) == encode(
        {
            "id": "i1",
            "function_id": "t::told",
            "trigger": None,
            "metadata": {"a": 1},
            "caller_worker_id": "w1",
            "traceparent": TRACE,
            "baggage": "b=1",
        }
    )


async def test_void() -> None:
    """A void call without anything else has nothing to know."""
    told = bytes(await make()(call("t::told", invocation_id=UNSET)))

    assert told == encode(
        {
            "id": None,
            "function_id": "t::told",
            "trigger": None,
            "metadata": None,
            "caller_worker_id": None,
            "traceparent": None,
            "baggage": None,
        }
    )


async def test_http() -> None:
    """A route knows when an HTTP trigger fired."""
    result = await make()(call("t::told", http_data("/told"), invocation_id="i1"))

    assert '"trigger":"http"' in result.body


async def test_trace_of_client() -> None:
    """The trace is the engine's; where that sends none, the HTTP client's."""
    headers = {"traceparent": TRACE, "baggage": "client=1"}
    data = http_data("/told", headers=headers)
    result = await make()(call("t::told", data, invocation_id="i1"))
    theirs = json.loads(result.body)
    result = await make()(call("t::told", data, traceparent=TRACE[:-1] + "0", baggage="engine=1"))
    ours = json.loads(result.body)

    assert (theirs["traceparent"], theirs["baggage"]) == (TRACE, "client=1")
    assert (ours["traceparent"], ours["baggage"]) == (TRACE[:-1] + "0", "engine=1")


async def test_unknown_function() -> None:
    """A function that is not there is an error to its caller."""
    with pytest.raises(InvocationError, match="function_not_found: this worker has no t::none"):
        await make()(call("t::none"))


@pytest.mark.parametrize(
    "data",
    [
        {"trigger": {"type": "http"}},
        {"trigger": {"type": "http"}, "method": "GET", "path": "/told"},
        {"trigger": {"type": "cron"}, "job_id": "1"},
        {"trigger": "http"},
    ],
    ids=str,
)
async def test_looks_like_http(data: dict[str, Any]) -> None:
    """What is not quite the payload of an HTTP trigger is arguments."""
    assert json.loads(bytes(await make()(call("t::echo", data)))) == data


@pytest.mark.parametrize("text", [b"[" * 100_000, b"[" * 100_000 + b"]" * 100_000, b"\xff", b"{"])
async def test_unreadable(text: bytes) -> None:
    """Data that cannot be read, since it is nested too deeply, say, is an error in words."""
    with pytest.raises(InvocationError, match=r"BAD_REQUEST: .* no readable JSON"):
        await make()(call("t::told", Raw(text)))


async def test_prefix() -> None:
    """Triggers have the prefix that the app does not see."""
    handler = InvocationHandler(
        build_catalogue(app, settings=Settings(prefix="/shop")).functions,
        ASGITransport(app, root_path="/shop"),
        Channels("ws://127.0.0.1:9"),
        Nobody(),
        prefix="/shop",
    )
    result = await handler(call("t::told", http_data("/shop/told")))

    assert result.status_code == 200


PROXIED = {"host": "shop", "x-forwarded-proto": "https", "x-forwarded-for": "203.0.113.7:4711"}


@pytest.mark.parametrize(
    ("proxy_headers", "told"),
    [(False, ["http", None]), (True, ["https", ["203.0.113.7", 4711]])],
)
async def test_proxy_headers(proxy_headers: bool, told: list[Any]) -> None:
    """What proxies say of the client is believed only when the settings say so."""
    handler = make(proxy_headers=proxy_headers)
    result = await handler(call("t::client", http_data("/client", headers=PROXIED)))

    assert json.loads(result.body) == told


async def test_proxy_headers_of_a_direct_call() -> None:
    """No proxy stands before a direct call, so what it says of itself is never believed."""
    handler = make(proxy_headers=True)
    result = await handler(call("t::client", {"$http": {"headers": PROXIED}}))

    assert json.loads(bytes(result["body"])) == ["http", None]


# -- calling others ----------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/pay", "/pay-sync"])
async def test_calling(path: str, engine: Engine, caller: RawWorker) -> None:
    """A route, a sync one too, calls any other function, and the trace is carried on."""
    headers = (f"traceparent: {TRACE}", "baggage: a=1")
    paid = (await fetch(engine, path, headers=headers)).json

    assert paid["sum"] == 3
    assert paid["traceparent"].split("-")[1] == TRACE.split("-")[1]
    assert "a=1" in paid["baggage"]


async def test_calling_from_a_call(caller: RawWorker) -> None:
    """So it does when it was itself called directly."""
    paid = await caller.result("t::pay", {}, traceparent=TRACE)

    assert paid["traceparent"].split("-")[1] == TRACE.split("-")[1]


async def test_no_mixing(caller: RawWorker) -> None:
    """Calls that run at the same time keep their traces apart."""
    traces = [TRACE.replace("0af7", f"{number:04x}") for number in range(1, 31)]
    paid = await asyncio.gather(
        *(caller.result("t::pay", {}, traceparent=trace) for trace in traces)
    )

    assert [one["traceparent"][:40] for one in paid] == [trace[:40] for trace in traces]


def test_no_invocation() -> None:
    """Under a test client, as under a server, there is no invocation."""
    assert TestClient(app).get("/told").json() == {"invocation": None}


async def test_no_invocation_under_httpx() -> None:
    """Nor is there one in a plain transport."""
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://test"
    ) as client:
        assert (await client.get("/told")).json() == {"invocation": None}


# -- the log -----------------------------------------------------------------------------


async def test_access_log(caplog: pytest.LogCaptureFixture) -> None:
    """Each invocation is a line: what was asked, and what came of it."""
    caplog.set_level(logging.INFO, "iii_asgi.access")
    handler = make()
    await handler(call("t::told", http_data("/told")))
    await handler(call("t::told", {}))
    with pytest.raises(InvocationError):
        await handler(call("t::told", http_data("/other")))
    await handler(call("t::told", http_data("/told", path_params={})))

    lines = [record.getMessage().rpartition("   ")[0] for record in caplog.records]
    assert lines == [
        "http  GET /told   t::told   200",
        "call     t::told   200",
        "http  'GET' '/other'   t::told   BAD_REQUEST",
        "http  GET /told   t::told   200",
    ]


async def test_no_access_log(caplog: pytest.LogCaptureFixture) -> None:
    """It can be switched off."""
    caplog.set_level(logging.INFO)
    await make(access_log=False)(call("t::told", {}))

    assert "iii_asgi.access" not in [record.name for record in caplog.records]


# -- events --------------------------------------------------------------------------------

jobs = FastAPI()


def first_name(event: Any) -> dict[str, Any]:
    """Make arguments of a message; it may have no name."""
    return {"name": event["names"][0]}


@jobs.get("/greet/{name}")
@expose(
    "jobs::greet",
    triggers=[
        Trigger("durable:subscriber", {"topic": "a"}, first_name),
        Trigger("durable:subscriber", {"topic": "b"}),
        Trigger("cron", {"expression": "@daily"}, {"name": "Ada"}),
    ],
)
async def greet(name: str, request: Request) -> Any:
    """Tell who is greeted, and why."""
    invocation = get_invocation(request)
    return [name, invocation and invocation.trigger, invocation and invocation.function_id]


@jobs.get("/lenient/{name}")
@expose(
    "jobs::lenient",
    errors="return",
    triggers=[Trigger("durable:subscriber", {"topic": "a"}, first_name)],
)
async def lenient(name: str) -> None:
    """Do nothing."""


def make_jobs(**options: Any) -> InvocationHandler:
    """Return the handler of the app with triggers."""
    catalogue = build_catalogue(jobs, settings=Settings())
    channels = Channels("ws://127.0.0.1:9")
    return InvocationHandler(
        catalogue.functions, ASGITransport(jobs), channels, Nobody(), **options
    )


@pytest.mark.parametrize(
    ("function_id", "data", "told"),
    [
        ("jobs::greet", {"name": "Bob"}, ["Bob", None]),
        ("jobs::greet::cron", {"trigger": "cron"}, ["Ada", "cron"]),
        ("jobs::greet::durable_subscriber", {"names": ["Cleo"]}, ["Cleo", "durable:subscriber"]),
        ("jobs::greet::durable_subscriber_2", {"name": "Dan"}, ["Dan", "durable:subscriber"]),
    ],
)
async def test_event(function_id: str, data: Any, told: list[Any]) -> None:
    """A trigger that fires is a direct call of its route, which knows what fired."""
    data = data | {"_caller_worker_id": "w1"}

    assert json.loads(bytes(await make_jobs()(call(function_id, data)))) == [
        *told,
        "jobs::greet",
    ]


async def test_event_without_its_arguments() -> None:
    """What the route cannot take is an error, as in any direct call: a queue tries again."""
    with pytest.raises(InvocationError, match=r"BAD_REQUEST: .*name"):
        await make_jobs()(call("jobs::greet::durable_subscriber_2", {"id": 7}))


async def test_arguments_that_cannot_be_made(caplog: pytest.LogCaptureFixture) -> None:
    """The mistake is in the log, and not in the answer; it is a value where errors are values."""
    message = call("jobs::greet::durable_subscriber", {"secret": "s3cret"})
    with pytest.raises(InvocationError) as raised:
        await make_jobs()(message)
    returned = await make_jobs()(call("jobs::lenient::durable_subscriber", {}))

    assert str(raised.value) == "INTERNAL_ERROR: Internal Server Error"
    assert "KeyError: 'names'" in caplog.text
    assert returned["error"]["code"] == "INTERNAL_ERROR"


async def test_event_that_fails() -> None:
    """It is an error even where direct callers get values: a queue tries again only those."""
    handler = make_jobs(errors="return")
    called = await handler(call("jobs::greet", {"id": 7}))
    with pytest.raises(InvocationError, match=r"BAD_REQUEST: .*name"):
        await handler(call("jobs::greet::durable_subscriber_2", {"id": 7}))

    assert called["success"] is False


async def test_access_log_of_events(caplog: pytest.LogCaptureFixture) -> None:
    """The line of an event names its type and its route."""
    caplog.set_level(logging.INFO, "iii_asgi.access")
    await make_jobs()(call("jobs::greet::cron", {}))
    await make_jobs(access_log=False)(call("jobs::greet::cron", {}))

    assert [record.getMessage().rpartition("   ")[0] for record in caplog.records] == [
        "fire  cron   jobs::greet   200"
    ]
