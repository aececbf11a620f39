"""What users write on their routes: `expose`.

A mark is an attribute on the endpoint function, nothing more: the function is returned
unchanged, so the order of `expose` and the framework's decorator does not matter, and an
app with marks runs under any server.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from iii_asgi.errors import CatalogueError

__all__ = ["Mark", "expose", "mark_of"]

_ATTRIBUTE = "__iii_asgi_mark__"
_F = TypeVar("_F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Mark:
    """What `expose` says of an endpoint; a field that is None says nothing."""

    id: str | None = None
    service: str | None = None
    action: str | None = None
    errors: Literal["raise", "return"] | None = None
    metadata: Mapping[str, Any] | None = None
    enabled: bool = True
    on_disconnect: Literal["finish", "cancel"] | None = None


def expose(
    id: str | None = None,
    *,
    service: str | None = None,
    action: str | None = None,
    enabled: bool = True,
    errors: Literal["raise", "return"] | None = None,
    on_disconnect: Literal["finish", "cancel"] | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> Callable[[_F], _F]:
    """Say how an endpoint appears on iii.

    Args:
        id: the function id. With ``::`` it is the whole id, without it is the action.
        service: the part before ``::``, instead of the derived one.
        action: the part after ``::``, instead of the derived one.
        enabled: False keeps the endpoint off iii: nothing that comes from there runs it.
        errors: what a direct caller gets for a 4xx or 5xx: an iii error (``raise``), or
            the value ``{"success": false, "error": {...}}`` (``return``).
        on_disconnect: what becomes of the endpoint when whoever asked is gone: it runs on
            and learns of it as under a server (``finish``, the default), or is cancelled
            (``cancel``), which can leave its work half done.
        metadata: passed on to the engine with the function.

    Raises:
        CatalogueError: `id` is given together with `service` or `action`, or `errors` is
            neither ``raise`` nor ``return``, or `on_disconnect` neither ``finish`` nor
            ``cancel``; or the endpoint is no function (a bound method).
    """
    if id is not None and (service is not None or action is not None):
        raise CatalogueError("expose: give either id, or service and action, not both")
    if errors not in (None, "raise", "return"):
        raise CatalogueError(f"expose: errors is 'raise' or 'return', not {errors!r}")
    if on_disconnect not in (None, "finish", "cancel"):
        raise CatalogueError(
            f"expose: on_disconnect is 'finish' or 'cancel', not {on_disconnect!r}"
        )
    mark = Mark(id, service, action, errors, metadata, enabled, on_disconnect)

    def set_mark(endpoint: _F) -> _F:
        try:
            setattr(endpoint, _ATTRIBUTE, mark)
        except AttributeError:
            raise CatalogueError(
                f"expose: {endpoint!r} cannot be marked: put it on the function itself"
            ) from None
        return endpoint

    return set_mark


def mark_of(endpoint: Any) -> Mark:
    """Return the mark of an endpoint; an empty one when it has none."""
    mark = getattr(endpoint, _ATTRIBUTE, None)
    return mark if isinstance(mark, Mark) else Mark()
