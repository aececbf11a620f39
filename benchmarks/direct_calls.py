"""In process: a direct call with plain arguments, against the same request by HTTP trigger."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

import msgspec
from fastapi import FastAPI

from benchmarks.apps import User, fastapi_app
from benchmarks.in_process import Variant, times
from benchmarks.payloads import USER_CALL, HttpCall, http_payload
from benchmarks.rows import Effort, Result, Row, Suite, at_most
from iii_asgi import process
from iii_asgi.asgi.transport import ASGITransport
from iii_asgi.catalogue.build import build_catalogue
from iii_asgi.catalogue.describe import describe
from iii_asgi.invocation import Caller
from iii_asgi.protocol.messages import InvokeFunction, encode
from iii_asgi.serving.bodies import ChannelOpener
from iii_asgi.serving.handler import InvocationHandler
from iii_asgi.settings import Settings

__all__ = ["SUITE"]

_USER: dict[str, Any] = {"id": 42, "name": "Ada Lovelace", "q": None, "tags": ["a", "b"]}
_CALLER_ID = "5f0c2b1e-8c38-4f0a-9d5e-3b6f3f1a7c11"
_CALLER = {"_caller_worker_id": _CALLER_ID}  # which the engine adds to the arguments
_POST_CALL = HttpCall(
    "users::post", "/users", "/users", method="POST", body=encode(_USER), is_inline=True
)

_app = FastAPI(openapi_url=None)
_app.include_router(fastapi_app.router)


@_app.post("/users")
async def post_user(user: User) -> User:
    """Take a model and give it back."""
    return user


_CALLS: Mapping[Row, tuple[HttpCall, dict[str, Any]]] = {
    Row("in process: direct call, path and query, time / HTTP trigger", at_most(1.15)): (
        USER_CALL,
        {"user_id": 42, "q": "1"},
    ),
    Row("in process: direct call, JSON body, time / HTTP trigger", at_most(1.15)): (
        _POST_CALL,
        _USER,
    ),
}


def _measure(rows: Sequence[Row], effort: Effort) -> Iterator[Result]:
    functions = describe(build_catalogue(_app, settings=Settings())).functions
    handler = InvocationHandler(
        functions,
        ASGITransport(_app, state={}),
        cast(ChannelOpener, None),  # the bodies are short
        cast(Caller, None),  # the app calls nobody
        access_log=False,
    )
    ids = {one.method: one.id for one in functions if not one.internal}
    for row in rows:
        http, arguments = _CALLS[row]
        variants = {
            "direct": _call(handler, ids[http.method], encode({**arguments, **_CALLER})),
            "HTTP": _call(handler, ids[http.method], http_payload(http)),
        }
        taken = process.run(times(variants, effort))
        yield Result(row, [a / b for a, b in zip(taken["direct"], taken["HTTP"], strict=True)])


def _call(handler: InvocationHandler, function_id: str, data: bytes) -> Variant:
    """Return one invocation, from its message to the text of its result."""
    message = InvokeFunction(
        function_id=function_id, data=msgspec.Raw(data), invocation_id=_CALLER_ID
    )

    async def call() -> bytes:
        return encode(await handler(message))

    return call


SUITE = Suite(tuple(_CALLS), _measure)
