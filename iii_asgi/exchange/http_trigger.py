"""An HTTP trigger fired: the engine holds an HTTP request, and wants an HTTP answer.

`infer` tells what it holds, `request` asks it of the app, and `http_answer` has the ways to
answer.
"""

from __future__ import annotations

import re
from functools import lru_cache

import httpx
import msgspec
from msgspec import Raw

from iii_asgi.catalogue.model import BodyRule, Function
from iii_asgi.catalogue.shapes import Shape, shape_of
from iii_asgi.errors import InvocationError
from iii_asgi.exchange import wire_http
from iii_asgi.exchange.http_answer import (
    INLINE_LIMIT,
    HttpResult,
    control_frames,
    inline_result,
    text_result,
)
from iii_asgi.exchange.paths import MissingParameterError, Pattern
from iii_asgi.invocation import Invocation
from iii_asgi.protocol.messages import UNREADABLE, ChannelRef

__all__ = [
    "INLINE_LIMIT",
    "HttpPayload",
    "HttpResult",
    "HttpTarget",
    "MissingParameterError",
    "body_of",
    "control_frames",
    "infer",
    "inline_result",
    "request",
    "text_result",
    "trace_of",
]


class _Trigger(msgspec.Struct, gc=False):
    type: str
    path: str = ""


class HttpPayload(msgspec.Struct, gc=False):
    """What the engine sends when an HTTP trigger fires (protocol: the http trigger).

    `body` stays JSON text: on the wire it is re-serialised JSON, and null unless the
    request was JSON. The exact bytes are on the `request_body` channel.
    """

    trigger: _Trigger
    method: str
    path: str
    headers: dict[str, str | list[str]]
    path_params: dict[str, str]
    query_params: dict[str, str | list[str]]
    body: Raw = Raw(b"null")
    request_body: ChannelRef | None = None
    response: ChannelRef | None = None
    caller_worker_id: str | None = msgspec.field(name="_caller_worker_id", default=None)


_decode = msgspec.json.Decoder(HttpPayload).decode


def infer(data: Raw) -> HttpPayload | None:
    """Return the payload when `data` is what an HTTP trigger sends, else None."""
    try:
        payload = _decode(data)
    except UNREADABLE:
        return None
    return payload if payload.trigger.type == "http" else None


def trace_of(payload: HttpPayload) -> tuple[str | None, str | None]:
    """Return (traceparent, baggage) of the client: not every engine makes them the call's."""
    traceparent, baggage = payload.headers.get("traceparent"), payload.headers.get("baggage")
    return (
        traceparent if isinstance(traceparent, str) else None,
        baggage if isinstance(baggage, str) else None,
    )


class HttpTarget:
    """One function, compiled: which payloads its triggers can send, and their actual path.

    Any worker can send a payload that looks like an HTTP trigger's, and the engine grants
    rights by function id: so a payload reaches the app only when one of this function's
    own triggers could have sent it.
    """

    __slots__ = ("_known", "_prefix", "_shapes", "function")

    def __init__(self, function: Function, prefix: str = "") -> None:
        self.function = function
        self._prefix = prefix
        self._shapes = {(t.method, shape_of(t.api_path)) for t in function.triggers}
        self._known: dict[tuple[str, str], Pattern] = {}

    def path(self, payload: HttpPayload) -> str:
        """Return the actual, still-encoded path within the app (without the prefix).

        Raises:
            InvocationError: no trigger of this function could have sent this payload.
            MissingParameterError: the engine matched, but a parameter has no value that is
                one segment.
        """
        pattern = self._known.get((payload.method, payload.path)) or self._learn(payload)
        actual: str | None = payload.trigger.path
        if not actual or actual == payload.path:
            actual = pattern.fill(payload.path_params)
        else:
            actual = pattern.match(actual)
        if actual is None:
            raise _forged(self.function)
        if "%2" in actual:
            self._check_decoded(payload.method, actual)
        if self._prefix:
            # One front end ignores empty segments, so a doubled slash can stand before it.
            actual = f"/{actual.lstrip('/')}".removeprefix(self._prefix) or "/"
        return actual

    def _learn(self, payload: HttpPayload) -> Pattern:
        method, path = payload.method, payload.path
        if path[:1] != "/" or (method.upper(), shape_of(path)) not in self._shapes:
            raise _forged(self.function)
        pattern = Pattern(path)
        # The engine sends our own spellings. Whoever makes others up does not fill the memory.
        if len(self._known) < len(self._shapes) + 64:
            self._known[method, path] = pattern
        return pattern

    def _check_decoded(self, method: str, path: str) -> None:
        """Refuse an encoded slash that makes a path which no trigger of ours has.

        The app decodes it and sees more segments than the engine did: else a right to a
        function on ``/:slug`` would be one to the whole app.
        """
        if not _encoded_slash.search(path):
            return
        segments = [part for part in _encoded_slash.sub("/", path).split("/") if part]
        if not any(
            known == method.upper() and _covers(shape, segments) for known, shape in self._shapes
        ):
            raise MissingParameterError


