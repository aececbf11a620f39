"""Random calls of functions of every kind: none may break anything, or leak anything.

``FUZZ_CALLS=100000`` makes as many of them.
"""

from __future__ import annotations

import asyncio
import logging
import os
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import Raw
from starlette.types import Receive, Scope, Send

from iii_asgi.asgi.transport import ASGITransport
from iii_asgi.catalogue.arguments import RESERVED
from iii_asgi.catalogue.model import Function
from iii_asgi.errors import ConnectionLostError, InvocationError
from iii_asgi.protocol.messages import ChannelRef, InvokeFunction, encode
from iii_asgi.serving.handler import InvocationHandler
from tests.catalogue.described import described
from tests.exchange.helpers import Nobody
from tests.odd_app import create_odd_app
from tests.strategies import json_values

CALLS = int(os.environ.get("FUZZ_CALLS", "300"))

# Not those that raise, nor the one that streams as much as it is asked to.
FUNCTIONS = {
    one.action: one
    for one in described(create_odd_app()).functions
    if one.service == "odd" and one.action not in ("crash", "untrue", "stream")
}

smuggled = st.sampled_from(
    ["../x", "a/b", "%2e%2e", "%2F", "?q=1", "#x", "a\r\nb: c", "\0", "", ".", "..", "//", "a;b"]
)
files = st.fixed_dictionaries(
    {"base64": st.sampled_from(["aGk=", "", "?"])},
    optional={"filename": st.text(), "content_type": st.text()},
)
channels = st.fixed_dictionaries(
    {
        "channel_id": st.text(),
        "access_key": st.text(),
        "direction": st.sampled_from(["read", "write"]),
    }
)
values = json_values | smuggled | files | channels | st.integers(-5, 5)
headers = st.dictionaries(st.text() | st.sampled_from(["x-a", "host", "cookie"]), values)
reserved = st.fixed_dictionaries(
    {},
    optional={
        "$headers": headers | values,
        "$cookies": headers | values,
        "$body": values,
        "$response": channels | values,
        "$http": values
        | st.fixed_dictionaries(
            {}, optional={"path_params": headers, "query_params": headers, "body": values}
        ),
    },
)


@st.composite
def calls(draw: st.DrawFn) -> tuple[Function, Any]:
    """Draw a function, and arguments that might be its own."""
    function = FUNCTIONS[draw(st.sampled_from(sorted(FUNCTIONS)))]
    assert function.request_format is not None
    names = [name for name in function.request_format["properties"] if name not in RESERVED]
    arguments: dict[str, Any] = {name: draw(values) for name in names if draw(st.integers(0, 3))}
    if not draw(st.integers(0, 3)):
        arguments |= draw(st.dictionaries(st.text(), values, max_size=2))
    if not draw(st.integers(0, 2)):
        arguments |= draw(reserved)
    return function, arguments if draw(st.integers(0, 9)) else draw(values)


class Watched:
    """The app, and a look at each request that it gets."""

    def __init__(self) -> None:
        self._app = create_odd_app()
        self.function: Function | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request that is one of the function called, and could have come by HTTP."""
        function = self.function
        assert function is not None
        assert scope["method"] == function.method
        pattern = re.sub(r"{\w+:path}", ".*", re.sub(r"{\w+}", "[^/]+", function.path))
        assert re.fullmatch(pattern, scope["path"], re.DOTALL), scope["path"]
        assert unquote(scope["raw_path"].decode("ascii")) == scope["path"]
        assert not {".", ".."}.intersection(scope["path"].split("/"))
        for name, value in scope["headers"]:
            assert re.fullmatch(rb"[!#$%&'*+\-.^_`|~0-9a-z]+", name), name
            assert not set(b"\r\n\0").intersection(value), value
        assert [name for name, _ in scope["headers"]].count(b"host") >= 1
        await self._app(scope, receive, send)


class NoChannels:
    """An engine that has no channel of any name."""

    async def reader(self, ref: ChannelRef) -> Any:
        """Refuse."""
        raise ConnectionLostError("gone")

    async def writer(self, ref: ChannelRef) -> Any:
        """Refuse."""
        raise ConnectionLostError("gone")


@pytest.fixture(scope="module")
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    """One loop for all calls."""
    with asyncio.Runner() as runner:
        yield runner.get_loop()


app = Watched()
transport = ASGITransport(app, state={}, raise_app_exceptions=False)
handler = InvocationHandler(FUNCTIONS.values(), transport, NoChannels(), Nobody(), access_log=False)


async def answer(function: Function, arguments: Any) -> str:
    """Make a call as it comes from the wire; return what goes back, as text."""
    app.function = function
    data = Raw(encode(arguments))
    try:
        result = await handler(InvokeFunction(function_id=function.id, data=data))
    except InvocationError as error:
        return f"{error.code}: {error.message}"
    finally:
        await transport.drain(1)
    return msgspec.json.encode(result).decode()


@given(calls())
@settings(
    max_examples=CALLS, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_call(
    loop: asyncio.AbstractEventLoop, caplog: pytest.LogCaptureFixture, call: tuple[Function, Any]
) -> None:
    """Whatever is called with whatever, it is answered, and no exception is behind it."""
    function, arguments = call
    with caplog.at_level(logging.ERROR, "iii_asgi"):
        text = loop.run_until_complete(answer(function, arguments))
    assert not caplog.records, caplog.text
    assert not text.startswith("INTERNAL_ERROR")
    assert "Traceback" not in text
