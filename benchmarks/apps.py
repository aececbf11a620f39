"""The apps that are measured: one route each, raw, on Starlette, on FastAPI; and a large one."""

from __future__ import annotations

from fastapi import APIRouter, FastAPI
from pydantic import BaseModel
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

__all__ = ["fastapi_app", "large_app", "raw_app", "starlette_app"]


async def raw_app(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer at once: what is left is the cost of the bridge."""
    assert scope["type"] == "http"
    await send(
        {
            "type": "http.response.start",
            "status": 200,
            "headers": [(b"content-type", b"application/json"), (b"content-length", b"11")],
        }
    )
    await send({"type": "http.response.body", "body": b'{"ok":true}'})


async def show_user(request: Request) -> Response:
    """Answer with JSON made of a path and a query parameter."""
    return JSONResponse(
        {"id": request.path_params["user_id"], "q": request.query_params.get("q")},
    )


starlette_app = Starlette(routes=[Route("/users/{user_id}", show_user)])

fastapi_app = FastAPI(openapi_url=None)


class User(BaseModel):
    """A small response model."""

    id: int
    name: str
    q: str | None = None
    tags: list[str] = []


@fastapi_app.get("/users/{user_id}")
async def get_user(user_id: int, q: str | None = None) -> User:
    """Answer with a model, validated both ways: the typical FastAPI route."""
    return User(id=user_id, name="Ada Lovelace", q=q, tags=["a", "b"])


def large_app(routes: int, *, in_routers: bool) -> FastAPI:
    """Return an app of so many routes with models and parameters.

    Args:
        routes: a multiple of ten.
        in_routers: ten routes a router, which FastAPI builds when it first needs them; else
            all on the app, built here.
    """
    app = FastAPI()
    for number in range(routes // 10):
        place = APIRouter() if in_routers else app.router
        for action in range(5):
            path = f"/things{number}/{{thing_id}}/action{action}"
            place.add_api_route(path, get_user_of, methods=["GET"])
            place.add_api_route(path, put_user_of, methods=["PUT"])
        if in_routers:
            app.include_router(place)
    return app


async def get_user_of(thing_id: int, q: str | None = None) -> User:
    """Answer with a model."""
    return User(id=thing_id, name="", q=q)


async def put_user_of(thing_id: int, user: User) -> User:
    """Take and give a model."""
    return user
