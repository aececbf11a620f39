"""What a catalogue becomes on one engine: it depends on what that engine is, and has already."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from iii_asgi.catalogue import bindings
from iii_asgi.catalogue.model import Catalogue
from iii_asgi.errors import InvocationError, InvocationTimeoutError
from iii_asgi.protocol import messages as m
from iii_asgi.worker.worker import Call

__all__ = ["registrations", "taken_paths"]

logger = logging.getLogger("iii_asgi")

_PATIENCE = 10.0  # seconds for an answer of the engine itself


async def taken_paths(catalogue: Catalogue, call: Call) -> list[str]:
    """Return the paths of other workers' triggers that bind our hands.

    See `bindings.spellings_of_others`.

    Raises:
        InvocationTimeoutError: the engine does not answer. Without its list we might panic
            its router.
    """
    return bindings.spellings_of_others(catalogue, await _registered_triggers(call))


async def registrations(
    catalogue: Catalogue, namespace: str, greeting: m.WorkerRegistered, call: Call
) -> Sequence[m.Message]:
    """Return the messages that put a catalogue on an engine, functions first."""
    observe = await _has_observers(greeting, call)
    await _warn_of_waiting(catalogue, call)
    return list(bindings.registrations(catalogue, namespace=namespace, observe=observe))


async def _registered_triggers(call: Call) -> list[Any]:
    try:
        return await _rows(call, "registered-triggers", "registered_triggers", internal=False)
    except InvocationTimeoutError:
        raise
    except InvocationError as error:
        logger.warning("The engine does not list its triggers (%s)", error)
        return []


async def _rows(call: Call, kind: str, key: str, *, internal: bool) -> list[Any]:
    """Return what the engine lists of a kind.

    Raises:
        InvocationError: it does not list them.
    """
    wanted = {"include_internal": internal}
    listed = await call(f"engine::{kind}::list", wanted, timeout=_PATIENCE)
    return list(listed.get(key, ())) if isinstance(listed, dict) else []


async def _warn_of_waiting(catalogue: Catalogue, call: Call) -> None:
    """Log which triggers will not fire, since nothing provides their type.

    The engine says nothing of them: they wait, in case somebody does later.
    """
    events = [(one.id, event.type) for one in catalogue.functions for event in one.events]
    if not events:
        return
    try:
        rows = await _rows(call, "triggers", "triggers", internal=True)
    except InvocationError:
        return
    known = {row.get("id") for row in rows if isinstance(row, dict)}
    for function_id, kind in events:
        if kind not in known:
            logger.warning(
                "The trigger %s of %s waits: nothing on this engine provides it", kind, function_id
            )


async def _has_observers(greeting: m.WorkerRegistered, call: Call) -> bool:
    """Whether this engine binds HTTP routes by observing (see `bindings`)."""
    if bindings.OBSERVERS not in (greeting.features or ()):
        return False
    try:
        await call(
            "engine::functions::info", {"function_id": bindings.HTTP_SOURCE}, timeout=_PATIENCE
        )
    except InvocationError:
        return False
    return True
