"""The app's answer as a direct caller sees it: a plain value, an envelope, or an error."""

from __future__ import annotations

import base64
from http import HTTPStatus
from typing import Any

import msgspec
from msgspec import Raw

from iii_asgi.errors import code_for_status
from iii_asgi.exchange import wire_http
from iii_asgi.exchange.wire_http import HeaderLines

__all__ = ["RESULT_LIMIT", "envelope_of", "error_of", "value_of"]

RESULT_LIMIT = 16 * 1024 * 1024
"""Bytes of an answer that are collected for a direct caller."""


def envelope_of(status: int, raw_headers: HeaderLines, body: bytes) -> dict[str, Any]:
    """Return an answer as ``{status_code, headers, body}``; a repeated header is a list."""
    headers: dict[str, Any] = {}
    for name, value in wire_http.response_lines(raw_headers):
        _add_header(headers, name.decode("latin-1").lower(), wire_http.header_text(value))
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

    JSON → its value, nothing → null, text → a string, all else → base64 with its type.
    """
    if not body:
        return None
    media_type = wire_http.content_type_of(raw_headers) or "application/octet-stream"
    if wire_http.is_json(media_type):
        try:
            msgspec.json.decode(body)
        except (msgspec.DecodeError, RecursionError):
            pass
        else:
            return Raw(body)
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        text = None
    if text is not None and media_type not in _BINARY and not _is_encoded(raw_headers):
        return text
    return {"content_type": media_type, "base64": base64.b64encode(body).decode("ascii")}


_BINARY = frozenset({"application/octet-stream", "application/pdf", "application/zip"})


def _is_encoded(raw_headers: HeaderLines) -> bool:
    return any(name.lower() == b"content-encoding" for name, _ in raw_headers)


def error_of(status: int, raw_headers: HeaderLines, body: bytes) -> tuple[str, str, Any]:
    """Return (code, message, detail) of an answer of 400 and above.

    The message is the app's own where it gave one as text. What is no JSON (a debug page
    with a traceback, say) never becomes a message.
    """
    parsed = None
    if wire_http.is_json(wire_http.content_type_of(raw_headers) or ""):
        try:
            parsed = msgspec.json.decode(body)
        except (msgspec.DecodeError, RecursionError):
            parsed = None
    code, message = code_for_status(status), _phrase(status)
    detail = parsed
    if isinstance(parsed, dict):
        detail = parsed.get("detail", parsed.get("error", parsed))
        if isinstance(detail, str):
            message = detail
        elif isinstance(detail, dict) and isinstance(detail.get("code"), str):
            code, message = detail["code"], str(detail.get("message", message))
        elif isinstance(detail, list):
            message = _validation_message(detail) or message
    return code, message, detail


def _validation_message(errors: list[Any]) -> str:
    """Return FastAPI's list of errors as one line: ``body.price: Input should be …``."""
    lines = []
    for error in errors:
        if isinstance(error, dict) and isinstance(error.get("msg"), str):
            where = ".".join(str(part) for part in error.get("loc") or ())
            lines.append(f"{where}: {error['msg']}" if where else error["msg"])
    return "; ".join(lines)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return f"HTTP {status}"
