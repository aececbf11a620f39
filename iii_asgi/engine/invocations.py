"""Calls in flight: each is passed to the owner of its function and answered exactly once."""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from msgspec import UNSET, Raw

from iii_asgi.engine import serde
from iii_asgi.engine.registry import Function, Worker
from iii_asgi.engine.wire import Outcome, RelayedResult, failure, outcome_of

__all__ = ["Invocations", "Trace"]

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
        return cls(
            traceparent if is_valid else None, baggage if isinstance(baggage, str) else None
        )

    def for_function(self, function_id: str) -> Trace:
        """Return the context with the called function named in its baggage."""
        if self.traceparent is None and self.baggage is None:
            return self
        kept = [entry for entry in (self.baggage or "").split(",") if entry.strip()]
        kept = [entry for entry in kept if entry.partition("=")[0].strip() != _FUNCTION_KEY]
        return Trace(self.traceparent, ",".join([*kept, f"{_FUNCTION_KEY}={function_id}"]))


@dataclass(eq=False, slots=True)
class _Pending:
    owner: Worker
    caller: Worker | None
    outcome: asyncio.Future[Outcome]


class Invocations:
    """The calls that wait for a worker's answer, by invocation id."""

    def __init__(self) -> None:
        self._pending: dict[str, _Pending] = {}

    async def call(
        self,
        function: Function,
        data: Raw,
        *,
        caller: Worker | None = None,
        invocation_id: str | None = None,
        metadata: Any = None,
        trace: Trace = Trace(),
    ) -> Outcome:
        """Call a function and wait for its outcome (see `begin`)."""
        if function.handler is not None:
            return await function.handler(data)
        outcome = await self.begin(
            function,
            data,
            caller=caller,
            invocation_id=invocation_id,
            metadata=metadata,
            trace=trace,
        )
        try:
            return await outcome
        finally:
            if not outcome.done() or outcome.cancelled():
                self.abandon(outcome)

    async def begin(
        self,
        function: Function,
        data: Raw,
        *,
        caller: Worker | None = None,
        invocation_id: str | None = None,
        metadata: Any = None,
        trace: Trace = Trace(),
    ) -> asyncio.Future[Outcome]:
        """Send a call to the worker that owns `function`; return the future outcome.

        Args:
            function: what to call; not one of the engine's own.
            data: the payload, as it arrives at the worker.
            caller: the worker that calls; None for a trigger.
            invocation_id: the caller's; a new one when None.
            metadata: of the caller or of the trigger.
            trace: the caller's trace context.
        """
        owner = function.owner
        assert owner is not None
        invocation_id = invocation_id or str(uuid.uuid4())
        outcome: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        if invocation_id in self._pending:
            outcome.set_result(failure("invocation_error", "this invocation id is in use"))
            return outcome
        self._pending[invocation_id] = _Pending(owner, caller, outcome)
        self._note(invocation_id, owner, caller)
        _, text = owner.link.session.invoke(
            function.id,
            data,
            invocation_id=invocation_id,
            metadata=UNSET if metadata in (None, UNSET) else Raw(serde.dumps(metadata)),
            traceparent=trace.traceparent,
            baggage=trace.baggage,
        )
        await owner.link.send_text(text)
        return outcome
