"""What a route can know of the call that it serves.

A route asks with `get_invocation(request)`. Under uvicorn or a test client there is no
invocation, and the answer is None, so a route that uses it still works everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any, Protocol

import msgspec
from starlette.requests import HTTPConnection

__all__ = ["Caller", "Invocation", "current_invocation", "get_invocation"]

SCOPE_KEY = "iii"


class Caller(Protocol):
    """Something that can call functions on the engine: the worker that serves this app."""

    async def trigger(
        self,
        function_id: str,
        data: Any = None,
        *,
        timeout: float | None = None,
        action: Mapping[str, Any] | None = None,
        namespace: str | None = None,
    ) -> Any:
        """Call another function and return its result.

        Args:
            function_id: ``service::action``.
            data: any value that JSON can carry.
            timeout: seconds to wait for the answer; None waits for as long as the
                engine does.
            action: ``{"type": "void"}`` sends without waiting (returns None at once);
                ``{"type": "enqueue", "queue": name}`` puts the call into a queue.
            namespace: the namespace of the function, when it is not the worker's own.

        Raises:
            InvocationError: the function answered with an error.
            InvocationTimeoutError: no answer within `timeout`.
            ConnectionLostError: the engine is away.
        """
        ...


# A Struct, since it is made once an invocation: a frozen dataclass takes ten times as long.
class Invocation(msgspec.Struct, frozen=True, eq=False, kw_only=True):
    """One call of a function of this app.

    Attributes:
        id: the engine's invocation id (a UUID), or None for a void call.
        function_id: the function that was called.
        trigger: the type of the trigger that fired (``"http"``, ``"cron"``), or None for a
            direct call.
        metadata: what the trigger or the caller attached.
        caller_worker_id: the worker that called directly, when the engine says so.
        traceparent: W3C trace context of the call.
        baggage: W3C baggage of the call.
        worker: calls other functions; the trace is carried on.
    """

    id: str | None
    function_id: str
    trigger: str | None
    metadata: Mapping[str, Any] | None
    caller_worker_id: str | None
    traceparent: str | None
    baggage: str | None
    worker: Caller


# The invocation that the running task serves. `Caller.trigger` reads it to carry the trace
# on; sync routes see it too, since anyio copies the context into its threads.
current_invocation: ContextVar[Invocation | None] = ContextVar("iii_invocation", default=None)


def get_invocation(connection: HTTPConnection | Mapping[str, Any]) -> Invocation | None:
    """Return the invocation behind a request (or an ASGI scope), or None without one."""
    scope = connection.scope if isinstance(connection, HTTPConnection) else connection
    invocation = scope.get(SCOPE_KEY)
    return invocation if isinstance(invocation, Invocation) else None
