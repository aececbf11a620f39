"""One log line an invocation, as uvicorn has one a request."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable
from typing import Any

from iii_asgi.errors import InvocationError

__all__ = ["AccessLog"]

logger = logging.getLogger("iii_asgi.access")


class AccessLog:
    """Times invocations and logs each when it ends.

    The record's arguments are (kind, subject, function id, outcome, milliseconds), for
    formatters that want to lay them out.
    """

    async def watch(
        self, serving: Awaitable[tuple[Any, Any]], kind: str, subject: str, function_id: str
    ) -> tuple[Any, Any]:
        """Await a serving, which returns (outcome, result), and log how it ended."""
        started = time.perf_counter()
        outcome: Any = "failed"
        try:
            served = await serving
            outcome = served[0]
            return served
        except InvocationError as error:
            outcome = error.code
            raise
        except asyncio.CancelledError:
            outcome = "stopped"
            raise
        finally:
            elapsed = (time.perf_counter() - started) * 1000
            logger.info(
                "%-4s  %s   %s   %s   %.1f ms", kind, subject, function_id, outcome, elapsed
            )
