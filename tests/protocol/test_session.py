"""Tests of both sides of a connection, linked in memory."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET, Raw

from iii_asgi.errors import LocalProtocolError, RemoteProtocolError
from iii_asgi.protocol import messages as m
from iii_asgi.protocol.moves import sends
from iii_asgi.protocol.session import WORKER_NAME_TAKEN, Role, Session, State
from tests.protocol.pair import Pair
from tests.protocol.test_messages import EXAMPLES, UNREADABLE_FRAMES, type_name
from tests.strategies import json_values

CALLS = (m.InvokeFunction, m.InvocationResult)
NAME_TAKEN = m.RegistrationRejected(code=WORKER_NAME_TAKEN)

each_side = pytest.mark.parametrize("role", Role)


def closed() -> Session:
    """Return a session whose connection is gone."""
    session = Session(Role.WORKER)
    session.close()
    return session


def refused() -> Session:
    """Return the session of a worker whose name is taken."""
    pair = Pair()
    pair.pass_on(Role.ENGINE, NAME_TAKEN)
    return pair.worker


# -- the life of a connection ------------------------------------------------------------


def test_greeting() -> None:
    """A connection is open from the engine's greeting on, for both sides."""
    assert Pair(greeted=False).worker.state is State.OPENING
    assert Pair().worker.state is Pair().engine.state is State.OPEN


def test_worker_need_not_wait_for_the_greeting() -> None:
    """A worker may register as soon as it is connected."""
    Pair(greeted=False).pass_on(Role.WORKER, m.RegisterFunction(id="users::get"))


def test_greeting_comes_once() -> None:
    """A second greeting is an error of the engine, and is not sent by ours."""
    pair = Pair()
    greeting = m.WorkerRegistered(worker_id="w-2")
    with pytest.raises(LocalProtocolError, match="workerregistered may not be sent when open"):
        pair.engine.send(greeting)
    with pytest.raises(RemoteProtocolError, match="workerregistered is not expected when open"):
        pair.worker.receive(m.encode(greeting))


@pytest.mark.parametrize("message", EXAMPLES, ids=type_name)
@each_side
def test_who_may_send_what(role: Role, message: m.Message) -> None:
    """What a side may send arrives; what it may not is refused on both sides."""
    pair = Pair(greeted=False)
    if isinstance(message, CALLS):
        with pytest.raises(LocalProtocolError, match=r"use invoke\(\) and answer\(\)"):
            pair.side(role).send(message)
    elif type(message) in sends(role):
        pair.pass_on(role, message)
    else:
        with pytest.raises(LocalProtocolError, match="may not be sent"):
            pair.side(role).send(message)
        with pytest.raises(RemoteProtocolError, match="is not expected"):
            pair.side(role.peer).receive(m.encode(message))


def test_reattach_comes_first() -> None:
    """A worker that has registered something can no longer say that it was here before."""
    reattach = m.Reattach(previous_worker_id="w-0", reattach_token="t")
    pair = Pair()
    pair.pass_on(Role.WORKER, reattach)
    with pytest.raises(LocalProtocolError, match="reattach comes before everything else"):
        pair.worker.send(reattach)
    pair = Pair()
    pair.call(Role.WORKER, "engine::workers::register")
    with pytest.raises(LocalProtocolError, match="reattach comes before everything else"):
        pair.worker.send(reattach)


def test_reattach_after_pong() -> None:
    """An engine that pings first does not keep a worker from re-attaching."""
    pair = Pair()
    pair.pass_on(Role.ENGINE, m.Ping())
    pair.pass_on(Role.WORKER, m.Pong())
    pair.pass_on(Role.WORKER, m.Reattach(previous_worker_id="w-0", reattach_token="t"))


def test_taken_name() -> None:
    """When the worker's name is taken nothing more may be sent; the connection will close."""
    worker = refused()
    assert worker.state is State.REFUSED


