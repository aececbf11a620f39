"""Which function the app's router would run in place of another: the one that comes first.

``/users/me`` is a path of ``/users/{name}``, too. A direct call of the latter must not run
the former, whatever the name is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from iii_asgi.catalogue.operations import Operation, OperationGroup
from iii_asgi.catalogue.templates import Template

__all__ = ["earlier_of"]


@dataclass(frozen=True, slots=True)
class _Claim:
    """An operation, as it stands before others."""

    function_id: str
    operation: Operation


def earlier_of(
    operations: Iterable[Operation], groups: Sequence[OperationGroup], ids: Sequence[str]
) -> Mapping[str, tuple[tuple[str, str], ...]]:
    """Return function id → (path, function id) of what comes before its own first route.

    Only what may take a path of that route, for the method of a direct call. Opaque apps are
    no keys: their callers say the path themselves.

    Args:
        operations: in router order.
        groups: those of each function.
        ids: of the functions.
    """
    owners = {id(one): name for name, some in zip(ids, groups, strict=True) for one in some}
    firsts = {id(some[0]) for some in groups}
    before: dict[tuple[str, str | None], list[_Claim]] = defaultdict(list)
    found: dict[str, tuple[tuple[str, str], ...]] = {}
    for operation in operations:
        name, method, start = owners[id(operation)], operation.methods[0], _start(operation)
        if id(operation) in firsts and operation.route.kind == "route":
            keys = [key for key in before if key[0] == method] if start is None else []
            keys = keys or [(method, start), (method, None)]
            claims = [claim for key in keys for claim in before.get(key, ())]
            found[name] = tuple(_paths(name, operation, claims))
        for one in operation.methods:
            before[one, start].append(_Claim(name, operation))
    return found


def _start(operation: Operation) -> str | None:
    """Return the first segment where it is literal: nothing else can take its paths."""
    first = next(iter(operation.template.segments), None)
    return "" if first is None else None if first.parameters else first.text


def _paths(name: str, operation: Operation, claims: Iterable[_Claim]) -> Iterator[tuple[str, str]]:
    for claim in claims:
        route = claim.operation.route
        if (
            claim.function_id != name
            and route.host in (None, operation.route.host)
            and _meet(claim.operation.template, operation.template)
        ):
            yield route.path, claim.function_id


def _meet(one: Template, other: Template) -> bool:
    """Whether some path may be of both."""
    spans = one.spans or other.spans
    if not spans and (len(one.segments) != len(other.segments) or one.slash != other.slash):
        return False
    for mine, theirs in zip(one.segments, other.segments, strict=False):
        if mine.parameters or theirs.parameters:
            if spans and (mine.spans or theirs.spans):
                break  # from here on anything may be
        elif mine.text != theirs.text:
            return False
    return True
