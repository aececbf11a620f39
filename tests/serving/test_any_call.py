"""Random calls of functions of every kind: none may break anything, or leak anything.

``FUZZ_CALLS=100000`` makes as many of them.
"""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import os
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from websockets.asyncio.server import ServerConnection
from websockets.http11 import Request, Response

from iii_asgi import Bridge, Settings
from tests.odd_app import create_odd_app
from tests.serving.any_calls import FUNCTIONS, AnyCall, Watch, Watched, any_calls
from tests.worker.helpers import Peer, open_place

CALLS = int(os.environ.get("FUZZ_CALLS", "300"))
ROUNDS = 3
OURS = ("iii_asgi", "httpx", "starlette", "_asyncio")


def refuse_channels(socket: ServerConnection, request: Request) -> Response | None:
    """Answer as an engine that has no channel of any name."""
    is_channel = request.path.startswith("/ws/channels/")
    return socket.respond(HTTPStatus.NOT_FOUND, "") if is_channel else None


class Wire:
    """An engine's end of the app's worker."""

    def __init__(self, watch: Watch, peer: Peer) -> None:
        self.watch = watch
        self._peer = peer
        self._answers: dict[str, int] = {}

    async def answer(self, call: AnyCall) -> dict[str, Any]:
        """Make a call, and return its answer.

        Answers of all calls are compared: each is sent a second time, which changes nothing.
        """
        self.watch.call = call
        peer = self._peer
        if call.before:
            await peer.socket.send(call.before)
        invocation_id = await peer.invoke(call.function_id, call.data, **call.more)
        self._answers[invocation_id] = 0
        its = {"invocation_id": invocation_id}
        async with asyncio.timeout(60):
            # There may be 100000 calls, too many to look only now and then.
            while not (found := peer.received("invocationresult", **its)):  # noqa: ASYNC110
                await asyncio.sleep(0)
        for answer in peer.received("invocationresult"):
            text = hash(json.dumps(answer))
            known = self._answers[answer["invocation_id"]] or text
            assert known == text, answer
            self._answers[answer["invocation_id"]] = text
        peer.frames.clear()
        return found[0]


@asynccontextmanager
async def wired() -> AsyncIterator[Wire]:
    """Put the app on a bare engine."""
    app = create_odd_app()
    watch = Watch()
    app.add_middleware(Watched, watch=watch)
    async with open_place(process_request=refuse_channels) as place:
        settings = Settings(url=place.url, name="odd", access_log=False)
        async with Bridge(app, settings=settings).connect():
            peer = await place.peer()
            await peer.times(len(FUNCTIONS), "registerfunction")
            yield Wire(watch, peer)


@pytest.fixture(scope="module")
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    """One loop for all calls."""
    with asyncio.Runner() as runner:
        yield runner.get_loop()


@pytest.fixture(scope="module")
def wire(loop: asyncio.AbstractEventLoop) -> Iterator[Wire]:
    """The app on an engine, for all calls."""
    context = wired()
    yield loop.run_until_complete(context.__aenter__())
    loop.run_until_complete(context.__aexit__(None, None, None))


def alive() -> Counter[str]:
    """Return what there is, by type: tasks, requests, whatever a call could leave behind."""
    gc.collect()
    kinds = ((str(type(one).__module__), type(one).__qualname__) for one in gc.get_objects())
    return Counter(
        f"{module}.{name}"
        for module, name in kinds
        if module.partition(".")[0] in OURS or name == "coroutine"
    )


class Log(logging.Filter):
    """What is logged, and kept from pytest: it would keep all that hangs on a record."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def filter(self, record: logging.LogRecord) -> bool:
        """Take note of a warning that is not of what is no frame."""
        line = record.getMessage()
        if record.levelno >= logging.WARNING and "not understood" not in line:
            self.lines.append(f"{line} {record.exc_info}")
        return False


@pytest.fixture
def log() -> Iterator[Log]:
    """What is logged."""
    log = Log()
    logging.getLogger("iii_asgi").addFilter(log)
    yield log
    logging.getLogger("iii_asgi").removeFilter(log)


@pytest.mark.timeout(120 + CALLS / 20)
def test_any_call(loop: asyncio.AbstractEventLoop, wire: Wire, log: Log) -> None:
    """Whatever is called with whatever, it is answered once, and nothing is left behind."""

    @given(any_calls())
    @settings(
        max_examples=CALLS // ROUNDS,
        deadline=None,
        database=None,
        derandomize="FUZZ_CALLS" not in os.environ,
        suppress_health_check=list(HealthCheck),
    )
    def check(call: AnyCall) -> None:
        log.lines.clear()
        answer = loop.run_until_complete(wire.answer(call))
        assert not log.lines or call.is_forged, log.lines
        error = answer.get("error") or {"code": "", "message": ""}
        assert error["code"] != "INTERNAL_ERROR"
        assert "Traceback" not in error["message"]
        assert not error.get("stacktrace")

    check()
    before = alive()
    for _ in range(ROUNDS - 1):
        check()
    left = alive() - before
    assert max(left.values(), default=0) < max(20, CALLS / 100), left
    assert wire.watch.ran > CALLS / 10
