"""What the engine's two HTTP front ends do differently: the seam between them.

`service` serves a request with a front. All that is peculiar to one stands in its own module:
`builtin` and `standalone`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable
from typing import Any, ClassVar, Literal, TypeAlias

from iii_asgi.engine.answers import Answer, Headers, error_json
from iii_asgi.engine.channels import Channel
from iii_asgi.engine.client import Body
from iii_asgi.engine.invocations import Trace
from iii_asgi.engine.registry import Function, WorkerRegistry
from iii_asgi.engine.request import Request
from iii_asgi.engine.routes import Route, RouteError, Routes
from iii_asgi.protocol.messages import ErrorBody

__all__ = ["NOT_FOUND", "Front", "FrontName", "RefusedError", "Upload", "path_of"]

FrontName: TypeAlias = Literal["builtin", "standalone"]

NOT_FOUND = error_json(404, "NOT_FOUND", "Not Found")


class RefusedError(Exception):
    """The front end answers a request itself; the function is not called."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


Upload: TypeAlias = "tuple[bytes, Awaitable[None] | None]"


class Front(ABC):
    """One of the two front ends.

    Attributes:
        worker_name: under which it is listed as a worker.
        unreadable: what a header value that is not plain ASCII becomes (None: it is left out).
        may_be_silent: whether a stream that has begun may pause longer than the timeout.
        unnoticed: how many frames a worker can still write after the client has left.
        knows_metadata: whether a trigger's metadata goes with its calls.
        routes: the http triggers.
    """

    worker_name: ClassVar[str]
    unreadable: ClassVar[str | None]
    may_be_silent: ClassVar[bool]
    unnoticed: ClassVar[int]
    knows_metadata: ClassVar[bool]

    def __init__(self, routes: Routes) -> None:
        self.routes = routes

    @abstractmethod
    def read_config(self, config: dict[str, Any]) -> tuple[str, str]:
        """Return (method, path) of a trigger's configuration.

        Raises:
            RouteError: it names no path, or something that is none.
        """

    @abstractmethod
    def options(self, path: str) -> Headers:
        """Return what stands in the answer to OPTIONS beside the CORS headers."""

    @abstractmethod
    def miss(self, method: str, path: str) -> Answer:
        """Return the answer to a request that meets no route."""

    @abstractmethod
    async def take_body(self, request: Request, body: Body, channel: Channel) -> Upload:
        """Take in as much of the body as the front end wants before it calls the function.

        Returns:
            What is to be parsed, and the work of putting the rest into the channel (None:
            there is none).

        Raises:
            RefusedError: such a body is not served.
        """

    @abstractmethod
    def payload(
        self, request: Request, route: Route, body: bytes, upload: Channel, download: Channel
    ) -> dict[str, Any]:
        """Return the data of the call."""

    @abstractmethod
    def trace(self, request: Request, route: Route) -> Trace:
        """Return the trace context of the call."""

    @abstractmethod
    def find(self, registry: WorkerRegistry, route: Route) -> Function | ErrorBody:
        """Return the function that a route calls, or the error that it is not there."""


def path_of(config: dict[str, Any]) -> str:
    """Return the path of a trigger's configuration.

    Raises:
        RouteError: there is none.
    """
    path = config.get("api_path")
    if not isinstance(path, str):
        raise RouteError("api_path is required for an http trigger: a path such as /users/:id")
    return path
