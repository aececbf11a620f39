"""An ASGI scope → what the function gets of an HTTP request, with what that loses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from msgspec import Raw
from starlette.types import Scope

from iii_asgi.engine import serde
from iii_asgi.engine.channels import Channel
from iii_asgi.engine.invocations import Trace
from iii_asgi.engine.routes import Route

__all__ = ["Request"]

NULL = Raw(b"null")


@dataclass(frozen=True, slots=True)
class Request:
    """The parts of a request that reach a function.

    Attributes:
        path: as the client sent it, still percent-encoded.
        query: decoded; the last value of a repeated key.
        headers: lower-case names; the last value of a repeated one. A value that is not
            plain ASCII is lost.
        content_type: the first one, when there are several.
    """

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    content_type: str

    @classmethod
    def read(cls, scope: Scope) -> Request:
        """Take the parts from an ASGI scope."""
        headers = [(name.decode("latin-1"), _text(value)) for name, value in scope["headers"]]
        types = [value for name, value in headers if name == "content-type"]
        return cls(
            method=scope["method"],
            path=scope["raw_path"].decode("latin-1"),
            query=dict(_pairs(scope["query_string"])),
            headers=dict(headers),
            content_type=types[0] if types else "",
        )

    @property
    def has_body(self) -> bool:
        """Whether the head announces a body."""
        length = self.headers.get("content-length", "0")
        return length != "0" or "transfer-encoding" in self.headers

    @property
    def is_json(self) -> bool:
        """Whether the engine parses the body; it compares case-sensitively."""
        return "application/json" in self.content_type

    @property
    def trace(self) -> Trace:
        """The trace context of the client, if it sent one."""
        return Trace.read(self.headers.get("traceparent"), self.headers.get("baggage"))

    def payload(self, route: Route, body: bytes, upload: Channel, download: Channel) -> Raw:
        """Return the data of the call.

        Args:
            route: the trigger that fires; both paths of the payload are its pattern.
            body: the whole body if it is to be parsed, else nothing.
            upload, download: the channels of the request's and the response's body.
        """
        return Raw(
            serde.dumps(
                {
                    "body": _parsed(body),
                    "headers": self.headers,
                    "method": self.method,
                    "path": route.path,
                    "path_params": route.parameters(self.path),
                    "query_params": self.query,
                    "request_body": upload.reader,
                    "response": download.writer,
                    "trigger": {"type": "http", "method": self.method, "path": route.path},
                }
            )
        )


def _parsed(body: bytes) -> Any:
    try:
        return serde.loads(body) if body else None
    except ValueError:
        return None


def _text(value: bytes) -> str:
    text = value.decode("latin-1").strip(" \t")
    return text if text.isascii() else ""


def _pairs(query: bytes) -> list[tuple[str, str]]:
    """Decode a query; raw bytes that a client did not encode count as UTF-8."""
    text = query.decode("utf-8", "replace")
    return parse_qsl(text, keep_blank_values=True, errors="replace")
