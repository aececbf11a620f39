"""One connection to the engine: frames in, calls served, calls made."""

from __future__ import annotations

import asyncio
import logging
import uuid
from typing import Any

import pytest
from msgspec import Raw

from iii_asgi.errors import (
    ConnectionLostError,
    EngineRefusedError,
    InvocationError,
    InvocationTimeoutError,
)
from iii_asgi.invocation import Invocation, current_invocation
from iii_asgi.protocol import messages as m
from iii_asgi.worker import engine_socket
from iii_asgi.worker import link as link_module
from iii_asgi.worker.connection import connect
from iii_asgi.worker.link import Handler, Link
from tests.exchange.helpers import Nobody
from tests.patience import WITHIN
from tests.worker.helpers import Peer, linked, nothing, open_place, soon

pytestmark = pytest.mark.anyio

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def answering(result: Any) -> Handler:
    """Return a handler that gives this result, or raises it."""

    async def handler(message: m.InvokeFunction) -> Any:
        if isinstance(result, BaseException):
            raise result
        return result

    return handler


async def echo(message: m.InvokeFunction) -> Any:
    """Give back what came."""
    return message.data


# -- serving ---------------------------------------------------------------------------


@pytest.mark.parametrize("result", [{"a": 1}, [1], "text", 0, None])
async def test_result(result: Any) -> None:
    """What the handler returns is the answer."""
    async with linked(answering(result)) as (_, peer):
        call = await peer.invoke()
        answer = await peer.one("invocationresult")

    assert answer == {
        "type": "invocationresult",
        "invocation_id": call,
        "function_id": "f",
        "result": result,
    }


@pytest.mark.parametrize(
    "spelling",
    [
        '{"type":"invokefunction","function_id":"f","data":1,"invocation_id":"ID"}',
        '{ "type": "invokefunction", "function_id": "f", "data": 1, "invocation_id": "ID" }',
        '{"function_id":"f","data":1,"invocation_id":"ID","type":"invokefunction"}',
        ['{"type":"invoke', 'function","function_id":"f","data":1,', '"invocation_id":"ID"}'],
    ],
)
async def test_any_spelling(spelling: str | list[str]) -> None:
    """An invocation may come in any spelling, and in fragments."""
    call = str(uuid.uuid4())
    async with linked(echo) as (_, peer):
        if isinstance(spelling, str):
            await peer.socket.send(spelling.replace("ID", call))
        else:
            await peer.socket.send([text.replace("ID", call) for text in spelling])
        answer = await peer.one("invocationresult")

    assert (answer["invocation_id"], answer["result"]) == (call, 1)


async def test_side_by_side() -> None:
    """A slow call holds no other one up."""
    release = asyncio.Event()

    async def handler(message: m.InvokeFunction) -> str:
        if message.function_id == "slow":
            await release.wait()
        return message.function_id

    async with linked(handler) as (_, peer):
        await peer.invoke("slow")
        await peer.invoke("quick")
        await peer.one("invocationresult", function_id="quick")
        assert not peer.received("invocationresult", function_id="slow")
        release.set()
        await peer.one("invocationresult", function_id="slow")


@pytest.mark.parametrize(
    "failure",
    [
        RuntimeError("the password is swordfish"),
        {"a function": print},
        "lone surrogate \ud800",
    ],
)
async def test_failure(failure: Any, caplog: pytest.LogCaptureFixture) -> None:
    """A failure is answered once, in words that tell nothing; the log has the traceback."""
    async with linked(answering(failure)) as (_, peer):
        call = await peer.invoke()
        await peer.one("invocationresult", invocation_id=call)
        await peer.settle()

    (answer,) = peer.received("invocationresult")
    assert answer["error"] == {"code": "INTERNAL_ERROR", "message": "Internal Server Error"}
    assert "result" not in answer
    assert "f" in caplog.text
    assert caplog.records[0].exc_info


