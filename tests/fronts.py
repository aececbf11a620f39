"""Waiting for the HTTP front of an engine, which may be a worker of its own.

The engine does not tell when that worker has taken a trigger: it passes no success on, and its
list holds the trigger before.
"""

from __future__ import annotations

import asyncio
import re
from collections import defaultdict
from collections.abc import Mapping

import httpx

from iii_asgi import Bridge
from tests.patience import WITHIN

__all__ = ["until_has", "until_served"]

NOBODY = "nobody-s-segment"  # a parameter's value that no literal has


async def until_served(http_url: str, bridge: Bridge) -> None:
    """Return when the front has all HTTP triggers of a bridge (see `until_has`)."""
    missing: dict[str, set[str]] = defaultdict(set)
    for function in bridge.catalogue.functions:
        for trigger in function.triggers:
            path = re.sub(r"(?<=/):[^/]+", NOBODY, trigger.api_path)
            missing["/" + path.lstrip("/")].add(trigger.method)
    await until_has(http_url, missing)


async def until_has(http_url: str, routes: Mapping[str, set[str]]) -> None:
    """Return when the front has these methods of these paths.

    It is asked with TRACE, which no app has: it answers that itself, with what there is.

    Raises:
        TimeoutError: it still has not.
    """
    async with asyncio.timeout(WITHIN), httpx.AsyncClient(base_url=http_url) as http:
        for path, methods in routes.items():
            while not methods <= await _methods(http, path):  # noqa: ASYNC110
                await asyncio.sleep(0.02)


async def _methods(http: httpx.AsyncClient, path: str) -> set[str]:
    answer = await http.request("TRACE", path)
    return {one.strip() for one in answer.headers.get("allow", "").split(",")}
