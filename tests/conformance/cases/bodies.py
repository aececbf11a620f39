"""Request bodies: JSON in every spelling, forms, uploads, what is empty, chunked or long."""

from __future__ import annotations

import gzip
import hashlib
import hmac
import json
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from fastapi import Body, FastAPI, File, Form, Header, HTTPException, Request, UploadFile
from pydantic import BaseModel
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route

from tests.conformance.case import Case, case
from tests.conformance.cases.echo import METHODS, echo
from tests.conformance.losses import INPUT_KEY_ORDER

__all__ = ["CASES", "add_to"]

SECRET = b"secret"


class Note(BaseModel):
    """Closed, and text only: its body may go inline."""

    title: str
    tags: list[str] = []
    draft: bool = False


class Price(BaseModel):
    """What numbers can be."""

    amount: Decimal
    rate: float = 0.0
    count: int = 0
    at: datetime | None = None


class Loose(BaseModel):
    """Anything may stand in it."""

    model_config = {"extra": "allow"}
    name: str = ""


def add_to(app: FastAPI) -> None:
    """Add the endpoints of this theme."""
    app.router.routes.append(Route("/bodies/echo", echo, methods=METHODS))
    app.router.routes.append(Route("/bodies/size", _size, methods=["POST", "PUT"]))

    @app.post("/bodies/note")
    async def note(note: Note) -> Note:
        return note

    @app.post("/bodies/price")
    async def price(price: Price) -> list[str]:
        return [repr(price.amount), repr(price.rate), repr(price.count), repr(price.at)]

    @app.post("/bodies/loose")
    async def loose(loose: Loose) -> list[str]:
        return [repr(item) for item in loose.model_dump().items()]

    @app.post("/bodies/any")
    async def anything(value: Annotated[Any, Body()]) -> str:
        return repr(value)

    @app.post("/bodies/numbers")
    async def numbers(values: list[float]) -> list[str]:
        return [repr(value) for value in values]

    @app.post("/bodies/two")
    async def two(note: Note, count: Annotated[int, Body()]) -> list[object]:
        return [note, count]

    @app.post("/bodies/form")
    async def form(
        name: Annotated[str, Form()],
        tags: Annotated[list[str], Form()] = [],  # noqa: B006
    ) -> list[object]:
        return [name, tags]

    @app.post("/bodies/upload")
    async def upload(
        files: Annotated[list[UploadFile], File()], note: Annotated[str, Form()] = ""
    ) -> list[object]:
        return [
            note,
            [
                [one.filename, one.content_type, hashlib.sha256(await one.read()).hexdigest()]
                for one in files
            ],
        ]

    @app.post("/bodies/signed")
    async def signed(request: Request, signature: Annotated[str, Header()]) -> str:
        body = await request.body()
        if hmac.new(SECRET, body, "sha256").hexdigest() != signature:
            raise HTTPException(401, "wrong signature")
        return "signed"

    @app.post("/bodies/ignored")
    async def ignored() -> str:
        return "not read"


async def _size(request: Request) -> JSONResponse | PlainTextResponse:
    """Read the body piece by piece."""
    digest, size = hashlib.sha256(), 0
    async for chunk in request.stream():
        digest.update(chunk)
        size += len(chunk)
    return JSONResponse([size, digest.hexdigest()])


JSON = "Content-Type: application/json"

_TEXTS: dict[str, bytes] = {
    "object": b'{"a": 1}',
    "spaces": b' { "a" :\t1 ,\n"b":[ ] } ',
    "key order": b'{"z":1,"a":2,"m":3}',
    "duplicate keys": b'{"a":1,"a":2}',
    "floats": b"[2.50, 1e2, 0.1, 1.0, -0.0, 5e-324]",
    "long floats": b"[0.1234567890123456789, 0.8268834596480393, 123456789012345678.123]",
    "big integers": b"[18446744073709551616, 123456789012345678901234567890, -9223372036854775809]",
    "small numbers": b"[0, -0, 1, -1]",
    "escapes": rb'"\u00e9\/\b\f\n\r\t\"\\ \ud83d\ude80"',
    "UTF-8": '"é 🚀"'.encode(),
    "null": b"null",
    "true": b"true",
    "text": b'"text"',
    "number": b"42",
    "list": b"[1, [2, [3, []]]]",
    "empty object": b"{}",
    "nested": b"[" * 60 + b"]" * 60,
    "not JSON": b'{"a":',
    "trailing comma": b"[1,]",
    "NaN": b"[NaN, Infinity]",
    "byte order mark": b"\xef\xbb\xbf{}",
    "not UTF-8": b'"\xff"',
    "half a surrogate": rb'"\ud800"',
    "two values": b"{}{}",
    "spaces only": b"   ",
    "long": json.dumps({"text": "x" * 100_000}).encode(),
    "empty": b"",
}

