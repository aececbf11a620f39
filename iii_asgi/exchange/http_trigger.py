"""An HTTP trigger fired: the engine holds an HTTP request, and wants an HTTP answer.

The answer is as if a server had served the app: status, header lines, bytes. It goes
inline in the invocation result when it is short text, else through the response channel.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import httpx
import msgspec
from msgspec import Raw

from iii_asgi.catalogue.model import BodyRule, Function
from iii_asgi.errors import InvocationError
from iii_asgi.exchange import wire_http
from iii_asgi.exchange.paths import MissingParameterError, Pattern, quoted
from iii_asgi.exchange.wire_http import HeaderLines
from iii_asgi.invocation import SCOPE_KEY, Invocation
from iii_asgi.protocol.messages import ChannelRef, encode

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
]

INLINE_LIMIT = 256 * 1024
"""Bytes of an answer up to which it goes inline. More would block the shared socket."""


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


class HttpResult(msgspec.Struct, gc=False):
    """An inline answer. The list form of `headers` keeps repeats and their order."""

    status_code: int
    headers: list[str]
    body: str


_decode = msgspec.json.Decoder(HttpPayload).decode
# A cheap look before the decoding, for the sake of direct calls.
_says_http = re.compile(rb'"type"\s*:\s*"http"').search


def infer(data: Raw) -> HttpPayload | None:
    """Return the payload when `data` is what an HTTP trigger sends, else None."""
    if not _says_http(data):
        return None
    try:
        payload = _decode(data)
    except msgspec.DecodeError:
        return None
    return payload if payload.trigger.type == "http" else None


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
        self._shapes = {(t.method, _shape(t.api_path)) for t in function.triggers}
        self._known: dict[tuple[str, str], Pattern] = {}

    def path(self, payload: HttpPayload) -> str:
        """Return the actual, still-encoded path within the app (without the prefix).

        Raises:
            InvocationError: no trigger of this function could have sent this payload.
            MissingParameterError: the engine matched, but gave no value for a parameter.
        """
        pattern = self._known.get((payload.method, payload.path)) or self._learn(payload)
        actual = payload.trigger.path
        if actual and actual != payload.path:
            if not pattern.fits(actual):
                raise _forged(self.function)
        else:
            actual = pattern.fill(payload.path_params)
        if self._prefix:
            actual = actual.removeprefix(self._prefix) or "/"
        return quoted(actual)

    def _learn(self, payload: HttpPayload) -> Pattern:
        if (payload.method.upper(), _shape(payload.path)) not in self._shapes:
            raise _forged(self.function)
        pattern = Pattern(payload.path)
        # At most a few spellings a trigger, unless somebody plays with us.
        if len(self._known) < 64:
            self._known[payload.method, payload.path] = pattern
        return pattern


def _shape(api_path: str) -> tuple[str | None, ...]:
    return tuple(None if part[0] == ":" else part for part in api_path.split("/") if part)


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

    The target goes in the ``target`` extension, since httpx would normalise it; the
    invocation goes in the scope, never in headers (W3C trace context apart).
    """
    headers = wire_http.encode_headers(payload.headers)
    _add_trace(headers, payload.headers, invocation)
    host = payload.headers.get("host")
    query = payload.query_params and wire_http.encode_query(payload.query_params)
    return httpx.Request(
        payload.method,
        _BASE,
        headers=headers,
        stream=body,
        extensions={
            "target": (f"{path}?{query}" if query else path).encode(),
            "scope": {
                SCOPE_KEY: invocation,
                "server": _server(host) if isinstance(host, str) else None,
            },
        },
    )


_BASE = httpx.URL("http://localhost")


@lru_cache(256)
def _server(host: str) -> tuple[str, int | None]:
    """Return the ``server`` of a scope from a Host header (RFC 9110 section 7.2)."""
    name, separator, port = host.rpartition(":")
    if separator and port.isdecimal() and len(port) <= 5:
        return name, int(port)
    return host, 80


def _add_trace(headers: HeaderLines, given: dict[str, Any], invocation: Invocation) -> None:
    """Add the invocation's W3C trace context to header lines that have none."""
    if invocation.traceparent and "traceparent" not in given:
        headers.append((b"traceparent", invocation.traceparent.encode()))
    if invocation.baggage and "baggage" not in given:
        headers.append((b"baggage", invocation.baggage.encode()))


def body_of(payload: HttpPayload, rule: BodyRule) -> bytes | ChannelRef:
    """Return where the request's body is: these bytes, or the channel to read it from.

    The inline body has lost its spelling (keys sorted, ``2.50`` is ``2.5``), so it serves
    only where the route cannot notice.
    """
    headers = payload.headers
    announced = headers.get("content-length")
    if announced == "0" or (announced is None and "transfer-encoding" not in headers):
        return b""
    if rule == "inline" and _says_json(headers) and (body := bytes(payload.body)) != b"null":
        return body
    return payload.request_body or b""


def _says_json(headers: dict[str, str | list[str]]) -> bool:
    media_type = headers.get("content-type")
    return isinstance(media_type, str) and media_type.lower().startswith("application/json")


def inline_result(
    method: str, status: int, raw_headers: HeaderLines, body: bytes
) -> HttpResult | None:
    """Return the inline answer, or None where only the channel carries it as it is.

    Inline, the engine invents a content-type where there is none, and takes only text.
    It believes what it is told of framing, so a wrong content-length is left out: then
    it writes the true one. HEAD and 304 keep the app's.
    """
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return None
    lines: list[str] = []
    has_content_type = False
    for name, value in wire_http.response_lines(raw_headers):
        lower = name.lower()
        if lower == b"content-type":
            has_content_type = True
        elif lower == b"content-length" and (
            value != b"%d" % len(body) and method != "HEAD" and status != 304
        ):
            continue
        lines.append(wire_http.header_text(name + b": " + value))
    return HttpResult(status, lines, text) if has_content_type else None


def text_result(status: int, text: str) -> HttpResult:
    """Return a short answer of the bridge's own, as JSON in FastAPI's spelling."""
    return HttpResult(status, ["content-type: application/json"], encode({"detail": text}).decode())


def control_frames(status: int, raw_headers: HeaderLines) -> tuple[bytes, bytes]:
    """Return the two text frames that open a streamed answer: its status, its headers.

    The wire has one map for the headers, so each repeat of a name gets a capitalisation of
    its own; the engine makes a line of each.
    """
    headers: dict[str, str] = {}
    for name, value in wire_http.response_lines(raw_headers):
        headers[_unused_spelling(wire_http.header_text(name), headers)] = wire_http.header_text(
            value
        )
    return (
        encode({"type": "set_status", "status_code": status}),
        encode({"type": "set_headers", "headers": headers}),
    )


def _unused_spelling(name: str, used: dict[str, str]) -> str:
    """Return `name` in a capitalisation that is not in `used` (2 ** letters are there)."""
    if name not in used:
        return name
    letters = [i for i, character in enumerate(name) if character.isascii() and character.isalpha()]
    lower = name.lower()
    for number in range(1 << min(len(letters), 16)):
        raised = {letters[i] for i in range(len(letters)) if number >> i & 1}
        spelling = "".join(c.upper() if i in raised else c for i, c in enumerate(lower))
        if spelling not in used:
            return spelling
    return name
