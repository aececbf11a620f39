"""One row each of the engine's lists: a function, a trigger, a trigger type, a worker."""

from __future__ import annotations

from typing import Any, TypeAlias

from iii_asgi.engine import serde
from iii_asgi.engine.http_routes import HTTP
from iii_asgi.engine.hub import Hub
from iii_asgi.engine.registry import Function, Worker
from iii_asgi.engine.trigger import Trigger, TriggerType
from iii_asgi.engine.wire import DEFAULT_NAMESPACE

__all__ = [
    "INTERNAL",
    "Row",
    "engine_rows",
    "function_row",
    "present",
    "trigger_row",
    "type_row",
    "worker_row",
]

Row: TypeAlias = dict[str, Any]

INTERNAL = "engine::"
# The name under which a real engine lists its own functions.
ENGINE_WORKER = "iii-engine-functions"
# Service of a function, or trigger type → the worker under which a real engine lists it.
_PARTS = {
    "cron": "iii-cron",
    "durable:subscriber": "iii-queue",
    "iii": "iii-queue",
    "state": "iii-state",
}
SUMMARY_LENGTH = 80


def function_row(hub: Hub, function: Function) -> Row:
    """Describe a function, without its schemas."""
    return {
        "function_id": function.id,
        "namespace": function.namespace,
        "worker_name": _owner_name(hub, function),
    } | present(description=function.description, metadata=function.metadata)


def trigger_row(hub: Hub, trigger: Trigger) -> Row:
    """Describe a trigger, with its configuration in full and in short."""
    function = hub.registry.get(trigger.namespace, trigger.function_id)
    summary = serde.dumps(trigger.config).decode()
    return {
        "id": trigger.id,
        "trigger_type": trigger.type_id,
        "function_id": trigger.function_id,
        "worker_name": _owner_name(hub, function) if function else _service(trigger.function_id),
        "config": trigger.config,
        "config_summary": summary
        if len(summary) <= SUMMARY_LENGTH
        else f"{summary[:SUMMARY_LENGTH]}…",
    }


def type_row(hub: Hub, kind: TriggerType) -> Row:
    """Describe a trigger type."""
    engine_name = hub.front.worker_name if kind.id == HTTP else _PARTS.get(kind.id, kind.id)
    return {
        "id": kind.id,
        "namespace": kind.namespace,
        "worker_name": (kind.provider.name if kind.provider else None) or engine_name,
        "description": kind.description,
    }


def worker_row(worker: Worker) -> Row:
    """Describe a worker that is connected."""
    return {
        "id": worker.id,
        "name": worker.name,
        "namespace": worker.namespace or DEFAULT_NAMESPACE,
        "description": worker.description,
        "version": worker.version,
        "runtime": worker.runtime,
        "os": worker.os,
        "isolation": worker.isolation,
        "ip_address": worker.ip_address,
        "status": "connected",
        "connected_at_ms": worker.connected_at_ms,
        "function_count": len(worker.function_ids),
        "active_invocations": len(worker.invocations),
    }


def engine_rows(hub: Hub) -> list[Row]:
    """Describe the engine's own parts, which a real engine lists as workers, too."""
    own = [_owner_name(hub, function) for function in hub.registry.functions if not function.owner]
    return [
        {
            "id": name,
            "name": name,
            "namespace": DEFAULT_NAMESPACE,
            "description": "Embedded engine of iii-asgi",
            "version": hub.version,
            "runtime": "engine",
            "os": None,
            "isolation": "in-process",
            "ip_address": None,
            "status": "available",
            "connected_at_ms": hub.started_at_ms,
            "function_count": own.count(name),
            "active_invocations": 0,
        }
        for name in (ENGINE_WORKER, hub.front.worker_name, *sorted(set(_PARTS.values())))
    ]


def _owner_name(hub: Hub, function: Function) -> str:
    if function.owner is None:
        if function.id.startswith(INTERNAL):
            return ENGINE_WORKER
        return _PARTS.get(_service(function.id), hub.front.worker_name)
    return function.owner.name or _service(function.id)


def _service(function_id: str) -> str:
    return function_id.partition("::")[0]


def present(**fields: Any) -> Row:
    """Return the fields that are set: the engine leaves the others out."""
    return {name: value for name, value in fields.items() if value is not None}
