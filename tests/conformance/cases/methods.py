"""Methods: those of HTTP, those of others, and those that a path does not have."""

from __future__ import annotations

from fastapi import FastAPI
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from tests.conformance.case import Case, case
from tests.conformance.cases.echo import METHODS, echo
from tests.conformance.losses import HEAD_OF_GET, OPTIONS, OTHER_METHOD, UNKNOWN_METHOD

__all__ = ["CASES", "add_to"]


def add_to(app: FastAPI) -> None:
    """Add the endpoints of this theme."""
    app.router.routes.append(
        Route("/methods/echo", echo, methods=[*METHODS, "OPTIONS", "TRACE", "PROPFIND"])
    )

    @app.get("/methods/get")
    async def get_only() -> str:
        return "got"

    @app.head("/methods/head")
    async def head_only() -> PlainTextResponse:
        return PlainTextResponse("", headers={"x-head": "yes", "content-length": "1234"})

    app.router.routes.append(Route("/methods/both", lambda _: PlainTextResponse("both")))

    @app.put("/methods/put/{n}", status_code=201)
    async def put(n: int) -> int:
        return n

    @app.delete("/methods/put/{n}", status_code=204, response_model=None)
    async def delete(n: int) -> None:
        return None

    @app.patch("/methods/patch")
    async def patch(change: dict[str, int]) -> dict[str, int]:
        return change


CASES: list[Case] = [
    *(case(f"{method}", "/methods/echo", method) for method in METHODS if method != "HEAD"),
    *(
        case(f"{method} with a body", "/methods/echo", method, body=b"body")
        for method in METHODS
        if method != "HEAD"
    ),
    case("HEAD of its own", "/methods/head", "HEAD"),
    case("HEAD of a Starlette route", "/methods/both", "HEAD"),
    case("PUT of a route", "/methods/put/7", "PUT"),
    case("DELETE of a route", "/methods/put/7", "DELETE"),
    case("DELETE, wrong", "/methods/put/x", "DELETE"),
    case(
        "PATCH of JSON", "/methods/patch", "PATCH", ["Content-Type: application/json"], b'{"a":1}'
    ),
    case("HEAD of a GET route", "/methods/get", "HEAD", losses=[HEAD_OF_GET]),
    case("POST to a GET route", "/methods/get", "POST", losses=[OTHER_METHOD]),
    case("GET of a PUT route", "/methods/put/7", losses=[OTHER_METHOD]),
    case("DELETE of a mixed route", "/methods/patch", "DELETE", losses=[OTHER_METHOD]),
    case("OPTIONS", "/methods/echo", "OPTIONS", losses=[OPTIONS]),
    case(
        "preflight",
        "/methods/get",
        "OPTIONS",
        ["Origin: http://x", "Access-Control-Request-Method: GET"],
        losses=[OPTIONS],
    ),
    case("TRACE", "/methods/echo", "TRACE", losses=[UNKNOWN_METHOD]),
    case("PROPFIND", "/methods/echo", "PROPFIND", losses=[UNKNOWN_METHOD]),
]
