"""Every message of the iii wire, one struct each; one decoder, one encoder.

The wire is JSON text frames over WebSocket, one object a frame, told apart by ``type``.
A field that is unset is left out. Unknown fields are ignored on both sides.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import msgspec
from msgspec import UNSET, Raw, UnsetType

__all__ = [
    "NO_DATA",
    "UNREADABLE",
    "ChannelRef",
    "ErrorBody",
    "InvocationResult",
    "InvokeFunction",
    "Message",
    "Observe",
    "ObserveResult",
    "ObserveSource",
    "ObserveTarget",
    "Ping",
    "Pong",
    "Reattach",
    "RegisterFunction",
    "RegisterService",
    "RegisterTrigger",
    "RegisterTriggerType",
    "RegistrationRejected",
    "TriggerRegistrationResult",
    "Unobserve",
    "UnregisterFunction",
    "UnregisterTrigger",
    "UnregisterTriggerType",
    "WorkerRegistered",
    "decode",
    "encode",
    "type_of",
]

Json: TypeAlias = Any


class ErrorBody(msgspec.Struct, frozen=True, gc=False):
    """An error as the wire has it. `stacktrace` is read, never written by us."""

    code: str
    message: str
    stacktrace: str | UnsetType | None = UNSET


class ChannelRef(msgspec.Struct, frozen=True, gc=False):
    """One end of a channel: a WebSocket at ``/ws/channels/{channel_id}`` of the engine."""

    channel_id: str
    access_key: str
    direction: str


class _Message(msgspec.Struct, frozen=True, tag_field="type", tag=str.lower, kw_only=True):
    """Base of all messages: the tag is the class name in lower case."""


class WorkerRegistered(_Message, frozen=True):
    """The engine's greeting. Older engines send neither token nor features."""

    worker_id: str
    reattach_token: str | UnsetType | None = UNSET
    features: list[str] | UnsetType | None = UNSET


class Reattach(_Message, frozen=True):
    """First of all on a re-connect: the engine then retires the old connection."""

    previous_worker_id: str
    reattach_token: str


class RegisterFunction(_Message, frozen=True):
    """Offer a function. `invocation` makes the engine call a URL instead of the worker."""

    id: str
    description: str | UnsetType | None = UNSET
    request_format: Json | UnsetType = UNSET
    response_format: Json | UnsetType = UNSET
    metadata: Json | UnsetType = UNSET
    invocation: Json | UnsetType = UNSET


class UnregisterFunction(_Message, frozen=True):
    """Take a function back."""

    id: str


class RegisterService(_Message, frozen=True):
    """Name a group of functions (optional)."""

    id: str
    name: str
    description: str | UnsetType | None = UNSET
    parent_service_id: str | UnsetType | None = UNSET


class RegisterTrigger(_Message, frozen=True):
    """Bind a trigger to a function. `id` is ours (a UUID)."""

    id: str
    trigger_type: str
    function_id: str
    config: Json
    metadata: Json | UnsetType = UNSET
    namespace: str | UnsetType | None = UNSET
    trigger_namespace: str | UnsetType | None = UNSET


class UnregisterTrigger(_Message, frozen=True):
    """Take a trigger back."""

    id: str
    trigger_type: str | UnsetType | None = UNSET


class RegisterTriggerType(_Message, frozen=True):
    """Offer a trigger type of one's own (the official SDKs do)."""

    id: str
    description: str | UnsetType | None = UNSET
    trigger_request_format: Json | UnsetType = UNSET
    call_request_format: Json | UnsetType = UNSET


class UnregisterTriggerType(_Message, frozen=True):
    """Take a trigger type back."""

    id: str


class TriggerRegistrationResult(_Message, frozen=True):
    """The engine's word on a trigger; a success is often silent."""

    id: str
    trigger_type: str
    function_id: str
    error: ErrorBody | UnsetType | None = UNSET


