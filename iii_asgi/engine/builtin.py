"""The front end of engines up to 0.23: ``iii-http``, inside the engine."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from iii_asgi.engine.answers import Answer, Headers
from iii_asgi.engine.channels import Channel, ChannelClosedError
from iii_asgi.engine.client import Body, BrokenBodyError
from iii_asgi.engine.front import NOT_FOUND, Front, Upload, path_of
from iii_asgi.engine.invocations import Trace
from iii_asgi.engine.registry import Function, WorkerRegistry
from iii_asgi.engine.request import Request
from iii_asgi.engine.route_tree import RouteTree
from iii_asgi.engine.routes import Route
from iii_asgi.protocol.messages import ErrorBody

__all__ = ["BuiltinFront"]


class BuiltinFront(Front):
    """It knows the engine's namespaces and metadata, and tells nobody the actual path."""

    worker_name = "iii-http"
    unreadable = ""
    may_be_silent = True
    unnoticed = 0
    knows_metadata = True

    def __init__(self) -> None:
        super().__init__(RouteTree())

    def read_config(self, config: dict[str, Any]) -> tuple[str, str]:
        """Return (method, path); a method that is no text is GET."""
        method = config.get("http_method")
        return method.upper() if isinstance(method, str) else "GET", path_of(config)

    def options(self, path: str) -> Headers:
        """Return ``allow`` for a known path, unless OPTIONS itself is registered there."""
        allowed = self.routes.allowed(path)
        return [_allow(allowed)] if allowed and "OPTIONS" not in allowed else []

    def miss(self, method: str, path: str) -> Answer:
        """Return an empty 405 for a known path, else a 404.

        A HEAD reaches a GET route and is then not found there: the engine's own oddity.
        """
        allowed = self.routes.allowed(path)
        if not allowed or method in allowed:
            return NOT_FOUND
        return Answer(405, [_allow(allowed)], b"")

    async def take_body(self, request: Request, body: Body, channel: Channel) -> Upload:
        """Read JSON to its end, and all else while the function runs.

        A body that breaks off is taken as far as it came.
        """
        is_json = "application/json" in request.content_type  # in this case only
        if not is_json and not body.is_done:
            return b"", _pass_on(body, channel)
        pieces = []
        with suppress(BrokenBodyError):
            while (piece := await body.read()) is not None:
                pieces.append(piece)
        if content := b"".join(pieces):
            await channel.put(content)
        channel.close()
        return content if is_json else b"", None

    def payload(
        self, request: Request, route: Route, body: bytes, upload: Channel, download: Channel
    ) -> dict[str, Any]:
        """Return the data of the call; both of its paths are the route's pattern."""
        return request.payload(route, body, upload, download)

    def trace(self, request: Request, route: Route) -> Trace:
        """Return the client's."""
        return request.trace

    def find(self, registry: WorkerRegistry, route: Route) -> Function | ErrorBody:
        """Look where the trigger says."""
        text = f"Function {route.function_id} not found in namespace {route.namespace}"
        found = registry.get(route.namespace, route.function_id)
        return found or ErrorBody("function_not_found", text)


async def _pass_on(body: Body, channel: Channel) -> None:
    """Pass the body on as it comes, even where nobody reads it."""
    with suppress(BrokenBodyError):
        while (piece := await body.read()) is not None:
            with suppress(ChannelClosedError):
                await channel.put(piece)
    channel.close()


def _allow(methods: list[str]) -> tuple[bytes, bytes]:
    return b"allow", ",".join(methods).encode()
