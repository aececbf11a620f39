"""Paths: what may stand in them, in which spelling, and which route they find."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import FastAPI, Path
from starlette.routing import Route

from tests.conformance.case import Case, case
from tests.conformance.cases.echo import METHODS, echo
from tests.conformance.losses import (
    DEPTH,
    DOUBLE_SLASH,
    LITERAL_SPELLING,
    ODD_CHARACTERS,
    SLASH_AT_END,
    UNKNOWN_PATH,
)

__all__ = ["CASES", "add_to"]


def add_to(app: FastAPI) -> None:
    """Add the endpoints of this theme."""
    for template in (
        "/paths/echo",
        "/paths/rest/{rest:path}",
        "/paths/deep/{rest:path}/end",
        "/paths/one/{name}",
        "/paths/int/{n:int}",
        "/paths/float/{n:float}",
        "/paths/uuid/{n:uuid}",
        "/paths/version/v{n}.json",
        "/paths/pair/{a}-{b}",
        "/paths/two/{a}/{b}",
        "/paths/café/{name}",
        "/paths/a b",
        "/paths/a+b",
        "/paths/a%b",
        "/paths/:colon",
        "/paths/*star",
        "/paths/semi;colon",
        "/paths/Case",
        "/paths/me/settings",
        "/paths/{who}/settings",
        "/paths/slash/",
        "/paths/slash/{n}/",
    ):
        app.router.routes.append(Route(template, echo, methods=METHODS))

    @app.get("/paths/typed/{n}/{u}")
    async def typed(n: Annotated[int, Path(ge=1)], u: UUID) -> list[str]:
        return [repr(n), str(u)]


UUID4 = "0d9f2c1e-3b7a-4c55-9a64-1f0e8d7c6b5a"

_SEGMENTS = {
    "plain": "plain",
    "encoded space": "a%20b",
    "plus": "a+b",
    "encoded plus": "a%2Bb",
    "encoded percent": "a%25b",
    "encoded twice": "a%252Fb",
    "encoded question mark": "a%3Fb%3D1",
    "encoded hash": "a%23b",
    "encoded ampersand": "a%26b",
    "UTF-8": "caf%C3%A9",
    "UTF-8 in lower case": "caf%c3%a9",
    "four bytes": "%F0%9F%9A%80",
    "combining": "e%CC%81",
    "not UTF-8": "a%FFb",
    "half a character": "a%E2%82",
    "surrogate": "%ED%A0%80",
    "encoded zero": "a%00b",
    "encoded line break": "a%0D%0Ab",
    "encoded letters": "%61%62",
    "sub-delimiters": "!$&'()*,=",
    "semicolon": "a;v=1",
    "colon": "a:b",
    "leading colon": ":a",
    "at": "user@example.com",
    "tilde": "~user",
    "encoded tilde": "%7Euser",
    "leading dot": ".hidden",
    "dots": "a..b",
    "encoded backslash": "a%5Cb",
    "encoded pipe": "a%7Cb",
    "pipe": "a|b",
    "caret": "a^b",
    "quotes": 'a"b',
    "backtick": "a`b",
    "angles": "<b>",
    "brackets": "a[0]",
    "encoded brackets": "a%5B0%5D",
    "braces": "{a}",
    "encoded braces": "%7Ba%7D",
    "backslash": "a\\b",
    "star": "*",
    "dollar": "$1",
    "percent alone": "100%",
    "percent and letters": "a%zz",
    "long": "x" * 3000,
    "long and encoded": "%C3%A9" * 500,
}

CASES: list[Case] = [
    case("plain", "/paths/echo"),
    *(
        case(
            f"one, {what}",
            f"/paths/one/{text}",
            losses=[ODD_CHARACTERS] if what in ("backtick", "angles") else [],
        )
        for what, text in _SEGMENTS.items()
    ),
    *(
        case(f"rest, {what}", f"/paths/rest/x/{_SEGMENTS[what]}/y")
        for what in ("encoded space", "UTF-8", "not UTF-8", "encoded question mark", "semicolon")
    ),
    case("rest, nothing", "/paths/rest/"),
    case("rest, one", "/paths/rest/a"),
    case("rest, slash at the end", "/paths/rest/a/b/"),
    case("rest, eight segments", "/paths/rest/1/2/3/4/5/6"),
    case("deep", "/paths/deep/a/b/c/end"),
    case("int", "/paths/int/42"),
    case("int, zeros", "/paths/int/007"),
    case("int, long", "/paths/int/123456789012345678901234567890"),
    case("float", "/paths/float/2.50"),
    case("float, long", "/paths/float/0.12345678901234567890"),
    case("uuid", f"/paths/uuid/{UUID4}"),
    case("uuid in upper case", f"/paths/uuid/{UUID4.upper()}"),
    case("mixed segment", "/paths/version/v12.json"),
    case("mixed segment, dots", "/paths/version/v1.2.json"),
    case("mixed segment, two", "/paths/pair/a-b"),
    case("mixed segment, more dashes", "/paths/pair/a-b-c"),
    case("mixed segment, encoded", "/paths/pair/%20-%2B"),
    case("two", "/paths/two/a%20b/c+d"),
    case("literal that needs encoding", "/paths/caf%C3%A9/x"),
    case("literal with a space", "/paths/a%20b"),
    case("literal with a plus", "/paths/a+b"),
    case("literal with a percent", "/paths/a%25b"),
    case("literal with a colon", "/paths/:colon"),
    case("literal with a star", "/paths/*star"),
    case("literal with a semicolon", "/paths/semi;colon"),
    case("literal with capitals", "/paths/Case"),
    case("literal before parameter", "/paths/me/settings"),
    case("parameter before literal", "/paths/you/settings"),
    case("typed", f"/paths/typed/7/{UUID4}"),
    case("typed, wrong", "/paths/typed/0/no"),
    case("typed, encoded digit", f"/paths/typed/%37/{UUID4}"),
    case("slash", "/paths/slash/"),
    case("slash redirect", "/paths/slash"),
    case("slash redirect with a query", "/paths/slash?a=1"),
    case("slash redirect with a parameter", "/paths/slash/a%20b"),
    case("unknown", "/paths/nothing/here", losses=[UNKNOWN_PATH]),
    case("in other letters", "/Paths/echo", losses=[UNKNOWN_PATH]),
    case("literal in needless escapes", "/p%61ths/echo", losses=[LITERAL_SPELLING]),
    case("literal in lower-case escapes", "/paths/caf%c3%a9/x", losses=[LITERAL_SPELLING]),
    case("literal with an encoded plus", "/paths/a%2Bb"),
    case("slash too many", "/paths/echo/", losses=[SLASH_AT_END]),
    case("slash too many after a parameter", "/paths/one/x/", losses=[SLASH_AT_END]),
    case("double slash", "/paths/rest/a//b", losses=[DOUBLE_SLASH]),
    case("double slash in front", "//paths/echo", losses=[DOUBLE_SLASH]),
    case("encoded slash in one", "/paths/one/a%2Fb"),
    case("encoded slash in rest", "/paths/rest/a%2Fb"),
    case("encoded slash, lower case", "/paths/rest/a%2fb"),
    case("dot segments", "/paths/rest/./a/../b"),
    case("encoded dot segments", "/paths/rest/%2E%2E/a"),
    case("dots as a parameter", "/paths/one/.."),
    case("int, negative", "/paths/int/-1"),
    case("int, no number", "/paths/int/x"),
    case("int, other digits", "/paths/int/%D9%A3"),
    case("float, no number", "/paths/float/1e5"),
    case("uuid, none", "/paths/uuid/1"),
    case("mixed segment, other end", "/paths/version/v1.xml"),
    case("mixed segment, nothing in it", "/paths/version/v.json"),
    case("deeper than triggers", "/paths/rest" + "/x" * 12, losses=[DEPTH]),
]
