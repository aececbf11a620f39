"""`attach`: the app stays under its web server, and is on iii as long as that runs."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable
from contextlib import AsyncExitStack
from dataclasses import replace

from starlette.types import ASGIApp, Receive, Scope, Send

from iii_asgi.bridge import Bridge
from iii_asgi.catalogue.model import FunctionNamer
from iii_asgi.errors import Error
from iii_asgi.settings import Settings, variable_of

__all__ = ["attach"]

logger = logging.getLogger("iii_asgi")


def attach(
    app: ASGIApp,
    *,
    settings: Settings | None = None,
    include: str | Iterable[str] = (),
    exclude: str | Iterable[str] = (),
    function_id: FunctionNamer | None = None,
) -> ASGIApp:
    """Return an ASGI app that serves as `app` does and puts it on iii while it runs.

        app = attach(app)    # uvicorn main:app, as before

    HTTP stays with the web server, so by default the engine gets functions and no HTTP
    triggers; `settings` or ``III_ASGI_HTTP`` say otherwise. The server needs its lifespan
    on. It does not wait for the engine: where that is away, the app serves all the same,
    and joins when it comes.

    Args:
        app: any ASGI app.
        settings, include, exclude, function_id: as for `Bridge`. What is excluded stays off
            iii; the web server goes on serving it.
    """
    if settings is None:
        settings = Settings.resolve()
        if not os.environ.get(variable_of("http")):
            settings = replace(settings, http="off")
    bridge = Bridge(
        app, settings=settings, include=include, exclude=exclude, function_id=function_id
    )

    async def attached(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(bridge, scope, receive, send)
        else:
            await app(scope, receive, send)

    return attached


async def _lifespan(bridge: Bridge, scope: Scope, receive: Receive, send: Send) -> None:
    """Serve the server's lifespan: the bridge runs the app's own within it.

    Whatever fails is told to the server. It would take an exception for an app without a
    lifespan, and serve on.
    """
    step = "startup"
    try:
        async with AsyncExitStack() as stack:
            await receive()
            await stack.enter_async_context(bridge.connect(wait=False))
            scope.get("state", {}).update(bridge.state)
            await send({"type": "lifespan.startup.complete"})
            await receive()
            step = "shutdown"
    except Exception as error:
        if not isinstance(error, Error):
            logger.exception("Attaching to iii failed at %s", step)
        await send({"type": f"lifespan.{step}.failed", "message": str(error)})
    else:
        await send({"type": "lifespan.shutdown.complete"})
