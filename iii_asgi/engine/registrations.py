"""What a worker registers and takes back: functions, triggers, trigger types."""

from __future__ import annotations

import logging

from msgspec import UNSET

from iii_asgi.engine import observers
from iii_asgi.engine.hub import Hub
from iii_asgi.engine.registry import Function, Worker
from iii_asgi.engine.trigger import Trigger, TriggerError, TriggerType
from iii_asgi.engine.wire import DEFAULT_NAMESPACE, is_blank
from iii_asgi.protocol import messages as m

__all__ = ["KINDS", "apply"]

FUNCTION_TAKEN = "FUNCTION_NAMESPACE_CONFLICT"
RESERVED = "engine::"

KINDS = (
    m.RegisterFunction,
    m.UnregisterFunction,
    m.RegisterService,
    m.RegisterTrigger,
    m.UnregisterTrigger,
    m.RegisterTriggerType,
    m.Observe,
    m.Unobserve,
)
"""The messages that wait until the worker's namespace is known."""

logger = logging.getLogger("iii_asgi.engine")


async def apply(hub: Hub, worker: Worker, message: m.Message) -> None:
    """Carry out a registration; a refusal is told to the worker."""
    match message:
        case m.RegisterFunction():
            await _register_function(hub, worker, message)
        case m.UnregisterFunction():
            hub.registry.unregister(worker, message.id)
        case m.RegisterTrigger():
            await _register_trigger(hub, worker, message)
        case m.UnregisterTrigger():
            await hub.triggers.unregister(message.id)
        case m.Observe() if hub.has_observers:
            await observers.observe(hub, worker, message)
        case m.Unobserve() if hub.has_observers:
            await hub.triggers.unregister(message.id)
        case m.RegisterTriggerType():
            await hub.triggers.register_type(
                TriggerType(
                    message.id,
                    worker.namespace or DEFAULT_NAMESPACE,
                    message.description or "",
                    provider=worker,
                )
            )


async def _register_function(hub: Hub, worker: Worker, message: m.RegisterFunction) -> None:
    # The wire has no refusal with a text: the reason stands in the log.
    if message.id.startswith(RESERVED):
        logger.warning("function %s is refused: ids with %s are reserved", message.id, RESERVED)
        return await _reject(worker, message.id)
    if message.invocation not in (UNSET, None):
        logger.warning(
            "function %s is refused: the embedded engine does not call URLs; register it "
            "without `invocation`, or use a real iii engine",
            message.id,
        )
        return await _reject(worker, message.id)
    present = hub.registry.register(
        Function(
            id=message.id,
            namespace=worker.namespace or DEFAULT_NAMESPACE,
            owner=worker,
            description=message.description or None,
            request_format=_given(message.request_format),
            response_format=_given(message.response_format),
            metadata=_given(message.metadata),
        )
    )
    if present is not None:
        owner = present.owner.id if present.owner else ""
        logger.warning("function %s is refused: another worker owns it (%s)", message.id, owner)
        await _reject(worker, message.id, owner)
    return None


async def _reject(worker: Worker, function_id: str, owner_id: str = "") -> None:
    await worker.link.send(
        m.RegistrationRejected(
            code=FUNCTION_TAKEN,
            namespace=worker.namespace or DEFAULT_NAMESPACE,
            function_id=function_id,
            owner_worker_id=owner_id,
        )
    )


async def _register_trigger(hub: Hub, worker: Worker, message: m.RegisterTrigger) -> None:
    for name in ("namespace", "trigger_namespace"):
        if is_blank(getattr(message, name)):
            text = f"{name} is empty: give a name, or leave it out"
            return await _refuse_trigger(worker, message, "INVALID_NAMESPACE", text)
    try:
        await hub.triggers.register(
            Trigger(
                id=message.id,
                type_id=message.trigger_type,
                function_id=message.function_id,
                config=message.config,
                metadata=_given(message.metadata),
                owner=worker,
                namespace=message.namespace or DEFAULT_NAMESPACE,
                home=worker.namespace or DEFAULT_NAMESPACE,
                type_namespace=message.trigger_namespace or None,
            )
        )
    except TriggerError as error:
        logger.warning("trigger %s is refused: %s", message.id, error)
        await _refuse_trigger(worker, message, "trigger_registration_failed", str(error))
    return None


async def _refuse_trigger(worker: Worker, message: m.RegisterTrigger, code: str, text: str) -> None:
    await worker.link.send(
        m.TriggerRegistrationResult(
            id=message.id,
            trigger_type=message.trigger_type,
            function_id=message.function_id,
            error=m.ErrorBody(code, text),
        )
    )


def _given(value: object) -> object:
    return None if value is UNSET else value
