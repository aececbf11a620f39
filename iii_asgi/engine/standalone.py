"""The front end of engines from 0.24 on: ``http``, a worker like any other."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from iii_asgi.engine.answers import Answer, Headers, error_json
from iii_asgi.engine.calls import CALLER_KEY, missing
from iii_asgi.engine.channels import Channel, ChannelClosedError
from iii_asgi.engine.client import Body, BrokenBodyError
from iii_asgi.engine.front import NOT_FOUND, Front, RefusedError, Upload, path_of
from iii_asgi.engine.invocations import Trace
from iii_asgi.engine.registry import Function, WorkerRegistry
from iii_asgi.engine.request import Request
from iii_asgi.engine.route_list import RouteList
from iii_asgi.engine.routes import Route, RouteError
from iii_asgi.engine.wire import DEFAULT_NAMESPACE, new_id
from iii_asgi.protocol.messages import ErrorBody

__all__ = ["StandaloneFront"]

MAX_BODY = 2**24
FRAME = 2**16

_TOO_LARGE = error_json(413, "PAYLOAD_TOO_LARGE", "Request body too large")
_WRONG_METHOD = error_json(405, "METHOD_NOT_ALLOWED", "Method Not Allowed")


class StandaloneFront(Front):
    """It calls as a worker does: from its own namespace, and with its own id in the data."""

    worker_name = "http"
    unreadable = None
    may_be_silent = False
    unnoticed = 3
    knows_metadata = False

    def __init__(self) -> None:
        super().__init__(RouteList())
        self._worker_id = new_id()

    def read_config(self, config: dict[str, Any]) -> tuple[str, str]:
        """Return (method, path); ``{id}`` as a whole segment is ``:id``."""
        method = config.get("http_method", "GET")
        if not isinstance(method, str):
            raise RouteError("http_method is no text: give one such as GET, or leave it out")
        return method.upper(), "/".join(map(_parameter, path_of(config).split("/")))

    def options(self, path: str) -> Headers:
        """Return nothing: the path is not looked at."""
        return []

    def miss(self, method: str, path: str) -> Answer:
        """Return a 405 for a path that other methods have, else a 404."""
        if not (allowed := self.routes.allowed(path)):
            return NOT_FOUND
        allow = b"allow", ", ".join(allowed).encode()
        return Answer(405, [*_WRONG_METHOD.headers, allow], _WRONG_METHOD.body)

    async def take_body(self, request: Request, body: Body, channel: Channel) -> Upload:
        """Read the body to its end, up to 16 MiB; it goes into the channel in small frames.

        The channel of an empty body is never closed, and of a body that breaks off the
        client is told that it is too large: the engine's own oddities.
        """
        pieces, size = [], 0
        try:
            while (piece := await body.read()) is not None:
                size += len(piece)
                if size > MAX_BODY:
                    raise RefusedError(_TOO_LARGE)
                pieces.append(piece)
        except BrokenBodyError as error:
            raise RefusedError(_TOO_LARGE) from error
        content = b"".join(pieces)
        return content, _write(content, channel) if content else None

    def payload(
        self, request: Request, route: Route, body: bytes, upload: Channel, download: Channel
    ) -> dict[str, Any]:
        """Return the data of the call, with the actual path and the id of the caller."""
        data = request.payload(route, body, upload, download)
        data["trigger"]["path"] = request.path
        return data | {CALLER_KEY: self._worker_id}

    def trace(self, request: Request, route: Route) -> Trace:
        """Return the client's, with the function named in its baggage."""
        return request.trace.naming(route.function_id)

    def find(self, registry: WorkerRegistry, route: Route) -> Function | ErrorBody:
        """Look in the default namespace, wherever the trigger says that the function is."""
        found = registry.get(DEFAULT_NAMESPACE, route.function_id)
        return found or missing(registry, DEFAULT_NAMESPACE, route.function_id)


def _parameter(segment: str) -> str:
    name = segment[1:-1]
    is_one = segment.startswith("{") and segment.endswith("}") and name
    return f":{name}" if is_one and not {"{", "}"} & set(name) else segment


async def _write(content: bytes, channel: Channel) -> None:
    with suppress(ChannelClosedError):
        for at in range(0, len(content), FRAME):
            await channel.put(content[at : at + FRAME])
    channel.close()
