"""Apps in apps: FastAPI, Starlette, WSGI and bare ASGI, with middleware of their own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from a2wsgi import WSGIMiddleware
from fastapi import FastAPI, Request, Response
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.httpsredirect import HTTPSRedirectMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import JSONResponse, PlainTextResponse, StreamingResponse
from starlette.routing import Mount, Route
from starlette.types import Receive, Scope, Send

from tests.conformance.case import Case, case
from tests.conformance.cases.echo import METHODS, echo
from tests.conformance.losses import CORS_ORIGIN, STREAMED_ORDER, UNKNOWN_PATH

__all__ = ["CASES", "add_to"]


def add_to(app: FastAPI) -> None:
    """Add the apps of this theme."""
    app.mount("/mounts/starlette", _starlette())
    app.mount("/mounts/fastapi", _fastapi())
    app.mount("/mounts/wsgi", WSGIMiddleware(wsgi))  # type: ignore[arg-type]
    app.mount("/mounts/bare", bare)
    app.mount("/mounts/tenants/{tenant}", Starlette(routes=[Route("/echo/{name}", echo)]))
    for name, middleware in {
        "gzip": Middleware(GZipMiddleware, minimum_size=100),
        "stamp": Middleware(Stamp),
        "cors": Middleware(CORSMiddleware, allow_origins=["http://a.example"]),
        "trusted": Middleware(TrustedHostMiddleware, allowed_hosts=["shop.example"]),
        "https": Middleware(HTTPSRedirectMiddleware),
    }.items():
        app.mount(f"/mounts/{name}", Starlette(routes=_routes(), middleware=[middleware]))


def _routes() -> list[Any]:
    return [
        Route("/echo", echo, methods=METHODS),
        Route("/text", lambda _: PlainTextResponse("text " * 100)),
        Route("/short", lambda _: PlainTextResponse("short")),
        Route("/json", lambda _: JSONResponse({"a": 1.50})),
        Route(
            "/stream", lambda _: StreamingResponse(iter(["a" * 200, "b"]), media_type="text/plain")
        ),
        Route("/crash", _crash),
    ]


async def _crash(request: Request) -> Response:
    raise RuntimeError("secret")


def _starlette() -> Starlette:
    inner = Starlette(routes=[Route("/echo/{name:path}", echo), Route("/", echo, name="index")])
    return Starlette(
        routes=[
            Route("/", echo),
            Route("/echo/{name}", echo, methods=METHODS),
            Route("/slash/", echo),
            Route("/made/{name}", _made, name="made"),
            Mount("/inner", inner, name="inner"),
        ]
    )


async def _made(request: Request) -> JSONResponse:
    return JSONResponse(
        [str(request.url_for("made", name="é")), str(request.url), str(request.base_url)]
    )


def _fastapi() -> FastAPI:
    app = FastAPI(title="Mounted", version="2")

    @app.get("/items/{item_id}")
    async def item(item_id: int, q: str = "") -> list[object]:
        return [item_id, q]

    app.mount("/again", _starlette())
    return app


def wsgi(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """A WSGI app that answers with its request."""
    keys = (
        "REQUEST_METHOD",
        "SCRIPT_NAME",
        "PATH_INFO",
        "QUERY_STRING",
        "CONTENT_TYPE",
        "HTTP_X_A",
    )
    body = environ["wsgi.input"].read()
    start_response("201 Made", [("Content-Type", "text/plain"), ("X-W", "1"), ("X-W", "2")])
    yield repr([environ.get(key) for key in keys]).encode()
    yield b" " + body


async def bare(scope: Scope, receive: Receive, send: Send) -> None:
    """An ASGI app that no introspection can read."""
    text = " ".join([scope["method"], scope["path"], scope["root_path"]])
    await send(
        {
            "type": "http.response.start",
            "status": 200,
            "headers": [(b"content-type", b"text/plain"), (b"x-b", b"1"), (b"x-a", b"2")],
        }
    )
    await send({"type": "http.response.body", "body": text.encode()})


class Stamp(BaseHTTPMiddleware):
    """Reads the body on the way in and adds a header on the way out."""

    async def dispatch(self, request: Request, call_next: RequestResponseEndpoint) -> Response:
        """Stamp the response."""
        body = await request.body()
        response = await call_next(request)
        response.headers["x-stamp"] = str(len(body))
        return response


JSON = "Content-Type: application/json"

CASES: list[Case] = [
    *(
        case(f"starlette {path}", f"/mounts/starlette{path}")
        for path in (
            "/",
            "",
            "/echo/a%20b",
            "/slash/",
            "/slash",
            "/made/x",
            "/inner/",
            "/inner",
            "/inner/echo/a/b",
            "/inner/echo/a%2520b",
        )
    ),
    case("starlette, body", "/mounts/starlette/echo/x?a=1", "PUT", [JSON], b'{"a": 2.50}'),
    case("starlette, not there", "/mounts/starlette/nothing", losses=[UNKNOWN_PATH]),
    case("starlette, deeper, not there", "/mounts/starlette/inner/nothing", losses=[UNKNOWN_PATH]),
    case("fastapi", "/mounts/fastapi/items/7?q=x"),
    case("fastapi, wrong", "/mounts/fastapi/items/x"),
    case("fastapi, schema", "/mounts/fastapi/openapi.json"),
    case("fastapi, documentation", "/mounts/fastapi/docs"),
    case("fastapi, starlette, again", "/mounts/fastapi/again/inner/echo/x"),
    case("schema", "/openapi.json"),
    case("documentation", "/docs"),
    case("wsgi", "/mounts/wsgi/a/b%20c?d=e", lines=["X-A: v"], losses=[STREAMED_ORDER]),
    case("wsgi, root", "/mounts/wsgi/", losses=[STREAMED_ORDER]),
    case("wsgi, body", "/mounts/wsgi/x", "POST", [JSON], b'{"a": 2.50}', losses=[STREAMED_ORDER]),
    case("wsgi, HEAD", "/mounts/wsgi/x", "HEAD", losses=[STREAMED_ORDER]),
    case("bare", "/mounts/bare/a/b"),
    case("bare, without a slash", "/mounts/bare"),
    case("bare, PATCH", "/mounts/bare/x", "PATCH", body=b"x"),
    case("tenants", "/mounts/tenants/a%20b/echo/c"),
    case("gzip", "/mounts/gzip/text", lines=["Accept-Encoding: gzip"], losses=[STREAMED_ORDER]),
    case("gzip not asked for", "/mounts/gzip/text"),
    case("gzip, short", "/mounts/gzip/short", lines=["Accept-Encoding: gzip"]),
    case(
        "gzip, stream",
        "/mounts/gzip/stream",
        lines=["Accept-Encoding: gzip"],
        losses=[STREAMED_ORDER],
    ),
    *(
        case(
            f"stamp, {name}",
            f"/mounts/stamp/{name}",
            losses=[STREAMED_ORDER] if name == "stream" else [],
        )
        for name in ("echo", "text", "json", "stream", "crash")
    ),
    case("stamp, body", "/mounts/stamp/echo", "POST", [JSON], b'{"b": 2.50, "a": 1}'),
    case("cors, no origin", "/mounts/cors/json"),
    case("cors", "/mounts/cors/json", lines=["Origin: http://a.example"], losses=[CORS_ORIGIN]),
    case("cors, other origin", "/mounts/cors/json", lines=["Origin: http://b.example"]),
    case("trusted host", "/mounts/trusted/echo"),
    case("other host", "/mounts/trusted/echo", lines=["Host: other.example"]),
    case("https redirect", "/mounts/https/echo?a=1"),
    case("unknown path", "/nothing/here", losses=[UNKNOWN_PATH]),
    case("root", "/", losses=[UNKNOWN_PATH]),
    case("star", "/*", losses=[UNKNOWN_PATH]),
]
