"""Tests of the tables of legal messages."""

from __future__ import annotations

from typing import get_args

import pytest

from iii_asgi.protocol import messages as m
from iii_asgi.protocol.moves import (
    KNOWN_TYPES,
    WORKER_NAME_TAKEN,
    Role,
    State,
    name_of,
    next_state,
    sends,
)

GREETING = m.WorkerRegistered(worker_id="w")


@pytest.mark.parametrize("role", Role)
def test_peer(role: Role) -> None:
    """There are two sides, and each is the other's peer."""
    assert role.peer is not role
    assert role.peer.peer is role


def test_every_message_has_a_sender() -> None:
    """Each message of the protocol may be sent by one side at least."""
    assert sends(Role.WORKER) | sends(Role.ENGINE) == set(get_args(m.Message))
    assert {name_of(kind) for kind in get_args(m.Message)} == KNOWN_TYPES


@pytest.mark.parametrize(
    ("state", "message", "expected"),
    [
        (State.OPENING, GREETING, State.OPEN),
        (State.OPEN, GREETING, None),
        (State.OPENING, m.RegisterFunction(id="f"), State.OPENING),
        (State.OPEN, m.RegisterFunction(id="f"), State.OPEN),
        (State.OPEN, m.RegistrationRejected(code=WORKER_NAME_TAKEN), State.REFUSED),
        (State.OPENING, m.RegistrationRejected(code=WORKER_NAME_TAKEN), State.REFUSED),
        (State.OPEN, m.RegistrationRejected(code="FUNCTION_NAMESPACE_CONFLICT"), State.OPEN),
    ],
)
def test_next_state(state: State, message: m.Message, expected: State | None) -> None:
    """The greeting opens a connection, once; a taken name ends it; nothing else changes it."""
    assert next_state(state, message) is expected
