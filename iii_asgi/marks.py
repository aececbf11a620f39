"""What users write on their routes: `expose`, and the `Trigger` that it takes.

A mark is an attribute on the endpoint function, nothing more: the function is returned
unchanged, so the order of `expose` and the framework's decorator does not matter, and an
app with marks runs under any server.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Literal, TypeAlias, TypeVar

import msgspec

from iii_asgi.errors import CatalogueError

__all__ = ["NO_MARK", "EventArguments", "Mark", "Trigger", "expose", "mark_of", "owner_of"]

_ATTRIBUTE = "__iii_asgi_mark__"
_F = TypeVar("_F", bound=Callable[..., Any])

EventArguments: TypeAlias = Mapping[str, Any] | Callable[[Any], Mapping[str, Any]]
"""What a trigger calls its route with: arguments, or what makes them of the event."""


@dataclass(frozen=True)
class Trigger:
    """What runs a route besides HTTP: a schedule, a queue, a change of state.

        @app.post("/reports/{kind}")
        @expose(triggers=[Trigger("cron", {"expression": "0 0 3 * * *"}, {"kind": "daily"})])
        async def make_report(kind: str) -> Report: ...

    The route runs as in a direct call: what the engine sends is turned into arguments, and
    they are put where the route expects them.

    Args:
        type: of the engine: ``cron``, ``durable:subscriber`` (a queue's topic), ``state``,
            ``log``, or one that a worker provides.
        config: of the trigger, as the engine documents it.
        arguments: of the call. A mapping is sent as it is; a function gets the event, and
            returns them. None takes the event itself: its keys are the arguments, but of
            ``cron``, which has nothing to tell: there are none.

    Raises:
        CatalogueError: `type` is ``http`` (that is a route), or no text; `config` is no
            JSON object; or `arguments` is neither one nor a plain function.
    """

    type: str
    config: Mapping[str, Any] = field(default_factory=dict)
    arguments: EventArguments | None = None

    def __post_init__(self) -> None:
        kind: Any = self.type  # whatever was given
        if not isinstance(kind, str) or not kind or kind != kind.strip():
            raise CatalogueError(f"Trigger: type is a text such as 'cron', not {kind!r}")
        if kind == "http":
            raise CatalogueError("Trigger: an http trigger is a route of the app: add one")
        name = f"Trigger({kind!r})"
        _check_json(f"{name}: config", self.config)
        if inspect.iscoroutinefunction(self.arguments):
            raise CatalogueError(f"{name}: arguments is a plain function, not an async one")
        if self.arguments is not None and not callable(self.arguments):
            _check_json(f"{name}: arguments", self.arguments)


def _check_json(what: str, value: Any) -> None:
    if not isinstance(value, Mapping):
        raise CatalogueError(f"{what} is a dict, not {value!r}")
    try:
        msgspec.json.encode(dict(value))
    except (TypeError, ValueError, RecursionError) as error:
        raise CatalogueError(f"{what} is no JSON ({error})") from None


@dataclass(frozen=True, slots=True)
class Mark:
    """What `expose` says of an endpoint; a field that is None says nothing.

    Each endpoint that is marked has an object of its own, which what wraps it shares.
    """

    id: str | None = None
    service: str | None = None
    action: str | None = None
    errors: Literal["raise", "return"] | None = None
    metadata: Mapping[str, Any] | None = None
    enabled: bool = True
    on_disconnect: Literal["finish", "cancel"] | None = None
    triggers: tuple[Trigger, ...] = ()


NO_MARK = Mark()
"""That of an endpoint without one."""


def expose(
    id: str | None = None,
    *,
    service: str | None = None,
    action: str | None = None,
    enabled: bool = True,
    errors: Literal["raise", "return"] | None = None,
    on_disconnect: Literal["finish", "cancel"] | None = None,
    metadata: Mapping[str, Any] | None = None,
    triggers: Iterable[Trigger] = (),
) -> Callable[[_F], _F]:
    """Say how an endpoint appears on iii.

    It holds for the function that it is put on, its partials, and what wraps it with
    `functools.wraps`; on ``__call__``, for the instances; on an ``HTTPEndpoint``, for all of
    its methods; on an ASGI app that is mounted, for the function that it is where it has no
    routes to read, else for `enabled` alone.

    Args:
        id: the function id. With ``::`` it is the whole id, without it is the action.
        service: the part before ``::``, instead of the derived one.
        action: the part after ``::``, instead of the derived one.
        enabled: False keeps the endpoint off iii: nothing that comes from there runs it.
        errors: what a direct caller gets for a 4xx or 5xx: an iii error (``raise``), or
            the value ``{"success": false, "error": {...}}`` (``return``).
        on_disconnect: what becomes of the endpoint when whoever asked is gone: it runs on
            and learns of it as under a server (``finish``, the default), or is cancelled
            (``cancel``), which can leave its work half done. The engine tells of a departure
            during the answer or the upload only.
        metadata: passed on to the engine with the function.
        triggers: what runs the endpoint besides HTTP. Where it serves several routes, the
            first of them is run, and a warning names the others.

    Raises:
        CatalogueError: `id` is given together with `service` or `action`, or `errors` is
            neither ``raise`` nor ``return``, or `on_disconnect` neither ``finish`` nor
            ``cancel``, or `triggers` has something else than `Trigger`; or the endpoint is
            no function (a bound method).
    """
    if id is not None and (service is not None or action is not None):
        raise CatalogueError("expose: give either id, or service and action, not both")
    if errors not in (None, "raise", "return"):
        raise CatalogueError(f"expose: errors is 'raise' or 'return', not {errors!r}")
    if on_disconnect not in (None, "finish", "cancel"):
        raise CatalogueError(
            f"expose: on_disconnect is 'finish' or 'cancel', not {on_disconnect!r}"
        )
    mark = Mark(id, service, action, errors, metadata, enabled, on_disconnect, _checked(triggers))

    def set_mark(endpoint: _F) -> _F:
        # Called is what these hold, and that is what an app gets to see.
        inner = endpoint.__func__ if isinstance(endpoint, staticmethod | classmethod) else endpoint
        try:
            setattr(inner, _ATTRIBUTE, replace(mark))
        except (AttributeError, TypeError):
            raise CatalogueError(
                f"expose: {endpoint!r} cannot be marked: put it on the function itself"
            ) from None
        return endpoint

    return set_mark


def _checked(triggers: Any) -> tuple[Trigger, ...]:
    several = tuple(triggers) if isinstance(triggers, Iterable) else (triggers,)
    for one in several:
        if not isinstance(one, Trigger):
            raise CatalogueError(f"expose: triggers is a list of Trigger(...), not of {one!r}")
    return several


def mark_of(endpoint: Any) -> Mark:
    """Return the mark of an endpoint; an empty one when it has none.

    That of a function is that of its partials, too, and of what wraps it; that of ``__call__``
    is that of the instances. The outermost holds.
    """
    marks = (getattr(one, _ATTRIBUTE, None) for one in _inwards(endpoint))
    return next((mark for mark in marks if isinstance(mark, Mark)), NO_MARK)


def owner_of(endpoint: Any) -> Any:
    """Return the object or class that an endpoint is, or is a method of; None of a function.

    Methods of two objects have one mark, and so have a class and its subclass: they are told
    apart by their owners.
    """
    for one in _inwards(endpoint):
        if inspect.ismethod(one):
            return one.__self__
        if _wrapped_by(one) is None:
            return None if inspect.isfunction(one) else one
    return None


def _inwards(endpoint: Any) -> Iterator[Any]:
    """Yield an endpoint, what it calls, and so on."""
    seen: set[int] = set()
    while id(endpoint) not in seen:
        yield endpoint
        seen.add(id(endpoint))
        # Of a function that wraps none, the last one is nothing of the user.
        call = getattr(type(endpoint), "__call__", None)  # noqa: B004 (the method is wanted)
        wrapped = _wrapped_by(endpoint)
        endpoint = call if wrapped is None else wrapped


def _wrapped_by(endpoint: Any) -> Any:
    """Return what a partial, or what `functools.wraps` has made, calls; None for all else."""
    if isinstance(endpoint, partial):
        return endpoint.func
    return getattr(endpoint, "__wrapped__", None)