def test_taken_function() -> None:
    """When a function is another worker's the connection goes on."""
    pair = Pair()
    code = "FUNCTION_NAMESPACE_CONFLICT"
    pair.pass_on(Role.ENGINE, m.RegistrationRejected(code=code, function_id="users::get"))
    assert pair.worker.state is State.OPEN


@pytest.mark.parametrize("make", [closed, refused])
def test_nothing_is_sent_when_it_is_over(make: Callable[[], Session]) -> None:
    """A connection that is gone, or about to be closed, takes nothing more."""
    session = make()
    with pytest.raises(LocalProtocolError, match="ping may not be sent"):
        session.send(m.Ping())
    with pytest.raises(LocalProtocolError, match="no calls when"):
        session.invoke("users::get")


def test_close() -> None:
    """At the end the own calls are named that get no answer; those of the peer are dropped."""
    pair = Pair()
    ours = pair.call(Role.WORKER, "payments::process")
    theirs = pair.call(Role.ENGINE, "users::get")
    assert pair.worker.close() == [ours]
    assert not pair.worker.owes(theirs)
    with pytest.raises(LocalProtocolError, match="is not open"):
        pair.worker.answer(theirs)
    assert pair.worker.close() == []


def test_nothing_is_received_after_close() -> None:
    """A call that comes with the end of the connection is ignored, and not owed."""
    pair = Pair()
    invocation_id, text = pair.engine.invoke("users::get")
    pair.worker.close()
    assert pair.worker.receive(text) is None
    assert invocation_id is not None
    assert not pair.worker.owes(invocation_id)


# -- calls and answers -------------------------------------------------------------------


@each_side
def test_call_and_answer(role: Role) -> None:
    """A call goes out, its answer comes back, and both sides are done with it."""
    pair = Pair()
    invocation_id = pair.call(role, "users::get", {"id": 1})
    seen = pair.answer(role.peer, pair.side(role.peer).answer(invocation_id, {"name": "Ada"}))
    assert seen == m.InvocationResult(
        invocation_id=invocation_id, function_id="users::get", result={"name": "Ada"}
    )
    assert pair.side(role).close() == []


@each_side
def test_call_and_error(role: Role) -> None:
    """A call can be answered with an error."""
    pair = Pair()
    invocation_id = pair.call(role, "users::get")
    seen = pair.answer(role.peer, pair.side(role.peer).fail(invocation_id, "NOT_FOUND", "no user"))
    assert seen.error == m.ErrorBody("NOT_FOUND", "no user")
    assert seen.result is UNSET


def test_fields_of_a_call() -> None:
    """What goes along with a call arrives with it."""
    _, text = Pair().engine.invoke(
        "users::get",
        metadata={"trigger": "t"},
        traceparent="00-1",
        baggage="k=v",
        action={"type": "enqueue", "queue": "q"},
        namespace="shop",
    )
    assert json.loads(text) | {"invocation_id": ""} == {
        "type": "invokefunction",
        "function_id": "users::get",
        "data": None,
        "invocation_id": "",
        "metadata": {"trigger": "t"},
        "traceparent": "00-1",
        "baggage": "k=v",
        "action": {"type": "enqueue", "queue": "q"},
        "namespace": "shop",
    }


def test_fields_without_value_are_left_out() -> None:
    """A blank namespace would be refused by the engine, and an empty trace context is none."""
    _, text = Pair().worker.invoke("f", void=True, namespace="", traceparent=None, baggage="")
    assert json.loads(text) == {"type": "invokefunction", "function_id": "f", "data": None}


@pytest.mark.parametrize("trace", [None, "00-1"])
def test_trace_of_an_answer(trace: str | None) -> None:
    """The engine's answers carry the trace of their call, where it has one."""
    pair = Pair()
    done, failed = pair.call(Role.WORKER, "f"), pair.call(Role.WORKER, "f")
    for text in (
        pair.engine.answer(done, traceparent=trace, baggage=trace),
        pair.engine.fail(failed, "E", "e", traceparent=trace, baggage=trace),
    ):
        answer = json.loads(text)
        assert answer.get("traceparent") == answer.get("baggage") == trace


