"""What an engine would do otherwise than a test client: the kinds of it, and how each is seen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, SupportsIndex
from urllib.parse import parse_qsl

from starlette.types import Message, Scope

__all__ = ["KINDS", "Kind", "WatchedClient", "kind_of_refusal", "of_answer", "of_request"]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of difference.

    Attributes:
        title: what stands in the table.
        meaning: what a real engine does.
        advice: what to do about it.
    """

    title: str
    meaning: str
    advice: str


_APP_MODE = "give the app all paths (III_ASGI_HTTP=app, or iii-asgi serve --http app)"

KINDS: dict[str, Kind] = {
    # In the order of the report: what can break a program comes first.
    "catalogue": Kind(
        "the app cannot be on iii",
        "the bridge would not start; all requests went to the app",
        "mend what the note says",
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
        "see the note; the page 'What the engine loses' of the documentation names such requests",
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
        "handle None; behind a proxy use --proxy-headers",
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
        "they do not reach the client as the app sent them",
        "see the note",
    ),
    "answer": Kind(
        "an answer that cannot be sent",
        "the client gets another status, or a broken answer",
        "see the note; a web server refuses most of these, too",
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
        "this run could not; the request went to the app",
        "see the note",
    ),
    "method": Kind(
        "method without a trigger, the app refuses it, too",
        "the engine's own 405, without a body",
        "nothing, unless clients read the body of a 405",
    ),
    "path": Kind(
        "path without a trigger, the app has none either",
        'the engine\'s own 404: {"error": {"code": "NOT_FOUND", ...}}',
        "nothing, unless clients read the body of a 404",
    ),
}


def kind_of_refusal(method: str, status: int, by_app: int) -> str:
    """Return the kind of a request that was answered before the app.

    Args:
        method: of the request.
        status: that the client of an engine gets.
        by_app: what the app answers when it is asked.
    """
    if method == "OPTIONS" and status == 200:
        return "options"
    if status == 405 or (status == 404 and method == "HEAD"):
        return "method" if by_app in (404, 405, 501) else "method-unreachable"
    if status == 404:
        return "path" if by_app in (404, 405) else "unreachable"
    return "refused"


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
