"""One connection, without I/O: text in → events out, calls in → text out.

Both sides use it: `worker/` as ``Role.WORKER``, `engine/` as ``Role.ENGINE``. It knows
which messages are legal when (the tables below), gives out invocation ids, pairs answers
with calls, and sees to it that each received call is answered exactly once. Moving the
text is the business of whoever owns the session.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from enum import Enum
from typing import Any, TypeAlias

import msgspec
from msgspec import UNSET, Raw, UnsetType

from iii_asgi.errors import LocalProtocolError, RemoteProtocolError
from iii_asgi.protocol import messages as m

__all__ = ["Event", "Role", "Session", "State"]

WORKER_NAME_TAKEN = "WORKER_NAMESPACE_CONFLICT"
_VOID = {"type": "void"}


class Role(Enum):
    """Which side of the wire a session is."""

    WORKER = "worker"
    ENGINE = "engine"


class State(Enum):
    """The states of a connection, the same on both sides."""

    OPENING = "opening"
    """Connected; the engine has not greeted yet. A worker may already register."""

    OPEN = "open"
    """The engine has greeted. Calls go both ways."""

    REFUSED = "refused"
    """The worker's name is taken: the engine closes, the worker must not come back."""

    CLOSED = "closed"
    """The connection is gone. Nothing may be sent; nothing more will be received."""


