"""The engine's side of the wire: frames decoded with results left raw, and the odd ends.

A result is only passed on, so it stays JSON text until somebody needs a part of it.
"""

from __future__ import annotations

import os
import uuid
from dataclasses import dataclass
from typing import TypeAlias

import msgspec
from msgspec import UNSET, Raw, UnsetType

from iii_asgi.engine import serde
from iii_asgi.protocol import messages as m

__all__ = [
    "DEFAULT_NAMESPACE",
    "Outcome",
    "RelayedResult",
    "decode",
    "failure",
    "is_blank",
    "is_uuid",
    "new_id",
    "outcome_of",
]

DEFAULT_NAMESPACE = "default"
# Which bits of a UUID are random in version 4, and what the others are (RFC 9562, section 5.4).
_RANDOM, _VERSION_4 = ~(0xF << 76 | 0b11 << 62), 0x4 << 76 | 0b10 << 62
NULL = b"null"


class RelayedResult(m.InvocationResult, frozen=True, tag="invocationresult"):
    """An answer whose result is passed on as text."""

    result: Raw | UnsetType = UNSET


_Received: TypeAlias = (
    m.Reattach
    | m.RegisterFunction
    | m.UnregisterFunction
    | m.RegisterService
    | m.RegisterTrigger
    | m.UnregisterTrigger
    | m.RegisterTriggerType
    | m.UnregisterTriggerType
    | m.TriggerRegistrationResult
    | m.InvokeFunction
    | RelayedResult
    | m.Observe
    | m.Unobserve
    | m.Ping
    | m.Pong
)

decode = msgspec.json.Decoder(_Received).decode


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a call: a result (None for null), or an error."""

    result: Raw | None = None
    error: m.ErrorBody | None = None


def failure(code: str, message: str) -> Outcome:
    """Return the outcome of a call that failed."""
    return Outcome(error=m.ErrorBody(code, message))


def outcome_of(message: RelayedResult) -> Outcome:
    """Return what a worker answered, re-written as the engine does; an error wins."""
    if isinstance(message.error, m.ErrorBody):
        return Outcome(error=message.error)
    if not isinstance(message.result, Raw) or bytes(message.result) == NULL:
        return Outcome()
    try:
        return Outcome(result=serde.rewrite(bytes(message.result)))
    except ValueError:
        return failure("invocation_error", "the worker's result is no JSON that can be passed on")


def new_id() -> str:
    """Return an id for a worker, a channel or a call: a random UUID, in half of uuid's time."""
    number = int.from_bytes(os.urandom(16), "big") & _RANDOM | _VERSION_4
    text = f"{number:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def is_uuid(text: str) -> bool:
    """Whether `text` can be an invocation id: the engine drops the frame when it is not."""
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


def is_blank(namespace: str | UnsetType | None) -> bool:
    """Whether a namespace was named and left empty, which is refused and not read as absent."""
    return isinstance(namespace, str) and not namespace.strip()
