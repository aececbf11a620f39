"""What the engine's own functions have in common: how they are offered, and give a value."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import msgspec
from msgspec import Raw

from iii_asgi.engine import serde
from iii_asgi.engine.registry import Function, Handler, WorkerRegistry
from iii_asgi.engine.wire import Outcome, failure

__all__ = ["offer", "result"]

_Input = TypeVar("_Input", bound=msgspec.Struct)


def offer(
    registry: WorkerRegistry,
    function_id: str,
    kind: type[_Input],
    description: str,
    work: Callable[[_Input], Awaitable[Outcome]],
) -> None:
    """Offer a function of the engine.

    Args:
        registry: of the engine.
        function_id: its id.
        kind: of its arguments; a call whose data are none of it is an error.
        description: for lists.
        work: the function.
    """
    handler = _handler_of(function_id, kind, work)
    registry.register(Function(id=function_id, handler=handler, description=description))


def _handler_of(
    function_id: str, kind: type[_Input], work: Callable[[_Input], Awaitable[Outcome]]
) -> Handler:
    decode = msgspec.json.Decoder(kind).decode

    async def handle(data: Raw) -> Outcome:
        try:
            given = decode(data)
        except msgspec.DecodeError as error:
            return failure("deserialization_error", f"{function_id}: {error}")
        return await work(given)

    return handle


def result(value: Any) -> Outcome:
    """Return a value as the outcome of a call."""
    return Outcome(result=Raw(serde.dumps(value)))
