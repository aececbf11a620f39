"""A direct call: another worker, a queue or a person calls the function with arguments.

The caller knows nothing of HTTP. It sends plain arguments and gets a plain value, or an
error ``{code, message}``. Whoever wants the HTTP of it sends ``{"$http": {...}}`` and gets
``{status_code, headers, body}``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote

import msgspec
from msgspec import Raw

from iii_asgi.catalogue.arguments import Argument
from iii_asgi.catalogue.model import Function
from iii_asgi.catalogue.parameters import arguments_without_schema
from iii_asgi.errors import InvocationError
from iii_asgi.exchange import wire_http
from iii_asgi.exchange.call import Call
from iii_asgi.exchange.call_headers import cookie_line, read_cookies, read_headers
from iii_asgi.exchange.content import Content
from iii_asgi.exchange.envelope import HttpEnvelope, read_body, read_envelope, refuse
from iii_asgi.exchange.envelope import read_headers as envelope_headers
from iii_asgi.exchange.flat import FlatMap
from iii_asgi.exchange.multipart import read_channel
from iii_asgi.exchange.paths import Template, quoted
from iii_asgi.exchange.texts import expanded
from iii_asgi.exchange.wire_http import HeaderLines
from iii_asgi.protocol.messages import UNREADABLE, ChannelRef

__all__ = ["Call", "DirectTarget", "infer"]


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

    __slots__ = ("_flat", "_host", "_template", "function")

    def __init__(self, function: Function) -> None:
        self.function = function
        self._template = Template(function.path, function.parameters, function.earlier)
        self._host = _host_of(function)
        self._flat = FlatMap(function.arguments or arguments_without_schema(function))

    def call(self, arguments: Any) -> Call:
        """Return what to ask of the app for these arguments.

        Raises:
            InvocationError: the arguments do not fit; the message names what is wrong.
        """
        try:
            return self._read(arguments)
        except RecursionError:
            raise InvocationError("BAD_REQUEST", "the arguments are nested too deeply") from None

    def name_at(self, location: Sequence[Any]) -> str:
        """Return what callers call the place that a validation error's ``loc`` names."""
        return self._flat.name_at(location)

    def _read(self, arguments: Any) -> Call:
        if isinstance(arguments, dict) and "$http" in arguments:
            return self._explicit(arguments)
        if self.function.kind == "app":
            raise InvocationError("BAD_REQUEST", _OPAQUE)
        if arguments is None or isinstance(arguments, dict):
            return self._arguments(dict(arguments or {}))
        content = self._flat.whole(arguments)
        return self._make(self._template.fill({}), content=content)

    def _arguments(self, rest: dict[str, Any]) -> Call:
        headers, cookies = rest.pop("$headers", None), rest.pop("$cookies", None)
        response = rest.pop("$response", None)
        path = self._template.fill(rest)
        parts = self._flat.read(rest)
        if headers is not None:
            parts.headers = _joined(read_headers(headers), parts.headers)
        if cookies is not None:
            parts.cookies += read_cookies(cookies)
        if parts.cookies:
            parts.headers = _joined(parts.headers, [(b"cookie", cookie_line(parts.cookies))])
        return self._make(
            path,
            query=parts.query,
            headers=parts.headers,
            content=parts.content,
            response=_response(response),
        )

    def _explicit(self, arguments: dict[str, Any]) -> Call:
        envelope = read_envelope(arguments)
        headers = envelope_headers(envelope)
        body, content_type = read_body(envelope, wire_http.content_type_of(headers))
        method, path = self._explicit_target(envelope)
        if content_type is not None:
            headers.append((b"content-type", content_type))
        return self._make(
            path,
            method=method,
            query=_query(envelope.query_params),
            headers=headers,
            content=Content(b"", (body,)) if body else None,
            response=_response(arguments.get("$response")),
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
        query: Mapping[str, str | list[str]] | None = None,
        headers: HeaderLines | None = None,
        content: Content | None = None,
        response: ChannelRef | None = None,
        wants_http: bool = False,
    ) -> Call:
        lines = [] if headers is None else headers
        if content is not None and content.media_type:
            _add_content_type(lines, content)
        encoded = wire_http.encode_query(query) if query else ""
        return Call(
            method=method or self.function.method,
            target=f"{path}?{encoded}" if encoded else path,
            host=self._host,
            headers=lines,
            pieces=content.pieces if content else (),
            wants_http=wants_http,
            response=response,
        )


_OPAQUE = (
    "this function is a whole app: call it with "
    '{"$http": {"method": "GET", "path": "/...", "query_params": {}, "headers": {}, "body": null}}'
)


def _host_of(function: Function) -> bytes:
    """Return the host of a call. A Host route with parameters needs ``$http`` to name one."""
    host = function.host
    return host.encode() if host and "{" not in host else b"localhost"


def _query(parameters: Mapping[str, Any]) -> dict[str, str | list[str]]:
    """Return query parameters as text: null means absent, a list repeats its key."""
    query: dict[str, str | list[str]] = {}
    for name, value in parameters.items():
        query.update(expanded(Argument(name, "query", name), value))
    return query


def _response(value: Any) -> ChannelRef | None:
    return None if value is None else read_channel(value, "$response", "write")


def _joined(given: HeaderLines, arguments: HeaderLines) -> HeaderLines:
    """Return the lines of ``$headers`` and of arguments.

    Raises:
        InvocationError: both have one header.
    """
    twice = {name for name, _ in given}.intersection(name for name, _ in arguments)
    if twice:
        name = min(twice).decode()
        raise InvocationError("BAD_REQUEST", f"$headers.{name} is given elsewhere, too")
    return given + arguments


def _add_content_type(lines: HeaderLines, content: Content) -> None:
    """Add the type of a body; a caller may say more precisely what JSON or bytes it is.

    Raises:
        InvocationError: it is a form with files, whose type holds what parts it.
    """
    if not lines or all(name != b"content-type" for name, _ in lines):
        lines.append((b"content-type", content.media_type))
    elif content.media_type.startswith(b"multipart/"):
        raise InvocationError("BAD_REQUEST", "$headers.content-type is the form's own")
