"""The app's answer as a direct caller sees it: a plain value, an envelope, or an error."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from contextlib import suppress
from http import HTTPStatus
from typing import Any

import msgspec
from msgspec import Raw

from iii_asgi.catalogue.mediatypes import is_text
from iii_asgi.errors import code_for_status
from iii_asgi.exchange import wire_http
from iii_asgi.exchange.readable import is_readable
from iii_asgi.exchange.wire_http import HeaderLines
from iii_asgi.protocol.messages import UNREADABLE

__all__ = ["RESULT_LIMIT", "envelope_of", "error_of", "value_of"]

RESULT_LIMIT = 16 * 1024 * 1024
"""Bytes of an answer that are collected for a direct caller."""


def envelope_of(status: int, raw_headers: HeaderLines, body: bytes) -> dict[str, Any]:
    """Return an answer as ``{status_code, headers, body}``; a repeated header is a list."""
    headers: dict[str, Any] = {}
    for name, value in wire_http.answer_lines(raw_headers):
        _add_header(headers, name, value)
    return {"status_code": status, "headers": headers, "body": value_of(raw_headers, body)}


def _add_header(headers: dict[str, Any], name: str, value: str) -> None:
    """Add a line: text at first, a list from the second line of one name on."""
    before = headers.get(name)
    if before is None:
        headers[name] = value
    else:
        headers[name] = [*(before if isinstance(before, list) else [before]), value]


def value_of(raw_headers: HeaderLines, body: bytes) -> Any:
    """Return an answer as a value.

    JSON → its value, nothing → null, text → a string, all else → base64 with its type. The
    media type decides, not the bytes, so that one function's answers look alike.
    """
    if not body:
        return None
    media_type = wire_http.content_type_of(raw_headers) or "application/octet-stream"
    if wire_http.is_json(media_type) and is_readable(body):
        return Raw(body)
    if is_text(media_type) and not _is_encoded(raw_headers):
        with suppress(UnicodeDecodeError):
            return body.decode()
    return {"content_type": media_type, "base64": base64.b64encode(body).decode()}


def _is_encoded(raw_headers: HeaderLines) -> bool:
    return any(name.lower() == b"content-encoding" for name, _ in raw_headers)


def error_of(
    status: int,
    raw_headers: HeaderLines,
    body: bytes,
    name_at: Callable[[Sequence[Any]], str] | None = None,
) -> tuple[str, str, Any]:
    """Return (code, message, detail) of an answer of 400 and above.

    The message is the app's own where it gave one as text, or says what is wrong with the
    arguments. What is no JSON (a debug page with a traceback, say) never becomes a message.

    Args:
        status: of the answer.
        raw_headers: of the answer.
        body: of the answer.
        name_at: says a validation error's ``loc`` in the words of the caller.
    """
    code, message = code_for_status(status), _phrase(status)
    detail = _parsed(raw_headers, body)
    if isinstance(detail, dict):
        detail = detail.get("detail", detail.get("error", detail))
    if isinstance(detail, str):
        message = detail
    elif errors := _validation_errors(detail):
        message = _validation_message(errors, name_at or _path_of)
    elif isinstance(detail, dict) and isinstance(detail.get("message"), str):
        message = detail["message"]
    if isinstance(detail, dict) and _is_code(detail.get("code")):
        code = detail["code"]
    return code, message, detail


def _parsed(raw_headers: HeaderLines, body: bytes) -> Any:
    if not wire_http.is_json(wire_http.content_type_of(raw_headers) or ""):
        return None
    try:
        return msgspec.json.decode(body)
    except UNREADABLE:
        return None


def _is_code(value: Any) -> bool:
    """Whether this says more than a status does: ``"401"`` does not."""
    return isinstance(value, str) and not value.isdecimal()


def _validation_errors(detail: Any) -> list[dict[str, Any]]:
    """Return FastAPI's list of errors, as it is or where an app's own handler has put it."""
    for value in detail.values() if isinstance(detail, dict) else [detail]:
        if isinstance(value, list) and value and all(map(_is_validation_error, value)):
            return value
    return []


def _is_validation_error(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("msg"), str)


def _validation_message(
    errors: list[dict[str, Any]], name_at: Callable[[Sequence[Any]], str]
) -> str:
    """Return errors as one line: ``price: Input should be …``."""
    lines = []
    for error in errors:
        loc = error.get("loc")
        where = name_at(loc) if isinstance(loc, list) else ""
        lines.append(f"{where}: {error['msg']}" if where else error["msg"])
    return "; ".join(lines)


def _path_of(location: Sequence[Any]) -> str:
    return ".".join(map(str, location))


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return f"HTTP {status}"