def test_own_invocation_id() -> None:
    """The engine passes an id on; a second call with it has to wait for the first."""
    pair = Pair()
    assert pair.call(Role.ENGINE, "users::get", invocation_id="i-1") == "i-1"
    with pytest.raises(LocalProtocolError, match="i-1 waits for its answer already"):
        pair.engine.invoke("users::get", invocation_id="i-1")
    pair.answer(Role.WORKER, pair.worker.answer("i-1"))
    pair.call(Role.ENGINE, "users::get", invocation_id="i-1")


def test_raw_data() -> None:
    """Data that is JSON text already is passed on letter by letter."""
    _, text = Session(Role.ENGINE).invoke("f", Raw(b'{"b": 2.50}'))
    assert b'"data":{"b": 2.50}' in text


def circle() -> list[Any]:
    """Return a list that holds itself."""
    value: list[Any] = []
    value.append(value)
    return value


NO_JSON = [object(), "\ud800", circle(), {1: {"a": [b"", object()]}}]


@pytest.mark.parametrize("data", NO_JSON, ids=["object", "surrogate", "circle", "within"])
def test_data_that_is_no_json(data: Any) -> None:
    """A call whose data cannot be text is not begun."""
    worker = Pair().worker
    with pytest.raises(TypeError):
        worker.invoke("f", data)
    assert worker.close() == []


def test_void() -> None:
    """Of a void call nobody waits for an answer, and none is owed."""
    pair = Pair()
    invocation_id, text = pair.worker.invoke("f", void=True)
    assert invocation_id is None
    assert isinstance(pair.engine.receive(text), m.InvokeFunction)
    assert pair.worker.close() == pair.engine.close() == []


def test_void_with_an_id() -> None:
    """A call whose action is void is owed no answer, even where it has an id."""
    engine = Session(Role.ENGINE)
    call = m.InvokeFunction(function_id="f", invocation_id="i", action={"type": "void"})
    assert engine.receive(m.encode(call)) == call
    assert not engine.owes("i")


def test_a_call_is_answered_once() -> None:
    """Neither a second answer nor one to a call that never came can be made."""
    pair = Pair()
    invocation_id = pair.call(Role.ENGINE, "users::get")
    pair.worker.answer(invocation_id)
    for unknown in (invocation_id, "never"):
        with pytest.raises(LocalProtocolError, match=f"invocation {unknown} is not open"):
            pair.worker.answer(unknown)
        with pytest.raises(LocalProtocolError, match=f"invocation {unknown} is not open"):
            pair.worker.fail(unknown, "E", "e")


def test_an_answer_is_taken_once() -> None:
    """The same answer a second time, which workers send on purpose, is ignored."""
    pair = Pair()
    text = pair.worker.answer(pair.call(Role.ENGINE, "users::get"))
    pair.answer(Role.WORKER, text)
    assert pair.engine.receive(text) is None


def test_forgotten_call() -> None:
    """An answer that comes when its caller has given up is ignored."""
    pair = Pair()
    invocation_id = pair.call(Role.ENGINE, "users::get")
    pair.engine.forget(invocation_id)
    pair.engine.forget(invocation_id)
    assert pair.engine.receive(pair.worker.answer(invocation_id)) is None


def test_a_call_comes_once() -> None:
    """A call with the id of one that still runs is an error: it could not be answered."""
    pair = Pair()
    invocation_id, text = pair.engine.invoke("users::get")
    assert invocation_id is not None
    pair.worker.receive(text)
    with pytest.raises(RemoteProtocolError, match="came twice"):
        pair.worker.receive(text)
    pair.answer(Role.WORKER, pair.worker.answer(invocation_id))


@pytest.mark.parametrize("result", NO_JSON, ids=["object", "surrogate", "circle", "within"])
def test_result_that_is_no_json(result: Any) -> None:
    """A result that cannot be text leaves the call open, so that an error can answer it."""
    pair = Pair()
    invocation_id = pair.call(Role.ENGINE, "users::get")
    with pytest.raises(TypeError):
        pair.worker.answer(invocation_id, result)
    pair.answer(Role.WORKER, pair.worker.fail(invocation_id, "INTERNAL_ERROR", "sorry"))


