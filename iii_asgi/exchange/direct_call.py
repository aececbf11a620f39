"""A direct call: another worker, a queue or a person calls the function with arguments.

The caller knows nothing of HTTP. It sends plain arguments and gets a plain value, or an
error ``{code, message}``. Whoever wants the HTTP of it sends ``{"$http": {...}}`` and gets
``{status_code, headers, body}``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import httpx
import msgspec
from msgspec import Raw

from iii_asgi.catalogue.model import Function
from iii_asgi.errors import InvocationError
from iii_asgi.exchange import wire_http
from iii_asgi.exchange.envelope import (
    HttpEnvelope,
    read_body,
    read_envelope,
    read_headers,
    refuse,
)
from iii_asgi.exchange.paths import Template, quoted
from iii_asgi.exchange.wire_http import HeaderLines
from iii_asgi.invocation import Invocation
from iii_asgi.protocol.messages import UNREADABLE, encode

__all__ = ["Call", "DirectTarget", "infer"]

_QUERY_METHODS = frozenset({"GET", "HEAD", "DELETE"})
# Names that a later release gives a meaning to; until then they must not become arguments.
_RESERVED = ("$body", "$headers", "$cookies", "$response")


@dataclass(slots=True)
class Call:
    """A direct call, read: what the app is to be asked, and how its answer is wanted."""

    method: str
    target: str
    host: bytes
    headers: HeaderLines
    body: bytes
    wants_http: bool

    def request(self, invocation: Invocation) -> httpx.Request:
        """Return the request; the trace context of the call is added where it has none."""
        given = {name.decode() for name, _ in self.headers}
        lines = [] if "host" in given else [(b"host", self.host)]
        lines += self.headers
        if self.body:
            lines.append((b"content-length", b"%d" % len(self.body)))
        body = httpx.ByteStream(self.body)
        return wire_http.make_request(
            self.method, self.target, lines, body, invocation, given=given
        )


def infer(data: Raw) -> tuple[Any, str | None]:
    """Return (arguments, calling worker's id) of any call: every JSON value is one.

    This is the last kind that is asked. The engine adds the worker's id to an object.

    Raises:
        InvocationError: the data is no JSON that can be read.
    """
    try:
        arguments = msgspec.json.decode(data)
    except UNREADABLE:
        raise InvocationError("BAD_REQUEST", "the data of the call is no readable JSON") from None
    caller_id = arguments.pop("_caller_worker_id", None) if isinstance(arguments, dict) else None
    return arguments, caller_id if isinstance(caller_id, str) else None


class DirectTarget:
    """One function, compiled for direct calls."""

    __slots__ = ("_host", "_template", "function")

    def __init__(self, function: Function) -> None:
        self.function = function
        self._template = Template(function.path, function.parameters)
        self._host = _host_of(function)

    def call(self, arguments: Any) -> Call:
        """Return what to ask of the app for these arguments.

        Raises:
            InvocationError: the arguments do not fit; the message names what is wrong.
        """
        if isinstance(arguments, dict) and "$http" in arguments:
            return self._explicit(read_envelope(arguments))
        if self.function.kind == "app":
            raise InvocationError("BAD_REQUEST", _OPAQUE)
        if arguments is None or isinstance(arguments, dict):
            return self._flat(arguments or {})
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
        if self.function.method in _QUERY_METHODS:
            raise InvocationError(
                "BAD_REQUEST", "this function takes named arguments: send a JSON object"
            )
        path = self._template.fill({})
        return self._make(path, body=encode(value), content_type=b"application/json")

    def _explicit(self, envelope: HttpEnvelope) -> Call:
        headers = read_headers(envelope)
        body, content_type = read_body(envelope, wire_http.content_type_of(headers))
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

    def _explicit_target(self, envelope: HttpEnvelope) -> tuple[str, str]:
        if self.function.kind == "app":
            return self._opaque_target(envelope)
        if envelope.method is not None or envelope.path is not None:
            refuse("method and path are the route's own; use path_params")
        values = dict(envelope.path_params)
        path = self._template.fill(values)
        if values:
            refuse(f"no path parameter {', '.join(values)}")
        return self.function.method, path

    def _opaque_target(self, envelope: HttpEnvelope) -> tuple[str, str]:
        method, path = envelope.method, envelope.path
        if not method or not path or envelope.path_params:
            raise InvocationError("BAD_REQUEST", _OPAQUE)
        if method.upper() not in self.function.methods:
            refuse(f"method is one of {', '.join(self.function.methods)}")
        if "?" in path or "#" in path or not self._template.covers(unquote(path)):
            refuse(f"path has the form {self.function.path}, without ? # and dot segments")
        return method.upper(), quoted(path)

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
            host=self._host,
            headers=lines,
            body=body,
            wants_http=wants_http,
        )


_OPAQUE = (
    "this function is a whole app: call it with "
    '{"$http": {"method": "GET", "path": "/...", "query_params": {}, "headers": {}, "body": null}}'
)


def _host_of(function: Function) -> bytes:
    """Return the host of a call. A Host route with parameters needs ``$http`` to name one."""
    host = function.host
    return host.encode() if host and "{" not in host else b"localhost"


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
    text = wire_http.as_text(value)
    if text is None:
        raise InvocationError("BAD_REQUEST", f"argument {name} is text, a number or a list of them")
    return text
