"""A worker's and an engine's session, linked in memory."""

from __future__ import annotations

from typing import Any

from iii_asgi.protocol import messages as m
from iii_asgi.protocol.session import Role, Session

__all__ = ["Pair"]


class Pair:
    """Both sides of one connection. What one sends the other sees, or it is an error.

    Attributes:
        worker: the worker's side.
        engine: the engine's side.
    """

    def __init__(self, *, greeted: bool = True) -> None:
        self.worker = Session(Role.WORKER)
        self.engine = Session(Role.ENGINE)
        if greeted:
            self.pass_on(Role.ENGINE, m.WorkerRegistered(worker_id="w-1"))

    def side(self, role: Role) -> Session:
        """Return the session of a side."""
        return self.worker if role is Role.WORKER else self.engine

    def pass_on(self, sender: Role, message: m.Message) -> None:
        """Send a message that is no call from one side; the other sees the same one."""
        text = self.side(sender).send(message)
        assert self.side(sender.peer).receive(text) == message
        assert self.worker.state is self.engine.state

    def call(self, caller: Role, function_id: str, data: Any = None, **fields: Any) -> str:
        """Call from one side; the other sees the same call. Return its invocation id."""
        invocation_id, text = self.side(caller).invoke(function_id, data, **fields)
        seen = self.side(caller.peer).receive(text)
        assert isinstance(seen, m.InvokeFunction)
        assert (seen.function_id, seen.invocation_id) == (function_id, invocation_id)
        assert invocation_id is not None
        assert self.side(caller.peer).owes(invocation_id)
        return invocation_id

    def answer(self, answerer: Role, text: bytes) -> m.InvocationResult:
        """Hand an answer over, and return what the caller sees."""
        seen = self.side(answerer.peer).receive(text)
        assert isinstance(seen, m.InvocationResult)
        assert not self.side(answerer).owes(seen.invocation_id)
        return seen
