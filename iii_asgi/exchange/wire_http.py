"""The small conversions between the wire's text and HTTP's bytes that the exchanges share."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping
from itertools import product
from typing import Any, TypeAlias
from urllib.parse import quote_plus

import httpx

from iii_asgi.catalogue.mediatypes import is_json, media_type_of
from iii_asgi.errors import InvocationError
from iii_asgi.invocation import SCOPE_KEY, Invocation

__all__ = [
    "HeaderLines",
    "answer_lines",
    "as_text",
    "content_type_of",
    "encode_headers",
    "encode_query",
    "header_value",
    "is_json",
    "make_request",
    "media_type_of",
    "spellings",
]

HeaderLines: TypeAlias = list[tuple[bytes, bytes]]

# RFC 9110 section 7.6.1: they belong to one connection, and this is another one.
_HOP_BY_HOP = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)

# Peers use the same few names again and again. An empty one marks a name to drop. Bounded,
# since names can be made up.
_request_names: dict[str, bytes] = {}
_answer_names: dict[bytes, str] = {}
_NAMES_AT_MOST = 1024

_is_token = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+").fullmatch  # RFC 9110 section 5.6.2


def encode_headers(headers: Mapping[str, str | list[str]]) -> HeaderLines:
    """Return header lines for an ASGI scope: lower-case names, hop-by-hop ones dropped.

    The engine passes values that were UTF-8 on the wire, so UTF-8 restores their bytes.

    Raises:
        InvocationError: a name or a value that HTTP cannot carry; only a forged request
            has one, and an app must be able to rely on its server to refuse it.
    """
    pairs: Iterable[tuple[str, Any]] = headers.items()
    values: Iterable[Any] = headers.values()
    try:
        text = "".join(values)
    except TypeError:
        pairs = [(name, one) for name, some in pairs for one in _listed(some)]
        text = "".join([one for _, one in pairs])
    # All values at once: this runs on every request, and next to never finds anything.
    if _breaks_line(text):
        raise InvocationError("BAD_REQUEST", "a header value must not contain a line break")
    lines = []
    for name, value in pairs:
        try:
            encoded = _request_names[name]
        except KeyError:
            encoded = _learn_request_name(name)
        if encoded:
            lines.append((encoded, value.encode()))
    return lines


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def _learn_request_name(name: str) -> bytes:
    if not _is_token(name):
        raise InvocationError("BAD_REQUEST", f"{name!r} cannot be the name of a header")
    lower = name.lower()
    encoded = b"" if lower in _HOP_BY_HOP else lower.encode()
    if len(_request_names) < _NAMES_AT_MOST:
        _request_names[name] = encoded
    return encoded


def _breaks_line(value: str) -> bool:
    return "\n" in value or "\r" in value or "\0" in value


def header_value(text: str) -> bytes | None:
    """Return the bytes of a header value, or None where HTTP cannot carry it."""
    return None if _breaks_line(text) else text.encode()


_is_plain_query = re.compile(r"[A-Za-z0-9_.~\-=&]*").fullmatch


def encode_query(parameters: Mapping[str, str | list[str]]) -> str:
    """Return a query string; a list repeats its key. The engine passes decoded values."""
    query = "&".join([f"{name}={value}" for name, value in parameters.items()])
    # Nothing to escape, and every "=" and "&" is one of ours. A list has its brackets.
    if _is_plain_query(query) and query.count("=") + query.count("&") == 2 * len(parameters) - 1:
        return query
    pairs = []
    for name, value in parameters.items():
        quoted = quote_plus(name)
        pairs += [f"{quoted}={quote_plus(one)}" for one in _listed(value)]
    return "&".join(pairs)


def as_text(value: Any) -> str | None:
    """Return a scalar JSON value as a path or a query has it; None for any other value."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, (int, float)) else None


_BASE = httpx.URL("http://localhost")


def make_request(
    method: str,
    target: str,
    headers: HeaderLines,
    body: httpx.AsyncByteStream,
    invocation: Invocation,
    *,
    given: Container[str],
    server: tuple[str, int | None] | None = None,
) -> httpx.Request:
    """Return a request for the transport.

    The target goes in the ``target`` extension, since httpx would normalise it. The headers
    go in the scope as they are, and so does the invocation, never in headers (W3C trace
    context apart).

    Args:
        method: as the app is to see it.
        target: path and query, percent-encoded.
        headers: of the request; the trace context of the invocation is added.
        body: of the request.
        invocation: what a route can ask for.
        given: lower-case names of headers that the request has; its trace context stands.
        server: of the scope.
    """
    if invocation.traceparent and "traceparent" not in given:
        _add(headers, b"traceparent", invocation.traceparent)
    if invocation.baggage and "baggage" not in given:
        _add(headers, b"baggage", invocation.baggage)
    return httpx.Request(
        method,
        _BASE,
        stream=body,
        extensions={
            "target": target.encode(),
            # httpx makes the method upper-case, which a server does not; and it takes its time
            # for each header.
            "scope": {
                SCOPE_KEY: invocation,
                "headers": headers,
                "method": method,
                "server": server,
            },
        },
    )


def _add(lines: HeaderLines, name: bytes, text: str) -> None:
    """Add a header; drop what HTTP cannot carry, as W3C says of a broken trace context."""
    value = header_value(text)
    if value is not None:
        lines.append((name, value))


def answer_lines(raw: Iterable[tuple[bytes, bytes]]) -> list[tuple[str, str]]:
    """Return the header lines of an answer as text, in order, without the hop-by-hop ones.

    Names are in lower case, as the engine writes them. It writes values as UTF-8; bytes
    that are none are read as latin-1, as HTTP once said they are.
    """
    lines = []
    for name, value in raw:
        try:
            text = _answer_names[name]
        except KeyError:
            text = _learn_answer_name(name)
        if text:
            try:
                lines.append((text, value.decode()))
            except UnicodeDecodeError:
                lines.append((text, value.decode("latin-1")))
    return lines


def _learn_answer_name(name: bytes) -> str:
    lower = name.decode("latin-1").lower()
    text = "" if lower in _HOP_BY_HOP else lower
    if len(_answer_names) < _NAMES_AT_MOST:
        _answer_names[name] = text
    return text


def spellings(name: str) -> Iterator[str]:
    """Yield the capitalisations of a header name, lower case first: 2 ** letters of them."""
    letters = [(c, c.upper()) if "a" <= c <= "z" else (c,) for c in name.lower()]
    return ("".join(chosen) for chosen in product(*letters))


def content_type_of(raw: Iterable[tuple[bytes, bytes]]) -> str | None:
    """Return the media type of header lines, lower-case and without parameters, or None."""
    for name, value in raw:
        if name.lower() == b"content-type":
            return media_type_of(value.decode("latin-1"))
    return None
