"""Which message is legal from whom, and when: the tables that a session goes by."""

from __future__ import annotations

from enum import Enum

from iii_asgi.protocol import messages as m

__all__ = ["KNOWN_TYPES", "WORKER_NAME_TAKEN", "Role", "State", "name_of", "next_state", "sends"]

WORKER_NAME_TAKEN = "WORKER_NAMESPACE_CONFLICT"


class Role(Enum):
    """Which side of the wire a session is."""

    WORKER = "worker"
    ENGINE = "engine"

    @property
    def peer(self) -> Role:
        """The other side."""
        return Role.ENGINE if self is Role.WORKER else Role.WORKER


class State(Enum):
    """The states of a connection, the same on both sides."""

    OPENING = "opening"
    """Connected; the engine has not greeted yet. A worker may already register."""

    OPEN = "open"
    """The engine has greeted. Calls go both ways."""

    REFUSED = "refused"
    """The worker's name is taken: the engine closes, the worker must not come back."""

    CLOSED = "closed"
    """The connection is gone. Nothing may be sent; whatever still comes in is ignored."""


_BOTH = {m.InvokeFunction, m.InvocationResult, m.Ping, m.Pong}
_SENDS: dict[Role, frozenset[type]] = {
    Role.WORKER: frozenset(
        _BOTH
        | {
            m.Reattach,
            m.RegisterFunction,
            m.UnregisterFunction,
            m.RegisterService,
            m.RegisterTrigger,
            m.UnregisterTrigger,
            m.RegisterTriggerType,
            m.UnregisterTriggerType,
            m.TriggerRegistrationResult,  # the provider of a trigger type answers, too
            m.Observe,
            m.Unobserve,
        }
    ),
    Role.ENGINE: frozenset(
        _BOTH
        | {
            m.WorkerRegistered,
            m.TriggerRegistrationResult,
            m.RegistrationRejected,
            m.ObserveResult,
            m.RegisterTrigger,  # to the provider of a trigger type
            m.UnregisterTrigger,
        }
    ),
}

# The messages that are legal in one state only, and the state after them.
_MOVES: dict[type, tuple[State, State]] = {
    m.WorkerRegistered: (State.OPENING, State.OPEN),
}


def sends(role: Role) -> frozenset[type]:
    """Return the messages that a side may send; any other is a protocol error."""
    return _SENDS[role]


def next_state(state: State, message: m.Message) -> State | None:
    """Return the state after a message; None when it is not legal in this one."""
    before, after = _MOVES.get(type(message), (state, state))
    if state is not before:
        return None
    if isinstance(message, m.RegistrationRejected) and message.code == WORKER_NAME_TAKEN:
        return State.REFUSED
    return after


def name_of(kind: type) -> str:
    """Return the name that a message has on the wire."""
    return kind.__name__.lower()


KNOWN_TYPES = frozenset(name_of(kind) for kinds in _SENDS.values() for kind in kinds)
"""The ``type`` of every message that this version knows."""