class RegistrationRejected(_Message, frozen=True):
    """A function id or a worker name that another live worker owns."""

    code: str
    namespace: str | UnsetType | None = UNSET
    worker_name: str | UnsetType | None = UNSET
    function_id: str | UnsetType | None = UNSET
    owner_worker_id: str | UnsetType | None = UNSET


NO_DATA = Raw(b"null")
"""The `data` of a call that came without."""


class InvokeFunction(_Message, frozen=True):
    """A call, in either direction. Without `invocation_id` it is void: no answer is wanted.

    `data` stays raw JSON text: the exchange that recognises it decodes it once. It is never
    left out: the real engine drops a call without it.
    """

    function_id: str
    data: Raw = NO_DATA
    invocation_id: str | UnsetType | None = UNSET
    metadata: Json | UnsetType = UNSET
    traceparent: str | UnsetType | None = UNSET
    baggage: str | UnsetType | None = UNSET
    action: Json | UnsetType = UNSET
    namespace: str | UnsetType | None = UNSET
    caller: Json | UnsetType = UNSET


class InvocationResult(_Message, frozen=True):
    """The answer of a call: a result (null too), or an error."""

    invocation_id: str
    function_id: str
    result: Json | UnsetType = UNSET
    error: ErrorBody | UnsetType | None = UNSET
    traceparent: str | UnsetType | None = UNSET
    baggage: str | UnsetType | None = UNSET


class ObserveSource(msgspec.Struct, frozen=True):
    """What is observed: a function, with arguments (engines 0.25 and newer)."""

    function_id: str
    args: Json | UnsetType = UNSET
    filters: Json | UnsetType = UNSET
    on: Json | UnsetType = UNSET
    capture: Json | UnsetType = UNSET
    deliver: Json | UnsetType = UNSET


class ObserveTarget(msgspec.Struct, frozen=True):
    """Which function is called when the source fires."""

    function_id: str
    namespace: str | UnsetType | None = UNSET


class Observe(_Message, frozen=True):
    """Bind a function to another one; in 0.26 this is how an HTTP route is registered."""

    id: str
    source: ObserveSource
    target: ObserveTarget
    metadata: Json | UnsetType = UNSET
    max_fires: Json | UnsetType = UNSET
    expires_in_ms: Json | UnsetType = UNSET
    max_in_flight: Json | UnsetType = UNSET


class Unobserve(_Message, frozen=True):
    """Take an observer back."""

    id: str


class ObserveResult(_Message, frozen=True):
    """The engine's word on an observer."""

    id: str
    state: str | UnsetType | None = UNSET
    error: ErrorBody | UnsetType | None = UNSET
    warnings: list[Json] | UnsetType | None = UNSET


class Ping(_Message, frozen=True):
    """Keep-alive in a text frame; the answer is `Pong`."""


class Pong(_Message, frozen=True):
    """The answer to `Ping`."""


Message: TypeAlias = (
    WorkerRegistered
    | Reattach
    | RegisterFunction
    | UnregisterFunction
    | RegisterService
    | RegisterTrigger
    | UnregisterTrigger
    | RegisterTriggerType
    | UnregisterTriggerType
    | TriggerRegistrationResult
    | RegistrationRejected
    | InvokeFunction
    | InvocationResult
    | Observe
    | Unobserve
    | ObserveResult
    | Ping
    | Pong
)

UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What decoding raises: no JSON or the wrong shape, no UTF-8, nested too deeply."""

decode: Callable[[bytes | str], Message] = msgspec.json.Decoder(Message).decode
encode = msgspec.json.Encoder().encode


class _Envelope(msgspec.Struct):
    type: str = ""


_envelope = msgspec.json.Decoder(_Envelope).decode


def type_of(frame: bytes | str) -> str | None:
    """Return the ``type`` of a frame that `decode` refused; None when it is no JSON object."""
    try:
        return _envelope(frame).type
    except UNREADABLE:
        return None
