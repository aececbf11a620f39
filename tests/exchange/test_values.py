"""Tests of an answer as a direct caller sees it."""

from __future__ import annotations

import base64
import gzip
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from iii_asgi.exchange import values
from iii_asgi.exchange.wire_http import HeaderLines
from iii_asgi.protocol.messages import encode
from tests.strategies import json_values

JSON: HeaderLines = [(b"content-type", b"application/json")]


def typed(media_type: str) -> HeaderLines:
    """Return the header lines of an answer of this type."""
    return [(b"content-length", b"1"), (b"Content-Type", media_type.encode())]


def on_the_wire(value: Any) -> Any:
    """Return a value as its caller reads it."""
    return json.loads(encode(value))


def as_base64(media_type: str, body: bytes) -> dict[str, str]:
    """Return the value that stands for bytes."""
    return {"content_type": media_type, "base64": base64.b64encode(body).decode()}


@given(json_values)
def test_json(value: Any) -> None:
    """A JSON answer is its value, letter by letter."""
    body = encode(value)
    found = values.value_of(JSON, body)
    assert isinstance(found, Raw)
    assert bytes(found) == body


@pytest.mark.parametrize("headers", [JSON, typed("image/png"), []])
def test_nothing(headers: HeaderLines) -> None:
    """An empty body is null."""
    assert values.value_of(headers, b"") is None


@pytest.mark.parametrize(
    ("media_type", "body", "expected"),
    [
        ("text/plain; charset=utf-8", "é".encode(), "é"),
        ("text/html", b"<p>", "<p>"),
        ("image/svg+xml", b"<svg/>", "<svg/>"),
        ("application/xml", b"<a/>", "<a/>"),
        ("application/x-ndjson", b"1\n2\n", "1\n2\n"),
        ("application/json", b"{not json", "{not json"),
        ("application/json", b"[" * 5000, "[" * 5000),
        ("application/problem+json", b'{"a": 1}', {"a": 1}),
    ],
)
def test_text(media_type: str, body: bytes, expected: Any) -> None:
    """Text is a string."""
    assert on_the_wire(values.value_of(typed(media_type), body)) == expected


@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        ("application/octet-stream", b"hello"),
        ("application/x-protobuf", b"hello"),
        ("image/png", b"\x89PNG"),
        ("text/plain", b"\xe9"),
        ("application/json", b'"\xe9"'),
    ],
)
def test_bytes(media_type: str, body: bytes) -> None:
    """All else is base64 with its type; the type decides, however the bytes look."""
    assert values.value_of(typed(media_type), body) == as_base64(media_type, body)


def test_bytes_without_a_type() -> None:
    """An answer without a content-type is bytes."""
    assert values.value_of([], b"hello") == as_base64("application/octet-stream", b"hello")


@pytest.mark.parametrize("media_type", ["application/json", "text/plain"])
def test_encoded(media_type: str) -> None:
    """An answer that is compressed, which only a caller can ask for, stays so."""
    body = gzip.compress(b'{"a": 1}')
    headers = [*typed(media_type), (b"Content-Encoding", b"gzip")]
    assert values.value_of(headers, body) == as_base64(media_type, body)


@given(
    media_type=st.sampled_from(["application/json", "text/plain", "image/png"]), body=st.binary()
)
def test_any_answer(media_type: str, body: bytes) -> None:
    """Whatever an app answers, it is a value that JSON can carry."""
    on_the_wire(values.value_of(typed(media_type), body))
    on_the_wire(values.envelope_of(200, typed(media_type), body))
    on_the_wire(values.error_of(500, typed(media_type), body))


