"""What the engine sends when an HTTP trigger fires, as text that is ready to go."""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

from iii_asgi.protocol.messages import InvokeFunction, encode

__all__ = ["USER_CALL", "HttpCall", "frame_parts", "http_payload"]

_HEADERS = {
    "host": "localhost:3111",
    "user-agent": "curl/8.5.0",
    "accept": "*/*",
    "content-type": "application/json",
}
_MARK = "############"
_KEY = "5f0c2b1e-8c38-4f0a-9d5e-3b6f3f1a7c11"
_TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@dataclass(frozen=True)
class HttpCall:
    """A request to a function, as the engine tells of it.

    Attributes:
        body: of the request; its exact bytes come by channel.
        is_inline: the body stands in the invocation, too, as JSON.
        content_type: of the body.
    """

    function_id: str
    pattern: str
    path: str
    path_params: dict[str, str] = field(default_factory=dict)
    query_params: dict[str, str] = field(default_factory=dict)
    method: str = "GET"
    body: bytes = b""
    is_inline: bool = False
    content_type: str = "application/json"

    @property
    def target(self) -> str:
        """Return the request target of the same request over HTTP."""
        query = "&".join(f"{key}={value}" for key, value in self.query_params.items())
        return f"{self.path}?{query}" if query else self.path

    @property
    def headers(self) -> dict[str, str]:
        """Return the headers of the request."""
        headers = _HEADERS | {"content-type": self.content_type}
        return headers | {"content-length": str(len(self.body))} if self.body else headers


USER_CALL = HttpCall("users::get", "/users/:user_id", "/users/42", {"user_id": "42"}, {"q": "1"})


def http_payload(call: HttpCall) -> bytes:
    """Return the ``data`` of the invocation: every key that the engine gives."""
    return encode(
        {
            "query_params": call.query_params,
            "path_params": call.path_params,
            "headers": call.headers,
            "path": call.pattern,
            "method": call.method,
            "body": msgspec.Raw(call.body) if call.is_inline else None,
            "trigger": {"type": "http", "path": call.path, "method": call.method},
            "request_body": _channel("read"),
            "response": _channel("write"),
        }
    )


def _channel(direction: str) -> dict[str, str]:
    return {"channel_id": _MARK, "access_key": _KEY, "direction": direction}


def frame_parts(call: HttpCall) -> list[bytes]:
    """Return an invocation's text in parts, to be joined by twelve digits.

    They are the end of its id and the names of its channels, and all that changes from one to
    the next: answers that come twice must be told from answers to the next call.
    """
    frame = encode(
        InvokeFunction(
            function_id=call.function_id,
            data=msgspec.Raw(http_payload(call)),
            invocation_id=f"00000000-0000-4000-8000-{_MARK}",
            traceparent=_TRACEPARENT,
        )
    )
    return frame.split(_MARK.encode())
