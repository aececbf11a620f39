"""The end of an owner: it holds on to its queues until another worker has taken over.

A queue tries again what it cannot deliver, but a topic that nobody subscribes to drops it.
The next owner is a worker that stands by: it asks for our functions once a second or more
often, those of queues last, and then subscribes (see `registrations`).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Iterable

from iii_asgi.errors import InvocationError
from iii_asgi.worker.link import Link
from iii_asgi.worker.registrations import (
    FUNCTIONS,
    PER_REGISTRATION,
    ROUND_TRIP_TIMEOUT,
    Registrations,
)

__all__ = ["hand_over"]

logger = logging.getLogger("iii_asgi")

CHECK = 0.1
"""Seconds between looks whether another worker has taken over."""


async def hand_over(link: Link, registrations: Registrations) -> None:
    """Return when another worker subscribes to our queues, or nobody does.

    Our functions have been taken back before.
    """
    subscriptions, functions = registrations.subscriptions, registrations.ours
    if not subscriptions:
        return
    namespace = subscriptions[0].namespace or "default"
    if not await _has_others(link, namespace):
        return
    logger.info("Leaving the queues to whoever stands by")
    queues = {one.function_id for one in subscriptions}
    if not await _come_to(
        1, link, {functions[0], *queues}, namespace, within=FUNCTIONS.longest + CHECK
    ):
        return
    # Now the next owner has begun to ask, for all of them at once.
    within = CHECK + PER_REGISTRATION * len(functions)
    await _come_to(len(queues), link, queues, namespace, within=within)
    await asyncio.sleep(CHECK + PER_REGISTRATION * len(subscriptions))


async def _come_to(
    count: int, link: Link, function_ids: Iterable[str], namespace: str, *, within: float
) -> bool:
    """Wait until so many of some functions have an owner; False: not in so many seconds."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(within):
            while len(await _served(link, function_ids, namespace)) < count:  # noqa: ASYNC110
                await asyncio.sleep(CHECK)
            return True
    return False


async def _has_others(link: Link, namespace: str) -> bool:
    """Whether there is another worker that may stand by: one in Python, like us."""
    try:
        listed = await link.call(
            "engine::workers::list", {"runtime": "python"}, timeout=ROUND_TRIP_TIMEOUT
        )
    except InvocationError:
        return True
    rows = listed.get("workers") if isinstance(listed, dict) else None
    if not isinstance(rows, list):
        return True
    namespaces = [one.get("namespace") for one in rows if isinstance(one, dict)]
    return namespaces.count(namespace) > 1


async def _served(link: Link, function_ids: Iterable[str], namespace: str) -> set[str]:
    """Return those of some functions that a worker has."""
    served = set()
    for one in function_ids:
        wanted = {"function_id": one, "namespace": namespace}
        with contextlib.suppress(InvocationError):
            await link.call("engine::functions::info", wanted, timeout=ROUND_TRIP_TIMEOUT)
            served.add(one)
    return served
