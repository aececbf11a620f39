"""Function ids: ``service::action``, the same in every process and after every restart.

Ids come from what a developer wrote (marks, tags, paths, names of endpoints), never from
the order of registration or of a set. A new route renames another one only where both
would have the same id.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha1

from iii_asgi.catalogue.model import FunctionNamer, Route
from iii_asgi.catalogue.operations import Operation, OperationGroup
from iii_asgi.catalogue.templates import parse
from iii_asgi.catalogue.words import action_words, slug, snake
from iii_asgi.errors import CatalogueError

__all__ = ["RESERVED_SERVICES", "name_functions"]

# Services of iii's own workers: a function of the same name would look like theirs.
RESERVED_SERVICES = frozenset(
    {
        "a2a",
        "compose",
        "configuration",
        "cron",
        "engine",
        "http",
        "iii",
        "mcp",
        "prompts",
        "queue",
        "skills",
        "state",
        "stream",
        "worker",
    }
)

_ENGINE = "engine::"
_NO_NOUN = re.compile(r"api|v?\d+([._-]\d+)*((alpha|beta|rc)\d*)?", re.IGNORECASE).fullmatch


@dataclass(frozen=True, slots=True)
class _Wish:
    """The id that a group of operations would like to have.

    `explicit`: somebody wrote it on this very endpoint, so it is not given up to a
    derived one.
    """

    id: str
    operation: Operation
    explicit: bool

    @property
    def rank(self) -> tuple[bool, int, str, str, str]:
        """The smallest of a collision keeps the id."""
        route = self.operation.route
        count = len(self.operation.template.parameters)
        return (not self.explicit, count, route.path, self.operation.methods[0], route.host or "")


def name_functions(
    groups: Sequence[OperationGroup], *, service: str, namer: FunctionNamer | None = None
) -> tuple[list[str], list[str]]:
    """Return the id of each group, in order, and warnings.

    Args:
        groups: the operations that are one function each.
        service: the app's own service, for routes that suggest none.
        namer: what the user wants to call a route; None leaves it to the rules.

    Raises:
        CatalogueError: one explicit id on two endpoints, or an id that cannot be used.
    """
    naming = _Naming(service, namer)
    wishes = [naming.wish(_head(group)) for group in groups]
    _check_explicit(wishes)
    collisions = _Collisions(wishes)
    ids = [collisions.ids[index] for index in range(len(wishes))]
    return ids, [*naming.warnings(), *collisions.warnings]


def _head(group: OperationGroup) -> Operation:
    """Return the operation that names a group, whatever the order of registration."""
    return min(group, key=lambda one: (len(one.route.path), one.route.path, one.route.host or ""))


class _Naming:
    """The rules for one operation at a time."""

    def __init__(self, service: str, namer: FunctionNamer | None) -> None:
        self._service = service
        self._namer = namer
        self._moved: dict[str, str] = {}
        self._borrowed: dict[str, str] = {}

    def wish(self, operation: Operation) -> _Wish:
        route = operation.route
        given = route.mark.id or route.function_id
        explicit = bool(given or route.mark.action)
        if not given and not explicit:
            given = (self._namer and self._namer(route)) or route.operation_id
        function_id = given if given and "::" in given else self._compose(operation, given)
        if not operation.alone:
            function_id += f"_{operation.methods[0].lower()}"
        self._check(function_id, operation)
        return _Wish(function_id, operation, explicit)

    def _compose(self, operation: Operation, action: str | None) -> str:
        route = operation.route
        if route.mark.service:
            service = noun = route.mark.service
        else:
            noun = _service_of(route) or self._service
            service = self._unreserved(noun, operation)
        action = action or route.mark.action or _action_of(route, slug(noun))
        return f"{service}::{action}"

    def _unreserved(self, service: str, operation: Operation) -> str:
        if service not in RESERVED_SERVICES:
            return service
        own = f"{self._service}_{service}"
        self._moved.setdefault(service, f"{operation.label} and others of it are in {own}")
        return own

    def _check(self, function_id: str, operation: Operation) -> None:
        service, _, action = function_id.partition("::")
        if function_id.startswith(_ENGINE):
            raise CatalogueError(
                f"{operation.label}: {function_id!r} begins with 'engine::', which the engine "
                "keeps for itself. Choose another service."
            )
        if not service or not action:
            raise CatalogueError(
                f"{operation.label}: {function_id!r} is no function id. "
                "Write 'service::action', or the action alone."
            )
        if service in RESERVED_SERVICES:
            self._borrowed.setdefault(service, f"{function_id} ({operation.label})")

    def warnings(self) -> Iterable[str]:
        for service, what in sorted(self._moved.items()):
            yield (
                f"the service {service!r} is one of iii's own workers: {what}. "
                "Choose another with expose(service=...) or a tag."
            )
        for service, what in sorted(self._borrowed.items()):
            yield f"the service {service!r} is one of iii's own workers, and {what} is named so."


def _service_of(route: Route) -> str:
    """Return the service that a route suggests; "" when it suggests none."""
    segments = parse(route.path).segments
    if route.kind == "app":
        return slug("_".join(one.text for one in segments if not one.parameters))
    if route.tags and (service := slug(route.tags[0])):
        return service
    if route.internal:
        # Documentation pages: every app has them, and an id has one owner on an engine.
        return ""
    nouns = ["" if one.parameters or _NO_NOUN(one.text) else slug(one.text) for one in segments]
    before_parameter = [
        noun for noun, after in zip(nouns, segments[1:], strict=False) if after.parameters
    ]
    candidates = [*reversed(before_parameter), *nouns]
    return next((noun for noun in candidates if noun), "")


def _action_of(route: Route, service: str) -> str:
    if route.kind == "app":
        return "app"
    name = snake(_own_name(route)) or snake(route.name) or "call"
    return action_words(name, service)


def _own_name(route: Route) -> str:
    endpoint = route.endpoint
    if isinstance(endpoint, partial) and route.name in ("", "partial"):
        # Starlette names it after its class; what it calls says more.
        while isinstance(endpoint, partial):
            endpoint = endpoint.func
        return getattr(endpoint, "__name__", "")
    name = getattr(endpoint, "__name__", "")
    return route.name if name in ("", "<lambda>") else name


def _check_explicit(wishes: Iterable[_Wish]) -> None:
    owners: dict[str, Operation] = {}
    for wish in wishes:
        if not wish.explicit:
            continue
        owner = owners.setdefault(wish.id, wish.operation)
        if owner.route.endpoint != wish.operation.route.endpoint:
            raise CatalogueError(
                f"{wish.id!r} is given to both {owner.label} and {wish.operation.label}. "
                "One function has one endpoint: change one of the two."
            )


class _Collisions:
    """Who keeps an id that several want, and what the others are called.

    Attributes:
        ids: position of the wish → id.
    """

    def __init__(self, wishes: Sequence[_Wish]) -> None:
        self.warnings: list[str] = []
        self.ids: dict[int, str] = {}
        self._taken = {wish.id for wish in wishes}
        keepers: dict[str, _Wish] = {}
        # In order of rank, so that the order of registration does not matter.
        for index in sorted(range(len(wishes)), key=lambda index: wishes[index].rank):
            wish = wishes[index]
            keeper = keepers.setdefault(wish.id, wish)
            self.ids[index] = wish.id if keeper is wish else self._rename(wish, keeper)

    def _rename(self, wish: _Wish, keeper: _Wish) -> str:
        kept = set(keeper.operation.template.names)
        extra = [name for name in wish.operation.template.names if name not in kept]
        new = f"{wish.id}_by_{'_'.join(extra)}" if extra else wish.id
        if new in self._taken:
            new = self._hashed(new, wish.operation)
        self._taken.add(new)
        # Of the pages that FastAPI adds to each app nobody can change the name.
        if getattr(wish.operation.route.endpoint, "__module__", "") != "fastapi.applications":
            self.warnings.append(
                f"{keeper.operation.label} and {wish.operation.label} would both be {wish.id}; "
                f"the second one is {new}. Name it with expose('...') or an operation_id."
            )
        return new

    def _hashed(self, function_id: str, operation: Operation) -> str:
        route = operation.route
        text = f"{operation.methods[0]}{route.host or ''}{route.path}"
        digest = sha1(text.encode(), usedforsecurity=False).hexdigest()
        lengths = range(6, len(digest) + 1)
        names = (f"{function_id}_{digest[:length]}" for length in lengths)
        return next(name for name in names if name not in self._taken)
