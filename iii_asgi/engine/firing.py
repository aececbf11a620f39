"""Calling a function since something has happened: no worker asks, and none waits."""

from __future__ import annotations

import logging
from typing import Any

from msgspec import Raw

from iii_asgi.engine.calls import BROKEN, missing
from iii_asgi.engine.hub import Hub
from iii_asgi.engine.invocations import Call, Trace
from iii_asgi.engine.wire import Outcome

__all__ = ["fire"]

logger = logging.getLogger("iii_asgi.engine")


async def fire(
    hub: Hub,
    function_id: str,
    namespace: str,
    data: Raw,
    *,
    metadata: Any = None,
    trace: Trace | None = None,
) -> Outcome:
    """Call a function and return its outcome; that it is not there is one, too.

    Args:
        hub: of the engine.
        function_id, namespace: what is called.
        data: of the event.
        metadata: of the trigger, where the engine passes it on.
        trace: of what caused the event.
    """
    function = hub.registry.get(namespace, function_id)
    if function is None:
        return Outcome(error=missing(hub.registry, namespace, function_id))
    trace = (trace or Trace()).naming(function_id)
    call = Call(function, data, metadata=metadata, trace=trace)
    try:
        return await (await hub.invocations.begin(call))
    except Exception:  # of the engine's own function: an outcome, too, so a queue tries again
        logger.exception("The engine's function %s failed", function_id)
        return BROKEN
