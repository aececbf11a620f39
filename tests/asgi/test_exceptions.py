"""What an app lets through: who is told of it, and what the client sees."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from iii_asgi.asgi.transport import ASGITransport
from tests.asgi.helpers import (
    START,
    Reports,
    app_of,
    ask,
    chunk,
    fetch,
    get,
    ok,
    stream_of,
)

pytestmark = pytest.mark.anyio


async def fail(receive: Receive, send: Send) -> None:
    """An endpoint that raises before it starts."""
    raise ValueError("a secret")


async def fail_midway(receive: Receive, send: Send) -> None:
    """An endpoint that raises in the middle of its body."""
    await send(START)
    await send(chunk(b"half"))
    raise ValueError("a secret")


async def fail_afterwards(receive: Receive, send: Send) -> None:
    """An endpoint that raises when all is sent."""
    await ok(receive, send)
    raise ValueError("a secret")


async def test_raised_to_the_caller() -> None:
    """An exception before the start is the caller's, and reported to nobody else."""
    with pytest.raises(ValueError, match="a secret"):
        await fetch(app_of(fail))


async def test_sync_exception() -> None:
    """An app that fails without returning an awaitable is an app that raises."""

    def app(scope: Scope, receive: Receive, send: Send) -> Any:
        raise TypeError("no such arguments")

    with pytest.raises(TypeError, match="no such arguments"):
        await fetch(app)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("error", [ValueError("a secret"), SystemExit(1), KeyError()])
async def test_plain_500(error: BaseException, method: str) -> None:
    """Or it is a server's plain 500, without a word of the exception, and reported once."""

    async def app(receive: Receive, send: Send) -> None:
        raise error

    reports = Reports()
    transport = ASGITransport(app_of(app), raise_app_exceptions=False, on_error=reports)
    answer = await ask(transport, get(method=method))

    assert answer.status == 500
    assert answer.headers == [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", b"21"),
    ]
    assert answer.body == (b"Internal Server Error" if method == "GET" else b"")
    assert reports == [error]
    assert error.__traceback__ is not None


@pytest.mark.parametrize("raise_app_exceptions", [False, True])
async def test_broken_off(raise_app_exceptions: bool) -> None:
    """An exception in the middle of the body breaks the body off, and is reported once."""
    reports = Reports()
    transport = ASGITransport(
        app_of(fail_midway), raise_app_exceptions=raise_app_exceptions, on_error=reports
    )
    stream = await stream_of(transport)

    assert await stream.next_chunk() == b"half"
    with pytest.raises(httpx.RemoteProtocolError) as caught:
        await stream.next_chunk()
    assert "secret" not in str(caught.value)
    assert [type(error) for error in reports] == [ValueError]
    assert caught.value.__cause__ is reports[0]


async def test_after_the_answer() -> None:
    """An exception after the body changes nothing of the answer, and is reported once."""
    reports = Reports()
    transport = ASGITransport(app_of(fail_afterwards), on_error=reports)

    assert (await ask(transport, get())).body == b"ok"
    await transport.drain()
    assert [type(error) for error in reports] == [ValueError]


async def test_error_page() -> None:
    """An app that answers with its own page and raises then (as Starlette does) has
    answered; the exception is reported once."""
    app = FastAPI()

    @app.get("/")
    async def boom() -> None:
        raise ValueError("a secret")

    reports = Reports()
    answer = await ask(ASGITransport(app, on_error=reports), get())

    assert (answer.status, answer.body) == (500, b"Internal Server Error")
    assert [type(error) for error in reports] == [ValueError]


@pytest.mark.parametrize(
    ("messages", "reason"),
    [([], "starting"), ([START], "completing"), ([START, chunk(b"x")], "completing")],
)
async def test_no_answer(messages: list[Any], reason: str) -> None:
    """An app that returns without an answer, or in the middle of one, is an error."""

    async def app(receive: Receive, send: Send) -> None:
        for message in messages:
            await send(message)

    with pytest.raises(httpx.RemoteProtocolError):
        await fetch(app_of(app), on_error=Reports())
    reports = Reports()
    transport = ASGITransport(app_of(app), raise_app_exceptions=False, on_error=reports)
    if messages:
        with pytest.raises(httpx.RemoteProtocolError):
            await ask(transport, get())
    else:
        assert (await ask(transport, get())).status == 500
    assert [reason in str(error) for error in reports] == [True]


async def test_body_that_is_not_awaited() -> None:
    """To a client a 204 is whole as soon as it starts, so nothing after can break it."""

    async def app(receive: Receive, send: Send) -> None:
        await send(START | {"status": 204})
        await send(chunk(b"null", more=False))

    reports = Reports()
    answer = await ask(ASGITransport(app_of(app), on_error=reports), get())

    assert (answer.status, answer.body) == (204, b"")
    assert [type(error) for error in reports] == [RuntimeError]


async def test_answering_twice() -> None:
    """A second answer is refused in the app; the first one stands."""

    async def app(receive: Receive, send: Send) -> None:
        await ok(receive, send)
        with pytest.raises(RuntimeError, match="complete"):
            await ok(receive, send)

    assert await fetch(app_of(app)) == "ok"


async def test_logged(caplog: pytest.LogCaptureFixture) -> None:
    """Without a handler an exception is logged, with its traceback."""
    transport = ASGITransport(app_of(fail), raise_app_exceptions=False)
    with caplog.at_level(logging.ERROR, logger="iii_asgi"):
        await ask(transport, get())

    [record] = caplog.records
    assert record.message == "Exception in ASGI application"
    assert record.exc_info is not None
    assert record.exc_info[2] is not None


async def test_cancelled_error_of_the_app() -> None:
    """A CancelledError that nobody sent to the app is an exception that it lets through,
    but cannot be raised to the caller, who would think itself cancelled."""

    async def app(receive: Receive, send: Send) -> None:
        raise asyncio.CancelledError

    reports = Reports()
    answer = await ask(ASGITransport(app_of(app), on_error=reports), get())

    assert answer.status == 500
    assert [type(error) for error in reports] == [asyncio.CancelledError]
