"""What happens around an answer: failures, teardown, background work, state, the connection."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextvars import ContextVar
from typing import Annotated, Any

from fastapi import BackgroundTasks, Depends, FastAPI, HTTPException, Request
from fastapi.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tests.conformance.case import Case, Loss, case
from tests.conformance.losses import BROKEN_STREAM, EARLY_FAILURE

__all__ = ["CASES", "add_to"]


class TeapotError(Exception):
    """Has a handler."""


class Log:
    """What has happened, by the key of a request."""

    def __init__(self) -> None:
        self._events: defaultdict[str, list[str]] = defaultdict(list)

    def add(self, key: str, event: str) -> None:
        """Note an event."""
        self._events[key].append(event)

    async def wait(self, key: str) -> list[str]:
        """Return the events when the last one has come."""
        for _ in range(200):
            if "end" in self._events[key]:
                break
            await asyncio.sleep(0.005)
        return self._events[key]


_current: ContextVar[str] = ContextVar("current", default="nobody")


async def _resource(request: Request, key: str) -> AsyncIterator[str]:
    request.app.state.log.add(key, "opened")
    try:
        yield key
    finally:
        await asyncio.sleep(0.01)
        request.app.state.log.add(key, "closed")
        request.app.state.log.add(key, "end")


def _sync_resource(request: Request, key: str) -> Iterator[str]:
    request.app.state.log.add(key, "opened")
    yield key
    request.app.state.log.add(key, "closed")
    request.app.state.log.add(key, "end")


Resource = Annotated[str, Depends(_resource)]
SyncResource = Annotated[str, Depends(_sync_resource)]


def add_to(app: FastAPI) -> None:
    """Add the endpoints of this theme."""
    log = app.state.log = Log()
    for name, endpoint in ENDPOINTS.items():
        app.router.routes.append(
            Route(f"/lifecycle/asgi/{name}", _asgi(endpoint), methods=["GET", "POST"])
        )

    @app.exception_handler(TeapotError)
    async def teapot(request: Request, error: TeapotError) -> PlainTextResponse:
        return PlainTextResponse("short and stout", 418, headers={"x-handled": "yes"})

    @app.get("/lifecycle/log/{key}")
    async def events(key: str) -> list[str]:
        return await log.wait(key)

    @app.get("/lifecycle/yield/{key}")
    async def with_yield(key: Resource) -> str:
        log.add(key, "ran")
        return key

    @app.get("/lifecycle/sync-yield/{key}")
    def with_sync_yield(key: SyncResource) -> str:
        log.add(key, "ran")
        return key

    @app.get("/lifecycle/yield-fails/{key}")
    async def with_failure(key: Resource) -> str:
        raise HTTPException(409, key)

    @app.get("/lifecycle/yield-crashes/{key}")
    async def with_crash(key: Resource) -> str:
        raise RuntimeError("crash")

    @app.get("/lifecycle/yield-stream/{key}")
    async def with_stream(key: Resource) -> StreamingResponse:
        async def pieces() -> AsyncIterator[str]:
            for number in range(3):
                log.add(key, f"piece {number}")
                yield f"{number}\n"
                await asyncio.sleep(0.01)

        return StreamingResponse(pieces(), media_type="text/plain")

    @app.get("/lifecycle/background/{key}")
    async def background(key: str, tasks: BackgroundTasks) -> str:
        async def slow() -> None:
            await asyncio.sleep(0.02)
            log.add(key, "slow")

        tasks.add_task(slow)
        tasks.add_task(log.add, key, "sync")
        tasks.add_task(log.add, key, "end")
        log.add(key, "ran")
        return key

    @app.get("/lifecycle/background-fails/{key}")
    async def background_fails(key: str, tasks: BackgroundTasks) -> str:
        def fail() -> None:
            log.add(key, "end")
            raise RuntimeError("the background task fails")

        tasks.add_task(fail)
        return key

    @app.get("/lifecycle/crash")
    async def crash() -> None:
        raise RuntimeError("secret")

    @app.get("/lifecycle/sync-crash")
    def sync_crash() -> None:
        raise RuntimeError("secret")

    @app.get("/lifecycle/exit")
    async def group() -> None:
        raise ExceptionGroup("group", [RuntimeError("secret")])

    @app.get("/lifecycle/handled")
    async def handled() -> None:
        raise TeapotError

    @app.get("/lifecycle/wrong-model", response_model=int)
    async def wrong_model() -> Any:
        return "text"

    @app.get("/lifecycle/state")
    async def state(request: Request) -> list[object]:
        seen = sorted(request.scope["state"])
        request.state.mine = 1
        return seen

    @app.get("/lifecycle/context")
    async def context() -> str:
        before = _current.get()
        _current.set("somebody")
        return before

    @app.get("/lifecycle/disconnected")
    async def disconnected(request: Request) -> bool:
        return await request.is_disconnected()


Endpoint = Callable[[Receive, Send], Awaitable[None]]


def _asgi(endpoint: Endpoint) -> ASGIApp:
    class Bare:
        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            await endpoint(receive, send)

    return Bare()


def _start(*lines: tuple[bytes, bytes], status: int = 200) -> Message:
    return {"type": "http.response.start", "status": status, "headers": list(lines)}


def _body(body: bytes = b"", more: bool = False) -> Message:
    return {"type": "http.response.body", "body": body, "more_body": more}


_TEXT = (b"content-type", b"text/plain")


def _sends(*messages: Message, fail: bool = False) -> Endpoint:
    async def endpoint(receive: Receive, send: Send) -> None:
        for message in messages:
            await send(message)
        if fail:
            raise RuntimeError("secret")

    return endpoint


async def _second_receive(receive: Receive, send: Send) -> None:
    """Tell whether `receive` waits when the body has been read."""
    while (await receive()).get("more_body"):
        pass
    try:
        async with asyncio.timeout(0.05):
            answer = repr((await receive())["type"])
    except TimeoutError:
        answer = "waits"
    await send(_start(_TEXT))
    await send(_body(answer.encode()))


async def _receive_after(receive: Receive, send: Send) -> None:
    """End only when `receive` says that the exchange is over."""
    await send(_start(_TEXT))
    await send(_body(b"done"))
    while (await receive())["type"] != "http.disconnect":
        pass


async def _answers_unread(receive: Receive, send: Send) -> None:
    await send(_start(_TEXT))
    await send(_body(b"not read"))


async def _minimal(receive: Receive, send: Send) -> None:
    """Leave out whatever may be left out."""
    await send({"type": "http.response.start", "status": 200})
    await send({"type": "http.response.body"})


ENDPOINTS: dict[str, Endpoint] = {
    "minimal": _minimal,
    "nothing": _sends(),
    "start-only": _sends(_start(_TEXT)),
    "raise": _sends(fail=True),
    "raise-after-start": _sends(_start(_TEXT), fail=True),
    "raise-after-piece": _sends(_start(_TEXT), _body(b"piece", more=True), fail=True),
    "raise-after-end": _sends(_start(_TEXT), _body(b"whole"), fail=True),
    "raise-after-part": _sends(
        _start(_TEXT, (b"content-length", b"600000")), _body(b"x" * 300_000, more=True), fail=True
    ),
    "short": _sends(_start(_TEXT, (b"content-length", b"9")), _body(b"short")),
    "long": _sends(_start(_TEXT, (b"content-length", b"2")), _body(b"long")),
    "short-pieces": _sends(
        _start(_TEXT, (b"content-length", b"9")), _body(b"a", more=True), _body(b"b")
    ),
    "body-first": _sends(_body(b"first")),
    "two-starts": _sends(_start(_TEXT), _start(_TEXT), _body(b"x")),
    "two-bodies": _sends(_start(_TEXT), _body(b"one"), _body(b"two")),
    "no-more-later": _sends(_start(_TEXT), _body(b"one", more=True), _body()),
    "second-receive": _second_receive,
    "receive-after": _receive_after,
    "unread": _answers_unread,
}

_LOSSES: dict[str, list[Loss]] = {
    "start-only": [EARLY_FAILURE],
    "raise-after-start": [EARLY_FAILURE],
    "raise-after-piece": [BROKEN_STREAM],
    "short": [EARLY_FAILURE],
    "long": [EARLY_FAILURE],
    "short-pieces": [EARLY_FAILURE],
    "two-starts": [EARLY_FAILURE],
}

CASES: list[Case] = [
    *(case(name, f"/lifecycle/asgi/{name}", losses=_LOSSES.get(name, ())) for name in ENDPOINTS),
    case("unread body", "/lifecycle/asgi/unread", "POST", body=b"x" * 200_000),
    case("second receive after a body", "/lifecycle/asgi/second-receive", "POST", body=b"x"),
    *(
        case(name, f"/lifecycle/{name}/{name}-key", then=[f"/lifecycle/log/{name}-key"])
        for name in (
            "yield",
            "sync-yield",
            "yield-fails",
            "yield-stream",
            "background",
            "background-fails",
        )
    ),
    case("yield-crashes", "/lifecycle/yield-crashes/k"),
    *(
        case(name, f"/lifecycle/{name}")
        for name in ("crash", "sync-crash", "exit", "handled", "wrong-model", "disconnected")
    ),
    case("state", "/lifecycle/state", then=["/lifecycle/state"]),
    case("context", "/lifecycle/context", then=["/lifecycle/context"]),
    case("added at start-up", "/lifecycle/late"),
]
