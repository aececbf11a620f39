"""The engine's lists: functions, workers, triggers and trigger types, filtered and in order."""

from __future__ import annotations

import msgspec

from iii_asgi.engine.hub import Hub
from iii_asgi.engine.registry import Function
from iii_asgi.engine.rows import (
    INTERNAL,
    Row,
    engine_rows,
    function_row,
    present,
    trigger_row,
    type_row,
    worker_row,
)
from iii_asgi.engine.wire import DEFAULT_NAMESPACE

__all__ = [
    "FunctionFilter",
    "TriggerFilter",
    "TypeFilter",
    "WorkerFilter",
    "function_detail",
    "functions",
    "triggers",
    "types",
    "worker_detail",
    "workers",
]


class FunctionFilter(msgspec.Struct):
    """Arguments of ``engine::functions::list``."""

    search: str | None = None
    prefix: str | None = None
    worker: str | None = None
    workers: list[str] | None = None
    include_internal: bool | None = None


class TypeFilter(msgspec.Struct):
    """Arguments of ``engine::triggers::list``."""

    search: str | None = None
    prefix: str | None = None
    worker: str | None = None
    include_internal: bool | None = None


class TriggerFilter(msgspec.Struct):
    """Arguments of ``engine::registered-triggers::list``."""

    search: str | None = None
    trigger_type: str | None = None
    function_id: str | None = None
    worker: str | None = None
    include_internal: bool | None = None


class WorkerFilter(msgspec.Struct):
    """Arguments of ``engine::workers::list``."""

    search: str | None = None
    runtime: str | None = None
    status: str | None = None


def functions(hub: Hub, wanted: FunctionFilter) -> list[Row]:
    """List functions by id; with a search, the best matches first."""
    names = {wanted.worker, *(wanted.workers or ())} - {None}
    rows = [
        row
        for row in (function_row(hub, one) for one in hub.registry.functions)
        if (wanted.include_internal or not _is_internal(row))
        and row["function_id"].startswith(wanted.prefix or "")
        and (not names or row["worker_name"] in names)
        and _matches(wanted.search, row["function_id"], row.get("description", ""))
    ]
    return sorted(rows, key=lambda row: (_rank(row["function_id"], wanted.search), *_order(row)))


def function_detail(hub: Hub, function: Function) -> Row:
    """Describe one function, with its schemas and triggers."""
    bound = [
        {"id": trigger.id, "trigger_type": trigger.type_id, "config": trigger.config}
        for trigger in hub.triggers.served
        if (trigger.namespace, trigger.function_id) == (function.namespace, function.id)
    ]
    return function_row(hub, function) | present(
        request_schema=function.request_format,
        response_schema=function.response_format,
        registered_triggers=bound,
    )


def triggers(hub: Hub, wanted: TriggerFilter) -> list[Row]:
    """List the triggers that a provider has; those that wait are not listed."""
    rows = [
        row
        for row in (trigger_row(hub, trigger) for trigger in hub.triggers.served)
        if (wanted.include_internal or not row["function_id"].startswith(INTERNAL))
        and wanted.trigger_type in (None, row["trigger_type"])
        and wanted.function_id in (None, row["function_id"])
        and wanted.worker in (None, row["worker_name"])
        and _matches(wanted.search, row["id"], row["trigger_type"], row["function_id"])
    ]
    return sorted(rows, key=lambda row: str(row["id"]))


def types(hub: Hub, wanted: TypeFilter) -> list[Row]:
    """List trigger types."""
    rows = [
        row
        for row in (type_row(hub, kind) for kind in hub.triggers.types.values())
        if (wanted.include_internal or not row["id"].startswith(INTERNAL))
        and row["id"].startswith(wanted.prefix or "")
        and wanted.worker in (None, row["worker_name"])
        and _matches(wanted.search, row["id"], row["description"])
    ]
    return sorted(rows, key=lambda row: str(row["id"]))


def workers(hub: Hub, wanted: WorkerFilter) -> list[Row]:
    """List workers; a connection that has not introduced itself is no worker yet."""
    known = [worker_row(worker) for worker in hub.registry.workers.values() if worker.pid]
    rows = [
        row
        for row in known + engine_rows(hub)
        if wanted.runtime in (None, row["runtime"])
        and wanted.status in (None, row["status"])
        and _matches(wanted.search, row["name"] or "")
    ]
    return sorted(rows, key=lambda row: (row["name"] or row["id"], row["id"]))


def worker_detail(hub: Hub, name: str, namespace: str) -> Row | None:
    """Describe one worker with what it offers; None when there is none of that name."""
    row = next(
        (
            worker_row(worker) | present(pid=worker.pid) | {"internal": False}
            for worker in hub.registry.workers.values()
            if (worker.name, worker.namespace) == (name, namespace)
        ),
        None,
    )
    if row is None and namespace == DEFAULT_NAMESPACE:
        own = (row | {"internal": True} for row in engine_rows(hub) if row["name"] == name)
        row = next(own, None)
    if row is None:
        return None
    owned = functions(hub, FunctionFilter(worker=name, include_internal=True))
    owned = [function for function in owned if function["namespace"] == namespace]
    ids = {function["function_id"] for function in owned}
    kinds = types(hub, TypeFilter(worker=name, include_internal=True))
    return {
        "worker": row,
        "functions": owned,
        "trigger_types": [kind for kind in kinds if kind["namespace"] == namespace],
        "registered_triggers": [
            trigger_row(hub, trigger)
            for trigger in hub.triggers.served
            if trigger.namespace == namespace and trigger.function_id in ids
        ],
    }


def _is_internal(row: Row) -> bool:
    metadata = row.get("metadata")
    is_tagged = isinstance(metadata, dict) and metadata.get("internal") is True
    return is_tagged or row["function_id"].startswith(INTERNAL)


def _matches(search: str | None, *texts: str) -> bool:
    needle = (search or "").lower()
    return any(needle in text.lower() for text in texts)


def _rank(function_id: str, search: str | None) -> int:
    """Rank a hit: the id begins with it or has it as a part, else in the id, else elsewhere."""
    name, needle = function_id.lower(), (search or "").lower()
    if name.startswith(needle) or needle in name.split("::"):
        return 0
    return 1 if needle in name else 2


def _order(row: Row) -> tuple[str, str]:
    return row["function_id"], row["namespace"]
