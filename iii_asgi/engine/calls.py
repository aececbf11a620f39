"""What becomes of an ``invokefunction`` that a worker sends."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Raw

from iii_asgi.engine import serde
from iii_asgi.engine.hub import Hub
from iii_asgi.engine.invocations import Call, Trace
from iii_asgi.engine.registry import Worker, WorkerRegistry
from iii_asgi.engine.wire import DEFAULT_NAMESPACE, Outcome, failure, is_blank, new_id
from iii_asgi.protocol import messages as m

__all__ = ["BROKEN", "CALLER_KEY", "ENQUEUE", "INVALID_ID", "call", "missing"]

CALLER_KEY = "_caller_worker_id"
ENQUEUE = "engine::queue::enqueue"
"""The function that an ``enqueue`` action goes to."""

BROKEN = failure("internal_error", "the engine could not carry out the call; its log says why")
INVALID_ID = failure("invalid_invocation_id", "an invocation id must be a UUID")


async def call(hub: Hub, caller: Worker, message: m.InvokeFunction) -> Outcome:
    """Carry out a call of `caller` and return its outcome.

    For a void call, and for one without an invocation id, it returns when the call is sent.
    """
    if message.data is m.NO_DATA:
        return failure("missing_data", "a call needs data, if only null: a real engine drops it")
    if is_blank(message.namespace):
        return failure("INVALID_NAMESPACE", "namespace is empty: give a name, or leave it out")
    action = message.action if isinstance(message.action, dict) else {}
    match action.get("type"):
        case "enqueue":
            return await _enqueue(hub, message, action.get("queue"))
        case None | "void" as kind:
            return await _invoke(hub, caller, message, waits=kind is None)
        case other:
            return failure("invalid_action", f"there is no action {other!r}: void or enqueue")


async def _enqueue(hub: Hub, message: m.InvokeFunction, queue: Any) -> Outcome:
    """Hand a call to the function that keeps queues, as the engine does; tell its receipt."""
    provider = hub.registry.get(DEFAULT_NAMESPACE, ENQUEUE)
    if provider is None:
        return failure("enqueue_error", "nothing on this engine keeps queues")
    receipt = new_id()
    job = {
        "queue": queue,
        "function_id": message.function_id,
        "namespace": message.namespace or DEFAULT_NAMESPACE,
        "data": message.data,
        "messageReceiptId": receipt,
        "traceparent": message.traceparent or None,
        "baggage": message.baggage or None,
    }
    outcome = await (await hub.invocations.begin(Call(provider, Raw(msgspec.json.encode(job)))))
    if outcome.error is not None:
        return failure("enqueue_error", outcome.error.message)
    return Outcome(result=Raw(serde.dumps({"messageReceiptId": receipt})))


async def _invoke(hub: Hub, caller: Worker, message: m.InvokeFunction, *, waits: bool) -> Outcome:
    namespace = message.namespace or DEFAULT_NAMESPACE
    function = hub.registry.get(namespace, message.function_id)
    if function is None:
        return Outcome(error=missing(hub.registry, namespace, message.function_id))
    try:
        data = _with_caller(message.data, caller)
    except ValueError as error:
        return failure("invalid_data", f"the data cannot be passed on: {error}")
    asked = message.invocation_id if waits and isinstance(message.invocation_id, str) else None
    outcome = await hub.invocations.begin(
        Call(
            function,
            data,
            caller=caller if asked else None,
            invocation_id=asked or new_id(),
            metadata=message.metadata,
            trace=Trace.read(message.traceparent, message.baggage).naming(function.id),
        )
    )
    return await outcome if asked else Outcome()


def _with_caller(data: Raw, caller: Worker) -> Raw:
    """Re-write the data of a call; an object gains the caller's id."""
    value = serde.loads(bytes(data))
    if isinstance(value, dict):
        value[CALLER_KEY] = caller.id
    return Raw(serde.dumps(value))


def missing(registry: WorkerRegistry, namespace: str, function_id: str) -> m.ErrorBody:
    """Return the error of a call whose function is not there."""
    text = f"Function {function_id} not found in namespace {namespace}."
    if elsewhere := registry.namespaces_of(function_id):
        text += f" It is registered in namespace(s): {', '.join(elsewhere)}."
    elif function_id.startswith("engine::"):
        text += " The embedded engine has not all functions of a real one."
    return m.ErrorBody("function_not_found", text)
