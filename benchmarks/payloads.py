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
_CHANNEL = "5f0c2b1e-8c38-4f0a-9d5e-3b6f3f1a7c11"
_TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@dataclass(frozen=True)
class HttpCall:
    """A GET request to a function, as the engine tells of it."""

    function_id: str
    pattern: str
    path: str
    path_params: dict[str, str] = field(default_factory=dict)
    query_params: dict[str, str] = field(default_factory=dict)

    @property
    def target(self) -> str:
        """Return the request target of the same request over HTTP."""
        query = "&".join(f"{key}={value}" for key, value in self.query_params.items())
        return f"{self.path}?{query}" if query else self.path


USER_CALL = HttpCall("users::get", "/users/:user_id", "/users/42", {"user_id": "42"}, {"q": "1"})


def http_payload(call: HttpCall) -> bytes:
    """Return the ``data`` of the invocation: every key that the engine gives."""
    return encode(
        {
            "query_params": call.query_params,
            "path_params": call.path_params,
            "headers": _HEADERS,
            "path": call.pattern,
            "method": "GET",
            "body": None,
            "trigger": {"type": "http", "path": call.path, "method": "GET"},
            "request_body": _channel("read"),
            "response": _channel("write"),
        }
    )


def _channel(direction: str) -> dict[str, str]:
    return {"channel_id": _CHANNEL, "access_key": _CHANNEL, "direction": direction}


def frame_parts(call: HttpCall) -> tuple[bytes, bytes]:
    """Return an invocation's text before and after the last 12 digits of its id.

    Only these change from one to the next: answers that come twice must be told from
    answers to the next call.
    """
    frame = encode(
        InvokeFunction(
            function_id=call.function_id,
            data=msgspec.Raw(http_payload(call)),
            invocation_id=f"00000000-0000-4000-8000-{_MARK}",
            traceparent=_TRACEPARENT,
        )
    )
    before, _, after = frame.partition(_MARK.encode())
    return before, after
