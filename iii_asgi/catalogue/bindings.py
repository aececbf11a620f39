"""The seam between the catalogue and the wire: how functions and triggers are registered.

Engines up to 0.25 bind an HTTP route with a trigger; 0.26 has no triggers any more, there
a function observes ``http::on-request``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from msgspec import UNSET, UnsetType

from iii_asgi.catalogue.model import Catalogue, EventTrigger, Function, HttpTrigger
from iii_asgi.catalogue.shapes import shape_of
from iii_asgi.protocol import messages as m

__all__ = [
    "HTTP_SOURCE",
    "OBSERVERS",
    "bind",
    "register",
    "registrations",
    "spellings_of_others",
]

OBSERVERS = "observe.v1"
"""The feature of engines where HTTP routes may be bound by observing ..."""
HTTP_SOURCE = "http::on-request"
"""... this function, if the engine has it."""


def spellings_of_others(catalogue: Catalogue, registered: Iterable[Any]) -> list[str]:
    """Return the paths of other workers' HTTP triggers that have a shape of ours, and
    other parameter names.

    Two names for one shape would panic the engine's router, whoever they belong to.

    Args:
        catalogue: what we would register.
        registered: what ``engine::registered-triggers::list`` answers.
    """
    ours = {
        shape_of(trigger.api_path): _segments(trigger.api_path)
        for function in catalogue.functions
        for trigger in function.triggers
    }
    return [
        path
        for path in map(_api_path, registered)
        if ours.get(shape_of(path), _segments(path)) != _segments(path)
    ]


def _api_path(registered: Any) -> str:
    config = registered.get("config") if isinstance(registered, dict) else None
    path = config.get("api_path") if isinstance(config, dict) else None
    return path if isinstance(path, str) else ""


def _segments(api_path: str) -> list[str]:
    return [part for part in api_path.split("/") if part]


def registrations(
    catalogue: Catalogue, *, namespace: str, observe: bool = False
) -> Iterator[m.Message]:
    """Yield the messages that put a catalogue on an engine, functions first."""
    yield from map(register, catalogue.functions)
    for function in catalogue.functions:
        yield from (_register_event(function, event) for event in function.events)
    for function in catalogue.functions:
        for trigger in function.triggers:
            yield bind(function, trigger, namespace=namespace, observe=observe)
        yield from (_bind_event(event, namespace) for event in function.events)


def register(function: Function) -> m.RegisterFunction:
    """Return the message that offers a function."""
    metadata: dict[str, Any] = dict(function.metadata or {})
    if function.internal:
        metadata.setdefault("internal", True)
    return m.RegisterFunction(
        id=function.id,
        description=function.description or UNSET,
        metadata=metadata or UNSET,
        request_format=function.request_format or UNSET,
        response_format=function.response_format or UNSET,
    )


def bind(
    function: Function, trigger: HttpTrigger, *, namespace: str = "default", observe: bool = False
) -> m.RegisterTrigger | m.Observe:
    """Return the message that binds an HTTP trigger to its function.

    Args:
        function: the one that the trigger calls.
        trigger: one of its triggers.
        namespace: of the function. The engine does not take the worker's own for it.
        observe: bind by observing.
    """
    target = _target(namespace)
    if observe:
        return m.Observe(
            id=trigger.id,
            source=m.ObserveSource(
                function_id=HTTP_SOURCE, args={"method": trigger.method, "path": trigger.api_path}
            ),
            target=m.ObserveTarget(function_id=function.id, namespace=target),
        )
    return m.RegisterTrigger(
        id=trigger.id,
        trigger_type="http",
        function_id=function.id,
        config={"api_path": trigger.api_path, "http_method": trigger.method},
        namespace=target,
    )


def _register_event(function: Function, event: EventTrigger) -> m.RegisterFunction:
    return m.RegisterFunction(
        id=event.function_id,
        description=f"{function.id}, called by its trigger {event.type}",
        metadata={"internal": True},
    )


def _bind_event(event: EventTrigger, namespace: str) -> m.RegisterTrigger:
    return m.RegisterTrigger(
        id=event.id,
        trigger_type=event.type,
        function_id=event.function_id,
        config=event.config,
        namespace=_target(namespace),
    )


def _target(namespace: str) -> str | UnsetType:
    return UNSET if namespace == "default" else namespace
