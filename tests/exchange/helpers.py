"""Payloads and invocations as the engine makes them, and what an app sees of a request."""

from __future__ import annotations

import re
from typing import Any

import httpx
from msgspec import Raw

from iii_asgi.asgi.scope import http_scope
from iii_asgi.catalogue.model import Function, HttpTrigger, PathParameter
from iii_asgi.exchange import http_trigger
from iii_asgi.exchange.http_trigger import HttpPayload
from iii_asgi.invocation import Invocation
from iii_asgi.protocol.messages import encode

__all__ = [
    "Nobody",
    "app_function",
    "function",
    "http_data",
    "http_payload",
    "invocation",
    "scope_of",
]


class Nobody:
    """A worker that calls nothing."""

    async def trigger(self, function_id: str, data: Any = None, **options: Any) -> Any:
        """Refuse."""
        raise AssertionError(function_id)


def invocation(traceparent: str | None = None, baggage: str | None = None) -> Invocation:
    """Return an invocation with this trace context."""
    return Invocation(
        id="0b5ee3f4-9f0c-4c3e-9d5a-0b5c3c2f0001",
        function_id="users::get",
        trigger=None,
        metadata=None,
        caller_worker_id=None,
        traceparent=traceparent,
        baggage=baggage,
        worker=Nobody(),
    )


def function(path: str = "/users/{user_id}", *triggers: str, **fields: Any) -> Function:
    """Return a function on this template, with triggers such as ``GET /users/:user_id``."""
    parameters = tuple(
        PathParameter(name, convertor or "str")
        for name, convertor in re.findall(r"{(\w+)(?::(\w+))?}", path)
    )
    bound = [trigger.split(" ") for trigger in triggers]
    defaults: dict[str, Any] = {"id": "users::get", "kind": "route", "methods": ("GET",)}
    return Function(
        path=path,
        parameters=parameters,
        triggers=tuple(HttpTrigger("t", method, api_path) for method, api_path in bound),
        **defaults | fields,
    )


def app_function(path: str = "/{path:path}") -> Function:
    """Return the function of an opaque app behind this template."""
    return function(path, id="shop::app", kind="app", methods=("GET", "POST"))


def http_data(
    path: str = "/users/:user_id", actual: str | None = None, **fields: Any
) -> dict[str, Any]:
    """Return what an HTTP trigger sends; `actual` is the path of the standalone front end."""
    data: dict[str, Any] = {
        "method": "GET",
        "path": path,
        "headers": {"host": "shop.example:8080"},
        "path_params": {},
        "query_params": {},
        "body": None,
        "request_body": {"channel_id": "c1", "access_key": "k1", "direction": "read"},
        "response": {"channel_id": "c2", "access_key": "k2", "direction": "write"},
    }
    data |= fields
    data["trigger"] = {"type": "http", "path": actual or path, "method": data["method"]}
    return data


def http_payload(
    path: str = "/users/:user_id", actual: str | None = None, **fields: Any
) -> HttpPayload:
    """Return the payload of an HTTP trigger (see `http_data`), read."""
    payload = http_trigger.infer(Raw(encode(http_data(path, actual, **fields))))
    assert payload is not None
    return payload


def scope_of(request: httpx.Request) -> dict[str, Any]:
    """Return the scope that an app gets of a request."""
    return http_scope(request, root_path="", client=None, state=None)