def test_result_too_large() -> None:
    """A result above the limit becomes an error answer instead of a reset connection."""
    pair = Pair()
    exact = len(pair.worker.answer(pair.call(Role.ENGINE, "f"), "x" * 500))
    fits = pair.worker.answer(pair.call(Role.ENGINE, "f"), "x" * 500, limit=exact)
    assert pair.answer(Role.WORKER, fits).result == "x" * 500
    above = pair.worker.answer(pair.call(Role.ENGINE, "f"), "x" * 501, limit=exact)
    error = pair.answer(Role.WORKER, above).error
    assert error == m.ErrorBody("RESULT_TOO_LARGE", f"the result has more than {exact} bytes")


def test_unset_result() -> None:
    """The engine's own null is a result that is left out."""
    pair = Pair()
    text = pair.engine.answer(pair.call(Role.WORKER, "f"), UNSET)
    assert pair.answer(Role.ENGINE, text).result is UNSET


@given(data=json_values, result=json_values)
def test_any_json(data: Any, result: Any) -> None:
    """Any JSON can be the data of a call and its result."""
    pair = Pair()
    invocation_id, text = pair.engine.invoke("f", data)
    assert invocation_id is not None
    seen = pair.worker.receive(text)
    assert isinstance(seen, m.InvokeFunction)
    assert msgspec.json.decode(seen.data) == data
    assert pair.answer(Role.WORKER, pair.worker.answer(invocation_id, result)).result == result


# -- frames that cannot be understood ----------------------------------------------------


@pytest.mark.parametrize("frame", UNREADABLE_FRAMES[:-1], ids=lambda frame: repr(frame[:40]))
def test_unreadable_frame(frame: bytes) -> None:
    """A frame that cannot be understood is an error, and the connection can go on."""
    pair = Pair()
    with pytest.raises(RemoteProtocolError):
        pair.worker.receive(frame)
    pair.call(Role.ENGINE, "users::get")


def test_error_names_the_field() -> None:
    """The error of a known message says which field is wrong."""
    with pytest.raises(RemoteProtocolError, match=r"unregisterfunction: .*\$\.id"):
        Pair().engine.receive(b'{"type": "unregisterfunction", "id": 3}')


def test_unknown_type() -> None:
    """A type that a newer peer has is ignored and remembered, as text and as bytes."""
    worker = Pair().worker
    assert worker.receive(b'{"type": "of_tomorrow", "x": 1}') is None
    assert worker.receive('{"type": "of_tomorrow"}') is None
    assert worker.unknown_types == {"of_tomorrow"}


def test_unknown_types_do_not_fill_the_memory() -> None:
    """A peer that makes types up is remembered with some of them."""
    worker = Pair().worker
    for number in range(1000):
        assert worker.receive(f'{{"type": "t{number}"}}') is None
    assert len(worker.unknown_types) == 100


@given(frame=st.binary(max_size=60) | st.text(max_size=60))
def test_any_frame(frame: bytes | str) -> None:
    """Whatever comes, receiving gives a message, nothing, or the one error that is named."""
    try:
        seen = Session(Role.ENGINE).receive(frame)
    except RemoteProtocolError:
        return
    assert seen is None or isinstance(seen, msgspec.Struct)


def test_own_decoder() -> None:
    """The engine's decoder can leave a result raw."""

    class Relayed(m.InvocationResult, frozen=True, tag="invocationresult"):
        result: Raw = Raw()

    engine = Session(Role.ENGINE, decode=msgspec.json.Decoder(Relayed).decode)
    invocation_id, text = engine.invoke("f")
    worker = Session(Role.WORKER)
    worker.receive(text)
    assert invocation_id is not None
    seen = engine.receive(worker.answer(invocation_id, {"a": 1}))
    assert isinstance(seen, Relayed)
    assert bytes(seen.result) == b'{"a":1}'
