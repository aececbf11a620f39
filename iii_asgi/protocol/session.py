"""One connection, without I/O: text in → events out, calls in → text out.

Both sides use it: `worker/` as ``Role.WORKER``, `engine/` as ``Role.ENGINE``. It knows
which messages are legal when (`moves`), gives out invocation ids, pairs answers
with calls, and sees to it that each received call is answered exactly once. Moving the
text is the business of whoever owns the session.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from msgspec import UNSET, Raw, UnsetType

from iii_asgi.errors import LocalProtocolError, RemoteProtocolError
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

__all__ = ["WORKER_NAME_TAKEN", "Role", "Session", "State"]

_VOID = {"type": "void"}
# A peer that makes types up must not fill the memory.
_UNKNOWN_AT_MOST = 100


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
        self._may_send = sends(role)
        self._may_receive = sends(role.peer)
        self._asked: set[str] = set()
        self._owed: dict[str, str] = {}
        self._has_spoken = False

    # -- receiving ---------------------------------------------------------------------

    def receive(self, frame: bytes | str) -> m.Message | None:
        """Take one text frame; return its message, or None when it is to be ignored.

        Ignored are unknown types (remembered in `unknown_types`), answers to calls that
        nobody waits for, and everything after `close`.

        Raises:
            RemoteProtocolError: no JSON object, fields of the wrong type, or a message
                that the peer may not send now. The connection can go on.
        """
        if self.state is State.CLOSED:
            return None
        try:
            message = self._decode(frame)
        except m.UNREADABLE as error:
            self._note_unknown(frame, error)
            return None
        if isinstance(message, m.InvokeFunction):
            self._owe(message)
        elif isinstance(message, m.InvocationResult):
            if message.invocation_id not in self._asked:
                return None
            self._asked.remove(message.invocation_id)
        elif type(message) not in self._may_receive or not self._move(message):
            name = name_of(type(message))
            raise RemoteProtocolError(f"{name} is not expected when {self.state.value}")
        return message

    def _note_unknown(self, frame: bytes | str, error: Exception) -> None:
        kind = m.type_of(frame)
        if not kind or kind in KNOWN_TYPES:
            raise RemoteProtocolError(f"{kind or 'frame'}: {error}") from error
        if len(self.unknown_types) < _UNKNOWN_AT_MOST:
            self.unknown_types.add(kind)

    def _owe(self, message: m.InvokeFunction) -> None:
        invocation_id = message.invocation_id
        if not isinstance(invocation_id, str) or not invocation_id:
            return
        if message.action is not UNSET and message.action == _VOID:
            return  # never answered, with an invocation id too
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
        if kind is m.Reattach and self._has_spoken:
            raise LocalProtocolError("reattach comes before everything else")
        if kind not in self._may_send or self._is_over() or not self._move(message):
            raise LocalProtocolError(f"{name_of(kind)} may not be sent when {self.state.value}")
        if kind is not m.Pong:  # the engine may ask before we have said anything
            self._has_spoken = True
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
            LocalProtocolError: the connection is gone, or `invocation_id` is in use.
            TypeError: `data` is no JSON value.
        """
        if self._is_over():
            raise LocalProtocolError(f"no calls when {self.state.value}")
        if invocation_id in self._asked:
            raise LocalProtocolError(f"invocation {invocation_id} waits for its answer already")
        invocation_id = None if void else invocation_id or str(uuid.uuid4())
        text = _encode(
            m.InvokeFunction(
                function_id=function_id,
                data=data if isinstance(data, Raw) else Raw(_encode(data)),
                invocation_id=invocation_id or UNSET,
                metadata=metadata,
                traceparent=traceparent or UNSET,
                baggage=baggage or UNSET,
                action=action,
                namespace=namespace or UNSET,
            )
        )
        if invocation_id is not None:
            self._asked.add(invocation_id)
        self._has_spoken = True
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
        text = self._answer_text(invocation_id, result, UNSET, traceparent, baggage)
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
        error = m.ErrorBody(code, message)
        text = self._answer_text(invocation_id, UNSET, error, traceparent, baggage)
        del self._owed[invocation_id]
        return text

    def _answer_text(
        self,
        invocation_id: str,
        result: Any | UnsetType,
        error: m.ErrorBody | UnsetType,
        traceparent: str | UnsetType | None,
        baggage: str | UnsetType | None,
    ) -> bytes:
        function_id = self._owed.get(invocation_id)
        if function_id is None:
            raise LocalProtocolError(f"invocation {invocation_id} is not open")
        return _encode(
            m.InvocationResult(
                invocation_id=invocation_id,
                function_id=function_id,
                result=result,
                error=error,
                traceparent=traceparent or UNSET,
                baggage=baggage or UNSET,
            )
        )

    def forget(self, invocation_id: str) -> None:
        """Stop waiting for the answer of a call; when it comes all the same, ignore it."""
        self._asked.discard(invocation_id)

    # -- state -------------------------------------------------------------------------

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
        state = next_state(self.state, message)
        if state is None:
            return False
        self.state = state
        return True


def _encode(value: Any) -> bytes:
    try:
        return m.encode(value)
    except (ValueError, RecursionError) as error:  # half a surrogate pair, nested too deeply
        raise TypeError("the value cannot be JSON text") from error
