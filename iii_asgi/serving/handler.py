"""One invocation, from its message to its answer: which function, which kind of call."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from msgspec import UNSET

from iii_asgi.asgi.transport import ASGITransport
from iii_asgi.catalogue.model import Function
from iii_asgi.errors import InvocationError
from iii_asgi.exchange import direct_call, http_trigger
from iii_asgi.invocation import Caller, Invocation, current_invocation
from iii_asgi.protocol.messages import InvokeFunction
from iii_asgi.serving.access import AccessLog
from iii_asgi.serving.bodies import ChannelOpener
from iii_asgi.serving.direct import DirectServing
from iii_asgi.serving.http import HttpServing

__all__ = ["InvocationHandler"]


class InvocationHandler:
    """Serves the functions of a catalogue with an app.

    Call it with an invocation: it returns the result, or raises `InvocationError`.

    Args:
        functions: what is served; any other function id is an error to its caller.
        transport: calls the app.
        channels: opens the channels of long bodies.
        caller: what routes call other functions with.
        prefix: of every HTTP trigger's path on the engine.
        proxy_headers: see `HttpServing`.
        errors: what a direct caller gets for a 4xx or 5xx, unless its function says. Triggers
            get an error, unless it says.
        access_log: log one line an invocation.
    """

    def __init__(
        self,
        functions: Iterable[Function],
        transport: ASGITransport,
        channels: ChannelOpener,
        caller: Caller,
        *,
        prefix: str = "",
        proxy_headers: bool = False,
        errors: Literal["raise", "return"] = "raise",
        access_log: bool = True,
    ) -> None:
        self._caller = caller
        self._log = AccessLog() if access_log else None
        self._http = {
            f.id: HttpServing(f, transport, channels, prefix, proxy_headers=proxy_headers)
            for f in functions
        }
        self._direct = {f.id: DirectServing(f, transport, channels, errors) for f in functions}
        # What fires is told of a failure unless the function's own mark says otherwise: a queue
        # tries again only what has failed.
        self._events = {
            event.function_id: (f.id, event, DirectServing(f, transport, channels, "raise"))
            for f in functions
            for event in f.events
        }

    async def __call__(self, message: InvokeFunction) -> Any:
        """Serve one invocation and return its result.

        Raises:
            InvocationError: the error answer.
        """
        function_id = message.function_id
        http = self._http.get(function_id)
        if http is None:
            return await self._serve_event(message)
        payload = http_trigger.infer(message.data)
        if payload is not None:
            trace = http_trigger.trace_of(payload)
            invocation = self._enter(message, "http", payload.caller_worker_id, *trace)
            serving = http.serve(payload, invocation)
        else:
            arguments, caller_id = direct_call.infer(message.data)
            invocation = self._enter(message, None, caller_id)
            serving = self._direct[function_id].serve(arguments, invocation)
        if self._log is not None:
            kind, subject = ("call", "") if payload is None else ("http", http.subject(payload))
            serving = self._log.watch(serving, kind, subject, function_id)
        return (await serving)[1]

    async def _serve_event(self, message: InvokeFunction) -> Any:
        """Serve an invocation of what is no function of a route, but of a trigger of one."""
        found = self._events.get(message.function_id)
        if found is None:
            raise InvocationError("function_not_found", f"this worker has no {message.function_id}")
        function_id, event, direct = found
        payload, caller_id = direct_call.infer(message.data)
        invocation = self._enter(message, event.type, caller_id, function_id=function_id)
        serving = direct.serve_event(event, payload, invocation)
        if self._log is not None:
            serving = self._log.watch(serving, "fire", event.type, function_id)
        return (await serving)[1]

    def _enter(
        self,
        message: InvokeFunction,
        trigger: str | None,
        caller_worker_id: str | None,
        traceparent: str | None = None,
        baggage: str | None = None,
        function_id: str | None = None,
    ) -> Invocation:
        """Make the invocation and set it for the running task, which is this call's own.

        The trace is the message's; where that has none, the HTTP client's.
        """
        invocation = Invocation(
            id=message.invocation_id or None,  # UNSET is false
            function_id=function_id or message.function_id,
            trigger=trigger,
            metadata=None if message.metadata is UNSET else message.metadata,
            caller_worker_id=caller_worker_id,
            traceparent=message.traceparent or traceparent,
            baggage=message.baggage or baggage,
            worker=self._caller,
        )
        current_invocation.set(invocation)
        return invocation
