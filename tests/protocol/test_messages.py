"""Tests of the messages as text."""

from __future__ import annotations

import json
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from msgspec import UNSET, Raw

from iii_asgi.protocol import messages as m
from tests.strategies import json_values

# One of each, with every field that it must have.
EXAMPLES: list[m.Message] = [
    m.WorkerRegistered(worker_id="w"),
    m.Reattach(previous_worker_id="w", reattach_token="t"),
    m.RegisterFunction(id="users::get"),
    m.UnregisterFunction(id="users::get"),
    m.RegisterService(id="users", name="Users"),
    m.RegisterTrigger(id="t", trigger_type="http", function_id="users::get", config={}),
    m.UnregisterTrigger(id="t"),
    m.RegisterTriggerType(id="weather"),
    m.UnregisterTriggerType(id="weather"),
    m.TriggerRegistrationResult(id="t", trigger_type="http", function_id="users::get"),
    m.RegistrationRejected(code="FUNCTION_NAMESPACE_CONFLICT"),
    m.InvokeFunction(function_id="users::get"),
    m.InvocationResult(invocation_id="i", function_id="users::get"),
    m.Observe(
        id="o",
        source=m.ObserveSource(function_id="http::on-request"),
        target=m.ObserveTarget(function_id="users::get"),
    ),
    m.Unobserve(id="o"),
    m.ObserveResult(id="o"),
    m.Ping(),
    m.Pong(),
]


def type_name(message: m.Message) -> str:
    """Name a test by the message in it."""
    return type(message).__name__


def test_every_message_is_tried() -> None:
    """The examples are complete."""
    assert {type(example) for example in EXAMPLES} == set(get_args(m.Message))


@pytest.mark.parametrize("message", EXAMPLES, ids=type_name)
def test_round_trip(message: m.Message) -> None:
    """A message is the same after it was text."""
    assert m.decode(m.encode(message)) == message


@pytest.mark.parametrize("message", EXAMPLES, ids=type_name)
def test_type_is_the_name_in_lower_case(message: m.Message) -> None:
    """On the wire, the type is one lower-case word."""
    assert json.loads(m.encode(message))["type"] == type(message).__name__.lower()


@pytest.mark.parametrize("message", EXAMPLES, ids=type_name)
def test_unset_fields_are_left_out(message: m.Message) -> None:
    """A field that nobody set is not on the wire, not as null either."""
    on_the_wire = json.loads(m.encode(message))
    for field in msgspec.structs.fields(message):
        assert (field.name in on_the_wire) is (getattr(message, field.name) is not UNSET)


def test_null_is_not_unset() -> None:
    """A result that is null is on the wire."""
    frame = m.encode(m.InvocationResult(invocation_id="i", function_id="f", result=None))
    assert json.loads(frame)["result"] is None


@pytest.mark.parametrize("message", EXAMPLES, ids=type_name)
def test_unknown_fields_are_ignored(message: m.Message) -> None:
    """A field that a newer peer adds does no harm."""
    frame = json.dumps({**json.loads(m.encode(message)), "of_tomorrow": [1, {"a": 2}]})
    assert m.decode(frame) == message


def test_optional_fields_may_be_null() -> None:
    """Where a peer writes null for a field that it has no value for, that is understood."""
    message = m.decode('{"type": "invokefunction", "function_id": "f", "invocation_id": null}')
    assert isinstance(message, m.InvokeFunction)
    assert message.invocation_id is None


def test_data_stays_text() -> None:
    """The data of a call is not decoded, so that whoever knows its shape does it once."""
    message = m.decode(b'{"type": "invokefunction", "function_id": "f", "data": {"b": 2.50}}')
    assert isinstance(message, m.InvokeFunction)
    assert bytes(message.data) == b'{"b": 2.50}'


def test_data_is_null_when_absent() -> None:
    """A call without data is a call with null."""
    assert bytes(m.InvokeFunction(function_id="f").data) == b"null"


@given(data=json_values)
def test_any_json_can_be_data(data: Any) -> None:
    """Whatever JSON can carry is the same on the other side."""
    sent = m.InvokeFunction(function_id="f", data=Raw(m.encode(data)))
    seen = m.decode(m.encode(sent))
    assert isinstance(seen, m.InvokeFunction)
    assert msgspec.json.decode(seen.data) == data


UNREADABLE_FRAMES = [
    b"",
    b"hello",
    b"[]",
    b'{"type": "ping"',
    b'{"type": 3}',
    b"{}",
    b'{"type": "ping", "of_tomorrow": ' + b"[" * 5000 + b"]" * 5000 + b"}",
    b'{"type": "unregisterfunction", "id": "\xff"}',
    b'{"type": "unregisterfunction", "id": 3}',
    b'{"type": "unregisterfunction"}',
    b'{"type": "of_tomorrow"}',
]


@pytest.mark.parametrize("frame", UNREADABLE_FRAMES, ids=lambda frame: repr(frame[:40]))
def test_unreadable(frame: bytes) -> None:
    """Whatever is wrong with a frame, decoding raises one of the errors that are named."""
    with pytest.raises(m.UNREADABLE):
        m.decode(frame)


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        (b'{"id": 1, "type": "of_tomorrow"}', "of_tomorrow"),
        (b'{"type": "ping"}', "ping"),
        (b"{}", ""),
        (b'{"type": 3}', None),
        (b"[]", None),
        (b"hello", None),
        (b'{"type": "\xff"}', None),
        (b"[" * 5000, None),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_type_of(frame: bytes, expected: str | None) -> None:
    """The type of a frame is told without the rest being understood."""
    assert m.type_of(frame) == expected
