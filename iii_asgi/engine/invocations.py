"""Calls in flight: each is passed to the owner of its function and answered exactly once."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from msgspec import UNSET, Raw

from iii_asgi.engine import serde
from iii_asgi.engine.registry import Function, Worker
from iii_asgi.engine.wire import Outcome, RelayedResult, failure, new_id, outcome_of

__all__ = ["Call", "Invocations", "Trace"]

STOPPED = failure("invocation_stopped", "Invocation stopped")

_TRACEPARENT = re.compile(r"[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_FUNCTION_KEY = "iii.function.id"


@dataclass(frozen=True, slots=True)
class Trace:
    """The W3C trace context of a call."""

    traceparent: str | None = None
    baggage: str | None = None

    @classmethod
    def read(cls, traceparent: Any, baggage: Any) -> Trace:
        """Take what a caller sent; a malformed traceparent is dropped, as the engine does."""
        is_valid = isinstance(traceparent, str) and _TRACEPARENT.fullmatch(traceparent)
        return cls(traceparent if is_valid else None, baggage if isinstance(baggage, str) else None)

    def naming(self, function_id: str) -> Trace:
        """Return the context with the called function named in its baggage."""
        if self.traceparent is None and self.baggage is None:
            return self
        kept = [entry for entry in (self.baggage or "").split(",") if entry.strip()]
        kept = [entry for entry in kept if entry.partition("=")[0].strip() != _FUNCTION_KEY]
        return Trace(self.traceparent, ",".join([*kept, f"{_FUNCTION_KEY}={function_id}"]))


@dataclass(frozen=True, slots=True)
class Call:
    """A call that can be sent.

    Attributes:
        function: what to call.
        data: the payload, as the function gets it.
        caller: the worker that calls and waits; None for a trigger, and for a void call.
        invocation_id: the caller's own; else a new one.
        metadata: the caller's, or the trigger's.
        trace: the caller's trace context.
    """

    function: Function
    data: Raw
    caller: Worker | None = None
    invocation_id: str = field(default_factory=new_id)
    metadata: Any = None
    trace: Trace = Trace()


@dataclass(eq=False, slots=True)
class _Pending:
    owner: Worker
    caller: Worker | None
    outcome: asyncio.Future[Outcome]


class Invocations:
    """The calls that wait for a worker's answer, by invocation id."""

    def __init__(self) -> None:
        self._pending: dict[str, _Pending] = {}

    async def begin(self, call: Call) -> asyncio.Future[Outcome]:
        """Send a call to whoever serves its function; return the outcome to be.

        Waits while the worker is slow to read. A cancelled outcome is forgotten, and the
        worker's answer is then ignored.
        """
        outcome: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        if call.function.handler is not None:
            outcome.set_result(await call.function.handler(call.data))
            return outcome
        owner = call.function.owner
        assert owner is not None, "a function has an owner or a handler"
        if call.invocation_id in self._pending:
            outcome.set_result(failure("invocation_error", "this invocation id is in use"))
            return outcome
        self._file(call, owner, outcome)
        _, text = owner.link.session.invoke(
            call.function.id,
            call.data,
            invocation_id=call.invocation_id,
            metadata=UNSET if call.metadata in (None, UNSET) else Raw(serde.dumps(call.metadata)),
            traceparent=call.trace.traceparent,
            baggage=call.trace.baggage,
        )
        await owner.link.send_text(text)
        return outcome

    def settle(self, message: RelayedResult) -> None:
        """Hand an answer to whoever waits for it."""
        if (pending := self._take(message.invocation_id)) and not pending.outcome.done():
            pending.outcome.set_result(outcome_of(message))

    def stop(self, invocation_ids: Iterable[str] | None = None) -> None:
        """Fail calls whose owner has left; all of them when None."""
        for invocation_id in list(self._pending) if invocation_ids is None else invocation_ids:
            if (pending := self._take(invocation_id)) and not pending.outcome.done():
                pending.outcome.set_result(STOPPED)

    def _file(self, call: Call, owner: Worker, outcome: asyncio.Future[Outcome]) -> None:
        self._pending[call.invocation_id] = _Pending(owner, call.caller, outcome)
        owner.invocations.add(call.invocation_id)
        if call.caller is not None:
            call.caller.invocations.add(call.invocation_id)
        outcome.add_done_callback(lambda done: self._forget(call.invocation_id, owner, done))

    def _take(self, invocation_id: str) -> _Pending | None:
        pending = self._pending.pop(invocation_id, None)
        if pending is not None:
            pending.owner.invocations.discard(invocation_id)
            if pending.caller is not None:
                pending.caller.invocations.discard(invocation_id)
        return pending

    def _forget(self, invocation_id: str, owner: Worker, done: asyncio.Future[Outcome]) -> None:
        if done.cancelled() and self._take(invocation_id) is not None:
            owner.link.session.forget(invocation_id)