async def test_too_deep() -> None:
    """A result that is nested too deeply to be written is answered with an error."""
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]

    async with linked(answering(deep)) as (_, peer):
        await peer.invoke()
        answer = await peer.one("invocationresult")

    while deep:  # its own destruction would be as deep
        deep = deep.pop()
    assert answer["error"]["code"] == "INTERNAL_ERROR"


async def test_error_answer() -> None:
    """An error that the handler means is the answer, as it is."""
    async with linked(answering(InvocationError("NOT_FOUND", "no such order"))) as (_, peer):
        await peer.invoke()
        answer = await peer.one("invocationresult")

    assert answer["error"] == {"code": "NOT_FOUND", "message": "no such order"}


@pytest.mark.parametrize("result", ["value", RuntimeError("oh"), InvocationError("X", "y"), print])
@pytest.mark.parametrize("void", [{"invocation_id": None}, {"action": {"type": "void"}}])
async def test_void(result: Any, void: dict[str, Any]) -> None:
    """A void call is served and never answered, whatever comes of it."""
    served = asyncio.Event()
    handler = answering(result)

    async def noting(message: m.InvokeFunction) -> Any:
        served.set()
        return await handler(message)

    async with linked(noting, resend=True) as (_, peer):
        await peer.invoke(**void)
        await served.wait()
        await peer.settle()

    assert not peer.received("invocationresult")


async def test_early_answer_twice() -> None:
    """A quick answer is sent once more: the first can overtake the filing of the call."""
    async with linked(answering(1), resend=True) as (_, peer):
        await peer.invoke()
        await soon(lambda: len(peer.received("invocationresult")) == 2)
        await asyncio.sleep(0.05)

    first, second = peer.received("invocationresult")
    assert first == second


async def test_late_answer_once() -> None:
    """An answer that took its time is sent once."""

    async def handler(message: m.InvokeFunction) -> None:
        await asyncio.sleep(0.01)

    async with linked(handler, resend=True) as (_, peer):
        await peer.invoke()
        await peer.one("invocationresult")
        await asyncio.sleep(0.05)

    assert len(peer.received("invocationresult")) == 1


async def test_no_resend() -> None:
    """With `resend=False` every answer is sent once."""
    async with linked(answering(1), resend=False) as (_, peer):
        await peer.invoke()
        await peer.one("invocationresult")
        await asyncio.sleep(0.05)

    assert len(peer.received("invocationresult")) == 1


async def test_large_result() -> None:
    """A result of many MB arrives whole: in fragments, since a large frame resets an engine."""
    text = "x" * (5 * 2**20)
    async with linked(answering(text)) as (_, peer):
        await peer.invoke()
        answer = await peer.one("invocationresult")

    assert answer["result"] == text


