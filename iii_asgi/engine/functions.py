"""The engine's own functions: who is there, what is registered, and a worker's introduction."""

from __future__ import annotations

import logging
from functools import partial
from typing import Any

import msgspec

from iii_asgi.engine import listing
from iii_asgi.engine.calls import CALLER_KEY
from iii_asgi.engine.channels import DEFAULT_CAPACITY
from iii_asgi.engine.handlers import offer, result
from iii_asgi.engine.hub import Hub
from iii_asgi.engine.registry import Function, Worker
from iii_asgi.engine.wire import DEFAULT_NAMESPACE, Outcome, failure, is_blank
from iii_asgi.protocol import messages as m
from iii_asgi.protocol.session import WORKER_NAME_TAKEN

__all__ = ["register_engine_functions"]

MAX_BATCH = 32
MAX_TEXT = 280

logger = logging.getLogger("iii_asgi.engine")


class _Introduction(msgspec.Struct, rename={"caller": CALLER_KEY}):
    caller: str | None = None
    name: str | None = None
    namespace: str | None = None
    runtime: str | None = None
    version: str | None = None
    description: str | None = None
    os: str | None = None
    pid: int | None = None
    isolation: str | None = None


class _CreateChannel(msgspec.Struct):
    buffer_size: int | None = None


class _FunctionInfo(msgspec.Struct):
    function_id: str | None = None
    function_ids: list[str] | None = None
    namespace: str | None = None


class _WorkerInfo(msgspec.Struct):
    name: str
    namespace: str | None = None


def register_engine_functions(hub: Hub) -> None:
    """Offer the engine's functions under their usual ids."""
    for function_id, kind, description, work in (
        ("engine::channels::create", _CreateChannel, "Make a channel", _create_channel),
        ("engine::functions::info", _FunctionInfo, "Describe functions", _functions_info),
        ("engine::functions::list", listing.FunctionFilter, "List functions", _functions),
        ("engine::registered-triggers::list", listing.TriggerFilter, "List triggers", _triggers),
        ("engine::triggers::list", listing.TypeFilter, "List trigger types", _types),
        ("engine::workers::info", _WorkerInfo, "Describe a worker", _workers_info),
        ("engine::workers::list", listing.WorkerFilter, "List workers", _workers),
        ("engine::workers::register", _Introduction, "Introduce a worker", _introduce),
    ):
        offer(hub.registry, function_id, kind, description, partial(work, hub))


async def _create_channel(hub: Hub, given: _CreateChannel) -> Outcome:
    size = DEFAULT_CAPACITY if given.buffer_size is None else given.buffer_size
    if size < 0:
        return failure("deserialization_error", "buffer_size must not be negative")
    channel = hub.channels.create(size)
    return result({"writer": channel.writer, "reader": channel.reader})


async def _functions(hub: Hub, given: listing.FunctionFilter) -> Outcome:
    return result({"functions": listing.functions(hub, given)})


async def _triggers(hub: Hub, given: listing.TriggerFilter) -> Outcome:
    return result({"registered_triggers": listing.triggers(hub, given)})


async def _types(hub: Hub, given: listing.TypeFilter) -> Outcome:
    return result({"triggers": listing.types(hub, given)})


async def _workers(hub: Hub, given: listing.WorkerFilter) -> Outcome:
    return result({"workers": listing.workers(hub, given)})


async def _functions_info(hub: Hub, given: _FunctionInfo) -> Outcome:
    if (given.function_id is None) == (given.function_ids is None):
        return failure("INVALID_ARGUMENTS", "give either function_id or function_ids")
    if given.function_id is not None:
        function = _find(hub, given.function_id, given.namespace)
        if function is None:
            return failure("NOT_FOUND", _not_found(hub, given.function_id))
        return result(listing.function_detail(hub, function))
    ids = list(dict.fromkeys(given.function_ids or ()))
    if not 0 < len(ids) <= MAX_BATCH:
        return failure("INVALID_ARGUMENTS", f"function_ids takes 1 to {MAX_BATCH} ids")
    return result({"functions": [_entry(hub, name, given.namespace) for name in ids]})


def _entry(hub: Hub, function_id: str, namespace: str | None) -> dict[str, Any]:
    function = _find(hub, function_id, namespace)
    if function is None:
        return {"function_id": function_id, "error": "not_found"}
    return listing.function_detail(hub, function)


def _find(hub: Hub, function_id: str, namespace: str | None) -> Function | None:
    """Find a function: where the caller says, else in `default`, else where alone it is."""
    spaces = [namespace] if namespace else hub.registry.namespaces_of(function_id)
    if DEFAULT_NAMESPACE in spaces:
        return hub.registry.get(DEFAULT_NAMESPACE, function_id)
    return hub.registry.get(spaces[0], function_id) if len(spaces) == 1 else None


def _not_found(hub: Hub, function_id: str) -> str:
    if spaces := hub.registry.namespaces_of(function_id):
        return f"Function {function_id!r} is in namespace(s) {', '.join(spaces)}: pass one of them"
    return f"Function {function_id!r} is not registered"


async def _workers_info(hub: Hub, given: _WorkerInfo) -> Outcome:
    spaces = sorted(
        {w.namespace for w in hub.registry.workers.values() if w.name == given.name and w.namespace}
    )
    wanted = given.namespace or (spaces[0] if len(spaces) == 1 else DEFAULT_NAMESPACE)
    if (detail := listing.worker_detail(hub, given.name, wanted)) is not None:
        return result(detail)
    if spaces:
        text = f"Worker {given.name!r} is in namespace(s) {', '.join(spaces)}: pass one of them"
        return failure("NOT_FOUND", text)
    return failure("NOT_FOUND", f"Worker {given.name!r} is not connected")


async def _introduce(hub: Hub, given: _Introduction) -> Outcome:
    """Take in what a worker says of itself; this fixes its namespace and takes its name."""
    worker = hub.registry.workers.get(given.caller or "")
    if worker is None:
        return failure("deserialization_error", "only a connected worker can introduce itself")
    if is_blank(given.namespace):
        return failure("INVALID_NAMESPACE", "namespace is empty: give a name, or leave it out")
    namespace = worker.namespace or given.namespace or DEFAULT_NAMESPACE
    name = _printable(given.name)
    if name and (owner := hub.registry.claim_name(namespace, name, worker)):
        await worker.link.refuse(
            m.RegistrationRejected(
                code=WORKER_NAME_TAKEN,
                namespace=namespace,
                worker_name=name,
                owner_worker_id=owner.id,
            )
        )
        return result({"success": False})
    _describe(worker, given, name)
    if await worker.link.resolve(namespace) != (given.namespace or DEFAULT_NAMESPACE):
        logger.warning(
            "worker %s asks for the namespace %r too late: it is in %r",
            worker.name or worker.id,
            given.namespace or DEFAULT_NAMESPACE,
            namespace,
        )
    return result({"success": True})


def _describe(worker: Worker, given: _Introduction, name: str | None) -> None:
    worker.name = name or worker.name
    worker.description = _printable(given.description) or worker.description
    worker.runtime = given.runtime or "unknown"
    worker.version = given.version
    worker.os = given.os or worker.os
    worker.pid = given.pid or worker.pid
    worker.isolation = given.isolation or worker.isolation


def _printable(text: str | None) -> str | None:
    """Clean a text that is shown to people: no control characters, and not too long."""
    kept = "".join(c for c in text or "" if c.isprintable())[:MAX_TEXT].strip()
    return kept or None
