"""An endpoint that answers with all that an app can see of a request."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tests.conformance.case import ECHO

__all__ = ["METHODS", "echo"]

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]


async def echo(request: Request) -> Response:
    """Answer with the scope and the body."""
    scope = request.scope
    content = {
        "asgi": scope["asgi"]["version"],
        "http_version": scope["http_version"],
        "method": scope["method"],
        "scheme": scope["scheme"],
        "path": scope["path"],
        "raw_path": scope["raw_path"].decode("latin-1"),
        "query_string": scope["query_string"].decode("latin-1"),
        "root_path": scope["root_path"],
        "headers": [[n.decode("latin-1"), v.decode("latin-1")] for n, v in scope["headers"]],
        "client": scope["client"],
        "server": scope["server"],
        "state": scope["state"],
        "extensions": scope.get("extensions", {}),
        "path_params": _plain(scope["path_params"]),
        "url": str(request.url),
        "body": (await request.body()).decode("latin-1"),
    }
    return JSONResponse(content, headers={ECHO: "yes"})


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    """Return values with a type that JSON does not have as text."""
    return {k: v if isinstance(v, str | int | float) else repr(v) for k, v in values.items()}