def test_envelope() -> None:
    """The envelope has status, headers and body; a repeated header is a list."""
    headers = [
        (b"Set-Cookie", b"a=1"),
        (b"set-cookie", b"b=2"),
        (b"SET-COOKIE", b"c=3"),
        (b"connection", b"close"),
        *JSON,
    ]
    assert on_the_wire(values.envelope_of(201, headers, b'{"id": 1}')) == {
        "status_code": 201,
        "headers": {"set-cookie": ["a=1", "b=2", "c=3"], "content-type": "application/json"},
        "body": {"id": 1},
    }


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (404, {"detail": "no such user"}, ("NOT_FOUND", "no such user", "no such user")),
        (
            500,
            {"detail": "the disk is full"},
            ("INTERNAL_ERROR", "the disk is full", "the disk is full"),
        ),
        (409, {"error": "taken"}, ("CONFLICT", "taken", "taken")),
        (400, "plain text", ("BAD_REQUEST", "plain text", "plain text")),
        (400, None, ("BAD_REQUEST", "Bad Request", None)),
        (418, {"a": 1}, ("HTTP_418", "I'm a Teapot", {"a": 1})),
        (499, {"a": 1}, ("HTTP_499", "HTTP 499", {"a": 1})),
        (
            402,
            {"detail": {"code": "CARD_DECLINED", "message": "no funds", "try": 2}},
            (
                "CARD_DECLINED",
                "no funds",
                {"code": "CARD_DECLINED", "message": "no funds", "try": 2},
            ),
        ),
        (402, {"error": {"code": "NO_CARD"}}, ("NO_CARD", "Payment Required", {"code": "NO_CARD"})),
        (
            402,
            {"error": {"code": "X", "message": ["a"]}},
            ("X", "Payment Required", {"code": "X", "message": ["a"]}),
        ),
        (402, {"error": {"code": 7}}, ("PAYMENT_REQUIRED", "Payment Required", {"code": 7})),
    ],
)
def test_error(status: int, body: Any, expected: tuple[str, str, Any]) -> None:
    """The code is of the closed table and the message the app's, unless the app has its own."""
    assert values.error_of(status, JSON, encode(body)) == expected


@pytest.mark.parametrize(
    ("detail", "message"),
    [
        (
            [
                {"loc": ["body", "price"], "msg": "Input should be a valid number", "input": "x"},
                {"loc": ["query", "tags", 0], "msg": "Field required"},
            ],
            "body.price: Input should be a valid number; query.tags.0: Field required",
        ),
        ([{"msg": "bad"}], "bad"),
        ([{"msg": "bad", "loc": "body"}], "bad"),
    ],
)
def test_validation_error(detail: Any, message: str) -> None:
    """FastAPI's list of errors is one line that names each field."""
    assert values.error_of(422, JSON, encode({"detail": detail})) == (
        "VALIDATION_ERROR",
        message,
        detail,
    )


ERRORS = [
    {"loc": ["body", "name"], "msg": "Field required"},
    {"loc": ["body", "n"], "msg": "too much"},
]


def test_validation_error_in_the_callers_words() -> None:
    """Where callers have names of their own for places, a validation error uses them."""
    body = {"detail": [{"loc": ["body", "a"], "msg": "no"}, {"loc": [], "msg": "neither"}]}
    found = values.error_of(422, JSON, encode(body), lambda where: where[-1] if where else "")
    assert found[1] == "a: no; neither"


@pytest.mark.parametrize(
    "body",
    [
        {"exception_message": "Invalid request", "exception_detail": ERRORS, "request_body": {}},
        {"detail": {"message": "Invalid request", "errors": ERRORS}},
        {"errors": ERRORS, "message": "Invalid request"},
        {"error": ERRORS},
    ],
)
def test_validation_error_of_a_handler(body: Any) -> None:
    """An app's own handler may put FastAPI's list elsewhere: it names each field all the same."""
    code, message, _ = values.error_of(422, JSON, encode(body))
    assert (code, message) == ("VALIDATION_ERROR", "body.name: Field required; body.n: too much")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"detail": {"message": "bad slug", "error": True}}, ("NOT_FOUND", "bad slug")),
        ({"error_code": "GONE", "message": "no such run"}, ("NOT_FOUND", "no such run")),
        ({"error": {"message": "no model", "code": "404"}}, ("NOT_FOUND", "no model")),
        ({"error": {"message": "no model", "code": None}}, ("NOT_FOUND", "no model")),
        ({"error": {"message": {"a": 1}}}, ("NOT_FOUND", "Not Found")),
    ],
)
def test_message_without_a_code(body: Any, expected: tuple[str, str]) -> None:
    """A message is kept where its code is missing, or says no more than the status."""
    assert values.error_of(404, JSON, encode(body))[:2] == expected


@pytest.mark.parametrize("detail", [[], [1], [{"msg": 3}], ["x"]])
def test_other_lists(detail: Any) -> None:
    """A list that is no such list leaves the status's own phrase."""
    code, message, seen = values.error_of(400, JSON, encode({"detail": detail}))
    assert (code, message, seen) == ("BAD_REQUEST", "Bad Request", detail)


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (typed("text/plain"), b"Traceback (most recent call last): secret"),
        (typed("text/html"), b"<h1>secret</h1>"),
        ([], b"secret"),
        (JSON, b"secret"),
        (JSON, b"\xff"),
    ],
)
def test_a_page_is_no_message(headers: HeaderLines, body: bytes) -> None:
    """What is no JSON, such as a debug page, does not reach the caller."""
    found = values.error_of(500, headers, body)
    assert found == ("INTERNAL_ERROR", "Internal Server Error", None)
