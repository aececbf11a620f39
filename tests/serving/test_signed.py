"""A webhook signs the bytes of its body: whoever checks them gets them."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Mount
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from iii_asgi.engine import Engine
from tests.engine.helpers import fetch
from tests.serving.helpers import bridged

pytestmark = pytest.mark.anyio

SECRET = b"s3cret"
BODIES = [
    b'{"name":"a"}',
    b'{ "name" : "caf\\u00e9",\n\t"amount": 2.50, "amount": 1e2 }',
    b'{"z": 0.1234567890123456789, "name": "b", "a": 123456789012345678901234567890}',
    '\ufeff{"name":"c"}'.encode(),
    b"[-0, 1E+2]",
]


class Event(BaseModel):
    """Closed, and so without need of the exact bytes by itself."""

    name: str


def check(body: bytes, headers: Any) -> None:
    """Refuse a body that was not signed."""
    signature = hmac.new(SECRET, body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(signature, headers.get("x-signature", "")):
        raise HTTPException(401, "wrong signature")


async def verified(request: Request) -> None:
    """Check the signature; for use as a dependency."""
    check(await request.body(), request.headers)


def in_endpoint() -> ASGIApp:
    """Return an app that checks in its endpoint."""
    app = FastAPI()

    @app.post("/hook")
    async def hook(request: Request) -> str:
        await verified(request)
        return "signed"

    return app


def in_dependency() -> ASGIApp:
    """Return an app that checks in a dependency of a router's, beside a model."""
    router = APIRouter(dependencies=[Depends(verified)])

    @router.post("/hook")
    def hook(event: Event) -> str:
        return "signed"

    app = FastAPI()
    app.include_router(router)
    return app


def in_dependency_of_app() -> ASGIApp:
    """Return an app that checks in a dependency of all, deep down."""

    def nested(_: Annotated[None, Depends(verified)]) -> None: ...

    app = FastAPI(dependencies=[Depends(nested)])

    @app.post("/hook")
    def hook(event: Event) -> str:
        return "signed"

    return app


class Checking:
    """A middleware that reads the body, and gives it on."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope, receive)
        body = await request.body()
        try:
            check(body, request.headers)
        except HTTPException as error:
            answer = PlainTextResponse(error.detail, error.status_code)
            await answer(scope, receive, send)
            return

        async def again() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        await self.app(scope, again, send)


def plain() -> FastAPI:
    """Return an app that checks nothing by itself."""
    app = FastAPI()

    @app.post("/hook")
    def hook(event: Event) -> str:
        return "signed"

    return app


def in_middleware() -> ASGIApp:
    """Return an app that checks in a middleware."""
    app = plain()
    app.add_middleware(Checking)
    return app


def in_http_middleware() -> ASGIApp:
    """Return an app that checks in a function for ``@app.middleware("http")``."""
    app = plain()

    @app.middleware("http")
    async def checked(
        request: Request, call_next: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        try:
            await verified(request)
        except HTTPException as error:
            return PlainTextResponse(error.detail, error.status_code)
        return await call_next(request)

    return app


def around() -> ASGIApp:
    """Return an app with a middleware around it."""
    return Checking(plain())


def around_mount() -> ASGIApp:
    """Return an app that is mounted in one with such a middleware."""
    return FastAPI(routes=[Mount("/", plain())], middleware=[Middleware(Checking)])


def in_route_class() -> ASGIApp:
    """Return an app that checks in the handler of a route class."""

    class CheckingRoute(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:  # type: ignore[override]
            handler = super().get_route_handler()

            async def checked(request: Request) -> Response:
                await verified(request)
                return await handler(request)

            return checked

    app = FastAPI()
    router = APIRouter(route_class=CheckingRoute)

    @router.post("/hook")
    def hook(event: Event) -> str:
        return "signed"

    app.include_router(router)
    return app


@pytest.mark.parametrize(
    "make",
    [
        in_endpoint,
        in_dependency,
        in_dependency_of_app,
        in_middleware,
        in_http_middleware,
        around,
        around_mount,
        in_route_class,
    ],
)
async def test_signature(make: Callable[[], ASGIApp], engine: Engine) -> None:
    """A signature is checked over the client's own bytes, wherever that is done."""
    async with bridged(engine, make()):
        for body in BODIES:
            signature = hmac.new(SECRET, body, hashlib.sha256).hexdigest()
            headers = ("Content-Type: application/json", f"X-Signature: {signature}")
            answer = await fetch(engine, "/hook", "POST", headers, body)
            assert answer.status in (200, 422), (answer, body)

            headers = ("Content-Type: application/json", "X-Signature: 0")
            assert (await fetch(engine, "/hook", "POST", headers, body)).status == 401


async def test_body_in_exception_handler(engine: Engine) -> None:
    """A handler of a 422 that keeps the body keeps what the client sent."""
    app = plain()

    @app.exception_handler(RequestValidationError)
    async def keep(request: Request, error: RequestValidationError) -> Response:
        return Response(await request.body(), 422)

    async with bridged(engine, app):
        body = b'{"z": 2.50, "name": 1}'
        answer = await fetch(engine, "/hook", "POST", ("Content-Type: application/json",), body)

    assert (answer.status, answer.body) == (422, body)
