"""What the catalogue is made of. Plain frozen records, no behaviour but lookups."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from iii_asgi.marks import Mark

__all__ = [
    "BodyRule",
    "Catalogue",
    "Function",
    "FunctionNamer",
    "HttpTrigger",
    "PathParameter",
    "Route",
    "Skipped",
]

BodyRule: TypeAlias = Literal["channel", "inline", "inline_if_same_length"]
Kind: TypeAlias = Literal["route", "app"]


@dataclass(frozen=True, slots=True)
class PathParameter:
    """A parameter of a path template: ``{order_id}``, ``{rest:path}``."""

    name: str
    convertor: str = "str"

    @property
    def spans_segments(self) -> bool:
        """Whether the value may hold slashes."""
        return self.convertor == "path"


@dataclass(frozen=True, slots=True)
class Route:
    """One (endpoint, path) of the app, as introspection found it.

    Attributes:
        path: the app's own template, mounts included: ``/users/{user_id:int}``.
        methods: upper-case, sorted; HEAD stands here only where the route answers it.
        endpoint: what the framework calls; None for an opaque mount or app.
        name: the route's own name.
        kind: ``route``, or ``app`` for an opaque callable behind a path.
        tags: of FastAPI, as text.
        operation_id: explicit ones only, never FastAPI's automatic one.
        function_id: ``x-iii-function-id`` of ``openapi_extra``.
        metadata: ``x-iii-metadata`` of ``openapi_extra``.
        internal: not part of the app's schema (documentation pages and the like).
        identity: equal for registrations of one endpoint with equal tags and
            dependencies; such routes become one function.
        mark: what `expose` says.
        body: how much of the engine's re-serialised JSON body this route could notice.
        host: the pattern of the Host route around it, if any.
    """

    path: str
    methods: tuple[str, ...]
    endpoint: Callable[..., Any] | None
    name: str
    kind: Kind = "route"
    tags: tuple[str, ...] = ()
    operation_id: str | None = None
    function_id: str | None = None
    metadata: Mapping[str, Any] | None = None
    description: str | None = None
    internal: bool = False
    identity: object = None
    mark: Mark = field(default_factory=Mark)
    body: BodyRule = "channel"
    host: str | None = None


@dataclass(frozen=True, slots=True)
class HttpTrigger:
    """One HTTP trigger of a function, as it is registered on the engine.

    Attributes:
        id: a UUIDv5 of namespace, function id, method and shape: the same in every process.
        method: upper-case.
        api_path: the engine's spelling, prefix included: ``/users/:user_id``.
    """

    id: str
    method: str
    api_path: str


@dataclass(frozen=True, slots=True)
class Function:
    """One function that the app offers on iii.

    Attributes:
        id: ``service::action``.
        methods: one method, or GET and HEAD together, or all that an opaque app takes.
        path: the template that a direct call fills, as the app's router has it.
        parameters: of `path`, in order.
        triggers: what reaches it over HTTP; empty with ``http="off"``.
        errors: overrides the bridge's setting; None leaves it.
        host: the pattern of the Host route around it: the app's router runs the function
            only for requests to such a host.
    """

    id: str
    kind: Kind
    methods: tuple[str, ...]
    path: str
    parameters: tuple[PathParameter, ...] = ()
    triggers: tuple[HttpTrigger, ...] = ()
    description: str | None = None
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, Any] | None = None
    internal: bool = False
    body: BodyRule = "channel"
    errors: Literal["raise", "return"] | None = None
    host: str | None = None

    @property
    def service(self) -> str:
        """The part of the id before ``::``."""
        return self.id.partition("::")[0]

    @property
    def action(self) -> str:
        """The part of the id after ``::``."""
        return self.id.partition("::")[2]

    @property
    def method(self) -> str:
        """The method that a direct call uses."""
        return self.methods[0]


@dataclass(frozen=True, slots=True)
class Skipped:
    """A route that is not on iii, and why."""

    path: str
    methods: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The app's functions in router order, what was skipped, and what to warn of.

    Attributes:
        title: the app's title, or its class name.
        framework: ``FastAPI``, ``Starlette`` or ``ASGI``.
    """

    functions: tuple[Function, ...]
    skipped: tuple[Skipped, ...] = ()
    warnings: tuple[str, ...] = ()
    title: str = ""
    framework: str = "ASGI"

    def get(self, function_id: str) -> Function | None:
        """Return the function of that id, or None."""
        return next((f for f in self.functions if f.id == function_id), None)

    @property
    def trigger_count(self) -> int:
        """How many HTTP triggers the engine gets."""
        return sum(len(function.triggers) for function in self.functions)


FunctionNamer: TypeAlias = Callable[[Route], str | None]
