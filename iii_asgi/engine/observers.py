"""HTTP routes as engines of 0.25 and later bind them: by observing ``http::on-request``.

Only that function can be observed here. Below, an observer is an http trigger.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UNSET, Raw, UnsetType

from iii_asgi.engine.http_routes import HTTP
from iii_asgi.engine.hub import Hub
from iii_asgi.engine.registry import Function, Worker
from iii_asgi.engine.routes import RouteConflictError
from iii_asgi.engine.trigger import Trigger, TriggerError
from iii_asgi.engine.wire import DEFAULT_NAMESPACE, Outcome, failure
from iii_asgi.protocol import messages as m

__all__ = ["FEATURE", "SOURCE", "observe", "register_source"]

FEATURE = "observe.v1"
SOURCE = "http::on-request"
_OPTIONS = ("filters", "on", "capture", "deliver", "max_fires", "expires_in_ms", "max_in_flight")


class _Route(msgspec.Struct, forbid_unknown_fields=True):
    path: str
    method: str = "GET"
    middleware_function_ids: list[str] | UnsetType | None = UNSET


class _RefusedError(Exception):
    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.error = m.ErrorBody(code, message)


def register_source(hub: Hub) -> None:
    """Offer the function that is observed. It cannot be called."""

    async def handle(_: Raw) -> Outcome:
        return failure("function_not_invokable", f"{SOURCE} is observed, not called")

    hub.registry.register(
        Function(id=SOURCE, handler=handle, description="A request to the engine's HTTP port")
    )


async def observe(hub: Hub, worker: Worker, message: m.Observe) -> None:
    """Bind a route, and tell the worker what came of it."""
    warnings: list[Any] = []
    target = message.target
    try:
        await hub.triggers.register(_trigger_of(worker, message))
    except RouteConflictError as error:
        return await _refuse(worker, message.id, m.ErrorBody("HTTP_ROUTE_CONFLICT", str(error)))
    except TriggerError as error:
        return await _refuse(worker, message.id, m.ErrorBody("INVALID_ARGS", str(error)))
    except _RefusedError as refused:
        return await _refuse(worker, message.id, refused.error)
    if hub.registry.get(target.namespace or DEFAULT_NAMESPACE, target.function_id) is None:
        warnings.append(f"the function {target.function_id} is not registered yet")
    return await worker.link.send(m.ObserveResult(id=message.id, state="active", warnings=warnings))


async def _refuse(worker: Worker, observer_id: str, error: m.ErrorBody) -> None:
    await worker.link.send(m.ObserveResult(id=observer_id, state="error", error=error, warnings=[]))


def _trigger_of(worker: Worker, message: m.Observe) -> Trigger:
    source = message.source
    if source.function_id != SOURCE:
        raise _RefusedError("UNSUPPORTED", f"the embedded engine can only observe {SOURCE}")
    if options := [name for name in _OPTIONS if _is_set(source, name) or _is_set(message, name)]:
        text = f"the embedded engine does not support {', '.join(options)} of an observer"
        raise _RefusedError("UNSUPPORTED", text)
    try:
        route = msgspec.convert(source.args or {}, _Route)
    except msgspec.ValidationError as error:
        raise _RefusedError("INVALID_ARGS", str(error)) from error
    return Trigger(
        id=message.id,
        type_id=HTTP,
        function_id=message.target.function_id,
        config={
            "api_path": route.path,
            "http_method": route.method,
            "middleware_function_ids": route.middleware_function_ids or None,
        },
        metadata=None if message.metadata is UNSET else message.metadata,
        owner=worker,
        namespace=message.target.namespace or DEFAULT_NAMESPACE,
        home=worker.namespace or DEFAULT_NAMESPACE,
        type_namespace=DEFAULT_NAMESPACE,
    )


def _is_set(message: object, name: str) -> bool:
    return getattr(message, name, None) not in (UNSET, None)
