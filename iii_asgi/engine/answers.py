"""What a worker answered → status, headers and body of the HTTP response."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import msgspec
from msgspec import Raw

from iii_asgi.engine import serde
from iii_asgi.protocol.messages import ErrorBody

__all__ = ["Answer", "Control", "Headers", "error_answer", "error_json", "from_result"]

Headers: TypeAlias = "list[tuple[bytes, bytes]]"

JSON = b"application/json"
_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_VALUE = re.compile(r"[^\x00-\x08\x0a-\x1f\x7f]*")


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole response: what the worker said, before the engine adds its own headers."""

    status: int
    headers: Headers
    body: bytes


class _Result(msgspec.Struct):
    status_code: Raw = Raw(b"200")
    headers: Any = None
    body: Raw = Raw(b"{}")


_decode_result = msgspec.json.Decoder(_Result).decode
_decode_text = msgspec.json.Decoder(str).decode


def from_result(result: Raw) -> Answer:
    """Read the buffered form of an answer: ``{status_code, headers, body}``.

    Whatever is missing or of another type is 200, no headers, and the body ``{}``.
    """
    try:
        parts = _decode_result(result)
    except msgspec.ValidationError:  # a list, a number …: no object
        parts = _Result()
    headers = _lines(parts.headers)
    body, needs_type = _body(bytes(parts.body), _content_type(headers))
    written = list(_written(headers))
    if needs_type and not any(name == b"content-type" for name, _ in written):
        written.append((b"content-type", JSON))
    return Answer(_status(bytes(parts.status_code)), written, body)


def error_answer(error: ErrorBody) -> Answer:
    """Return the 500 that an error result becomes; the error id finds it in a log."""
    return error_json(500, error.code, error.message, _error_id())


def error_json(status: int, code: str, message: str, error_id: str | None = None) -> Answer:
    """Return an error of the engine itself."""
    error = {"code": code, "message": message} | ({"error_id": error_id} if error_id else {})
    return Answer(status, [(b"content-type", JSON)], serde.dumps({"error": error}))


@dataclass(slots=True)
class Control:
    """Status and headers of a streamed answer, as text frames set them before the first bytes."""

    status: int = 200
    fields: dict[str, str] = field(default_factory=dict)

    def apply(self, text: str) -> None:
        """Take one text frame; what is no control message is ignored."""
        try:
            message = msgspec.json.decode(text)
        except msgspec.DecodeError:
            return
        kind = message.get("type") if isinstance(message, dict) else None
        if kind == "set_status":
            status = message.get("status_code")
            if type(status) is int and 100 <= status <= 599:
                self.status = status
        elif kind == "set_headers" and isinstance(fields := message.get("headers"), dict):
            self.fields |= {name: value for name, value in fields.items() if type(value) is str}

    @property
    def headers(self) -> Headers:
        """The header lines: one an entry, so that two spellings of a name are two lines.

        A real engine sends them in random order. Here they are turned round: as wrong as
        any, but always the same, so that what relies on the order fails each time.
        """
        return list(_written(reversed(self.fields.items())))


def _status(text: bytes) -> int:
    """Read a status: 16 bits of an unsigned integer, 200 when that is no status."""
    if not text.isdigit():
        return 200
    status = int(text) & 0xFFFF
    return status if 100 <= status <= 999 else 200


def _lines(headers: Any) -> list[tuple[str, str]]:
    """Return name and value of each header, of a list of lines or of a map."""
    if isinstance(headers, dict):
        return [(name, value) for name, value in headers.items() if isinstance(value, str)]
    if not isinstance(headers, list):
        return []
    pairs = [line.partition(":") for line in headers if isinstance(line, str) and ":" in line]
    return [(name.strip(), value.strip()) for name, _, value in pairs if name.strip()]


def _written(headers: Iterable[tuple[str, str]]) -> Iterable[tuple[bytes, bytes]]:
    """Yield the headers that can be sent: CR, LF and odd names are dropped, silently."""
    for name, value in headers:
        if _NAME.fullmatch(name) and _VALUE.fullmatch(value):
            yield name.lower().encode(), value.encode()


def _content_type(headers: list[tuple[str, str]]) -> str | None:
    return next((value for name, value in headers if name.lower() == "content-type"), None)


def _body(text: bytes, content_type: str | None) -> tuple[bytes, bool]:
    """Return (body, whether ``content-type: application/json`` belongs to it)."""
    if content_type is not None:
        if text.startswith(b'"'):
            return _decode_text(text).encode(), False
        if text == b"null":
            return b"", False
    is_json = content_type is None or "application/json" in content_type.lower()
    return text, is_json


def _error_id() -> str:
    return f"{time.time_ns() & 0xFFFFFFFFFFFF:x}"
