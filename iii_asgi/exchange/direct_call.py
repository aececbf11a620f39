"""A direct call: another worker, a queue or a person calls the function with arguments.

The caller knows nothing of HTTP. It sends plain arguments and gets a plain value, or an
error ``{code, message}``. Whoever wants the HTTP of it sends ``{"$http": {...}}`` and gets
``{status_code, headers, body}``.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

import httpx
import msgspec
from msgspec import Raw

from iii_asgi.catalogue.model import Function
from iii_asgi.errors import InvocationError
from iii_asgi.exchange import wire_http
from iii_asgi.exchange.paths import Template
from iii_asgi.exchange.wire_http import HeaderLines
from iii_asgi.invocation import SCOPE_KEY, Invocation
from iii_asgi.protocol.messages import encode

__all__ = ["Call", "DirectTarget", "infer"]

_QUERY_METHODS = frozenset({"GET", "HEAD", "DELETE"})
# Names that a later release gives a meaning to; until then they must not become arguments.
_RESERVED = ("$body", "$headers", "$cookies", "$response")
_BASE = httpx.URL("http://localhost")


class _HttpEnvelope(msgspec.Struct, forbid_unknown_fields=True):
    """What stands under ``$http``. `method` and `path` are for opaque functions only."""

    path_params: dict[str, Any] = {}
    query_params: dict[str, Any] = {}
    headers: dict[str, str | list[str]] = {}
    body: Any = None
    method: str | None = None
    path: str | None = None


@dataclass(slots=True)
class Call:
    """A direct call, read: what the app is to be asked, and how its answer is wanted."""

    method: str
    target: str
    headers: HeaderLines
    body: bytes
    wants_http: bool

    def request(self, invocation: Invocation) -> httpx.Request:
        """Return the request; the trace context of the call is added where it has none."""
        given = {name for name, _ in self.headers}
        lines = [(b"host", b"localhost")] if b"host" not in given else []
        lines += self.headers
        if self.body and b"content-length" not in given:
            lines.append((b"content-length", b"%d" % len(self.body)))
        for name in ("traceparent", "baggage"):
            value = getattr(invocation, name)
            if value and name.encode() not in given:
                lines.append((name.encode(), value.encode()))
        return httpx.Request(
            self.method,
            _BASE,
            headers=lines,
            stream=httpx.ByteStream(self.body),
            extensions={
                "target": self.target.encode(),
                "scope": {SCOPE_KEY: invocation, "server": None},
            },
        )


def infer(data: Raw) -> tuple[Any, str | None]:
    """Return (arguments, calling worker's id) of any call: every JSON value is one.

    This is the last kind that is asked. The engine adds the worker's id to an object.

    Raises:
        InvocationError: the data is no JSON that can be read.
    """
    try:
        arguments = msgspec.json.decode(data)
    except (msgspec.DecodeError, RecursionError):
        raise InvocationError("BAD_REQUEST", "the data of the call is no readable JSON") from None
    caller_id = arguments.pop("_caller_worker_id", None) if isinstance(arguments, dict) else None
    return arguments, caller_id if isinstance(caller_id, str) else None


class DirectTarget:
    """One function, compiled for direct calls."""

    __slots__ = ("_template", "function")

    def __init__(self, function: Function) -> None:
        self.function = function
        self._template = Template(function.path, function.parameters)

    def call(self, arguments: Any) -> Call:
        """Return what to ask of the app for these arguments.

        Raises:
            InvocationError: the arguments do not fit; the message names what is wrong.
        """
        if isinstance(arguments, dict):
            if "$http" in arguments:
                return self._explicit(arguments)
            if self.function.kind == "app":
                raise InvocationError("BAD_REQUEST", _OPAQUE)
            return self._flat(arguments)
        if arguments is None:
            return self.call({})
        return self._whole_body(arguments)

    def _flat(self, arguments: dict[str, Any]) -> Call:
        for name in _RESERVED:
            if name in arguments:
                raise InvocationError(
                    "BAD_REQUEST", f'{name} is reserved; use {{"$http": {{...}}}} for now'
                )
        rest = dict(arguments)
        path = self._template.fill(rest)
        if self.function.method in _QUERY_METHODS:
            return self._make(path, query=rest)
        return self._make(path, body=encode(rest), content_type=b"application/json")

    def _whole_body(self, value: Any) -> Call:
        if self.function.kind == "app":
            raise InvocationError("BAD_REQUEST", _OPAQUE)
        if self.function.method in _QUERY_METHODS:
            raise InvocationError(
                "BAD_REQUEST", "this function takes named arguments: send a JSON object"
            )
        path = self._template.fill({})
        return self._make(path, body=encode(value), content_type=b"application/json")

    def _explicit(self, arguments: dict[str, Any]) -> Call:
        if len(arguments) > 1:
            raise InvocationError("BAD_REQUEST", "$http stands alone, without other arguments")
        try:
            envelope = msgspec.convert(arguments["$http"], _HttpEnvelope)
        except msgspec.ValidationError as error:
            raise InvocationError("BAD_REQUEST", f"$http: {error}") from None
        headers = _checked(envelope.headers)
        body, content_type = _body_bytes(envelope.body, wire_http.content_type_of(headers))
        method, path = self._explicit_target(envelope)
        return self._make(
            path,
            method=method,
            query=envelope.query_params,
            headers=headers,
            body=body,
            content_type=content_type,
            wants_http=True,
        )

    def _explicit_target(self, envelope: _HttpEnvelope) -> tuple[str, str]:
        if self.function.kind == "app":
            return _opaque_target(self.function, envelope)
        if envelope.method is not None or envelope.path is not None:
            raise InvocationError(
                "BAD_REQUEST", "$http: method and path are the route's own; use path_params"
            )
        values = dict(envelope.path_params)
        path = self._template.fill(values)
        if values:
            raise InvocationError("BAD_REQUEST", f"$http: no path parameter {', '.join(values)}")
        return self.function.method, path

    def _make(
        self,
        path: str,
        *,
        method: str | None = None,
        query: dict[str, Any] | None = None,
        headers: HeaderLines | None = None,
        body: bytes = b"",
        content_type: bytes | None = None,
        wants_http: bool = False,
    ) -> Call:
        encoded = wire_http.encode_query(_query(query)) if query else ""
        lines = headers or []
        if content_type is not None:
            lines.append((b"content-type", content_type))
        return Call(
            method=method or self.function.method,
            target=f"{path}?{encoded}" if encoded else path,
            headers=lines,
            body=body,
            wants_http=wants_http,
        )


_OPAQUE = (
    "this function is a whole app: call it with "
    '{"$http": {"method": "GET", "path": "/...", "query_params": {}, "headers": {}, "body": null}}'
)


def _opaque_target(function: Function, envelope: _HttpEnvelope) -> tuple[str, str]:
    method, path = envelope.method, envelope.path
    if not method or not path or not path.startswith("/"):
        raise InvocationError("BAD_REQUEST", _OPAQUE)
    method = method.upper()
    if method not in function.methods:
        raise InvocationError(
            "BAD_REQUEST", f"$http: method is one of {', '.join(function.methods)}"
        )
    if any(character in path for character in "?#") or {".", ".."} & set(path.split("/")):
        raise InvocationError("BAD_REQUEST", "$http: path is plain, without ? # and dot segments")
    literal = function.path.partition("{")[0].rstrip("/")
    if path != literal and not path.startswith(literal + "/"):
        raise InvocationError("BAD_REQUEST", f"$http: path begins with {literal}/")
    return method, path


def _query(parameters: dict[str, Any]) -> dict[str, str | list[str]]:
    """Return query parameters as text: null means absent, a list repeats its key."""
    query: dict[str, str | list[str]] = {}
    for name, value in parameters.items():
        if isinstance(value, list):
            query[name] = [_text(name, one) for one in value if one is not None]
        elif value is not None:
            query[name] = _text(name, value)
    return query


def _text(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    raise InvocationError("BAD_REQUEST", f"argument {name} is text, a number or a list of them")


def _checked(headers: dict[str, str | list[str]]) -> HeaderLines:
    """Return header lines of a caller, who must not be able to add lines of his own."""
    for name, value in headers.items():
        text = value if isinstance(value, str) else "".join(value)
        if not name or not name.isascii() or any(c in name for c in " :\r\n\t\0"):
            raise InvocationError("BAD_REQUEST", "$http: a header name is plain text")
        if any(c in text for c in "\r\n\0"):
            raise InvocationError("BAD_REQUEST", f"$http: header {name} has a line break")
    return [line for line in wire_http.encode_headers(headers) if line[0] != b"content-length"]


def _body_bytes(body: Any, media_type: str | None) -> tuple[bytes, bytes | None]:
    """Return a body's bytes, and the content-type to add where the caller gave none."""
    if body is None:
        return b"", None
    if isinstance(body, dict) and body.keys() == {"content_type", "base64"}:
        return _from_base64(body), None if media_type else str(body["content_type"]).encode()
    if isinstance(body, str) and media_type is not None and not wire_http.is_json(media_type):
        return body.encode(), None
    return encode(body), None if media_type else b"application/json"


def _from_base64(body: dict[str, Any]) -> bytes:
    try:
        return base64.b64decode(body["base64"], validate=True)
    except (ValueError, TypeError):
        raise InvocationError("BAD_REQUEST", "$http: body.base64 is no base64") from None
