"""Random calls of the odd app: what any worker could send, and what the app may see of it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from hypothesis import strategies as st
from starlette.types import ASGIApp, Receive, Scope, Send

from iii_asgi.catalogue.arguments import RESERVED
from iii_asgi.catalogue.model import Function
from tests.catalogue.described import described
from tests.odd_app import create_odd_app
from tests.strategies import json_texts, json_values

__all__ = ["FUNCTIONS", "AnyCall", "Watch", "Watched", "any_calls"]

# Not those that raise, nor the one that streams as much as it is asked to.
FUNCTIONS = {
    one.id: one
    for one in described(create_odd_app()).functions
    if one.service == "odd" and one.action not in ("crash", "untrue", "stream")
}


@dataclass(frozen=True, slots=True)
class AnyCall:
    """A call, as it comes from the engine.

    Attributes:
        function_id: of a function, or of none.
        data: of the call.
        is_forged: the data is what an HTTP trigger sends.
        more: other fields of the message.
        before: a text that is no frame, sent before.
    """

    function_id: str
    data: Any
    is_forged: bool = False
    more: dict[str, Any] = field(default_factory=dict)
    before: str = ""


# -- values --------------------------------------------------------------------------------


def _nested(depth: int, inner: Any = None) -> Any:
    for level in range(depth):
        inner = [inner] if level % 3 else {"a": inner}
    return inner


_smuggled = st.sampled_from(
    [
        *("../x", "a/b", "%2e%2e", "%2F", "?q=1", "#x", "a\r\nb: c", "\0", "", ".", "..", "//"),
        *("a;b", "me", "me\n", "7\n", "\ud7ff", "\u2028", "x" * 100_000, "ü" * 20_000),
    ]
)
_files = st.fixed_dictionaries(
    {"base64": st.sampled_from(["aGk=", "", "?", 3])},
    optional={"filename": st.text(), "content_type": st.text() | _smuggled},
)
_channels = st.fixed_dictionaries(
    {
        "channel_id": st.text() | _smuggled,
        "access_key": st.text() | _smuggled,
        "direction": st.sampled_from(["read", "write", "both"]),
    },
    optional={"filename": st.text()},
)
_deep = st.integers(1, 125).map(_nested)
_numbers = st.integers(-5, 5) | st.sampled_from([2**63, 10**25, 1e308, -0.0, 5e-324])
_values = json_values | _smuggled | _files | _channels | _numbers | _deep
_names = st.text() | st.sampled_from(
    [
        *("x-a", "host", "cookie", "Content-Length", "transfer-encoding", "connection", "A B"),
        *("x:y", "content-type", "x-http-method-override", "x\r\ny", ":path", "\0"),
    ]
)
_headers = st.dictionaries(_names, _values | st.text(), max_size=4)
_envelopes = _values | st.fixed_dictionaries(
    {},
    optional={
        "path_params": _headers,
        "query_params": _headers,
        "headers": _headers,
        "body": _values,
        "method": st.sampled_from(["GET", "DELETE", ""]) | st.text(),
        "path": _smuggled,
        "other": _values,
    },
)
_reserved = st.fixed_dictionaries(
    {},
    optional={
        "$headers": _headers | _values,
        "$cookies": _headers | _values,
        "$body": _values,
        "$response": _channels | _values,
        "$http": _envelopes,
    },
)


# -- calls ---------------------------------------------------------------------------------


@st.composite
def _arguments(draw: st.DrawFn, function: Function) -> Any:
    """Draw what might be the arguments of a function, or nearly."""
    assert function.request_format is not None
    names = [name for name in function.request_format["properties"] if name not in RESERVED]
    arguments: dict[str, Any] = {name: draw(_values) for name in names if draw(st.integers(0, 3))}
    if not draw(st.integers(0, 3)):
        arguments |= draw(st.dictionaries(st.text(), _values, max_size=2))
    if not draw(st.integers(0, 2)):
        arguments |= draw(_reserved)
    return arguments if draw(st.integers(0, 9)) else draw(_values)


@st.composite
def _forged(draw: st.DrawFn, function: Function) -> Any:
    """Draw what an HTTP trigger might send; any worker can send it, too."""
    path = re.sub(r"{(\w+)(:\w+)?}", r":\1", function.path)
    headers = draw(st.dictionaries(_names, st.text(), max_size=3))
    return {
        "method": draw(st.sampled_from([function.method, "get", "TRACE"])),
        "path": draw(st.sampled_from([path, path + "/x", "/:a"]) | _smuggled),
        "headers": {"host": "x", "content-length": "0"} | headers,
        "path_params": {
            one.name: draw(st.text() | _smuggled)
            for one in function.parameters
            if draw(st.integers(0, 5))
        },
        "query_params": draw(st.dictionaries(st.text(), st.text(), max_size=2)),
        "body": draw(st.none() | _values),
        "trigger": {
            "type": "http",
            "path": draw(st.just(path) | _smuggled),
            "method": function.method,
        },
    } | draw(st.fixed_dictionaries({}, optional={"request_body": _channels, "response": _channels}))


@st.composite
def any_calls(draw: st.DrawFn) -> AnyCall:
    """Draw a call."""
    function = FUNCTIONS[draw(st.sampled_from(sorted(FUNCTIONS)))]
    kind = draw(st.integers(0, 19))
    data = draw(_forged(function) if kind == 0 else _arguments(function))
    texts = st.text(max_size=60)
    more = draw(
        st.fixed_dictionaries(
            {}, optional={"traceparent": texts, "baggage": texts, "metadata": json_values}
        )
    )
    function_id = draw(st.text() | st.just("odd::nothing")) if kind == 1 else function.id
    before = draw(json_texts | st.text()) if kind in (2, 3) else ""
    return AnyCall(function_id, data, kind == 0, more, before)


# -- the app -------------------------------------------------------------------------------


@dataclass(slots=True)
class Watch:
    """What the middleware is to know, and to tell.

    Attributes:
        call: the one that is under way.
        ran: how many calls had a route run.
    """

    call: AnyCall = AnyCall("", None)
    ran: int = 0


class Watched:
    """Middleware that looks at each request: is it one of the function called?"""

    def __init__(self, app: ASGIApp, watch: Watch) -> None:
        self._app = app
        self._watch = watch

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request that could have come by HTTP, and see what it has run."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        call = self._watch.call
        function = FUNCTIONS[call.function_id]
        assert scope["method"] in function.methods, (call, scope["method"])
        assert unquote(scope["raw_path"].decode("ascii")) == scope["path"]
        assert re.fullmatch(rb"[!-~]*", scope["query_string"])
        for name, value in scope["headers"]:
            assert re.fullmatch(rb"[!#$%&'*+\-.^_`|~0-9a-z]+", name), name
            assert not set(b"\r\n\0").intersection(value), value
        assert [name for name, _ in scope["headers"]].count(b"host") == 1
        await self._app(scope, receive, send)
        # None, or a mounted app, where no route has run.
        ran = getattr(scope.get("endpoint"), "__name__", None)
        self._watch.ran += ran is not None
        if not call.is_forged:
            assert not {".", ".."}.intersection(scope["path"].split("/"))
            assert function.internal or ran in (None, function.action), scope["path"]
        return None
