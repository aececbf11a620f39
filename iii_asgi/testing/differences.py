"""What an engine would do otherwise than a test client: the kinds of it, and how each is seen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, SupportsIndex
from urllib.parse import parse_qsl

from starlette.types import Message, Scope

__all__ = ["KINDS", "Kind", "WatchedClient", "WatchedScope", "of_answer", "of_request"]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of difference.

    Attributes:
        title: what stands in the table.
        meaning: what a real engine does.
        advice: what to do about it.
        is_minor: it is as it should be, or seldom matters.
    """

    title: str
    meaning: str
    advice: str
    is_minor: bool = False


_APP_MODE = "give the app all paths (III_ASGI_HTTP=app, or iii-asgi serve --http app)"

KINDS: dict[str, Kind] = {
    # In the order of the report: what can break a program comes first.
    "catalogue": Kind(
        "the app cannot be on iii",
        "the bridge would not start; all requests went to the app",
        "mend what stands behind the request",
    ),
    "unreachable": Kind(
        "path without a trigger, and the app answers",
        "the engine answers 404 itself, and the app is not called",
        f"spell the path as the route does (slash, letters), or {_APP_MODE}",
    ),
    "method-unreachable": Kind(
        "method without a trigger, and the app answers",
        "the engine answers 405 itself, and the app is not called",
        f"let the route take this method, or {_APP_MODE}",
    ),
    "refused": Kind(
        "refused on its way",
        "the request does not reach the app",
        "the page 'What the engine loses' of the documentation names such requests",
    ),
    "query-repeated": Kind(
        "repeated query key",
        "the app gets the last value alone",
        "send one value with commas, or a body; or keep this route on a web server (attach)",
    ),
    "query-bytes": Kind(
        "query bytes that are not UTF-8",
        "the app gets U+FFFD in their place",
        "send UTF-8",
    ),
    "header-repeated": Kind(
        "repeated request header",
        "the app gets the last one alone",
        "join the values with commas, as HTTP allows",
    ),
    "header-bytes": Kind(
        "request header that is not ASCII",
        "the app gets an empty value, or no such header",
        "encode the value (percent, base64)",
    ),
    "client": Kind(
        "the client's address was read",
        "request.client is None",
        "handle None; behind a proxy use --proxy-headers (III_ASGI_PROXY_HEADERS)",
    ),
    "cut": Kind(
        "an upload that breaks off",
        "the app gets what came until then as if that were all",
        "have clients send a content-length, or an end mark",
    ),
    "https": Kind(
        "https",
        "the app sees http: the engine tells no scheme",
        "behind a proxy use --proxy-headers, else url_for gives http and redirects to https loop",
    ),
    "cors": Kind(
        "CORS headers of the app's own",
        "the engine writes its own over them (* by default)",
        "set CORS in the engine's configuration",
    ),
    "options": Kind(
        "OPTIONS",
        "the engine answers it itself, and CORS preflights by its own configuration",
        "set CORS in the engine's configuration; nothing else uses it",
    ),
    "answer-headers": Kind(
        "headers of an answer",
        "those in brackets do not reach the client as the app sent them",
        "the page 'What the engine loses' of the documentation names such headers",
    ),
    "answer": Kind(
        "an answer that cannot be sent",
        "the client gets another status, or a broken answer",
        "mend the app: a web server refuses most of these, too",
    ),
    "late": Kind(
        "no answer for 30 seconds",
        "the client gets 504, and the app is not told",
        "answer sooner: begin a stream, or do the work in the background",
    ),
    "websocket": Kind(
        "WebSocket",
        "no trigger of iii reaches it",
        "keep a web server for it (attach)",
    ),
    "not-carried": Kind(
        "not sent through iii",
        "not known: this run could not send it, and the app got it directly",
        "see what stands behind the request",
    ),
    "excluded": Kind(
        "excluded from iii, and the app answers",
        "404, and the route does not run: expose(enabled=False) or a filter keeps it off",
        "nothing, unless callers on iii need it",
        is_minor=True,
    ),
    "length": Kind(
        "a content-length that is not the body's",
        "the app gets no byte more; where fewer come, it waits until the client goes",
        "nothing: clients count; to be sure, let a test of a limit send as much as it says",
        is_minor=True,
    ),
    "method": Kind(
        "method without a trigger, the app refuses it, too",
        "the engine's own 405, without a body",
        "nothing, unless clients read the body of a 405",
        is_minor=True,
    ),
    "path": Kind(
        "path without a trigger, the app has none either",
        'the engine\'s own 404: {"error": {"code": "NOT_FOUND", ...}}',
        "nothing, unless clients read the body of a 404",
        is_minor=True,
    ),
}


