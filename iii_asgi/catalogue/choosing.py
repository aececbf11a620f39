"""What is offered of an app, and what its router may run: filters put to routes.

Names are given before anything is left out, so leaving out one route renames no other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from iii_asgi.catalogue.filters import Filters
from iii_asgi.catalogue.model import Reach, Route, RouteKey, Skipped
from iii_asgi.catalogue.operations import Operation, OperationGroup

__all__ = ["Choosing", "Chosen"]


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is offered.

    Attributes:
        ids: of `groups`.
        operations: those of `groups`, in router order.
        skipped: what is left out.
    """

    ids: list[str]
    groups: list[OperationGroup]
    operations: list[Operation]
    skipped: list[Skipped]


class Choosing:
    """Puts filters to the operations of an app, and then to all of its routes.

    Args:
        filters: of the bridge.
        always: the operation of the whole app, which is a road and no route.
    """

    def __init__(self, filters: Filters, always: Operation | None = None) -> None:
        self._filters = filters
        self._always = always
        self._allowed: dict[int, dict[str, bool]] = {}

    def choose(
        self, operations: Iterable[Operation], groups: Sequence[OperationGroup], ids: Sequence[str]
    ) -> Chosen:
        """Return the operations that are offered, each with the methods that are."""
        names = {
            id(one): name for name, members in zip(ids, groups, strict=True) for one in members
        }
        left: dict[int, Operation] = {}
        without: dict[tuple[int, str], Skipped] = {}
        for operation in operations:
            reasons = self._reasons(operation, names[id(operation)])
            kept = tuple(method for method, reason in reasons.items() if not reason)
            if kept:
                left[id(operation)] = replace(operation, methods=kept)
            for method, reason in reasons.items():
                if reason:
                    key = (id(operation.route), reason)
                    row = without.get(key) or Skipped(operation.route.path, (), reason)
                    without[key] = replace(row, methods=(*row.methods, method))
        of_groups = [[left[id(one)] for one in members if id(one) in left] for members in groups]
        return Chosen(
            ids=[name for name, members in zip(ids, of_groups, strict=True) if members],
            groups=[members for members in of_groups if members],
            operations=list(left.values()),
            skipped=list(without.values()),
        )

    def _reasons(self, operation: Operation, function_id: str) -> dict[str, str]:
        """Return method → why it is not offered, or ""."""
        route, methods = operation.route, operation.methods
        if operation is self._always:
            return dict.fromkeys(methods, "")
        reasons = {
            one: self._filters.against(route, _words(one, methods), function_id) for one in methods
        }
        known = self._allowed.setdefault(id(route), {})
        known.update((method, not reason) for method, reason in reasons.items())
        return reasons

    def reach(self, routes: Iterable[Route]) -> Reach | None:
        """Return what the router may run of all routes; None when that is everything.

        Routes that make no function count, too: those that another one hides, or methods
        that the engine does not have. Some road may lead to them.
        """
        allowed: dict[RouteKey, dict[str, bool]] = {}
        for route in routes:
            methods = allowed.setdefault(route.key, {})
            for method in route.methods:
                methods.setdefault(method, self._permits(route, method))
        if not self._filters.includes and all(all(one.values()) for one in allowed.values()):
            return None
        barred = {
            key: frozenset(method for method, is_allowed in methods.items() if not is_allowed)
            for key, methods in allowed.items()
            if any(methods.values())
        }
        return Reach(barred, rest=not self._filters.includes)

    def _permits(self, route: Route, method: str) -> bool:
        known = self._allowed.get(id(route), {})
        if method in known:
            return known[method]
        if known:  # what the engine cannot bind goes with the rest of its route
            return any(known.values())
        return not self._filters.against(route, _words(method, route.methods))


def _words(method: str, methods: Sequence[str]) -> tuple[str, ...]:
    """Return what a filter may call a method: HEAD that comes with GET is part of it."""
    return (method, "GET") if method == "HEAD" and "GET" in methods else (method,)
