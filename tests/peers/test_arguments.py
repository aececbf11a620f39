"""A worker of an official SDK calls functions of every kind with plain arguments.

What others are compared by stands in `odd_calls`; here is the rest.
"""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest

from tests.peers.driver import CallError, Peer, Place

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("odd")]

CHUNK = b"\x00\xff" * 32 * 1024
ITEM = {"id": 1, "name": "tea"}
FULL = {**ITEM, "price": None}


def file(data: bytes, **more: str) -> dict[str, str]:
    """Return a file as an argument."""
    return {"base64": base64.b64encode(data).decode(), **more}


CALLS: list[tuple[str, Any, Any]] = [
    # path
    ("path", {"text": "a b"}, ["a b", None]),
    ("path", {"text": "grüße 🌍"}, ["grüße 🌍", None]),
    ("path", {"text": "%2F"}, ["%2F", None]),
    ("path", {"text": "?q=1#x"}, ["?q=1#x", None]),
    ("path", {"text": "a\r\nb: c"}, ["a\r\nb: c", None]),
    ("path", {"text": 7}, ["7", None]),
    ("path", {"text": True, "q": "x&y=z"}, ["true", "x&y=z"]),
    # query, headers, cookies
    ("query", {}, [None, False, None, None]),
    ("query", None, [None, False, None, None]),
    ("query", {"n": None, "tags": None}, [None, False, None, None]),
    ("query", {"n": 5, "flag": True, "tags": ["a", 1]}, [5, True, ["a", "1"], None]),
    ("query", {"other-name": ""}, [None, False, None, ""]),
    ("query", {"tags": "one"}, [None, False, ["one"], None]),
    ("keyed", {"key": "k", "$cookies": {"sid": "s"}}, ["k", "s"]),
    # bodies
    ("make", {**ITEM, "price": "2.50"}, {**ITEM, "price": "2.50"}),
    ("make", {**ITEM, "price": None}, FULL),
    ("options", None, []),
    ("maybe", {}, None),
    ("maybe", {"a": 1}, ["a"]),
    ("maybe", {"$body": None}, None),
    ("free", {"any": [{"x": None}], "key": 1}, {"any": [{"x": None}], "key": 1}),
    ("raw", {"x": 1}, ["application/json", '{"x":1}']),
    ("raw", {"$body": {"content_type": "text/csv", "base64": "YSxi"}}, ["text/csv", "a,b"]),
    ("raw", "text", ["application/json", '"text"']),
    # forms and files
    ("form", {"a": "2", "b": None}, [2, None]),
    # answers
    ("null", {}, None),
]  # fmt: skip


@pytest.mark.parametrize(("function", "arguments", "value"), CALLS, ids=str)
async def test_value(function: str, arguments: Any, value: Any, peer: Peer) -> None:
    """Plain arguments go where the route wants them, and a plain value comes back."""
    assert await peer.call(f"odd::{function}", arguments) == value


REFUSED: list[tuple[str, Any, str, str]] = [
    ("path", {}, "BAD_REQUEST", "argument text is missing"),
    ("path", {"text": None}, "BAD_REQUEST", "argument text is text or a number"),
    ("path", {"text": "a/b"}, "BAD_REQUEST", "argument text must not contain '/'"),
    ("path", {"text": ".."}, "BAD_REQUEST", "argument text must not be empty, '.' or '..'"),
    ("path", {"text": ""}, "BAD_REQUEST", "argument text must not be empty, '.' or '..'"),
    ("path", {"text": "x", "p": 1}, "BAD_REQUEST", "unknown argument p: this function takes"),
    ("path", ["x"], "BAD_REQUEST", "this function takes named arguments"),
    ("rest", {"rest": "a/../b"}, "BAD_REQUEST", "argument rest must not be empty, '.' or '..'"),
    ("query", {"n": "x"}, "VALIDATION_ERROR", "n: Input should be a valid integer"),
    ("query", {"n": {}}, "BAD_REQUEST", "argument n is text, a number or a list of them"),
    ("headers", {}, "VALIDATION_ERROR", "x-token: Field required"),
    ("headers", {"x-token": "a\r\nb"}, "BAD_REQUEST", "argument x-token must not contain a line"),
    ("same", {"id": 1}, "VALIDATION_ERROR", "query.id: Field required"),
    ("me", {"$headers": {"A": "x\ny"}}, "BAD_REQUEST", "$headers.A must not contain a line"),
    ("me", {"$headers": {"A B": "x"}}, "BAD_REQUEST", "'A B' cannot be the name of a header"),
    ("make", {"id": 1, "nme": "x"}, "BAD_REQUEST", "unknown argument nme: this function takes"),
    ("make", {"id": "x", "name": 1}, "VALIDATION_ERROR", "id: Input should be a valid integer"),
    ("make", [1], "VALIDATION_ERROR", "$body: Input should be"),
    ("replace", {"id": 7, "name": "x"}, "BAD_REQUEST", "this function takes id, $body"),
    ("replace", {"id": 7, "$body": {"id": "x", "name": ""}}, "VALIDATION_ERROR", "$body.id: Input"),
    ("many", {"q": 1}, "VALIDATION_ERROR", "$body: Field required"),
    ("many", [{"id": 1}], "VALIDATION_ERROR", "$body.0.name: Field required"),
    ("two", {"item": {"id": "x", "name": ""}, "options": {}}, "VALIDATION_ERROR", "item.id: Input"),
    ("pets", {"kind": "cat", "lives": "x"}, "VALIDATION_ERROR", "lives: Input should be a valid"),
    ("form", {}, "VALIDATION_ERROR", "a: Field required"),
    ("upload", {"file": "text"}, "BAD_REQUEST", "argument file is a file: "),
    ("upload", {}, "VALIDATION_ERROR", "file: Field required"),
    ("events", {}, "NOT_ACCEPTABLE", "give a channel as $response"),
    ("stream", {"chunks": 300}, "RESULT_TOO_LARGE", "give a channel as $response"),
    ("fail", {"status": 404}, "NOT_FOUND", "not today"),
    ("fail", {"status": 418}, "HTTP_418", "not today"),
    ("fail_with_code", {}, "SOLD_OUT", "come back later"),
    ("crash", {}, "INTERNAL_ERROR", "Internal Server Error"),
]  # fmt: skip


