"""Random apps, and random requests to them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import quote, quote_plus

from fastapi import Body, FastAPI, Header, Query
from hypothesis import strategies as st
from pydantic import BaseModel
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from tests.conformance.cases.echo import METHODS, echo
from tests.conformance.client import Request
from tests.strategies import json_values

__all__ = ["Plan", "apps", "build", "requests"]

# What clients send as it is.
RAW = "-._~!$&'()*+,;=:@"

# -- apps --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Plan:
    """A route to be made.

    Attributes:
        segments: of its template, each a literal or with parameters in it.
        kind: what its endpoint does.
        answer: status, headers, and pieces of the body, of a route that answers just that.
    """

    segments: tuple[str, ...]
    slash: bool
    methods: tuple[str, ...]
    kind: str
    answer: tuple[int, tuple[tuple[bytes, bytes], ...], tuple[bytes, ...]]

    @property
    def path(self) -> str:
        """The template."""
        return "/" + "/".join(self.segments) + "/" * self.slash


_LITERALS = ["a", "b", "items", "v1", "me", "7", "café", "x y", "a+b", ":c", "*", "A", "~", "100%"]
_PARAMETERS = ["{%s}", "{%s}", "{%s:int}", "{%s:float}", "{%s:uuid}", "{%s:path}", "v{%s}.json"]

_header_values = st.one_of(
    st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=8).map(str.encode),
    st.text(st.characters(min_codepoint=161, exclude_categories=["C", "Z"]), max_size=4).map(
        str.encode
    ),
    st.binary(max_size=4).map(lambda some: bytes(one | 0xA1 for one in some)),
)
_names = st.from_regex(r"x-[a-z]{3,6}", fullmatch=True)
_types = st.sampled_from(
    [b"text/plain", b"application/json", b"Application/JSON; a=b", b"image/png", b"text/html"]
)


@st.composite
def _answers(draw: st.DrawFn) -> Any:
    status = draw(st.sampled_from([200, 200, 200, 201, 204, 302, 304, 404, 422, 500, 599]))
    headers = draw(st.lists(st.tuples(_names.map(str.encode), _header_values), max_size=4))
    if draw(st.booleans()):
        headers.insert(0, (b"content-type", draw(_types)))
    pieces = st.one_of(st.binary(max_size=20), st.text(max_size=20).map(_text))
    body = draw(st.lists(pieces, min_size=1, max_size=3))
    if status in (204, 304):
        body = [b""]
    elif draw(st.booleans()):
        headers.append((b"content-length", b"%d" % sum(map(len, body))))
    return status, tuple(headers), tuple(body)


def _text(text: str) -> bytes:
    return text.encode("utf-8", "replace")


@st.composite
def _plans(draw: st.DrawFn) -> Plan:
    segments = draw(st.lists(st.sampled_from([*_LITERALS, *_PARAMETERS]), min_size=1, max_size=4))
    numbered = [one % f"p{at}" if "%s" in one else one for at, one in enumerate(segments)]
    return Plan(
        segments=tuple(numbered),
        slash=draw(st.booleans()) and ":path}" not in numbered[-1],
        methods=tuple(sorted(draw(st.sets(st.sampled_from(METHODS), min_size=1)))),
        kind=draw(st.sampled_from(["echo", "echo", "typed", "body", "answer"])),
        answer=draw(_answers()),
    )


apps = st.lists(_plans(), min_size=1, max_size=6)
"""The routes of an app, in order; they may well stand in each other's way."""


def build(plans: list[Plan]) -> FastAPI:
    """Return a new app with these routes."""
    app = FastAPI(openapi_url=None)
    for number, plan in enumerate(plans):
        methods = list(plan.methods)
        if plan.kind == "echo":
            app.router.routes.append(Route(plan.path, echo, methods=methods))
        elif plan.kind == "answer":
            app.router.routes.append(Route(plan.path, _Answer(plan), methods=methods))
        else:
            endpoint = _typed(number) if plan.kind == "typed" else _with_body(number)
            app.add_api_route(plan.path, endpoint, methods=methods)
    return app


