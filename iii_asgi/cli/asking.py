"""One call to the engine, from the command line."""

from __future__ import annotations

import asyncio
import os
import platform
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from iii_asgi import process
from iii_asgi.settings import Settings
from iii_asgi.version import __version__
from iii_asgi.worker.client import visit

__all__ = ["LIST_TIMEOUT", "ask", "asked"]

LIST_TIMEOUT = 10.0
"""Seconds for what the engine itself answers."""

_PATIENCE = 1.0
"""Seconds before a line says what is waited for."""


def ask(settings: Settings, function_id: str, payload: Any, timeout: float) -> Any:
    """Call a function and return its result.

    Args:
        settings: where the engine is; `namespace` is the function's.
        function_id: ``service::action``.
        payload: what it is called with.
        timeout: seconds to wait for the answer.

    Raises:
        InvocationError: the answer is an error, or there is none in time.
        ConnectionLostError: the engine is not there.
        EngineRefusedError: it does not let us in.
    """
    return process.run(asked(settings, function_id, payload, timeout))


async def asked(settings: Settings, function_id: str, payload: Any, timeout: float) -> Any:
    """Call a function in a running event loop (see `ask`)."""
    metadata = {
        "runtime": "python",
        "version": __version__,
        # Never III_WORKER_NAME: that is the app's, and it may be connected right now.
        "name": f"iii-asgi-call:{platform.node() or 'host'}:{os.getpid()}",
        "pid": os.getpid(),
    }
    namespace = None if settings.namespace == "default" else settings.namespace
    async with (
        visit(settings.url, settings.token, metadata=metadata) as link,
        _patience(function_id),
    ):
        return await link.call(function_id, payload, timeout=timeout, namespace=namespace)


@asynccontextmanager
async def _patience(function_id: str) -> AsyncIterator[None]:
    """Show on a terminal that the call still runs."""

    async def show() -> None:
        from rich.console import Console

        await asyncio.sleep(_PATIENCE)
        with Console(stderr=True).status(f"Waiting for {function_id} (Ctrl+C gives up)"):
            await asyncio.Event().wait()

    showing = asyncio.create_task(show()) if sys.stderr.isatty() else None
    try:
        yield
    finally:
        if showing is not None:
            showing.cancel()
            await asyncio.gather(showing, return_exceptions=True)
