"""Queries: how they are written, and what the app reads in them."""

from __future__ import annotations

from typing import Annotated

from fastapi import FastAPI, Query
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from tests.conformance.case import Case, Loss, case
from tests.conformance.cases.echo import METHODS, echo
from tests.conformance.losses import ODD_CHARACTERS, QUERY_BYTES, QUERY_SPELLING, REPEATED_QUERY

__all__ = ["CASES", "add_to"]


def add_to(app: FastAPI) -> None:
    """Add the endpoints of this theme."""
    app.router.routes.append(Route("/queries/echo", echo, methods=METHODS))

    @app.get("/queries/typed")
    async def typed(
        q: str = "none",
        n: int | None = None,
        price: float | None = None,
        on: bool = False,
        tags: Annotated[list[str], Query()] = [],  # noqa: B006 - FastAPI copies it
        odd: Annotated[str | None, Query(alias="odd name[]")] = None,
    ) -> list[object]:
        return [q, n, price, on, tags, odd]

    @app.get("/queries/parsed")
    async def parsed(request: Request) -> JSONResponse:
        return JSONResponse(sorted(request.query_params.multi_items()))


# The same bytes again: what stands in them is the engine's to write.
_EXACT = {
    "none": "",
    "nothing after the mark": "?",
    "one": "?a=1",
    "empty value": "?a=",
    "two in order": "?a=1&b=2",
    "plus": "?a=b+c",
    "encoded plus": "?a=b%2Bc",
    "UTF-8": "?a=caf%C3%A9",
    "encoded ampersand": "?a=b%26c%3Dd",
    "encoded percent": "?a=100%25",
    "encoded slash": "?a=%2Fb%3F",
    "encoded hash": "?a=%23",
    "unreserved": "?a=-._~",
    "encoded zero": "?a=%00",
    "encoded line break": "?a=%0D%0A",
    "four bytes": "?a=%F0%9F%9A%80",
    "long": "?a=" + "x" * 4000,
    "many": "?" + "&".join(f"k{n:03}={n}" for n in range(200)),
    "empty key": "?=x",
}

# Other bytes with the same meaning.
_SPELT = {
    "order": "?b=1&a=2",
    "bare key": "?a",
    "bare keys": "?a&b",
    "space as %20": "?a=b%20c",
    "lower-case escapes": "?a=caf%c3%a9",
    "needless escapes": "?%61=%62",
    "slash": "?next=/a/b",
    "colon and at": "?a=b:c@d",
    "sub-delimiters": "?a=!$'()*,",
    "equals in a value": "?a=b=c",
    "semicolon": "?a=1;b=2",
    "brackets": "?a[]=1&a[0]=2",
    "empty pairs": "?&a=1&&b=2&",
    "star": "?a=*",
    "percent alone": "?a=100%",
    "percent and letters": "?a=%zz",
    "question mark": "?a=b?c",
    "quotes": '?a="b"',
    "pipe": "?a=b|c",
    "braces": "?a={b}",
    "backslash": "?a=b\\c",
    "encoded key": "?caf%C3%A9=1&a%20b=2",
    "JSON": "?filter=%7B%22a%22%3A%5B1%2C2%5D%7D",
}


def _refused(what: str) -> list[Loss]:
    return [ODD_CHARACTERS] if what == "quotes" else []


CASES: list[Case] = [
    *(case(what, f"/queries/echo{query}") for what, query in _EXACT.items()),
    *(
        case(what, f"/queries/echo{query}", losses=[QUERY_SPELLING, *_refused(what)])
        for what, query in _SPELT.items()
    ),
    *(
        case(f"{what}, read", f"/queries/parsed{query}", losses=_refused(what))
        for what, query in (_EXACT | _SPELT).items()
        if what not in ("none", "nothing after the mark")
    ),
    case("repeated", "/queries/echo?a=1&b=2&a=3", losses=[REPEATED_QUERY]),
    case("not UTF-8", "/queries/echo?a=%FF", losses=[QUERY_BYTES]),
    case("not UTF-8, read", "/queries/parsed?a=%FF"),
    case("half a character", "/queries/echo?a=%E2%82", losses=[QUERY_BYTES]),
    case("with a body", "/queries/echo?a=1", "POST", body=b"b=2"),
    case("fragment", "/queries/echo?a=1#b"),
    case("typed", "/queries/typed?q=x&n=7&price=2.50&on=yes&tags=a&odd%20name%5B%5D=o"),
    case("typed, defaults", "/queries/typed"),
    case("typed, empty", "/queries/typed?q=&tags="),
    case("typed, wrong", "/queries/typed?n=no&price=x&on=maybe"),
    case("typed, unknown", "/queries/typed?other=1"),
    case(
        "typed, long numbers", "/queries/typed?n=123456789012345678901&price=0.1234567890123456789"
    ),
    case("typed, encoded", "/queries/typed?q=a%26b%3Dc%20d&tags=%F0%9F%9A%80"),
]
