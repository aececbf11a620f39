"""Routes taken apart by method, and put together again where they are one function."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from iii_asgi.catalogue.model import Route, Skipped
from iii_asgi.catalogue.templates import Template, parse

__all__ = ["METHODS", "Operation", "OperationGroup", "group", "operations_of"]

# What the engine's HTTP can bind, the method of a direct call to an opaque app first.
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True, slots=True)
class Operation:
    """A route, with the methods of it that make one function.

    Attributes:
        methods: one, or GET and HEAD, or all that an opaque app takes.
        alone: whether the route has no other operation.
    """

    route: Route
    methods: tuple[str, ...]
    alone: bool

    @property
    def template(self) -> Template:
        """The route's path, taken apart."""
        return parse(self.route.path)

    @property
    def label(self) -> str:
        """How messages name it."""
        return (
            f"{self.methods[0]} {self.route.path}"
            if self.route.kind == "route"
            else self.route.path
        )


# The operations that are one function, in router order.
OperationGroup: TypeAlias = Sequence[Operation]


def operations_of(routes: Iterable[Route]) -> tuple[list[Operation], list[Skipped]]:
    """Return the operations of the routes, in router order, and what can never be called.

    Skipped are methods that the engine cannot bind, and routes that the app's router never
    reaches since an earlier one matches the same requests.
    """
    operations: list[Operation] = []
    skipped: list[Skipped] = []
    first: dict[tuple[str | None, str, str], Route] = {}
    for route in routes:
        skipped += _unbindable(route)
        offered = [method for method in METHODS if method in route.methods]
        free: list[str] = []
        taken: dict[str, list[str]] = {}
        for method in offered:
            before = first.setdefault((route.host, parse(route.path).regular, method), route)
            if before is route:
                free.append(method)
            elif before.identity is None or before.identity != route.identity:
                taken.setdefault(_shadowed_by(before), []).append(method)
        skipped += [Skipped(route.path, tuple(some), reason) for reason, some in taken.items()]
        alone = len(_functions(route, offered)) == 1
        operations += [Operation(route, methods, alone) for methods in _functions(route, free)]
    return operations, skipped


def _functions(route: Route, methods: Sequence[str]) -> list[tuple[str, ...]]:
    """Return which methods of a route make a function together."""
    if route.kind == "app":
        return [tuple(methods)] if methods else []
    if "GET" in methods and "HEAD" in methods:
        return [("GET", "HEAD"), *((one,) for one in methods if one not in ("GET", "HEAD"))]
    return [(method,) for method in methods]


def _unbindable(route: Route) -> list[Skipped]:
    others = tuple(sorted(set(route.methods).difference(METHODS)))
    skipped = []
    if "OPTIONS" in others:
        skipped.append(Skipped(route.path, ("OPTIONS",), "OPTIONS: the engine answers it itself"))
    if rest := tuple(method for method in others if method != "OPTIONS"):
        reason = f"{', '.join(rest)}: the engine's HTTP has no such method"
        skipped.append(Skipped(route.path, rest, reason))
    return skipped


def _shadowed_by(route: Route) -> str:
    name = f" ({route.name})" if route.name else ""
    return f"never runs: {route.path}{name} comes first and matches the same requests"


def group(operations: Iterable[Operation]) -> list[OperationGroup]:
    """Put together the operations that are one function, in order of the first of each.

    One endpoint (with equal tags and dependencies), one method, one set of path
    parameters: it is the same function wherever it is mounted.
    """
    groups: dict[object, list[Operation]] = {}
    for operation in operations:
        route = operation.route
        key: object = id(operation)
        if route.identity is not None:
            names = frozenset(operation.template.names)
            explicit = (route.function_id, route.operation_id)
            key = (route.identity, operation.methods[0], names, explicit)
        groups.setdefault(key, []).append(operation)
    return list(groups.values())
