"""Whoever asked has left: whether the endpoint ends then, too."""

from __future__ import annotations

from collections.abc import Callable

from starlette.types import Scope

from iii_asgi.catalogue.model import Function
from iii_asgi.marks import mark_of

__all__ = ["cancels_of"]


def cancels_of(function: Function) -> Callable[[Scope], bool]:
    """Return what tells, from the scope of a call, whether its endpoint is to be cancelled.

    The endpoint that runs decides, which need not be that of the function called: one function
    may reach them all (``--http app``). Routers of Starlette and FastAPI leave it in the scope
    that they got. Where none is there, the function's own mark holds.
    """

    def cancels(scope: Scope) -> bool:
        endpoint = scope.get("endpoint")
        if endpoint is None:
            return function.cancels
        return mark_of(endpoint).on_disconnect == "cancel"

    return cancels
