"""What the catalogue is made of. Plain frozen records, no behaviour but lookups."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from iii_asgi.catalogue.arguments import Arguments
from iii_asgi.marks import EventArguments, Mark

__all__ = [
    "BodyRule",
    "Catalogue",
    "EventTrigger",
    "Function",
    "FunctionNamer",
    "HttpTrigger",
    "PathParameter",
    "Reach",
    "Route",
    "RouteKey",
    "Skipped",
    "Source",
    "strictest",
]

BodyRule: TypeAlias = Literal["channel", "inline", "inline_if_same_length"]
Kind: TypeAlias = Literal["route", "app"]

# What the app's router can run: host pattern, template, id() of the endpoint (0: opaque).
RouteKey: TypeAlias = tuple[str | None, str, int]


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
class Source:
    """Where a FastAPI app tells of a route's arguments and answers.

    Attributes:
        app: the app in whose OpenAPI document it stands; None where it stands in none, or
            not alone under its path and method.
        path: its path there.
        route: the route itself, to ask FastAPI about it alone.
        takes_request: the endpoint gets the request, and can read what it declares nothing of.
    """

    app: Any
    path: str
    route: Any
    takes_request: bool = False


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
        marked: what it is on, of an opaque mount or app; else that is the endpoint.
        body: how much of the engine's re-serialised JSON body this route could notice.
        host: the pattern of the Host route around it, if any.
        source: what tells of its arguments; None for a route that is not FastAPI's.
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
    marked: Any = field(default=None, compare=False, repr=False)
    body: BodyRule = "channel"
    host: str | None = None
    source: Source | None = field(default=None, compare=False, repr=False)

    @property
    def key(self) -> RouteKey:
        """What tells it apart when the router has chosen it."""
        return (self.host, self.path, 0 if self.endpoint is None else id(self.endpoint))


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
class EventTrigger:
    """A trigger of a function that is not HTTP: cron, a queue, state.

    It calls a function of its own on the engine. Only so it is known for sure what fired:
    queues drop a trigger's metadata, and their messages look like anybody's call.

    Attributes:
        id: a UUIDv5 of namespace, function id, type and configuration.
        function_id: what the engine calls: that of the function and the type.
        type: of the engine: ``cron``, ``durable:subscriber``, ``state``.
        config: as it is registered.
        arguments: see `Trigger`.
    """

    id: str
    function_id: str
    type: str
    config: Mapping[str, Any]
    arguments: EventArguments | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Function:
    """One function that the app offers on iii.

    Attributes:
        id: ``service::action``.
        methods: one method, or GET and HEAD together, or all that an opaque app takes.
        path: the template that a direct call fills, as the app's router has it.
        parameters: of `path`, in order.
        earlier: (path, function id) of what the app's router runs in its place, where the
            arguments make `path` one of those.
        triggers: what reaches it over HTTP; empty with ``http="off"``.
        events: what calls it besides: cron, queues, state.
        errors: overrides the bridge's setting; None leaves it.
        cancels: cancel the endpoint when whoever asked is gone.
        host: the pattern of the Host route around it: the app's router runs the function
            only for requests to such a host.
        source: as in its (first) route; None after `describe`.
        arguments: of a direct call; None before `describe`, and for opaque apps.
        request_format: JSON Schema of the arguments; None where it is not known.
        response_format: JSON Schema of the answer's value; None where it is not known.
    """

    id: str
    kind: Kind
    methods: tuple[str, ...]
    path: str
    parameters: tuple[PathParameter, ...] = ()
    earlier: tuple[tuple[str, str], ...] = field(default=(), compare=False, repr=False)
    triggers: tuple[HttpTrigger, ...] = ()
    events: tuple[EventTrigger, ...] = ()
    description: str | None = None
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, Any] | None = None
    internal: bool = False
    body: BodyRule = "channel"
    errors: Literal["raise", "return"] | None = None
    cancels: bool = False
    host: str | None = None
    source: Source | None = field(default=None, compare=False, repr=False)
    arguments: Arguments | None = field(default=None, repr=False)
    request_format: Mapping[str, Any] | None = field(default=None, repr=False)
    response_format: Mapping[str, Any] | None = field(default=None, repr=False)

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
class Reach:
    """What requests from iii may run, where something is excluded.

    Attributes:
        routes: what may run, and which of its methods may not. What is not here may not.
        rest: whether a router's own default app may run, which no filter can name.
    """

    routes: Mapping[RouteKey, frozenset[str]]
    rest: bool

    def permits(self, key: RouteKey | None, method: str | None) -> bool:
        """Whether the router may run a route, for one method or (None) for any at all."""
        if key is None:
            return self.rest
        barred = self.routes.get(key)
        return barred is not None and method not in barred


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The app's functions in router order, what was skipped, and what to warn of.

    Attributes:
        reach: what the app may run for iii; None where nothing is excluded.
        title: the app's title, or its class name.
        framework: ``FastAPI``, ``Starlette``, ``ASGI`` or ``WSGI``.
    """

    functions: tuple[Function, ...]
    skipped: tuple[Skipped, ...] = ()
    warnings: tuple[str, ...] = ()
    reach: Reach | None = None
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

# From the one that can take any body to the one that cannot.
_STRICTNESS: tuple[BodyRule, ...] = ("inline", "inline_if_same_length", "channel")


def strictest(rules: Iterable[BodyRule]) -> BodyRule:
    """Return the rule that suits all of several routes."""
    return max(rules, key=_STRICTNESS.index)