# -- requests ----------------------------------------------------------------------------

_OF_THE_CONNECTION = frozenset(
    b"connection date keep-alive proxy-connection "
    b"server te trailer transfer-encoding upgrade".split()
)


def of_request(sent: Scope, arrived: Scope) -> Iterator[tuple[str, str]]:
    """Yield (kind, note) of what a request has lost on its way to the app.

    Not mentioned: another spelling or order of the query, and another order of the headers.
    """
    if sent.get("scheme") == "https" and arrived["scheme"] != "https":
        yield "https", ""
    if sent["query_string"] != arrived["query_string"]:
        yield from _of_query(sent["query_string"], arrived["query_string"])
    headers = _grouped(arrived["headers"])
    for name, values in _grouped(sent["headers"]).items():
        if name not in _OF_THE_CONNECTION and headers.get(name) != values:
            kind = "header-repeated" if len(values) > 1 else "header-bytes"
            yield kind, name.decode("latin-1")


def _of_query(sent: bytes, arrived: bytes) -> Iterator[tuple[str, str]]:
    there = _pairs(arrived)
    for key, values in _pairs(sent).items():
        if there.get(key) != values:
            yield "query-repeated" if len(values) > 1 else "query-bytes", key


def _pairs(query: bytes) -> dict[str, list[str]]:
    pairs: dict[str, list[str]] = {}
    text = query.decode("utf-8", "surrogateescape")
    for key, value in parse_qsl(text, keep_blank_values=True, errors="surrogateescape"):
        pairs.setdefault(key, []).append(value)
    return pairs


def _grouped(headers: Iterable[tuple[bytes, bytes]]) -> dict[bytes, list[bytes]]:
    groups: dict[bytes, list[bytes]] = {}
    for name, value in headers:
        groups.setdefault(name.lower(), []).append(value.strip(b" \t"))
    return groups


class WatchedClient(tuple[Any, ...]):
    """The address of a client that notices when it is read."""

    was_read = False

    def __iter__(self) -> Iterator[Any]:
        self.was_read = True
        return super().__iter__()

    def __getitem__(self, index: SupportsIndex | slice) -> Any:
        self.was_read = True
        return super().__getitem__(index)


class WatchedScope(dict[str, Any]):
    """A scope without an address of the client that notices when it is looked for."""

    was_read = False

    def __getitem__(self, key: str) -> Any:
        self.was_read = self.was_read or key == "client"
        return super().__getitem__(key)

    def get(self, key: str, default: Any = None) -> Any:
        """See `dict`."""
        self.was_read = self.was_read or key == "client"
        return super().get(key, default)


# -- answers -----------------------------------------------------------------------------

_CORS = (b"access-control-allow-origin", b"access-control-expose-headers")


def of_answer(sent: Message, arrived: Message) -> Iterator[tuple[str, str]]:
    """Yield (kind, note) of what the head of an answer has lost on its way to the client.

    Not mentioned: what the engine adds to every answer (date, vary, CORS for everybody), and
    what belongs to a connection.
    """
    if sent["status"] != arrived["status"]:
        yield "answer", f"{sent['status']} leaves as {arrived['status']}"
        return
    headers = _grouped(arrived["headers"])
    for name, values in _grouped(sent.get("headers", ())).items():
        if name in _CORS:
            if headers.get(name) != values:
                yield "cors", ""
        elif name not in _OF_THE_CONNECTION and not _is_there(values, headers.get(name, [])):
            yield "answer-headers", name.decode("latin-1")


def _is_there(values: list[bytes], arrived: list[bytes]) -> bool:
    """Whether all values have arrived, each as often as it was sent."""
    left = list(arrived)
    for value in values:
        if value not in left:
            return False
        left.remove(value)
    return True