_TYPES = {
    "charset": "application/json; charset=utf-8",
    "capitals": "Application/JSON",
    "vendor": "application/vnd.api+json",
    "problem": "application/problem+json",
    "text": "text/plain",
    "octets": "application/octet-stream",
    "odd": "text/x; application/json",
}

BOUNDARY = "b0undary"
MULTIPART = f"Content-Type: multipart/form-data; boundary={BOUNDARY}"
FORM = "Content-Type: application/x-www-form-urlencoded"


def _multipart(*parts: tuple[str, bytes]) -> bytes:
    body = b"".join(
        b"--%s\r\nContent-Disposition: form-data; %s\r\n\r\n%s\r\n"
        % (BOUNDARY.encode(), head.encode(), content)
        for head, content in parts
    )
    return body + b"--%s--\r\n" % BOUNDARY.encode()


_GEAR = 'name="files"; filename="gear.png"\r\nContent-Type: image/png'
_BYTES = bytes(range(256)) * 16

_FORMS = {
    "one": b"name=ada",
    "repeated": b"name=ada&tags=a&tags=b",
    "encoded": b"name=a%26b%3D%C3%A9+c",
    "empty value": b"name=",
    "missing": b"tags=a",
    "empty": b"",
}
_UPLOADS = {
    "one file": _multipart((_GEAR, _BYTES)),
    "two files and a field": _multipart(
        (_GEAR, _BYTES), ('name="note"', "schön".encode()), ('name="files"; filename="a"', b"a")
    ),
    "name in UTF-8": _multipart(('name="files"; filename="schön.txt"', b"a")),
    "empty file": _multipart(('name="files"; filename="empty"', b"")),
    "boundary in a file": _multipart((_GEAR, b"--b0undar\r\n--b0undaryx")),
    "no file": _multipart(('name="note"', b"x")),
    "large": _multipart((_GEAR, _BYTES * 100)),
}

_PRICES = {
    "decimal": b'{"amount": 2.50, "rate": 0.1}',
    "long decimal": b'{"amount": 0.12345678901234567890123, "rate": 0.8268834596480393}',
    "text": b'{"amount": "2.50", "at": "2026-01-02T03:04:05Z"}',
    "big integer": b'{"amount": 123456789012345678901234567890, "count": 12345678901234567890}',
    "float for an integer": b'{"amount": 1, "count": 1.0}',
    "exponent": b'{"amount": 1e2, "count": 1e2}',
    "wrong": b'{"amount": "x", "count": 1.5}',
}

_NOTES = {
    "note": b'{"title": "a", "tags": ["b", "c"], "draft": true}',
    "note in UTF-8": '{"title": "é🚀"}'.encode(),
    "note with escapes": rb'{"title": "\u00e9\n\u0000"}',
    "note with a duplicate key": b'{"title": "a", "title": "b"}',
    "note with an unknown key": b'{"title": "a", "other": 1}',
    "note, wrong": b'{"title": 1}',
    "note, missing": b"{}",
    "note, list": b"[]",
    "note, null": b"null",
    "note, not JSON": b'{"title": ',
    "note, empty": b"",
}

_BIG = bytes(range(251)) * 4000  # about 1 MB

