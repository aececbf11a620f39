"""The odd calls of `docs/explanation/compared.md`, row by row, and what is right for each.

Nothing here knows of iii: the same rows can be asked of any other system that makes calls
of the routes of `tests.odd_app`. Its script translates the names of arguments and judges.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

__all__ = ["ROWS", "Error", "Row", "Stream"]


@dataclass(frozen=True, slots=True)
class Error:
    """An error is right, if its message says this."""

    code: str
    words: str


@dataclass(frozen=True, slots=True)
class Stream:
    """What is to be read of an answer that is a stream without an end."""

    body: bytes


@dataclass(frozen=True, slots=True)
class Row:
    """A call, and what is right for it.

    Attributes:
        title: what is odd about it, as in the docs.
        function: the route's endpoint in `tests.odd_app`.
        arguments: of the call.
        expected: the value, an `Error`, or a `Stream`.
    """

    title: str
    function: str
    arguments: Any
    expected: Any

    def __str__(self) -> str:
        return self.title


UUID = "0b5ee3f4-9f0c-4c3e-9d5a-0b5c3c2f0001"
ITEM = {"id": 1, "name": "tea"}
FULL = {**ITEM, "price": None}
TREE: dict[str, Any] = {"value": 1, "children": [{"value": 2, "children": []}]}
PERSON = {"name": "Ada", "addresses": [{"street": "Main", "number": None}]}
TYPED = {
    "day": "2024-02-29",
    "at": "2024-02-29T12:00:00.000001Z",
    "id": UUID,
    "price": "0.10000000000000000001",
    "color": "green",
}
TOLD = {
    "status_code": 200,
    "headers": {
        "content-length": "6",
        "content-type": "application/json",
        "set-cookie": "sid=s; Path=/; SameSite=lax",
        "x-told": "yes",
    },
    "body": "told",
}
FILES = {
    "file": {
        "filename": "ü.bin",
        "content_type": "application/x-a",
        "base64": base64.b64encode(b"\x00\xff").decode(),
    },
    "more": [{"filename": "1", "base64": "eA=="}, {"filename": "2", "base64": ""}],
    "note": "hi",
}
SENT_ON = {
    "status_code": 307,
    "headers": {"content-length": "0", "location": "/text"},
    "body": None,
}
UPLOADED = {
    "name": "ü.bin",
    "type": "application/x-a",
    "bytes": 2,
    "sha256": "06eb7d6a69ee19e5fbdf749018d3d2abfa04bcbd1365db312eb86dc7169389b8",
    "more": ["1", "2"],
    "raw": None,
    "note": "hi",
}

ROWS = (
    # -- path, query, headers, cookies -----------------------------------------------------
    Row(
        "text with `%2F`, `?` and `#` in the path", "path",
        {"text": "%2F?q=1#x"}, ["%2F?q=1#x", None],
    ),
    Row("text beyond ASCII in the path", "path", {"text": "grüße 🌍"}, ["grüße 🌍", None]),
    Row(
        "a slash in a path parameter is refused", "path",
        {"text": "a/b"}, Error("BAD_REQUEST", "argument text"),
    ),
    Row("a catch-all path", "rest", {"rest": "a/b c/ü"}, "a/b c/ü"),
    Row(
        "a dot segment in it is refused", "rest",
        {"rest": "a/../b"}, Error("BAD_REQUEST", "argument rest"),
    ),
    Row(
        "a list in the query, repeated", "query",
        {"tags": ["a", "b"]}, [None, False, ["a", "b"], None],
    ),
    Row("a query parameter with an alias", "query", {"other-name": "x"}, [None, False, None, "x"]),
    Row("a null in the query is absent", "query", {"n": None}, [None, False, None, None]),
    Row("no arguments at all", "query", None, [None, False, None, None]),
    Row(
        "date, decimal and UUID outside of a body", "typed_query",
        {"id": UUID, "day": "2024-02-29", "price": "0.10"}, [UUID, "2024-02-29", "0.10"],
    ),
    Row(
        "a model of query parameters", "page",
        {"limit": 2, "tags": ["a"]}, {"limit": 2, "tags": ["a"]},
    ),
    Row(
        "a header, and one with several values", "headers",
        {"x-token": "t", "x-tags": ["a", "b"]}, ["t", ["a", "b"], None],
    ),
    Row(
        "a cookie with blanks and quotes", "headers",
        {"x-token": "t", "sid": 'x "y"; z'}, ["t", None, 'x "y"; z'],
    ),
    Row("a header that a dependency asks for", "whose", {"x-tenant": "t 1"}, "t 1"),
    Row(
        "a bearer token for this one call", "me",
        {"$headers": {"authorization": "Bearer secret"}}, "secret",
    ),
    Row(
        "one name in path, query, header and cookie", "same",
        {"id": 1, "query.id": 2, "header.id": 3, "cookie.id": 4}, [1, 2, 3, 4],
    ),
    # -- bodies ------------------------------------------------------------------------------
    Row("null in a body is not absent", "options", {"a": None}, ["a"]),
    Row("absent in a body is not null", "options", {}, []),
    Row("one name in path and body", "replace", {"id": 7, "$body": ITEM}, [7, FULL]),
    Row("a body that is a list", "many", [ITEM, ITEM], [0, 1, 1]),
    Row("the same beside a query parameter", "many", {"q": 5, "$body": [ITEM]}, [5, 1]),
    Row("a body that is a number", "number", 3, [3]),
    Row("a body that is null", "number", {"$body": None}, [None]),
    Row("several bodies", "two", {"item": ITEM, "options": {}}, [FULL, {"a": None, "b": "b"}, 3]),
    Row("one embedded body", "embedded", {"person": PERSON}, "Ada"),
    Row("nested models", "people", PERSON, PERSON),
    Row("a recursive model", "trees", TREE, TREE),
    Row("a discriminated union", "pets", {"kind": "cat", "lives": 9}, {"kind": "cat", "lives": 9}),
    Row("date, decimal, UUID and enum in a body", "typed", TYPED, TYPED),
    Row(
        "a float of 17 digits", "numbers", {"ratio": 0.10000000000000002}, [0, 0.10000000000000002]
    ),
    Row(
        "an integer beyond 53 bits", "numbers", {"whole": 9007199254740993}, [9007199254740993, 0.0]
    ),
    Row("a model that takes more fields", "more", {"a": 1, "z": [2]}, {"a": 1, "z": [2]}),
    Row("a form with a list", "form", {"a": 1, "b": ["x y", "ü"]}, [1, ["x y", "ü"]]),
    Row("files, and a field beside them", "upload", FILES, UPLOADED),
    # -- what does not fit ---------------------------------------------------------------------
    Row(
        "an unknown argument is refused by name", "query",
        {"flgs": True}, Error("BAD_REQUEST", "flgs"),
    ),
    Row(
        "so is a field that a body forbids", "closed", {"a": 1, "bb": 2}, Error("BAD_REQUEST", "bb")
    ),
    Row(
        "a wrong type names its argument", "make",
        {"id": "x", "name": "tea"},
        Error("VALIDATION_ERROR", "id: Input should be a valid integer"),
    ),
    Row(
        "so does one deep in a body", "people",
        {"name": "Ada", "addresses": [{}]},
        Error("VALIDATION_ERROR", "addresses.0.street: Field required"),
    ),
    Row(
        "a missing argument is named", "make",
        {"name": "tea"}, Error("VALIDATION_ERROR", "id: Field required"),
    ),
    # -- answers ---------------------------------------------------------------------------------
    Row("204 is null", "nothing", {}, None),
    Row("text", "text", {}, "grüße"),
    Row("bytes", "binary", {}, {"content_type": "image/png", "base64": "AP8="}),
    Row("a stream of text, collected", "pieces", {}, "one two grüße"),
    Row("an event stream", "events", {"count": 3}, Stream(b"data: 0\n\ndata: 1\n\ndata: 2\n\n")),
    Row("a redirect", "redirect", {}, SENT_ON),
    Row("headers and cookies of an answer", "told", {"$http": {}}, TOLD),
    Row(
        "the detail of an `HTTPException`", "fail", {"status": 409}, Error("CONFLICT", "not today")
    ),
    Row("an error body of the app's own", "fail_by_hand", {}, Error("SOLD_OUT", "come back later")),
    Row("an exception's text stays inside", "crash", {}, Error("INTERNAL_ERROR", "")),
    Row("so does an answer that fails its validation", "untrue", {}, Error("INTERNAL_ERROR", "")),
    # -- routes ----------------------------------------------------------------------------------
    Row("a route that is not in the schema", "hidden", {"x": 1, "q": 2}, 3),
    Row("a route of a mounted app", "in_sub_app", {"tenant": "t 1", "x": 3}, ["t 1", 3]),
    Row("a route of plain Starlette", "plain", {"name": "a b", "q": "x"}, ["a b", "x"]),
)  # fmt: skip