# Who may send what. A message that is in neither set of its sender is a protocol error.
_BOTH = {m.InvokeFunction, m.InvocationResult, m.Ping, m.Pong}
_MAY_SEND: dict[Role, frozenset[type]] = {
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

# The moves that change the state: (state, message) → state. The greeting comes once.
_MOVES: dict[tuple[State, type], State] = {
    (State.OPENING, m.WorkerRegistered): State.OPEN,
}
_ONLY_IN: dict[type, State] = {m.WorkerRegistered: State.OPENING}

Event: TypeAlias = m.Message


def _other(role: Role) -> Role:
    return Role.ENGINE if role is Role.WORKER else Role.WORKER


class Session:
    """The state of one connection, seen from one side.

    Feed it every received text frame with `receive`; send every text that its other
    methods return, in that order. Call `close` when the connection is gone.
    """

    def __init__(
        self, role: Role, *, decode: Callable[[bytes | str], m.Message] = m.decode
    ) -> None:
        """Start a session as `role`; `decode` may build messages with fields left raw."""
        self.role = role
        self.state = State.OPENING
        self._decode = decode
        self.unknown_types: set[str] = set()
        self._may_send = _MAY_SEND[role]
        self._may_receive = _MAY_SEND[_other(role)]
        self._asked: dict[str, str] = {}
        self._owed: dict[str, str] = {}
        self._registered_anything = False

    # -- receiving ---------------------------------------------------------------------

    def receive(self, frame: bytes | str) -> Event | None:
        """Take one text frame; return its message, or None when it is to be ignored.

        Ignored are unknown types (remembered in `unknown_types`) and answers to calls
        that nobody waits for.

        Raises:
            RemoteProtocolError: no JSON object, fields of the wrong type, or a message
                that the peer may not send now. The connection can go on.
        """
        try:
            message = self._decode(frame)
        except msgspec.DecodeError as error:
            self._note_unknown(frame, error)
            return None
        if isinstance(message, m.InvokeFunction):
            self._owe(message)
        elif isinstance(message, m.InvocationResult):
            if self._asked.pop(message.invocation_id, None) is None:
                return None
        elif type(message) not in self._may_receive or not self._move(message):
            name = _name(type(message))
            raise RemoteProtocolError(f"{name} is not expected when {self.state.value}")
        return message

    def _note_unknown(self, frame: bytes | str, error: msgspec.DecodeError) -> None:
        kind = m.type_of(frame)
        if kind and kind not in _KNOWN_TYPES:
            self.unknown_types.add(kind)
            return
        raise RemoteProtocolError(f"{kind or 'frame'}: {error}") from error

    def _owe(self, message: m.InvokeFunction) -> None:
        if message.action == _VOID:  # never answered, with an invocation id too
            return
        if (invocation_id := message.invocation_id) and isinstance(invocation_id, str):
            if invocation_id in self._owed:
                raise RemoteProtocolError(f"invocation {invocation_id} came twice")
            self._owed[invocation_id] = message.function_id

    # -- sending -----------------------------------------------------------------------

    def send(self, message: m.Message) -> bytes:
        """Return the text of a message that is neither a call nor an answer.

        Raises:
            LocalProtocolError: this side may not send it now.
        """
        kind = type(message)
        if kind is m.InvokeFunction or kind is m.InvocationResult:
            raise LocalProtocolError("use invoke() and answer() for calls and answers")
        if kind is m.Reattach and self._registered_anything:
            raise LocalProtocolError("reattach comes before everything else")
        if kind not in self._may_send or self._is_over() or not self._move(message):
            raise LocalProtocolError(f"{_name(kind)} may not be sent when {self.state.value}")
        self._registered_anything = True
        return m.encode(message)

    def invoke(
        self,
        function_id: str,
        data: Any = None,
        *,
        void: bool = False,
        invocation_id: str | None = None,
        metadata: Any | UnsetType = UNSET,
        traceparent: str | UnsetType | None = UNSET,
        baggage: str | UnsetType | None = UNSET,
        action: Any | UnsetType = UNSET,
        namespace: str | UnsetType | None = UNSET,
    ) -> tuple[str | None, bytes]:
        """Return (invocation id, text) of a call; the id is None for a void one.

        Args:
            function_id: the function to call.
            data: any JSON value, or `msgspec.Raw` JSON text.
            void: no answer is wanted.
            invocation_id: the id to use (the engine passes one on); a new UUID otherwise.
            metadata, traceparent, baggage, action, namespace: as on the wire.

        Raises:
            LocalProtocolError: the connection is gone.
            TypeError: `data` is no JSON value.
        """
        if self._is_over():
            raise LocalProtocolError(f"no calls when {self.state.value}")
        invocation_id = None if void else invocation_id or str(uuid.uuid4())
        text = m.encode(
            m.InvokeFunction(
                function_id=function_id,
                data=data if isinstance(data, Raw) else Raw(m.encode(data)),
                invocation_id=invocation_id or UNSET,
                metadata=metadata,
                traceparent=traceparent or UNSET,
                baggage=baggage or UNSET,
                action=action,
                namespace=namespace or UNSET,
            )
        )
        if invocation_id is not None:
            self._asked[invocation_id] = function_id
        self._registered_anything = True
        return invocation_id, text

    def answer(
        self,
        invocation_id: str,
        result: Any = None,
        *,
        limit: int | None = None,
        traceparent: str | UnsetType | None = UNSET,
        baggage: str | UnsetType | None = UNSET,
    ) -> bytes:
        """Return the text that answers a received call with a result.

        Args:
            invocation_id: the call.
            result: any JSON value; UNSET leaves the field out (the engine's null).
            limit: bytes that the text may have; a longer one becomes the error answer
                ``RESULT_TOO_LARGE``.
            traceparent, baggage: as on the wire.

        Raises:
            LocalProtocolError: no such call is open: it was answered already, or never came.
            TypeError: the result is no JSON value; the call is still open.
        """
        text = m.encode(
            m.InvocationResult(
                invocation_id=invocation_id,
                function_id=self._function_of(invocation_id),
                result=result,
                traceparent=traceparent or UNSET,
                baggage=baggage or UNSET,
            )
        )
        if limit is not None and len(text) > limit:
            return self.fail(
                invocation_id, "RESULT_TOO_LARGE", f"the result has more than {limit} bytes"
            )
        del self._owed[invocation_id]
        return text

    def fail(
        self,
        invocation_id: str,
        code: str,
        message: str,
        *,
        traceparent: str | UnsetType | None = UNSET,
        baggage: str | UnsetType | None = UNSET,
    ) -> bytes:
        """Return the text that answers a received call with an error (see `answer`)."""
        text = m.encode(
            m.InvocationResult(
                invocation_id=invocation_id,
                function_id=self._function_of(invocation_id),
                error=m.ErrorBody(code, message),
                traceparent=traceparent or UNSET,
                baggage=baggage or UNSET,
            )
        )
        del self._owed[invocation_id]
        return text

    def _function_of(self, invocation_id: str) -> str:
        function_id = self._owed.get(invocation_id)
        if function_id is None:
            raise LocalProtocolError(f"invocation {invocation_id} is not open")
        return function_id

    def forget(self, invocation_id: str) -> None:
        """Stop waiting for the answer of a call; when it comes all the same, ignore it."""
        self._asked.pop(invocation_id, None)

    # -- state -------------------------------------------------------------------------

    @property
    def owed(self) -> Iterable[str]:
        """The received calls that are still to be answered."""
        return self._owed.keys()

    def owes(self, invocation_id: str) -> bool:
        """Whether that call came over this connection and is still to be answered."""
        return invocation_id in self._owed

    def close(self) -> list[str]:
        """The connection is gone. Return the ids of our calls that will get no answer."""
        self.state = State.CLOSED
        unanswered = list(self._asked)
        self._asked.clear()
        self._owed.clear()
        return unanswered

    def _is_over(self) -> bool:
        return self.state is State.CLOSED or self.state is State.REFUSED

    def _move(self, message: m.Message) -> bool:
        """Change the state by a message; False when it is not legal in this state."""
        kind = type(message)
        if _ONLY_IN.get(kind, self.state) is not self.state:
            return False
        self.state = _MOVES.get((self.state, kind), self.state)
        if isinstance(message, m.RegistrationRejected) and message.code == WORKER_NAME_TAKEN:
            self.state = State.REFUSED
        return True


def _name(kind: type) -> str:
    return kind.__name__.lower()


_KNOWN_TYPES = frozenset(_name(kind) for kinds in _MAY_SEND.values() for kind in kinds)