@pytest.mark.parametrize(("function", "arguments", "code", "message"), REFUSED, ids=str)
async def test_error(function: str, arguments: Any, code: str, message: str, peer: Peer) -> None:
    """What does not fit is an error that names the argument; what the app says is kept."""
    with pytest.raises(CallError) as raised:
        await peer.call(f"odd::{function}", arguments)
    assert raised.value.code == code
    assert message in raised.value.message
    assert "swordfish" not in raised.value.message


async def test_error_as_a_value(peer: Peer) -> None:
    """A function that returns its errors does so."""
    value = await peer.call("odd::fail_gently", {})
    assert value["error"] == {
        "code": "CONFLICT",
        "message": "not today",
        "status_code": 409,
        "detail": "not today",
    }


async def test_files(peer: Peer) -> None:
    """Files are base64, several where the route takes several."""
    answer = await peer.call(
        "odd::upload",
        {
            "file": file(CHUNK, filename='a "b" \\ ü.bin', content_type="application/x-a"),
            "more": [file(b"", filename="m1"), file(b"x", filename="m2")],
            "raw": file(b"raw"),
            "note": "hi",
        },
    )
    assert answer == {
        "name": 'a "b" \\ ü.bin',
        "type": "application/x-a",
        "bytes": len(CHUNK),
        "sha256": hashlib.sha256(CHUNK).hexdigest(),
        "more": ["m1", "m2"],
        "raw": "raw",
        "note": "hi",
    }


@pytest.mark.parametrize("chunks", [1, 320])
async def test_file_by_channel(chunks: int, peer: Peer, place: Place) -> None:
    """A file of any size comes through a channel; 20 MB are more than a message holds."""
    answer = await peer.do(
        "give_file",
        function_id=place.id("odd::upload"),
        payload={"note": "hi"},
        argument="file",
        file={"filename": "big", "content_type": "application/x-a"},
        chunks=chunks,
    )
    assert (answer["name"], answer["type"], answer["note"]) == ("big", "application/x-a", "hi")
    assert answer["sha256"] == hashlib.sha256(CHUNK * chunks).hexdigest()


@pytest.mark.parametrize(
    ("function", "arguments", "body"),
    [
        ("stream", {"chunks": 320}, CHUNK * 320),
        ("events", {"count": 5}, b"".join(b"data: %d\n\n" % n for n in range(5))),
        ("text", {}, "grüße".encode()),
        ("nothing", {}, b""),
        ("text", {"$http": {}}, "grüße".encode()),
    ],
)
async def test_answer_by_channel(
    function: str, arguments: Any, body: bytes, peer: Peer, place: Place
) -> None:
    """An answer of any size, or a stream of events, goes into the channel that is given."""
    answer = await peer.do(
        "take_answer", function_id=place.id(f"odd::{function}"), payload=arguments
    )
    assert answer["bytes"] == len(body)
    assert answer["sha256"] == hashlib.sha256(body).hexdigest()
    assert answer["result"]["status_code"] in (200, 204)
    assert answer["result"]["body"] is None
    assert any("set_status" in message for message in answer["messages"])


async def test_schemas(peer: Peer, place: Place) -> None:
    """The engine knows the schemas, and tells them."""
    asked = {"function_id": place.id("odd::make")}
    info = await peer.call("engine::functions::info", asked)
    assert set(info["request_schema"]["properties"]) == {"id", "name", "price"}
    assert info["request_schema"]["required"] == ["id", "name"]
    assert info["response_schema"]["type"] == "object"
