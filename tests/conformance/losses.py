"""The losses of the engine: whatever differs from a web server, and the fact behind it.

Each has a case that shows it, and a test that it still does. The page
``docs/reference/losses.md`` has a row for each.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, unquote_plus

from tests.conformance.case import FRONTS, Loss, Seen, View

__all__ = ["ALWAYS", "LOSSES"]


def _echo(change: Callable[[dict[str, Any]], dict[str, Any]]) -> View:
    """Return a view that changes what the app saw."""

    def view(seen: Seen) -> Seen:
        return seen if seen.echo is None else replace(seen, echo=seen.echo | change(seen.echo))

    return view


def _request_headers(
    change: Callable[[list[list[str]]], Iterable[list[str]]],
) -> View:
    return _echo(lambda echo: {"headers": list(change(echo["headers"]))})


def _query(change: Callable[[str], Any]) -> View:
    """Return a view that changes the query: what the app saw, and where it redirects."""

    def changed_url(url: str) -> str:
        path, _, query = url.partition("?")
        return f"{path}?{change(query)!a}"

    def changed_location(url: str) -> str:
        # A router that redirects writes the decoded path, which may have a "?" of its own.
        return f"{change(unquote_plus(url).replace('?', '&'))!a}"

    def changed(echo: dict[str, Any]) -> dict[str, Any]:
        return {"query_string": change(echo["query_string"]), "url": changed_url(echo["url"])}

    def view(seen: Seen) -> Seen:
        lines = ((n, changed_location(v) if n == "location" else v) for n, v in seen.lines)
        return replace(_echo(changed)(seen), lines=tuple(lines))

    return view


def _without(*names: str) -> View:
    """Return a view without some headers of the answer."""
    return lambda seen: replace(seen, lines=tuple(one for one in seen.lines if one[0] not in names))


_OWN_LINES = {
    ("vary", "origin, access-control-request-method, access-control-request-headers"),
    ("access-control-allow-origin", "*"),
    ("access-control-expose-headers", "*"),
}
_OF_THE_CONNECTION = ("date", "server", "connection", "transfer-encoding", "keep-alive")


def _without_own_lines(seen: Seen) -> Seen:
    lines = (one for one in seen.lines if one not in _OWN_LINES)
    return replace(seen, lines=tuple(one for one in lines if one[0] not in _OF_THE_CONNECTION))


# -- every exchange ----------------------------------------------------------------------

OWN_LINES = Loss(
    "headers of the engine",
    "the engine writes date, vary and its CORS headers into every answer",
    specimen="answers: JSON",
    view=_without_own_lines,
)
ADDRESSES = Loss(
    "addresses",
    "the payload has no address of either side: client is None, server is what Host says",
    specimen="paths: plain",
    view=_echo(lambda echo: {"client": None, "server": None}),
)
HEADER_ORDER = Loss(
    "order of request headers",
    "the payload's headers are a map; the engine sorts it, and the standalone worker shuffles it",
    specimen="headers: order",
    view=_request_headers(sorted),
)
_HOP_BY_HOP = {"connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"}
HOP_BY_HOP = Loss(
    "hop-by-hop headers",
    "they belong to the connection between client and engine, and are not passed on",
    specimen="headers: hop-by-hop",
    view=_request_headers(lambda lines: [one for one in lines if one[0] not in _HOP_BY_HOP]),
)

ALWAYS = (OWN_LINES, ADDRESSES, HEADER_ORDER, HOP_BY_HOP)
"""Those that every exchange has."""

# -- requests ----------------------------------------------------------------------------

QUERY_SPELLING = Loss(
    "spelling of a query",
    "the payload's query is a map of decoded values; written anew its keys have another order, "
    "and its escapes another spelling",
    specimen="queries: order",
    view=_query(lambda query: sorted(parse_qsl(query, keep_blank_values=True))),
)
REPEATED_QUERY = Loss(
    "repeated query keys",
    "the payload's query is a map: of a repeated key the last value is kept",
    specimen="queries: repeated",
    view=_query(lambda query: sorted(dict(parse_qsl(query, keep_blank_values=True)).items())),
)
REPEATED_HEADER = Loss(
    "repeated request headers",
    "the payload's headers are a map: of a repeated one the last value is kept",
    specimen="headers: repeated",
    view=_request_headers(lambda lines: sorted(map(list, dict(lines).items()))),
)
ODD_HEADER_BYTES = Loss(
    "request headers that are not ASCII",
    "the engine takes values of visible ASCII only: others arrive empty, with the standalone "
    "worker not at all",
    specimen="headers: UTF-8",
    view=_request_headers(lambda lines: [one for one in lines if one[1].isascii() and one[1]]),
)
HTTP_VERSION = Loss(
    "HTTP version",
    "the payload does not tell it; the app sees 1.1",
    specimen="hosts: HTTP/1.0",
    view=_echo(lambda echo: {"http_version": None}),
)

QUERY_BYTES = Loss(
    "query bytes that are not UTF-8",
    "the payload's query is decoded text: such bytes arrive as U+FFFD",
    specimen="queries: not UTF-8",
    view=_query(lambda query: parse_qsl(query, errors="replace")),
)

NO_HOST = Loss(
    "requests without a host",
    "the payload has no address to stand in for one: URLs that the app makes are relative",
    specimen="hosts: HTTP/1.0 without a host",
    view=_echo(lambda echo: {"url": None}),
)
BAGGAGE = Loss(
    "baggage",
    "the standalone worker names the function in the baggage of a request with a traceparent",
    specimen="headers: trace context",
    view=_request_headers(lambda lines: [one for one in lines if one[0] != "baggage"]),
    fronts=("standalone",),
)

INPUT_KEY_ORDER = Loss(
    "key order in a 422",
    "an inline body is JSON with its keys sorted; only an answer that repeats its input shows it",
    specimen="bodies: note, missing, with others",
    view=lambda seen: replace(seen, body=_sorted_keys(seen.body)),
    modes=("routes",),
)


def _sorted_keys(body: bytes) -> bytes:
    if not body.startswith(b'{"detail":[{'):
        return body
    return json.dumps(json.loads(body), sort_keys=True).encode()


# -- answers -----------------------------------------------------------------------------

STREAMED_ORDER = Loss(
    "order of headers in an answer by channel",
    "headers go through a channel as a map: they leave in another order, repeats too",
    specimen="answers: raw, many, in bytes",
    view=lambda seen: replace(seen, lines=tuple(sorted(seen.lines))),
)
CORS_ORIGIN = Loss(
    "access-control-allow-origin of the app",
    "the engine writes its own CORS headers over those of the app",
    specimen="mounts: cors",
    view=_without("access-control-allow-origin", "access-control-expose-headers", "vary"),
)
BROKEN_STREAM = Loss(
    "streams that break off",
    "the engine cannot be told: a stream without a length that breaks off ends as if complete",
    specimen="streams: fails-later",
    view=lambda seen: replace(seen, whole=True, usable=True),
)
EARLY_FAILURE = Loss(
    "answers that break off at once",
    "nothing has left when the app fails so early, so the client is told: 500 in place of a "
    "broken connection",
    specimen="streams: fails-first",
    instead={
        front: Seen(
            500,
            (("content-type", "application/json"),),
            "true",
            b'{"detail":"Internal Server Error"}',
        )
        for front in FRONTS
    },
)
LATIN_1 = Loss(
    "header values in latin-1",
    "the engine writes header values as UTF-8",
    specimen="answers: raw, latin1-value",
    view=lambda seen: replace(seen, lines=tuple((n, _as_latin_1(v)) for n, v in seen.lines)),
)


def _as_latin_1(value: str) -> str:
    try:
        return value.encode("latin-1").decode()
    except UnicodeDecodeError:
        return value


# -- answered by the engine --------------------------------------------------------------


def _error(code: str, message: str) -> bytes:
    return json.dumps({"error": {"code": code, "message": message}}, separators=(",", ":")).encode()


_JSON = ("content-type", "application/json")
_NOT_FOUND = Seen(404, (_JSON,), "true", _error("NOT_FOUND", "Not Found"))
_NOT_ALLOWED = Seen(405, (_JSON,), "true", _error("METHOD_NOT_ALLOWED", "Method Not Allowed"))

OPTIONS = Loss(
    "OPTIONS",
    "the engine answers every OPTIONS itself, a preflight as its own CORS settings say",
    specimen="methods: OPTIONS",
    view=_without(
        "allow",
        "access-control-allow-methods",
        "access-control-allow-headers",
        "vary",
        "access-control-allow-origin",
        "access-control-expose-headers",
    ),
    instead={front: Seen(200, (), "true") for front in FRONTS},
)
UNKNOWN_METHOD = Loss(
    "methods beyond those of the engine",
    "GET, HEAD, POST, PUT, PATCH and DELETE can be registered; others are a 405",
    specimen="methods: TRACE",
    view=_without("allow"),
    instead={"builtin": Seen(405, (), "true"), "standalone": _NOT_ALLOWED},
)
UNKNOWN_PATH = Loss(
    "paths that no trigger has",
    "the engine answers them itself: 404, with a body of its own",
    specimen="paths: unknown",
    instead=dict.fromkeys(FRONTS, _NOT_FOUND),
    modes=("routes",),
)
OTHER_METHOD = Loss(
    "methods that a path does not have",
    "the engine answers them itself: 405, with a body of its own",
    specimen="methods: POST to a GET route",
    view=_without("allow"),
    instead={"builtin": Seen(405, (), "true"), "standalone": _NOT_ALLOWED},
    modes=("routes",),
)
HEAD_OF_GET = Loss(
    "HEAD of a route that has GET only",
    "the engine answers it itself: 404, or 405 with the standalone worker",
    specimen="methods: HEAD of a GET route",
    view=lambda seen: replace(_without("allow")(seen), length=None),
    instead={
        "builtin": replace(_NOT_FOUND, body=b""),
        "standalone": replace(_NOT_ALLOWED, body=b""),
    },
    modes=("routes",),
)
LITERAL_SPELLING = Loss(
    "literal segments in another spelling",
    "literals are compared with the path as it came, byte by byte: %c3 is not %C3",
    specimen="paths: literal in lower-case escapes",
    instead=dict.fromkeys(FRONTS, _NOT_FOUND),
    modes=("routes",),
)
DEPTH = Loss(
    "deep paths",
    "the engine has no wildcards: a path that spans segments has a trigger for each depth up to 8",
    specimen="paths: deeper than triggers",
    instead=dict.fromkeys(FRONTS, _NOT_FOUND),
)
DOUBLE_SLASH = Loss(
    "empty segments",
    "the built-in front end does not match them, or gives no parameters then: 404",
    specimen="paths: double slash",
    view=lambda seen: replace(seen, body=b"") if seen.status == 404 else seen,
    instead={"builtin": Seen(404, (_JSON,), "true")},
    fronts=("builtin",),
)
SLASH_AT_END = Loss(
    "a slash at the end that the app would redirect",
    "the built-in front end has no trigger for it: 404",
    specimen="paths: slash too many",
    instead={"builtin": _NOT_FOUND},
    fronts=("builtin",),
    modes=("routes",),
)

ODD_CHARACTERS = Loss(
    "characters that belong in no target",
    "the engine refuses a backtick, < and > in a path, and a quote in a query, unless encoded",
    specimen="paths: one, angles",
    instead={front: Seen(400, (), "true", usable=False) for front in FRONTS},
    loopback=False,
)

LOSSES: tuple[Loss, ...] = tuple(one for one in list(globals().values()) if isinstance(one, Loss))
"""All of them."""
