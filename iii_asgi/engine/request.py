"""What a function gets of an HTTP request, with what that loses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from iii_asgi.engine import serde
from iii_asgi.engine.channels import Channel
from iii_asgi.engine.http1 import Head
from iii_asgi.engine.invocations import Trace
from iii_asgi.engine.routes import Route

__all__ = ["Request"]


@dataclass(frozen=True, slots=True)
class Request:
    """The parts of a request that reach a function.

    Attributes:
        path: as the client sent it, still percent-encoded.
        query: decoded; the last value of a repeated key.
        headers: lower-case names; the last value of a repeated one.
        content_type: the first one, when there are several.
    """

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    content_type: str

    @classmethod
    def read(cls, head: Head, unreadable: str | None) -> Request:
        """Take the parts from a request's head.

        Args:
            head: of the request.
            unreadable: what a header value that is not plain ASCII becomes; with None it is
                as if it had not come.
        """
        pairs = [
            (name, value.decode() if value.isascii() else unreadable)
            for name, value in head.headers
        ]
        types = [value for name, value in pairs if name == "content-type" and value is not None]
        return cls(
            method=head.method,
            path=head.path,
            query=dict(_pairs(head.query)),
            headers={name: value for name, value in pairs if value is not None},
            content_type=types[0] if types else "",
        )

    @property
    def trace(self) -> Trace:
        """The trace context of the client, if it sent one."""
        return Trace.read(self.headers.get("traceparent"), self.headers.get("baggage"))

    def payload(
        self, route: Route, body: bytes, upload: Channel, download: Channel
    ) -> dict[str, Any]:
        """Return the data of the call, as both front ends have it.

        Args:
            route: the trigger that fires; ``path`` of the payload is its pattern.
            body: the whole body if it is to be parsed, else nothing.
            upload, download: the channels of the request's and the response's body.
        """
        return {
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


def _parsed(body: bytes) -> Any:
    try:
        return serde.loads(body) if body else None
    except ValueError:
        return None


def _pairs(query: str) -> list[tuple[str, str]]:
    """Decode a query; what is no UTF-8 becomes U+FFFD."""
    return parse_qsl(query, keep_blank_values=True, errors="replace") if query else []
