"""Request headers: names, values, cookies, what is long and what is odd."""

from __future__ import annotations

from typing import Annotated

from fastapi import Cookie, FastAPI, Header
from starlette.routing import Route

from tests.conformance.case import Case, case
from tests.conformance.cases.echo import METHODS, echo
from tests.conformance.losses import BAGGAGE, ODD_HEADER_BYTES, REPEATED_HEADER

__all__ = ["CASES", "add_to"]


def add_to(app: FastAPI) -> None:
    """Add the endpoints of this theme."""
    app.router.routes.append(Route("/headers/echo", echo, methods=METHODS))

    @app.get("/headers/typed")
    async def typed(
        user_agent: Annotated[str | None, Header()] = None,
        x_number: Annotated[int | None, Header()] = None,
        x_list: Annotated[list[str] | None, Header()] = None,
        session: Annotated[str | None, Cookie()] = None,
        theme: Annotated[str, Cookie()] = "dark",
    ) -> list[object]:
        return [user_agent, x_number, x_list, session, theme]


_LINES: dict[str, list[str | bytes]] = {
    "order": ["X-Z: 1", "Accept: */*", "X-A: 2"],
    "capitals": ["X-CAPITALS: V", "x-lower: V"],
    "browser": [
        "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
        "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        "Accept-Language: de,en-US;q=0.7,en;q=0.3",
        "Accept-Encoding: gzip, deflate, br, zstd",
        "Upgrade-Insecure-Requests: 1",
        "Sec-Fetch-Dest: document",
        "Sec-Fetch-Mode: navigate",
        "Priority: u=0, i",
    ],
    "empty": ["X-Empty:"],
    "spaces": ["X-Spaces:    a   b"],
    "no space": ["X-Tight:v"],
    "colons": ["X-Colons: a:b:c"],
    "quotes": ['X-Quotes: "a\\"b", W/"c"'],
    "comma list": ["Accept: a, b;q=0.5,c"],
    "digits in a name": ["X-1-2: v", "9: v"],
    "odd name": ["X!#$%&'*+.^_`|~: v"],
    "underscore": ["X_Under: v", "X-Under: w"],
    "long value": ["X-Long: " + "v" * 8000],
    "long name": ["X-" + "n" * 200 + ": v"],
    "many": [f"X-Many-{n}: {n}" for n in range(60)],
    "authorization": ["Authorization: Basic YTpi"],
    "bearer": ["Authorization: Bearer a.b-c_d~e+f/g="],
    "cookie": ["Cookie: a=1; b=2; c=x%20y"],
    "cookie with quotes": ['Cookie: a="1,2"; b=; =c; d'],
    "cookie, long": ["Cookie: " + "; ".join(f"c{n}={'v' * 40}" for n in range(60))],
    "conditions": ['If-None-Match: "a"', "If-Modified-Since: Wed, 21 Oct 2015 07:28:00 GMT"],
    "range": ["Range: bytes=0-1"],
    "referer": ["Referer: http://x/a?b=c#d", "Origin: http://x"],
    "forwarded": [
        "X-Forwarded-For: 10.0.0.1, 10.0.0.2",
        "X-Forwarded-Proto: https",
        "X-Forwarded-Host: outer",
        "Forwarded: for=10.0.0.1;proto=https",
        "X-Real-IP: 10.0.0.1",
    ],
    "content headers without a body": ["Content-Type: text/plain", "Content-Language: de"],
    "content-length of nothing": ["Content-Length: 0"],
    "websocket key": ["Sec-WebSocket-Key: x", "Sec-WebSocket-Version: 13"],
    "pragma": ["Cache-Control: no-cache", "Pragma: no-cache", "Via: 1.1 x", "Max-Forwards: 3"],
    "hop-by-hop": ["Connection: keep-alive", "Keep-Alive: timeout=5", "TE: trailers"],
}

TRACE = ["traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "tracestate: a=b"]

CASES: list[Case] = [
    *(case(what, "/headers/echo", lines=lines) for what, lines in _LINES.items()),
    case("trace context", "/headers/echo", lines=TRACE, losses=[BAGGAGE]),
    case("tab", "/headers/echo", lines=["X-Tab: a\tb"]),
    case(
        "repeated", "/headers/echo", lines=["X-A: 1", "X-B: 2", "X-A: 3"], losses=[REPEATED_HEADER]
    ),
    case(
        "cookies twice",
        "/headers/echo",
        lines=["Cookie: a=1", "Cookie: b=2"],
        losses=[REPEATED_HEADER],
    ),
    case("UTF-8", "/headers/echo", lines=["X-U: café", "X-B: 1"], losses=[ODD_HEADER_BYTES]),
    case("latin-1", "/headers/echo", lines=[b"X-L: caf\xe9", "X-B: 1"], losses=[ODD_HEADER_BYTES]),
    case(
        "typed",
        "/headers/typed",
        lines=["User-Agent: x/1", "X-Number: 7", "X-List: a", "Cookie: session=s; theme=light"],
    ),
    case("typed, none", "/headers/typed"),
    case("typed, wrong", "/headers/typed", lines=["X-Number: seven"]),
]