_encoded_slash = re.compile("%2f", re.IGNORECASE)


def _covers(shape: Shape, segments: list[str]) -> bool:
    return len(shape) == len(segments) and all(
        literal is None or literal == segment
        for literal, segment in zip(shape, segments, strict=True)
    )


def _forged(function: Function) -> InvocationError:
    return InvocationError(
        "BAD_REQUEST",
        f"no HTTP trigger of {function.id} has this method and path; "
        'for a direct call send the arguments, or {"$http": {...}}',
    )


def request(
    payload: HttpPayload,
    path: str,
    invocation: Invocation,
    body: httpx.AsyncByteStream,
) -> httpx.Request:
    """Return the request that the client sent, as far as the engine tells.

    Args:
        payload: of the trigger.
        path: what `HttpTarget.path` gave.
        invocation: see `wire_http.make_request`.
        body: of the request.

    Raises:
        InvocationError: a forged payload has a header that HTTP cannot carry.
    """
    headers = payload.headers
    host = headers.get("host")
    query = payload.query_params and wire_http.encode_query(payload.query_params)
    return wire_http.make_request(
        payload.method,
        f"{path}?{query}" if query else path,
        wire_http.encode_headers(headers),
        body,
        invocation,
        given=headers,
        server=_server(host) if isinstance(host, str) and host else None,
    )


@lru_cache(256)
def _server(host: str) -> tuple[str, int | None]:
    """Return the ``server`` of a scope from a Host header (RFC 9110 section 7.2)."""
    name, separator, port = host.rpartition(":")
    if separator and port.isdecimal() and len(port) <= 5:
        return name, int(port)
    return host, 80


def body_of(payload: HttpPayload, rule: BodyRule) -> bytes | ChannelRef:
    """Return where the request's body is: these bytes, or the channel to read it from.

    The inline body has lost its spelling (keys sorted, ``2.50`` is ``2.5``), so it serves
    only where the route cannot notice.
    """
    headers = payload.headers
    announced = headers.get("content-length")
    if announced == "0" or (announced is None and "transfer-encoding" not in headers):
        return b""
    channel = payload.request_body
    if channel is None or (rule != "channel" and _says_json(headers)):
        inline = bytes(payload.body)
        if inline == b"null":
            return channel or b""
        if channel is None or _is_same(inline, rule, announced):
            return inline
    return channel


# The engine prints JSON without spaces, so in an object or a list a number stands after one of
# these three. One that is the whole body is rare enough to go by channel.
_has_fraction = re.compile(rb"[\[,:]-?[0-9]+[.eE]").search
# What the client can have written shorter: -0, 1e30, 1e2, 1e-3.
_has_odd_number = re.compile(
    rb"[\[,:](?:-0\.0(?![0-9])|-?(?:[0-9.]+[eE]|[0-9]+0\.0(?![0-9])|0\.00))"
).search
_TO_ZEROS = bytes.maketrans(b"123456789", b"000000000")
_TOO_MANY_DIGITS = b"0" * 16  # a double carries 15 exactly


def _is_same(inline: bytes, rule: BodyRule, announced: object) -> bool:
    """Whether the re-serialised JSON has the client's values, be its keys in another order.

    Integers keep their spelling, those beyond 64 bits become fractions. Everything else
    (spaces, escapes, duplicate keys) only gets shorter. So a text that is as long as the
    client's has the client's spelling, unless a number in it has become longer.
    """
    if not (isinstance(announced, str) and announced.isdecimal()) or inline[0] in b"-0123456789":
        return False
    if rule == "inline":
        return _has_fraction(inline) is None
    return (
        len(inline) == int(announced)
        and _TOO_MANY_DIGITS not in inline.translate(_TO_ZEROS, b".")
        and _has_odd_number(inline) is None
    )


def _says_json(headers: dict[str, str | list[str]]) -> bool:
    content_type = headers.get("content-type")
    return isinstance(content_type, str) and (
        content_type == "application/json"
        or wire_http.media_type_of(content_type) == "application/json"
    )