async def test_fragments(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other messages wait for the end of one in fragments, and then all arrive."""
    monkeypatch.setattr(engine_socket, "FRAGMENT", 1000)
    async with linked(echo) as (link, peer):
        calls = [await peer.invoke(data="x" * 100 * (number % 30)) for number in range(100)]
        await asyncio.gather(*(link.call("engine::x", ["y" * 5000]) for _ in range(5)))
        for call in calls:
            await peer.one("invocationresult", invocation_id=call)


async def test_result_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """A result that no message can carry is an error, and the connection lives on."""
    monkeypatch.setattr(link_module, "LONGEST", 10_000)
    async with linked(echo) as (_, peer):
        large = await peer.invoke(data="x" * 10_000)
        small = await peer.invoke(data="x")
        refused = await peer.one("invocationresult", invocation_id=large)
        await peer.one("invocationresult", invocation_id=small)

    assert refused["error"]["code"] == "RESULT_TOO_LARGE"


# -- frames that are wrong ---------------------------------------------------------------


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "no json",
        "[]",
        '"text"',
        '{"type": 1}',
        "{}",
        b"\xff\xfe",
        '{"type":"invokefunction"}',
        '{"type":"invokefunction","function_id":7}',
        '{"type":"invocationresult","invocation_id":"' + str(uuid.UUID(int=7)) + '"}',
        '{"type":"registerfunction","id":"not::for::workers"}',
        '{"type":"workerregistered","worker_id":"a second greeting"}',
        '{"type":"invokefunction","function_id":"f","metadata":' + "[" * 200_000,
        '{"type":"invokefunction","function_id":"f","metadata":'
        + "[" * 200_000
        + "]" * 200_000
        + "}",
    ],
    ids=lambda frame: repr(frame[:60]),
)
async def test_garbage(frame: str | bytes, caplog: pytest.LogCaptureFixture) -> None:
    """A frame that is not understood is logged and dropped; the connection lives on."""
    async with linked(answering(1)) as (_, peer):
        await peer.socket.send(frame)
        call = await peer.invoke()
        await peer.one("invocationresult", invocation_id=call)

    assert "not understood" in caplog.text


async def test_same_call_twice(caplog: pytest.LogCaptureFixture) -> None:
    """A call that comes again under the same id is served once."""
    release = asyncio.Event()
    served: list[m.InvokeFunction] = []

    async def handler(message: m.InvokeFunction) -> None:
        served.append(message)
        await release.wait()

    async with linked(handler) as (_, peer):
        call = await peer.invoke()
        await peer.invoke(invocation_id=call)
        await peer.settle()
        release.set()
        await peer.one("invocationresult", invocation_id=call)

    assert len(served) == 1
    assert "came twice" in caplog.text


async def test_unknown_type(caplog: pytest.LogCaptureFixture) -> None:
    """An unknown type is ignored, with one log line a type."""
    kinds = [f"made-up-{uuid.uuid4()}", f"made-up-{uuid.uuid4()}"]
    async with linked() as (_, peer):
        for kind in kinds * 3:
            await peer.send(kind, answer=42)
        await peer.settle()

    for kind in kinds:
        assert [kind in record.getMessage() for record in caplog.records].count(True) == 1


async def test_answer_to_nobody(caplog: pytest.LogCaptureFixture) -> None:
    """An answer to a call that was never made is ignored."""
    stray = {"invocation_id": str(uuid.uuid4()), "function_id": "f"}
    async with linked() as (_, peer):
        await peer.answer(stray, 1)
        await peer.settle()

    assert not caplog.records


async def test_late_greeting() -> None:
    """A greeting that comes when nobody waits for it any more is no matter."""

    async def script(peer: Peer) -> None:
        await peer.socket.recv()
        await peer.welcome()

    async with open_place(script) as place:
        link = Link(await connect(place.url), answering(1), lambda _: None, resend=False)
        receiving = asyncio.create_task(link.receive())
        link.greeting.cancel()
        await link.send(m.RegisterFunction(id="f"))
        await (await place.peer()).invoke()
        await (await place.peer()).one("invocationresult")
        await link.finish()
        await asyncio.gather(receiving, return_exceptions=True)


async def test_refusal() -> None:
    """What is made of an event can end the connection, as a refused name does."""

    def refuse(message: m.Message) -> None:
        assert isinstance(message, m.RegistrationRejected)
        raise EngineRefusedError(message.code, "no")

    async with linked(on_event=refuse) as (link, peer):
        await peer.send("registrationrejected", code="WORKER_NAMESPACE_CONFLICT")
        with pytest.raises(ConnectionLostError):
            await link.call("f")
        with pytest.raises(ConnectionLostError):
            await link.send(m.RegisterFunction(id="f"))


# -- calling -----------------------------------------------------------------------------


async def test_call() -> None:
    """A call gives the result of its function, and says what was asked for on the wire."""
    async with linked() as (link, peer):
        calling = asyncio.create_task(
            link.call("pay", {"sum": 3}, namespace="bank", action={"type": "x"})
        )
        call = await peer.one("invokefunction", function_id="pay")
        await peer.answer(call, {"paid": True})

        assert await calling == {"paid": True}

    fields = ("data", "namespace", "action")
    assert [call[field] for field in fields] == [{"sum": 3}, "bank", {"type": "x"}]


async def test_null_result() -> None:
    """The engine leaves a null result out."""
    async with linked() as (link, peer):
        calling = asyncio.create_task(link.call("f"))
        await peer.answer(await peer.one("invokefunction"))

        assert await calling is None


async def test_error_of_a_call() -> None:
    """An error answer is raised, with the code and the words of the function."""
    async with linked() as (link, peer):
        calling = asyncio.create_task(link.call("f"))
        call = await peer.one("invokefunction")
        await peer.send(
            "invocationresult",
            invocation_id=call["invocation_id"],
            function_id="f",
            error={"code": "NO", "message": "not today"},
        )
        with pytest.raises(InvocationError) as caught:
            await calling

    assert (caught.value.code, caught.value.message, caught.value.function_id) == (
        "NO",
        "not today",
        "f",
    )


async def test_void_call() -> None:
    """A void call waits for nothing."""
    async with linked() as (link, peer):
        assert await link.call("f", action={"type": "void"}) is None
        assert "invocation_id" not in await peer.one("invokefunction", function_id="f")


async def test_timeout() -> None:
    """A call that is not answered in time says so; an answer that comes later is ignored."""
    async with linked() as (link, peer):
        with pytest.raises(InvocationTimeoutError, match=r"no answer within 0\.01 s"):
            await link.call("f", timeout=0.01)
        await peer.answer(await peer.one("invokefunction"), 1)
        await peer.settle()


async def test_call_is_no_json() -> None:
    """Data that is no JSON is the caller's mistake, and is told as such."""
    async with linked() as (link, _):
        with pytest.raises(TypeError):
            await link.call("f", print)


async def test_payload_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Data that would reset the connection is refused, and nothing of it is sent."""
    monkeypatch.setattr(link_module, "LONGEST", 1000)
    async with linked() as (link, peer):
        for action in (None, {"type": "void"}):
            with pytest.raises(InvocationError, match="PAYLOAD_TOO_LARGE"):
                await link.call("f", "x" * 1000, action=action)
        await peer.settle()

    assert not peer.received("invokefunction")


async def test_cancelled_in_the_middle(monkeypatch: pytest.MonkeyPatch) -> None:
    """Giving up a large call leaves no half message: the connection serves on."""
    monkeypatch.setattr(engine_socket, "FRAGMENT", 2**18)
    async with linked(echo) as (link, peer):
        peer.socket.transport.pause_reading()
        calling = asyncio.create_task(link.call("f", "x" * 2**25))
        await asyncio.sleep(0.05)
        calling.cancel()
        await asyncio.gather(calling, return_exceptions=True)
        peer.socket.transport.resume_reading()
        call = await peer.invoke()
        await peer.one("invocationresult", invocation_id=call)
        await peer.one("invokefunction", function_id="f")


async def test_trace() -> None:
    """A call made while one is served carries the trace on."""
    served = Invocation(
        id=None,
        function_id="f",
        trigger=None,
        metadata=None,
        caller_worker_id=None,
        traceparent=TRACE,
        baggage="a=1",
        worker=Nobody(),
    )
    async with linked() as (link, peer):
        current_invocation.set(served)
        await link.call("traced", action={"type": "void"})
        current_invocation.set(None)
        await link.call("plain", action={"type": "void"})
        traced = await peer.one("invokefunction", function_id="traced")
        plain = await peer.one("invokefunction", function_id="plain")

    assert (traced["traceparent"], traced["baggage"]) == (TRACE, "a=1")
    assert not {"traceparent", "baggage"} & plain.keys()


async def test_raw_data() -> None:
    """JSON text passes as it is."""
    async with linked() as (link, peer):
        await link.call("f", Raw(b'{"a":[1]}'), action={"type": "void"})

        assert (await peer.one("invokefunction"))["data"] == {"a": [1]}


# -- the end -----------------------------------------------------------------------------


async def test_lost_calls() -> None:
    """When the connection drops, calls that wait fail at once, and later ones too."""
    async with linked() as (link, peer):
        calling = asyncio.create_task(link.call("f"))
        await peer.one("invokefunction")
        peer.drop()
        with pytest.raises(ConnectionLostError, match="went away during the call"):
            await calling
        with pytest.raises(ConnectionLostError, match="is gone"):
            await link.call("f")


async def test_lost_large_call() -> None:
    """So does one that is still being sent."""
    async with linked() as (link, peer):
        peer.socket.transport.pause_reading()
        calling = asyncio.create_task(link.call("f", "x" * 2**25))
        await asyncio.sleep(0.05)
        peer.drop()
        with pytest.raises(ConnectionLostError):
            await calling


async def test_lost_work() -> None:
    """What was being served then is told, and its result is dropped."""
    told: list[str] = []

    async def handler(message: m.InvokeFunction) -> str:
        try:
            await asyncio.sleep(10)
        except asyncio.CancelledError:
            told.append(message.function_id)
        return "nobody wants this"

    async with linked(handler, resend=True) as (link, peer):
        await peer.invoke()
        await soon(lambda: bool(link.invocations))
        peer.drop()
        await soon(lambda: not link.invocations)

    assert told == ["f"]
    assert not peer.received("invocationresult")


async def test_drain() -> None:
    """Draining waits for what runs."""
    release = asyncio.Event()

    async def handler(message: m.InvokeFunction) -> None:
        await release.wait()

    async with linked(handler) as (link, peer):
        await peer.invoke()
        await soon(lambda: bool(link.invocations))
        draining = asyncio.create_task(link.drain())
        await asyncio.sleep(0.02)
        assert not draining.done()
        release.set()
        await draining
        await peer.one("invocationresult")


async def test_finish() -> None:
    """At the end all that runs is answered with an error, and quick answers go once more."""

    async def handler(message: m.InvokeFunction) -> None:
        if message.function_id == "slow":
            await asyncio.sleep(10)

    async with linked(handler, resend=True) as (link, peer):
        await peer.invoke("quick")
        await peer.invoke("slow")
        await peer.settle()
        await link.finish()
        await peer.socket.wait_closed()

    stopped = peer.received("invocationresult", function_id="slow")
    assert {one["error"]["code"] for one in stopped} == {"invocation_stopped"}
    assert len(peer.received("invocationresult", function_id="quick")) == 2


async def test_finish_at_once() -> None:
    """A call that came in the same moment is answered, too."""
    link_of: list[Any] = []

    async def handler(message: m.InvokeFunction) -> None:
        await asyncio.sleep(10)

    def finish(message: m.Message) -> None:
        link_of.append(asyncio.ensure_future(link.finish()))

    async with linked(handler, finish) as (link, peer):
        # Read in one go: the end begins before the call's task does.
        frames = (
            '{"type":"registrationrejected","code":"X"}',
            '{"type":"invokefunction","function_id":"f","invocation_id":"1"}',
        )
        for frame in frames:
            peer.socket.protocol.send_text(frame.encode())
        peer.socket.send_data()
        answer = await peer.one("invocationresult")
        await asyncio.gather(*link_of)

    assert answer["error"]["code"] == "invocation_stopped"


async def test_quiet(caplog: pytest.LogCaptureFixture) -> None:
    """An ordinary life leaves nothing in the log."""
    caplog.set_level(logging.INFO, "iii_asgi")
    async with linked(answering(1), resend=True) as (link, peer):
        await peer.invoke()
        await link.call("engine::x", {})

    assert not [one for one in caplog.records if one.name.startswith("iii_asgi")]


async def test_void_calls_wait_for_the_engine() -> None:
    """Whoever makes calls in a loop goes at the pace of the engine, and fills no memory."""
    async with linked(nothing) as (link, peer):
        peer.socket.transport.pause_reading()
        made = 0

        async def call_on() -> None:
            nonlocal made
            while True:
                await link.call("f", "x" * 10_000, action={"type": "void"})
                made += 1

        calling = asyncio.create_task(call_on())
        before = -1
        async with asyncio.timeout(WITHIN):
            while made != before:  # the loop turns, and the calling comes to a stop
                before = made
                await asyncio.sleep(0.1)

        assert 0 < made < 5_000
        calling.cancel()
