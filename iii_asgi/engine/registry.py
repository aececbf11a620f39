"""Who is connected and what they offer: workers by UUID, functions by namespace and id.

One function id has one owner in a namespace, and one worker has a name in a namespace.
Engine functions (``engine::…``) stand in the same table, with a handler instead of an owner.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

from msgspec import Raw

from iii_asgi.engine.wire import DEFAULT_NAMESPACE, Outcome, new_id
from iii_asgi.protocol.messages import Message, RegistrationRejected
from iii_asgi.protocol.session import Session

__all__ = ["Function", "Handler", "Link", "Worker", "WorkerRegistry"]

Handler: TypeAlias = Callable[[Raw], Awaitable[Outcome]]


class Link(Protocol):
    """The socket of a worker, as the rest of the engine sees it."""

    session: Session

    async def send(self, message: Message) -> None:
        """Send a message that is neither a call nor an answer."""
        ...

    async def send_text(self, text: bytes) -> None:
        """Send what the session made; waits while the worker is slow, drops when it is gone."""
        ...

    async def resolve(self, namespace: str) -> str:
        """Fix the namespace, if it is not yet, and do the registrations that were held."""
        ...

    async def refuse(self, message: RegistrationRejected) -> None:
        """Tell a worker that it cannot be here, and close."""
        ...

    async def retire(self) -> None:
        """Give up this connection: another one of the same worker has come."""
        ...


@dataclass(eq=False, slots=True)
class Worker:
    """One connection of a worker.

    Attributes:
        token: what a later connection must show to take this one over.
        link: its socket.
        function_ids: what it owns, in `namespace`.
        invocations: ids of the calls in flight that it made or serves.
        pid: unset for a connection that has not told who it is; such are not listed.
    """

    link: Link
    ip_address: str | None
    id: str = field(default_factory=new_id)
    token: str = field(default_factory=new_id)
    connected_at_ms: int = field(default_factory=lambda: time.time_ns() // 1_000_000)
    namespace: str | None = None
    name: str | None = None
    description: str | None = None
    version: str | None = None
    runtime: str | None = None
    os: str | None = None
    isolation: str | None = None
    pid: int | None = None
    function_ids: set[str] = field(default_factory=set)
    invocations: set[str] = field(default_factory=set)


@dataclass(eq=False, slots=True, kw_only=True)
class Function:
    """A function that can be called: either a worker owns it, or the engine handles it."""

    id: str
    namespace: str = DEFAULT_NAMESPACE
    owner: Worker | None = None
    handler: Handler | None = None
    description: str | None = None
    request_format: Any = None
    response_format: Any = None
    metadata: Any = None


class WorkerRegistry:
    """Workers by id, functions by (namespace, id)."""

    def __init__(self) -> None:
        self.workers: dict[str, Worker] = {}
        self._functions: dict[tuple[str, str], Function] = {}
        self._names: dict[tuple[str, str], Worker] = {}

    def add(self, worker: Worker) -> None:
        """Take in a worker that has connected."""
        self.workers[worker.id] = worker

    def remove(self, worker: Worker) -> None:
        """Forget a worker, its name and its functions."""
        self.workers.pop(worker.id, None)
        for function_id in list(worker.function_ids):
            self.unregister(worker, function_id)
        self._names = {key: owner for key, owner in self._names.items() if owner is not worker}

    def claim_name(self, namespace: str, name: str, worker: Worker) -> Worker | None:
        """Give a worker its name; return the other worker that has it, if any."""
        owner = self._names.setdefault((namespace, name), worker)
        return None if owner is worker else owner

    def register(self, function: Function) -> Function | None:
        """Take in a function; return the one that another worker or the engine owns, if any."""
        key = (function.namespace, function.id)
        present = self._functions.get(key)
        if present is not None and present.owner is not function.owner:
            return present
        self._functions[key] = function
        if function.owner is not None:
            function.owner.function_ids.add(function.id)
        return None

    def unregister(self, worker: Worker, function_id: str) -> None:
        """Forget a function if `worker` owns it."""
        worker.function_ids.discard(function_id)
        key = (worker.namespace or DEFAULT_NAMESPACE, function_id)
        present = self._functions.get(key)
        if present is not None and present.owner is worker:
            del self._functions[key]

    def get(self, namespace: str, function_id: str) -> Function | None:
        """Return the function of exactly that namespace and id."""
        return self._functions.get((namespace, function_id))

    def namespaces_of(self, function_id: str) -> list[str]:
        """Return the namespaces that have a function of that id, sorted."""
        return sorted(space for space, name in self._functions if name == function_id)

    @property
    def functions(self) -> Iterable[Function]:
        """All functions, the engine's own included."""
        return self._functions.values()
