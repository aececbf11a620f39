"""Tests of the errors and their codes."""

from __future__ import annotations

import inspect
import re
from http import HTTPStatus

import pytest

from iii_asgi import errors
from iii_asgi.errors import code_for_status

CLASSES = [
    one
    for _, one in inspect.getmembers(errors, inspect.isclass)
    if one.__module__ == errors.__name__
]


def test_all() -> None:
    """Every error is public."""
    assert {one.__name__ for one in CLASSES} | {"code_for_status"} == set(errors.__all__)


def test_tree() -> None:
    """The docstring draws the tree as it is."""
    drawn: dict[str, str] = {}
    path: list[str] = []
    for indent, name in re.findall(r"^([ │├└─]*)(\w*Error)\b", errors.__doc__ or "", re.MULTILINE):
        path[len(indent) // 4 - 1 :] = [name]
        drawn[name] = path[-2] if len(path) > 1 else "Exception"
    bases = {one.__name__: base.__name__ for one in CLASSES for base in one.__bases__}
    assert drawn == bases


@pytest.mark.parametrize(
    ("error", "text", "fields"),
    [
        (
            errors.SettingsError("url", "is odd"),
            "url: is odd",
            {"setting": "url", "problem": "is odd"},
        ),
        (
            errors.EngineRefusedError("WORKER_NAMESPACE_CONFLICT", "taken"),
            "WORKER_NAMESPACE_CONFLICT: taken",
            {"code": "WORKER_NAMESPACE_CONFLICT", "message": "taken"},
        ),
        (
            errors.PortInUseError(3111, "--http-port"),
            "port 3111 is in use: stop what listens there, or choose with --http-port",
            {"port": 3111, "flag": "--http-port"},
        ),
        (
            errors.MissingExtraError("watchfiles"),
            'watchfiles is not installed: pip install "iii-asgi[standard]"',
            {"package": "watchfiles"},
        ),
        (
            errors.InvocationError("NOT_FOUND", "no user", function_id="users::get"),
            "NOT_FOUND: no user",
            {"code": "NOT_FOUND", "message": "no user", "function_id": "users::get"},
        ),
        (
            errors.InvocationTimeoutError("users::get", 2.50),
            "TIMEOUT: no answer within 2.5 s",
            {"code": "TIMEOUT", "function_id": "users::get", "timeout": 2.5},
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_fields(error: errors.Error, text: str, fields: dict[str, object]) -> None:
    """An error carries fields, and its text is made from them."""
    assert str(error) == text
    assert {name: getattr(error, name) for name in fields} == fields


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "BAD_REQUEST"),
        (401, "UNAUTHORIZED"),
        (402, "PAYMENT_REQUIRED"),
        (403, "FORBIDDEN"),
        (404, "NOT_FOUND"),
        (405, "METHOD_NOT_ALLOWED"),
        (406, "NOT_ACCEPTABLE"),
        (408, "REQUEST_TIMEOUT"),
        (409, "CONFLICT"),
        (410, "GONE"),
        (412, "PRECONDITION_FAILED"),
        (413, "PAYLOAD_TOO_LARGE"),
        (415, "UNSUPPORTED_MEDIA_TYPE"),
        (422, "VALIDATION_ERROR"),
        (423, "LOCKED"),
        (429, "RATE_LIMITED"),
        (500, "INTERNAL_ERROR"),
        (501, "NOT_IMPLEMENTED"),
        (502, "BAD_GATEWAY"),
        (503, "UNAVAILABLE"),
        (504, "TIMEOUT"),
    ],
)
def test_codes(status: int, code: str) -> None:
    """The table of codes is closed: callers compare with them."""
    assert code_for_status(status) == code


def test_other_codes() -> None:
    """A status that the table does not name is a code of its own."""
    others = {code_for_status(status) for status in [*map(int, HTTPStatus), 499, 599]}
    assert {"HTTP_418", "HTTP_499", "HTTP_511", "HTTP_599"} <= others
