"""Schedules, queues and state run the routes of our app; a worker of an SDK sets them going."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Annotated, Any

import pytest
from fastapi import Body, FastAPI, HTTPException, Request

from iii_asgi import Bridge, Trigger, expose, get_invocation
from iii_asgi.errors import InvocationError
from tests.peers.conftest import our_bridge
from tests.peers.driver import Peer, Place, until

pytestmark = pytest.mark.anyio

PUBLISH = "iii::durable::publish"
RETRY_SOON = {"backoffDelayMs": 50}
RETRY_LATER = {"backoffDelayMs": 700}


@dataclass
class Jobs:
    """An app whose routes have triggers.

    Attributes:
        seen: (route, type of the trigger, arguments) of each call, in order.
    """

    place: Place
    bridge: Bridge
    seen: list[tuple[str, str | None, Any]] = field(default_factory=list)

    def of(self, route: str) -> list[tuple[str, str | None, Any]]:
        """Return the calls of one route."""
        return [one for one in self.seen if one[0] == route]

    def note(self, route: str, request: Request, arguments: Any) -> int:
        """Note a call; return how many there were of that route."""
        invocation = get_invocation(request)
        self.seen.append((route, invocation.trigger if invocation else "none", arguments))
        return len(self.of(route))

    async def needs(self, kind: str) -> None:
        """Skip the test where the engine has no such triggers."""
        listed = await self.bridge.trigger("engine::triggers::list", {"include_internal": True})
        if kind not in {row["id"] for row in listed["triggers"]}:
            pytest.skip(f"this engine has no triggers of the type {kind}")

    async def needs_queues(self) -> None:
        """Skip the test where nothing takes calls with the action ``enqueue``."""
        provider = {"function_id": "engine::queue::enqueue"}
        try:
            await self.bridge.trigger("engine::functions::info", provider)
        except InvocationError:
            pytest.skip("this engine keeps no queues for calls: it needs the worker queue")


def subscriber(topic: str, arguments: Any = None, retry: Mapping[str, int] = RETRY_SOON) -> Trigger:
    """Return the trigger of a topic."""
    return Trigger("durable:subscriber", {"topic": topic, "queue_config": retry}, arguments)


@pytest.fixture
async def jobs(place: Place) -> AsyncIterator[Jobs]:
    """The app, served."""
    place = place.apart("_events")
    app = FastAPI(openapi_url=None)
    jobs = Jobs(place, our_bridge(app, place, name=f"events{place.run}"))
    tags: Any = [f"jobs{place.run}"]
    every_second = {"expression": "* * * * * *"}

    @app.post("/reports/{kind}", tags=tags)
    @expose(action="report", triggers=[Trigger("cron", every_second, {"kind": "daily", "deep": 1})])
    async def report(kind: str, request: Request, deep: bool = False) -> None:
        jobs.note("report", request, (kind, deep))

    @app.post("/ticks", tags=tags)
    @expose(action="tick", triggers=[Trigger("cron", every_second)])
    async def tick(request: Request) -> None:
        jobs.note("tick", request, None)

    @app.post("/mails", tags=tags)
    @expose(action="mail", triggers=[subscriber(f"orders{place.run}")])
    async def mail(
        request: Request, order: Annotated[int, Body()], to: Annotated[str, Body()]
    ) -> None:
        if jobs.note("mail", request, (order, to)) < 3:
            raise HTTPException(503, "the mail server is away")

    @app.post("/greetings/{name}", tags=tags)
    @expose(
        action="greet",
        triggers=[subscriber(f"greetings{place.run}", lambda user: {"name": user["names"][0]})],
    )
    async def greet(name: str, request: Request) -> None:
        jobs.note("greet", request, name)

    @app.post("/bounces", tags=tags)
    @expose(action="bounce", errors="return", triggers=[subscriber(f"bounces{place.run}")])
    async def bounce(request: Request) -> None:
        jobs.note("bounce", request, None)
        raise HTTPException(422, "no use trying again")

    @app.put("/changes", tags=tags)
    @expose(action="change", triggers=[Trigger("state", {"scope": f"users{place.run}"})])
    async def change(change: Annotated[dict[str, Any], Body()], request: Request) -> None:
        jobs.note("change", request, change)

    async with jobs.bridge.connect():
        yield jobs


async def publish(peer: Peer, jobs: Jobs, topic: str, data: Any) -> None:
    """Let the peer publish a message."""
    message = {"topic": f"{topic}{jobs.place.run}", "data": data}
    await peer.do("call", function_id=PUBLISH, payload=message)


async def test_schedule(jobs: Jobs) -> None:
    """A route runs once a second, with the arguments of its trigger, or without any."""
    await jobs.needs("cron")
    await until(lambda: len(jobs.of("report")) >= 3 and len(jobs.of("tick")) >= 3)

    assert set(jobs.of("report")) == {("report", "cron", ("daily", True))}
    assert set(jobs.of("tick")) == {("tick", "cron", None)}


async def test_schedule_is_given_back(jobs: Jobs) -> None:
    """A job that is taken over runs on at once, and never twice at a time."""
    await jobs.needs("cron")
    app = FastAPI(openapi_url=None)
    ran: list[float] = []
    every_second = Trigger("cron", {"expression": "* * * * * *"})

    @app.post("/turns", tags=[f"turns{jobs.place.run}"])
    @expose(triggers=[every_second])
    async def take_turn() -> None:
        ran.append(asyncio.get_running_loop().time())

    first = our_bridge(app, jobs.place, name=f"turn-1{jobs.place.run}")
    second = our_bridge(app, jobs.place, name=f"turn-2{jobs.place.run}")
    async with second.connect(wait=False):
        async with first.connect():
            await until(lambda: len(ran) >= 2)
        await until(lambda: len(ran) >= 5)

    pauses = [after - before for before, after in pairwise(ran)]
    assert all(0.5 < pause < 2.5 for pause in pauses), pauses


async def test_handover_of_a_queue(jobs: Jobs) -> None:
    """Of what is published all the time while one process follows another nothing is lost."""
    await jobs.needs("durable:subscriber")
    app = FastAPI(openapi_url=None)
    got: set[int] = set()

    @app.post("/letters", tags=[f"letters{jobs.place.run}"])
    @expose(triggers=[subscriber(f"letters{jobs.place.run}", retry=RETRY_LATER)])
    async def take_letter(number: Annotated[int, Body(embed=True)]) -> None:
        got.add(number)

    async def publish_all() -> None:
        for number in range(300):
            message = {"topic": f"letters{jobs.place.run}", "data": {"number": number}}
            await jobs.bridge.trigger(PUBLISH, message)
            await asyncio.sleep(0.005)

    first = our_bridge(app, jobs.place, name=f"letter-1{jobs.place.run}")
    second = our_bridge(app, jobs.place, name=f"letter-2{jobs.place.run}")
    async with AsyncExitStack() as old:
        await old.enter_async_context(first.connect())
        async with second.connect(wait=False):
            publishing = asyncio.create_task(publish_all())
            await until(lambda: len(got) > 20)
            await old.aclose()
            await publishing
            await until(lambda: len(got) == 300)


async def test_queue(jobs: Jobs, peer: Peer) -> None:
    """The data of a message are the arguments, and a route that fails is tried again."""
    await jobs.needs("durable:subscriber")
    await publish(peer, jobs, "orders", {"order": 7, "to": "ada@example.com"})
    await until(lambda: len(jobs.of("mail")) >= 3)

    expected = ("mail", "durable:subscriber", (7, "ada@example.com"))
    assert jobs.of("mail") == [expected] * 3


async def test_computed_arguments(jobs: Jobs, peer: Peer) -> None:
    """A function makes arguments of a message; the same route is called directly as ever."""
    await jobs.needs("durable:subscriber")
    await publish(peer, jobs, "greetings", {"names": ["Ada", "Countess"]})
    await until(lambda: bool(jobs.of("greet")))
    await jobs.bridge.trigger(f"jobs{jobs.place.run}::greet", {"name": "Bob"})

    assert jobs.of("greet") == [("greet", "durable:subscriber", "Ada"), ("greet", None, "Bob")]


async def test_no_retry(jobs: Jobs, peer: Peer) -> None:
    """A route whose errors are values is not tried again."""
    await jobs.needs("durable:subscriber")
    await publish(peer, jobs, "bounces", None)
    await until(lambda: bool(jobs.of("bounce")))
    await asyncio.sleep(0.5)

    assert len(jobs.of("bounce")) == 1


async def test_state(jobs: Jobs, peer: Peer) -> None:
    """A change of state is the body of the route that watches it."""
    await jobs.needs("state")
    value = {"scope": f"users{jobs.place.run}", "key": peer.name, "value": {"n": 1}}
    await peer.do("call", function_id="state::set", payload=value)
    await until(lambda: bool(jobs.of("change")))

    _, kind, change = jobs.of("change")[0]
    assert kind == "state"
    assert change["event_type"] == "state:created"
    assert (change["key"], change["new_value"]) == (peer.name, {"n": 1})


async def test_enqueued_call(jobs: Jobs, peer: Peer) -> None:
    """A call that a peer puts into a queue is made later, as a direct call."""
    function_id = f"jobs{jobs.place.run}::greet"
    await jobs.needs_queues()
    receipt = await peer.do("enqueue", function_id=function_id, payload={"name": "Cleo"})
    await until(lambda: bool(jobs.of("greet")))

    assert receipt["messageReceiptId"]
    assert jobs.of("greet") == [("greet", None, "Cleo")]


async def test_calling_out(jobs: Jobs) -> None:
    """The bridge itself sends without waiting, and puts calls into a queue."""
    function_id = f"jobs{jobs.place.run}::greet"
    nothing = await jobs.bridge.trigger(function_id, {"name": "Dan"}, action={"type": "void"})
    await until(lambda: bool(jobs.of("greet")))

    assert nothing is None
    await jobs.needs_queues()
    enqueue = {"type": "enqueue", "queue": "default"}
    receipt = await jobs.bridge.trigger(function_id, {"name": "Eve"}, action=enqueue)
    await until(lambda: len(jobs.of("greet")) == 2)

    assert receipt["messageReceiptId"]
