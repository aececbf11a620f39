"""Answers: statuses, headers, cookies, lengths, and the bytes of a body."""

from __future__ import annotations

import gzip
from collections.abc import Iterable
from typing import Annotated, Any

from fastapi import FastAPI, HTTPException, Path, Response
from fastapi.responses import (
    HTMLResponse,
    JSONResponse,
    PlainTextResponse,
    RedirectResponse,
)
from pydantic import BaseModel
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.conformance.case import Case, Loss, case
from tests.conformance.losses import LATIN_1, STREAMED_ORDER

__all__ = ["CASES", "add_to"]

Lines = list[tuple[bytes, bytes]]
TEXT = (b"content-type", b"text/plain")


class Item(BaseModel):
    """An answer with a schema."""

    name: str
    price: float = 2.50


def add_to(app: FastAPI) -> None:
    """Add the endpoints of this theme."""
    for name, (code, lines, body) in RAW.items():
        endpoint = _raw(code, lines, body)
        app.router.routes.append(
            Route(f"/answers/raw/{_at(name)}", endpoint, methods=["GET", "HEAD"])
        )

    @app.get("/answers/status/{status}")
    async def status(status: Annotated[int, Path(ge=200, le=999)]) -> JSONResponse:
        return JSONResponse({"status": status}, status_code=status)

    @app.get("/answers/error/{status}")
    async def error(status: int) -> None:
        raise HTTPException(status, {"why": "because"}, headers={"x-why": "because"})

    @app.get("/answers/json")
    async def any_json() -> Any:
        return {"z": 1.50, "a": [1e2, None, True, "é🚀"], "m": {"é": "</script>"}}

    @app.get("/answers/model")
    async def model() -> Item:
        return Item(name="n")

    @app.get("/answers/nothing", status_code=204, response_model=None)
    async def nothing() -> None:
        return None

    @app.get("/answers/null")
    async def null() -> None:
        return None

    @app.get("/answers/text")
    async def text() -> str:
        return "text"

    @app.get("/answers/html", response_class=HTMLResponse)
    async def html() -> str:
        return "<p>schön</p>"

    @app.get("/answers/latin")
    async def latin() -> Response:
        return Response("schön".encode("latin-1"), media_type="text/plain; charset=latin-1")

    @app.get("/answers/cookies")
    async def cookies(response: Response) -> str:
        response.set_cookie("a", "1", max_age=60, httponly=True, samesite="strict")
        response.set_cookie("b", "2 3", secure=True, path="/x")
        response.set_cookie("c", "", max_age=0)
        response.set_cookie("d", "4", domain="example.com")
        return "four"

    @app.get("/answers/redirect/{status}")
    async def redirect(status: int) -> RedirectResponse:
        return RedirectResponse("/answers/text?a=b c&d=é", status)

    @app.get("/answers/length/{size}")
    async def length(size: int) -> PlainTextResponse:
        return PlainTextResponse("é" * (size // 2))

    @app.get("/answers/bytes/{size}")
    async def some_bytes(size: int) -> Response:
        return Response((bytes(range(256)) * (size // 256 + 1))[:size], media_type="image/png")


def _raw(status: int, lines: Iterable[tuple[bytes, bytes]], body: bytes) -> ASGIApp:
    """Return an endpoint whose answer is exactly this."""

    class Raw:
        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            await send({"type": "http.response.start", "status": status, "headers": list(lines)})
            await send({"type": "http.response.body", "body": body})

    return Raw()


RAW: dict[str, tuple[int, Lines, bytes]] = {
    "order": (200, [(b"x-z", b"1"), TEXT, (b"x-a", b"2"), (b"b", b"3")], b"order"),
    "repeats": (200, [TEXT, (b"x-r", b"1"), (b"x-r", b"2"), (b"x-r", b"1")], b"repeats"),
    "capitals": (200, [(b"Content-Type", b"text/plain"), (b"X-Capitals", b"V")], b"capitals"),
    "cookies": (200, [TEXT, *((b"set-cookie", b"c%d=%d" % (n, n)) for n in range(4))], b"four"),
    "utf8-value": (200, [TEXT, (b"x-u", "café".encode())], b"value"),
    "latin1-value": (200, [TEXT, (b"x-l", b"caf\xe9")], b"value"),
    "empty-value": (200, [TEXT, (b"x-e", b"")], b"value"),
    "spaces-value": (200, [TEXT, (b"x-s", b"a  b")], b"value"),
    "colons-value": (200, [TEXT, (b"x-c", b"a: b: c")], b"value"),
    "long-value": (200, [TEXT, (b"x-l", b"v" * 6000)], b"value"),
    "odd-name": (200, [TEXT, (b"x!#$%&'*+.^_`|~", b"v")], b"name"),
    "many": (200, [TEXT, *((b"x-%d" % n, b"%d" % n) for n in range(80))], b"many"),
    "server": (200, [TEXT, (b"server", b"mine"), (b"via", b"x")], b"server"),
    "date": (200, [TEXT, (b"date", b"Thu, 01 Jan 2026 00:00:00 GMT")], b"date"),
    "vary": (200, [TEXT, (b"vary", b"accept")], b"vary"),
    "link": (200, [TEXT, (b"link", b"</a>; rel=preload"), (b"link", b"</b>")], b"link"),
    "auth": (401, [TEXT, (b"www-authenticate", b'Basic realm="x"')], b"no"),
    "disposition": (
        200,
        [TEXT, (b"content-disposition", b"attachment; filename*=utf-8''sch%C3%B6n.txt")],
        b"file",
    ),
    "encoding": (
        200,
        [TEXT, (b"content-encoding", b"gzip")],
        gzip.compress(b"encoded" * 30, mtime=0),
    ),
    "no-type": (200, [(b"x-a", b"1")], b"text"),
    "no-type-empty": (200, [], b""),
    "no-type-json": (200, [], b'{"a":1}'),
    "no-type-length": (200, [(b"content-length", b"4")], b"text"),
    "empty-type": (200, [(b"content-type", b"")], b"text"),
    "odd-type": (200, [(b"content-type", b"Text/X-Odd; a=b; charset=UTF-16")], b"\xff\xfeo\0"),
    "json-as-text": (200, [TEXT], b'{"b": 2.50, "a": 1}'),
    "json-spaces": (200, [(b"content-type", b"application/json")], b' { "b" : 2.50 } '),
    "json-broken": (200, [(b"content-type", b"application/json")], b'{"b": '),
    "json-text": (200, [(b"content-type", b"application/json")], b'"text"'),
    "json-null": (200, [(b"content-type", b"application/json")], b"null"),
    "json-capitals": (200, [(b"content-type", b"APPLICATION/JSON")], b"[1.0]"),
    "json-empty": (200, [(b"content-type", b"application/json")], b""),
    "zeros": (200, [TEXT], b"a\0b\r\n\x1f\x7f"),
    "not-utf8": (200, [TEXT], b"caf\xe9"),
    "half-character": (200, [TEXT], b"\xf0\x9f\x9a"),
    "surrogate": (200, [TEXT], b"\xed\xa0\x80"),
    "bom": (200, [TEXT], b"\xef\xbb\xbftext"),
    "length": (200, [TEXT, (b"content-length", b"4")], b"text"),
    "empty-length": (200, [TEXT, (b"content-length", b"0")], b""),
    "empty": (200, [TEXT], b""),
    "204": (204, [], b""),
    "204-type": (204, [TEXT, (b"x-a", b"1")], b""),
    "205": (205, [(b"content-length", b"0")], b""),
    "304": (304, [(b"etag", b'"a"'), (b"cache-control", b"no-cache")], b""),
    "304-type": (304, [TEXT, (b"etag", b'"a"')], b""),
    "302-empty": (302, [(b"location", b"/x"), (b"content-length", b"0")], b""),
    "302-bare": (302, [(b"location", b"/x")], b""),
    "201-location": (201, [TEXT, (b"location", b"/x?a=%20#y")], b"made"),
    "status-299": (299, [TEXT], b"odd"),
    "status-418": (418, [TEXT], b"teapot"),
    "status-599": (599, [TEXT], b"odd"),
    "many, in bytes": (200, [TEXT, *((b"x-%d" % n, b"%d" % n) for n in range(80))], b"\xff"),
    "cookies, in bytes": (200, [TEXT, *((b"set-cookie", b"c%d=1" % n) for n in range(9))], b"\xff"),
}

# They have no content-type, or are no text; and more than one header.
_BY_CHANNEL = {"encoding", "304", "many, in bytes", "cookies, in bytes"}


def _losses(name: str) -> list[Loss]:
    if name == "latin1-value":
        return [LATIN_1]
    return [STREAMED_ORDER] if name in _BY_CHANNEL else []


def _at(name: str) -> str:
    """Return the segment of a raw answer."""
    return name.replace(", ", "-").replace(" ", "-")


CASES: list[Case] = [
    case("JSON", "/answers/json"),
    *(case(f"raw, {name}", f"/answers/raw/{_at(name)}", losses=_losses(name)) for name in RAW),
    *(
        case(f"HEAD, {name}", f"/answers/raw/{_at(name)}", "HEAD", losses=_losses(name))
        for name in (
            "order",
            "cookies",
            "length",
            "empty-length",
            "no-type",
            "204",
            "304",
            "not-utf8",
            "302-empty",
        )
    ),
    *(
        case(f"status {status}", f"/answers/status/{status}")
        for status in (200, 201, 202, 203, 226, 300, 400, 404, 409, 422, 429, 451, 500, 503)
    ),
    *(case(f"error {status}", f"/answers/error/{status}") for status in (400, 401, 404, 500)),
    *(case(f"redirect {n}", f"/answers/redirect/{n}") for n in (301, 302, 303, 307, 308)),
    *(
        case(name, f"/answers/{name}")
        for name in ("model", "nothing", "null", "text", "html", "latin", "cookies")
    ),
    *(
        case(f"text of {n}", f"/answers/length/{n}")
        for n in (0, 2, 1000, 65_536, 262_144, 262_146, 1_000_000)
    ),
    *(
        case(f"bytes of {n}", f"/answers/bytes/{n}")
        for n in (0, 1, 255, 65_537, 300_000, 2_000_000)
    ),
    case(
        "two on one connection", "/answers/json", then=["/answers/raw/302-empty", "/answers/text"]
    ),
]
