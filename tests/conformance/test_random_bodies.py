"""Random JSON for random models: what the endpoint gets is what it gets under a server."""

from __future__ import annotations

import contextlib
import json
import re
from typing import Any

import anyio
import httpx
from fastapi import FastAPI
from hypothesis import event, given
from hypothesis import strategies as st
from msgspec import Raw
from pydantic import BaseModel
from starlette.responses import PlainTextResponse, Response

from iii_asgi import Settings
from iii_asgi.catalogue.build import build_catalogue
from iii_asgi.catalogue.model import Function
from iii_asgi.engine import serde
from iii_asgi.exchange import http_trigger
from iii_asgi.protocol.messages import encode
from tests.conformance.models import bodies

JSON = {"content-type": "application/json"}


def shown(value: Any) -> str:
    """Return all that an endpoint can see of its argument."""
    if isinstance(value, BaseModel):
        fields = {name: shown(part) for name, part in value}
        extra = [(name, shown(part)) for name, part in (value.model_extra or {}).items()]
        return f"{type(value).__name__} {fields} {sorted(value.model_fields_set)} {extra}"
    if isinstance(value, dict):
        return repr([(name, shown(part)) for name, part in value.items()])
    if isinstance(value, list | tuple):
        return f"{type(value).__name__} {[shown(part) for part in value]}"
    if hasattr(value, "__dataclass_fields__"):
        return f"{type(value).__name__} {shown(vars(value))}"
    return f"{type(value).__name__} {value!r}"


def app_for(annotation: Any) -> FastAPI:
    """Return an app with an endpoint that shows what it gets."""
    app = FastAPI(openapi_url=None)

    def call(body) -> Response:  # type: ignore[no-untyped-def]
        return PlainTextResponse(shown(body).encode("utf-8", "surrogatepass"))

    call.__annotations__["body"] = annotation
    app.post("/", response_class=PlainTextResponse)(call)
    return app


async def answer(app: FastAPI, body: bytes) -> Any:
    """Return how the app answers: what the endpoint saw, or what was wrong, in any order."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://t") as client:
        response = await client.post("/", content=body, headers=JSON)
    if response.status_code != 422:
        return response.status_code, response.content
    errors = [json.dumps(error, sort_keys=True) for error in response.json()["detail"]]
    return 422, sorted(errors)


def through_engine(function: Function, body: bytes, times: int) -> bytes:
    """Return the body that the app gets, once the engine has re-written it some times."""
    written = Raw(body)
    try:
        for _ in range(times):
            written = serde.rewrite(bytes(written))
    except ValueError:
        written = Raw(b"null")
    data = {
        "trigger": {"type": "http", "method": "POST", "path": "/"},
        "method": "POST",
        "path": "/",
        "headers": {"host": "t", "content-length": str(len(body)), **JSON},
        "path_params": {},
        "query_params": {},
        "body": written,
        "request_body": {"channel_id": "c", "access_key": "k", "direction": "read"},
    }
    payload = http_trigger.infer(Raw(encode(data)))
    assert payload is not None
    found = http_trigger.body_of(payload, function.body)
    event(f"{function.body}: {'inline' if isinstance(found, bytes) else 'by channel'}")
    return found if isinstance(found, bytes) else body


@given(st.data())
def test_endpoint_sees_the_same(data: st.DataObject) -> None:
    """Whatever the types and the spelling, values and their order are as under a server."""
    annotation, texts = data.draw(bodies)
    sent = data.draw(texts).encode("utf-8", "surrogatepass")
    sent = data.draw(st.sampled_from([sent, compact(sent), as_long(sent)]))
    app = app_for(annotation)
    (function,) = build_catalogue(app, settings=Settings(http="off")).functions
    # A front end that is a worker of its own re-writes it once more.
    got = through_engine(function, sent, times=data.draw(st.integers(1, 2)))
    if got != sent:
        anyio.run(compare, app, sent, got)


def compact(text: bytes) -> bytes:
    """Return JSON text without the spaces between its parts, as most clients send it."""
    return re.sub(rb'("(?:[^"\\]|\\.)*")|\s+', rb"\1", text)


def as_long(text: bytes) -> bytes:
    """Return JSON text, compact but for spaces that make it as long as the engine's."""
    text = compact(text)
    with contextlib.suppress(ValueError):
        text = text[:1] + b" " * (len(bytes(serde.rewrite(text))) - len(text)) + text[1:]
    return text


async def compare(app: FastAPI, sent: bytes, got: bytes) -> None:
    """Compare what the app makes of both."""
    assert await answer(app, got) == await answer(app, sent)
