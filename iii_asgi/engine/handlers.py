"""What the engine's own functions have in common: arguments read, a value printed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import msgspec
from msgspec import Raw

from iii_asgi.engine import serde
from iii_asgi.engine.registry import Handler
from iii_asgi.engine.wire import Outcome, failure

__all__ = ["handler_of", "result"]

_Input = TypeVar("_Input", bound=msgspec.Struct)


def handler_of(
    function_id: str, kind: type[_Input], work: Callable[[_Input], Awaitable[Outcome]]
) -> Handler:
    """Return what serves a function of the engine.

    Args:
        function_id: for messages.
        kind: of its arguments; a call whose data are none of it is an error.
        work: the function.
    """
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