class _Answer:
    def __init__(self, plan: Plan) -> None:
        self._answer = plan.answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        status, headers, pieces = self._answer
        await send({"type": "http.response.start", "status": status, "headers": list(headers)})
        for piece in pieces[:-1]:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": pieces[-1]})


class Item(BaseModel):
    """A body with a bit of everything."""

    name: str
    price: float = 0
    count: int = 0
    tags: list[str] = []
    rest: dict[str, Any] = {}


def _typed(number: int) -> Any:
    async def typed(
        q: str = "",
        n: int | None = None,
        tag: Annotated[list[str], Query()] = [],  # noqa: B006
        x_abc: Annotated[str, Header()] = "",
    ) -> list[object]:
        return [number, q, n, tag, x_abc]

    return typed


def _with_body(number: int) -> Any:
    async def with_body(item: Annotated[Item, Body()]) -> list[str]:
        return [str(number), repr(item)]

    return with_body


# -- requests ----------------------------------------------------------------------------

_texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6)
_VALUES: dict[str, st.SearchStrategy[str]] = {
    "": _texts.map(lambda text: quote(text, safe="")).filter(lambda text: text not in (".", "..")),
    ":int": st.integers(min_value=0).map(str),
    ":float": st.decimals(0, 1000, places=3).map(str),
    ":uuid": st.uuids().map(str),
    ":path": st.lists(_texts.map(lambda text: quote(text, safe=RAW)), min_size=1, max_size=3).map(
        "/".join
    ),
}


@st.composite
def _paths(draw: st.DrawFn, plan: Plan) -> str:
    """Draw a path that the route of a plan may well match."""
    segments = []
    for at, segment in enumerate(plan.segments):
        name = f"p{at}"
        before, brace, rest = segment.partition("{" + name)
        if not brace:
            segments.append(quote(segment, safe=RAW))
            continue
        convertor, _, after = rest.partition("}")
        segments.append(before + draw(_VALUES[convertor]) + after)
    return "/" + "/".join(segments) + "/" * plan.slash


_other_paths = st.lists(
    st.sampled_from(["a", "items", "7", "v1.json", "%61", "caf%c3%a9", "a%2Fb", "", "x"]),
    max_size=4,
).map(lambda parts: "/" + "/".join(parts))


@st.composite
def requests(draw: st.DrawFn, plans: list[Plan]) -> Request:
    """Draw a request; most fit a route."""
    plan = draw(st.sampled_from(plans))
    method = draw(st.sampled_from([*plan.methods, *plan.methods, *METHODS]))
    path = draw(st.one_of(_paths(plan), _paths(plan), _paths(plan), _other_paths))
    if not draw(st.integers(0, 5)):
        path = path.rstrip("/") if path.endswith("/") and len(path) > 1 else path + "/"
    query = draw(
        st.dictionaries(
            _texts | st.sampled_from(["q", "n", "tag"]), st.text(max_size=4), max_size=3
        )
    )
    lines = [f"{name}: {value}" for name, value in draw(_request_headers).items()]
    content_type, body = draw(_bodies)
    if content_type:
        lines.append(f"content-type: {content_type}")
    pairs = "&".join(f"{quote_plus(k)}={quote_plus(_text(v))}" for k, v in query.items())
    return Request(
        target=f"{path}?{pairs}" if pairs else path, method=method, lines=tuple(lines), body=body
    )


_request_headers = st.dictionaries(
    _names, st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=6), max_size=3
)
_items = st.fixed_dictionaries(
    {"name": st.text() | st.integers()},
    optional={"price": st.floats(allow_nan=False), "count": st.integers(), "rest": json_values},
)
_bodies: st.SearchStrategy[tuple[str, Any]] = st.one_of(
    st.just(("", b"")),
    st.tuples(
        st.just("application/json"),
        st.one_of(_items, json_values).map(lambda v: _text(json.dumps(v))),
    ),
    st.tuples(
        st.just("application/json"), _items.map(lambda v: (_text(json.dumps(v, indent=1)), b" "))
    ),
    st.tuples(st.sampled_from(["", "text/plain", "application/json"]), st.binary(max_size=30)),
)