CASES: list[Case] = [
    *(case(f"echo, {what}", "/bodies/echo", "POST", [JSON], text) for what, text in _TEXTS.items()),
    *(
        case(
            f"echo, type {what}",
            "/bodies/echo",
            "POST",
            [f"Content-Type: {kind}"],
            b'{"b":2.50,"a":1}',
        )
        for what, kind in _TYPES.items()
    ),
    *(
        case(f"any, {what}", "/bodies/any", "POST", [JSON], text)
        for what, text in _TEXTS.items()
        if what not in ("long", "nested")
    ),
    *(
        case(
            f"any, type {what}",
            "/bodies/any",
            "POST",
            [f"Content-Type: {kind}"],
            b'{"b":2.50,"a":1}',
        )
        for what, kind in _TYPES.items()
    ),
    *(case(what, "/bodies/note", "POST", [JSON], text) for what, text in _NOTES.items()),
    case(
        "note, missing, with others",
        "/bodies/note",
        "POST",
        [JSON],
        b'{"z": 1, "tags": [], "a": "b"}',
        losses=[INPUT_KEY_ORDER],
    ),
    *(case(f"price, {what}", "/bodies/price", "POST", [JSON], t) for what, t in _PRICES.items()),
    case("note, type text", "/bodies/note", "POST", ["Content-Type: text/plain"], b'{"title":"a"}'),
    case("note, no type", "/bodies/note", "POST", [], b'{"title":"a"}'),
    case(
        "note, type vendor",
        "/bodies/note",
        "POST",
        ["Content-Type: application/x+json"],
        b'{"title":"a"}',
    ),
    case("loose", "/bodies/loose", "POST", [JSON], b'{"z": 1.50, "name": "n", "a": [1e3]}'),
    case("numbers", "/bodies/numbers", "POST", [JSON], b"[1, 2.50, 0.8268834596480393, 1e2]"),
    case("two", "/bodies/two", "POST", [JSON], b'{"note": {"title": "a"}, "count": 2}'),
    *(case(f"form, {what}", "/bodies/form", "POST", [FORM], body) for what, body in _FORMS.items()),
    *(
        case(f"upload, {what}", "/bodies/upload", "POST", [MULTIPART], body)
        for what, body in _UPLOADS.items()
    ),
    case(
        "form as multipart", "/bodies/form", "POST", [MULTIPART], _multipart(('name="name"', b"x"))
    ),
    case("multipart, broken", "/bodies/upload", "POST", [MULTIPART], b"--b0undary\r\nnonsense"),
    case(
        "signature",
        "/bodies/signed",
        "POST",
        [JSON, f"Signature: {hmac.new(SECRET, _TEXTS['floats'], 'sha256').hexdigest()}"],
        _TEXTS["floats"],
    ),
    case("not read", "/bodies/ignored", "POST", [JSON], b'{"a":1}'),
    case("not read, long", "/bodies/ignored", "POST", [], _BIG),
    case("bytes", "/bodies/echo", "POST", ["Content-Type: image/png"], bytes(range(256))),
    case("bytes without a type", "/bodies/echo", "POST", [], bytes(range(256))),
    case("zeros", "/bodies/echo", "PUT", [], b"\0" * 1000),
    case(
        "gzip",
        "/bodies/echo",
        "POST",
        ["Content-Encoding: gzip"],
        gzip.compress(b"x" * 99, mtime=0),
    ),
    case("with GET", "/bodies/echo", "GET", [], b"body of a GET"),
    case("with DELETE", "/bodies/echo", "DELETE", [JSON], b'{"a": 1.50}'),
    case("chunked", "/bodies/echo", "POST", [], (b"abc", b"de")),
    case("chunked JSON", "/bodies/echo", "POST", [JSON], (b'{"a":', b" 1.50}")),
    case("chunked note", "/bodies/note", "POST", [JSON], (b'{"title":', b' "a"}')),
    case("chunked, empty", "/bodies/size", "POST", [], ()),
    case("chunked, many", "/bodies/size", "POST", [], tuple(b"%d," % n for n in range(500))),
    case("long", "/bodies/size", "POST", [], _BIG),
    case("long JSON", "/bodies/size", "POST", [JSON], json.dumps("x" * 500_000).encode()),
    case("long and chunked", "/bodies/size", "PUT", [], (_BIG[:400_000], _BIG[400_000:])),
    case("expect", "/bodies/echo", "POST", ["Expect: 100-continue"], b"expected"),
    case("empty with a type", "/bodies/echo", "POST", [JSON]),
    case("content-length: 0", "/bodies/echo", "POST", [JSON, "Content-Length: 0"]),
]
