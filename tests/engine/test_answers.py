"""What a worker answered → the HTTP response."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec import Raw

from iii_asgi.engine.answers import Answer, Control, error_answer, from_result
from iii_asgi.protocol.messages import ErrorBody

JSON = (b"content-type", b"application/json")
TEXT = (b"content-type", b"text/plain")


def answer(result: Any) -> Answer:
    """Return the response that a result becomes."""
    return from_result(Raw(json.dumps(result, separators=(",", ":")).encode()))


def test_a_list_of_headers_keeps_repeats_and_order() -> None:
    """Header lines are sent as they stand, names in lower case."""
    seen = answer(
        {
            "status_code": 201,
            "headers": ["content-type: text/plain", "Set-Cookie: a=1", "set-cookie:b=2"],
            "body": "hi",
        }
    )

    assert seen == Answer(201, [TEXT, (b"set-cookie", b"a=1"), (b"set-cookie", b"b=2")], b"hi")


def test_headers_can_be_a_map() -> None:
    """A map works too; values that are no text are dropped."""
    seen = answer({"headers": {"Content-Type": "text/plain", "x-n": 5, "x-l": ["a"]}, "body": "hi"})

    assert seen == Answer(200, [TEXT], b"hi")


@pytest.mark.parametrize(
    ("body", "text"),
    [("hi", b'"hi"'), ("", b'""'), (None, b"null"), ({"a": 1}, b'{"a":1}'), (5, b"5")],
)
def test_without_a_content_type_the_body_is_json(body: Any, text: bytes) -> None:
    """Every body is encoded and marked as JSON, null and text too."""
    assert answer({"body": body}) == Answer(200, [JSON], text)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("hi", b"hi"),
        ('{"x": 1}', b'{"x": 1}'),
        (None, b""),
        ({"a": 1}, b'{"a":1}'),
        (False, b"false"),
    ],
)
@pytest.mark.parametrize("kind", ["text/html", "application/json"])
def test_with_a_content_type_text_is_sent_as_it_is(kind: str, body: Any, text: bytes) -> None:
    """A string is not encoded twice, and null is nothing."""
    seen = answer({"headers": [f"content-type: {kind}"], "body": body})

    assert seen == Answer(200, [(b"content-type", kind.encode())], text)


@pytest.mark.parametrize("result", [{}, {"x": 1}, [1], "text", 5, True])
def test_what_is_no_answer_is_an_empty_object(result: Any) -> None:
    """A result without the parts of an answer is 200 with ``{}``."""
    assert answer(result) == Answer(200, [JSON], b"{}")


@pytest.mark.parametrize(
    ("given", "status"),
    [(404, 404), ("404", 200), (404.0, 200), (-1, 200), (99, 200), (1000, 200), (65736, 200)],
)
def test_a_status_is_a_whole_number(given: Any, status: int) -> None:
    """What is no status counts as 200."""
    assert answer({"status_code": given}).status == status


@pytest.mark.parametrize(
    "line",
    ["no colon", ": no name", "x y: z", "x: a\rb", "x: a\nb", "bad\r\nx: y", "x: \x00", "x: \x7f"],
)
def test_headers_that_cannot_be_sent_are_dropped(line: str) -> None:
    """CR, LF, control characters and odd names go, the rest of the answer stays."""
    assert answer({"headers": ["content-type: text/plain", line], "body": "hi"}).headers == [TEXT]


def test_header_text_leaves_as_utf_8() -> None:
    """Header values are written as UTF-8; tabs are allowed."""
    seen = answer({"headers": ["content-type: text/plain", "x: é\t!"], "body": ""})

    assert seen.headers[1] == (b"x", "é\t!".encode())


def test_a_dropped_content_type_still_decides() -> None:
    """A content type that cannot be sent leaves a raw body without any."""
    assert answer({"headers": ["content-type: a\nb"], "body": "hi"}) == Answer(200, [], b"hi")


def test_an_error_is_a_500_with_an_id() -> None:
    """The caller sees code and message, and an id; never a stack trace."""
    seen = error_answer(ErrorBody("CODE", "what happened", "at line 1"))

    error = json.loads(seen.body)["error"]
    assert seen.status == 500
    assert int(error.pop("error_id"), 16) > 0
    assert error == {"code": "CODE", "message": "what happened"}


def test_control_messages_set_status_and_headers() -> None:
    """Later messages win; another capitalisation is another line; the order is lost."""
    control = Control()
    for message in (
        {"type": "set_status", "status_code": 201},
        {"type": "set_headers", "headers": {"a": "1", "set-cookie": "x=1", "n": 5}},
        {"type": "set_headers", "headers": {"a": "2", "Set-Cookie": "y=2", "bad name": "z"}},
    ):
        control.apply(json.dumps(message))

    assert control.status == 201
    assert control.headers == [(b"set-cookie", b"y=2"), (b"set-cookie", b"x=1"), (b"a", b"2")]


@pytest.mark.parametrize(
    "text",
    [
        "no json",
        "[]",
        '{"type":"other"}',
        '{"type":"set_status"}',
        '{"type":"set_status","status_code":"201"}',
        '{"type":"set_status","status_code":true}',
        '{"type":"set_status","status_code":600}',
        '{"type":"set_status","status_code":99}',
        '{"type":"set_headers","headers":["a: b"]}',
    ],
)
def test_other_text_is_ignored(text: str) -> None:
    """What is no control message changes nothing."""
    control = Control()
    control.apply(text)

    assert control == Control()
