"""The ASGI scope of an `httpx.Request`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

import httpx

__all__ = ["http_scope"]

_DEFAULT_PORTS = {"http": 80, "https": 443}


def http_scope(
    request: httpx.Request,
    *,
    root_path: str,
    client: tuple[str, int] | None,
    state: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """Return the scope that a server would make of this request.

    The path is that of the request's ``target`` extension, else of its URL. httpx
    normalises dot segments and quoting in a URL, but leaves a target as it is.

    Args:
        request: its ``scope`` extension (a dict), if any, adds or overrides entries.
        root_path: put in front of both paths, as servers do.
        client: address and port of the peer, None when unknown.
        state: of the lifespan; the scope gets a shallow copy. None when there is none.

    Raises:
        httpx.LocalProtocolError: the target is not ASCII.
    """
    url = request.url
    extensions = request.extensions
    raw_path, _, query = (extensions.get("target") or url.raw_path).partition(b"?")
    try:
        path = raw_path.decode("ascii")
    except UnicodeDecodeError:
        raise httpx.LocalProtocolError("the request target is not ASCII", request=request) from None
    if "%" in path:
        path = unquote(path)  # bytes that are not UTF-8 become U+FFFD
    scope: dict[str, Any] = {
        "type": "http",
        # Not 2.4: Starlette would then no longer watch for a disconnect while a stream
        # is idle.
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": url.scheme,
        "path": root_path + path,
        "raw_path": root_path.encode() + raw_path,
        "query_string": query,
        "root_path": root_path,
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
        "client": client,
        "extensions": {},
    }
    if state is not None:
        scope["state"] = dict(state)
    if extra := extensions.get("scope"):
        scope.update(extra)
    if "server" not in scope:
        scope["server"] = (url.host, url.port or _DEFAULT_PORTS.get(url.scheme))
    return scope
