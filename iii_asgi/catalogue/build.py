"""The catalogue of an app: routes → operations → names → triggers, HTTP and others."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from starlette.endpoints import HTTPEndpoint

from iii_asgi.catalogue.choosing import Choosing, Chosen
from iii_asgi.catalogue.events import EventTable
from iii_asgi.catalogue.filters import Filters
from iii_asgi.catalogue.introspect import introspect
from iii_asgi.catalogue.model import (
    BodyRule,
    Catalogue,
    EventTrigger,
    Function,
    FunctionNamer,
    HttpTrigger,
    Route,
    Skipped,
    strictest,
)
from iii_asgi.catalogue.naming import name_functions
from iii_asgi.catalogue.operations import METHODS, Operation, OperationGroup, group, operations_of
from iii_asgi.catalogue.precedence import earlier_of
from iii_asgi.catalogue.templates import REST, parse
from iii_asgi.catalogue.triggers import Claim, TriggerTable
from iii_asgi.catalogue.words import slug
from iii_asgi.errors import CatalogueError
from iii_asgi.marks import NO_MARK, mark_of
from iii_asgi.settings import Settings

__all__ = ["build_catalogue"]

# Each trigger makes every request of the engine slower, and start-up grows with the square.
_MANY_TRIGGERS = 300

_AT_ROOT = (
    "an app at the root would take every path of the engine: "
    "use --http app for that, or --prefix to keep it apart"
)


def build_catalogue(
    app: Any,
    *,
    settings: Settings,
    function_id: FunctionNamer | None = None,
    taken: Sequence[str] = (),
) -> Catalogue:
    """Return what an app offers on iii. Call it after the lifespan start-up.

    Args:
        app: any ASGI callable; the routes of FastAPI and Starlette apps are found in it.
        settings: `service`, `include`, `exclude`, `http`, `prefix`, `body` and `namespace` of
            it are used.
        function_id: names a route, before the rules do; None leaves it to them.
        taken: the ``api_path`` of HTTP triggers already on the engine. Their shapes keep
            the parameter names that they have.

    Raises:
        CatalogueError: one explicit id on two endpoints, or an id that cannot be used; a
            filter that means a part of an app whose routes cannot be seen; or `expose` on a
            method of an ``HTTPEndpoint``.
    """
    found = introspect(app)
    for route in found.routes:
        _check_marks(route)
    routes, skipped = _served(found.routes, settings)
    operations, unreachable = operations_of(routes)
    whole = _whole_app() if settings.http == "app" else None
    operations += [whole] if whole else []
    groups = group(operations)
    service = slug(settings.service or "") or slug(found.title) or "app"
    ids, warnings = name_functions(groups, service=service, namer=function_id)
    filters = Filters(settings)
    choosing = Choosing(filters, always=whole)
    chosen = choosing.choose(operations, groups, ids)
    reach = choosing.reach(found.routes)
    filters.check(found.routes)
    claims = list(_claims(chosen, settings))
    table = TriggerTable(claims, namespace=settings.namespace, prefix=settings.prefix, taken=taken)
    triggers, bodies = table.triggers(), table.bodies()
    events = EventTable(chosen.ids, chosen.groups, namespace=settings.namespace)
    if settings.body == "exact":
        bodies = dict.fromkeys(ids, "channel")
    earlier = earlier_of(chosen.operations, chosen.groups, chosen.ids)
    functions = tuple(
        _function(
            name,
            members,
            triggers.get(name, ()),
            events.of(name),
            bodies.get(name),
            earlier.get(name, ()),
        )
        for name, members in zip(chosen.ids, chosen.groups, strict=True)
    )
    skipped += [*unreachable, *chosen.skipped]
    return Catalogue(
        functions=functions,
        skipped=(*found.skipped, *skipped),
        warnings=(
            *found.warnings,
            *warnings,
            *events.warnings(found.routes),
            *filters.warnings((*found.skipped, *skipped)),
            *_warnings(claims, triggers, settings),
        ),
        reach=reach,
        title=found.title,
        framework=found.framework,
    )


def _check_marks(route: Route) -> None:
    """See to it that no method of an ``HTTPEndpoint`` is marked: a mark there says nothing."""
    endpoint: Any = route.endpoint
    is_one = inspect.isclass(endpoint) and issubclass(endpoint, HTTPEndpoint)
    for name in map(str.lower, METHODS) if is_one else ():
        if mark_of(getattr(endpoint, name, None)) is not NO_MARK:
            raise CatalogueError(
                f"expose is on {endpoint.__qualname__}.{name}, where it would say nothing: "
                "put it on the class, which is one endpoint"
            )


def _served(routes: Iterable[Route], settings: Settings) -> tuple[list[Route], list[Skipped]]:
    """Take out opaque apps at the root, unless they can be there."""
    kept: list[Route] = []
    skipped: list[Skipped] = []
    for route in routes:
        if route.kind == "route" or route.path != REST or settings.http == "off":
            kept.append(route)
        elif settings.http == "app":
            pass  # the function of the whole app reaches it
        elif settings.prefix:
            kept.append(route)
        else:
            skipped.append(Skipped("/", route.methods, _AT_ROOT))
    return kept, skipped


def _whole_app() -> Operation:
    route = Route(
        path=REST, methods=METHODS, endpoint=None, name="app", kind="app", function_id="app"
    )
    return Operation(route, METHODS, alone=True)


def _claims(chosen: Chosen, settings: Settings) -> Iterator[Claim]:
    """Yield what is to be bound, in router order."""
    owner = {
        id(operation): name
        for name, members in zip(chosen.ids, chosen.groups, strict=True)
        for operation in members
    }
    operations = chosen.operations
    bound = {"routes": operations, "app": operations[-1:], "off": ()}[settings.http]
    for operation in bound:
        route = operation.route
        yield Claim(owner[id(operation)], operation.methods, route.path, route.body)


def _function(
    name: str,
    group: OperationGroup,
    triggers: Sequence[HttpTrigger],
    events: tuple[EventTrigger, ...],
    body: BodyRule | None,
    earlier: tuple[tuple[str, str], ...],
) -> Function:
    route = group[0].route
    return Function(
        id=name,
        kind=route.kind,
        methods=group[0].methods,
        path=route.path,
        parameters=group[0].template.parameters,
        earlier=earlier,
        triggers=tuple(triggers),
        events=events,
        description=route.description,
        tags=route.tags,
        metadata={**(route.metadata or {}), **(route.mark.metadata or {})} or None,
        internal=route.internal,
        body=body or strictest(operation.route.body for operation in group),
        errors=route.mark.errors,
        cancels=route.mark.on_disconnect == "cancel",
        host=route.host,
        source=route.source,
    )


def _warnings(
    claims: Sequence[Claim], triggers: dict[str, list[HttpTrigger]], settings: Settings
) -> Iterator[str]:
    count = sum(map(len, triggers.values()))
    if count > _MANY_TRIGGERS:
        yield (
            f"{count} HTTP triggers: each one makes every request of the engine slower. "
            "--http app needs about 100, whatever the app's size."
        )
    if count and settings.namespace != "default":
        yield (
            f"HTTP triggers in the namespace {settings.namespace!r}: the standalone HTTP worker "
            "of the engine serves the namespace 'default' only."
        )
    for claim in claims:
        segments = parse(claim.path).segments
        if not settings.prefix and segments and segments[0].spans:
            yield (
                f"{claim.function_id} takes every path of the engine that no other trigger has "
                f"({', '.join(claim.methods)} {claim.path}). --prefix keeps it apart."
            )
        if not all(segment.text for segment in segments):
            yield f"{claim.function_id} has no HTTP trigger: // in {claim.path} cannot be matched."
