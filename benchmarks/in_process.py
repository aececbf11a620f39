"""In process: what going through httpx and the transport costs, without any socket."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any, TypeAlias, cast

import httpx
import msgspec
from starlette.types import ASGIApp, Message

from benchmarks.apps import fastapi_app, raw_app, starlette_app
from benchmarks.payloads import USER_CALL, http_payload
from benchmarks.rows import Effort, Result, Row, Suite, at_most, rotated
from iii_asgi import process
from iii_asgi.asgi.transport import ASGITransport
from iii_asgi.catalogue.model import Function, HttpTrigger
from iii_asgi.exchange import http_trigger, wire_http
from iii_asgi.exchange.http_trigger import HttpPayload, HttpResult, HttpTarget
from iii_asgi.invocation import Caller, Invocation
from iii_asgi.serving.bodies import ChannelOpener
from iii_asgi.serving.http import HttpServing

__all__ = ["SUITE", "Variant", "times"]

Variant: TypeAlias = Callable[[], Awaitable[Any]]

BY_HAND, HTTPX = "a hand-built scope", "httpx.ASGITransport"

_APPS: dict[str, ASGIApp] = {"raw app": raw_app, "Starlette": starlette_app, "FastAPI": fastapi_app}
_ROWS = {
    Row(
        f"in process: {app}, time / {peer}",
        at_most(bound) if app == "FastAPI" else None,
    ): (app, peer)
    for peer, bound in ((BY_HAND, 1.4), (HTTPX, 0.5))
    for app in _APPS
}

_PAYLOAD = msgspec.json.decode(http_payload(USER_CALL), type=HttpPayload)
_FUNCTION = Function(
    id=USER_CALL.function_id,
    kind="route",
    methods=("GET",),
    path="/users/{user_id}",
    triggers=(HttpTrigger("", "GET", USER_CALL.pattern),),
)
_TARGET = HttpTarget(_FUNCTION)
_STEPS = 10  # a round is cut into so many, so that all variants see the same disturbances


def _measure(rows: Sequence[Row], effort: Effort) -> Iterator[Result]:
    for app in _APPS:
        peers = {row: _ROWS[row][1] for row in rows if _ROWS[row][0] == app}
        if peers:
            variants = _variants(_APPS[app], {*peers.values()})
            process.run(_compare(variants))
            taken = process.run(times(variants, effort))
            for row, peer in peers.items():
                yield Result(row, [a / b for a, b in zip(taken["ours"], taken[peer], strict=True)])


def _variants(app: ASGIApp, peers: set[str]) -> dict[str, Variant]:
    makers = {BY_HAND: _by_hand, HTTPX: _through_httpx}
    return {"ours": _ours(app)} | {peer: makers[peer](app) for peer in sorted(peers)}


async def _compare(variants: dict[str, Variant]) -> None:
    """Make sure that all variants have one result."""
    first = [await variant() for variant in variants.values()]
    assert all(result == first[0] and result is not None for result in first), first


async def times(variants: dict[str, Variant], effort: Effort) -> dict[str, list[float]]:
    """Return seconds a request of each variant, one figure a round."""
    counts = {name: await _calibrate(one, effort) for name, one in variants.items()}
    taken: dict[str, list[float]] = {name: [] for name in variants}
    for _ in range(effort.rounds):
        spent = dict.fromkeys(variants, 0.0)
        for step in range(_STEPS):
            for name in rotated(list(variants), step):
                spent[name] += await _time(variants[name], counts[name])
        for name in variants:
            taken[name].append(spent[name] / _STEPS / counts[name])
    return taken


async def _calibrate(variant: Variant, effort: Effort) -> int:
    """Return how many calls take about the seconds that one step of a round has."""
    await _time(variant, 200)
    return max(20, int(effort.seconds / _STEPS / 2 / (await _time(variant, 200) / 200)))


async def _time(variant: Variant, count: int) -> float:
    started = time.perf_counter()
    for _ in range(count):
        await variant()
    return time.perf_counter() - started


# -- the variants: payload in, result out ------------------------------------------------


def _ours(app: ASGIApp) -> Variant:
    """The whole of it: request, transport, answer."""
    transport = ASGITransport(app, state={})
    no_channels = cast(ChannelOpener, None)  # the answer is short text
    serving = HttpServing(_FUNCTION, transport, no_channels)
    invocation = Invocation(
        id=None,
        function_id=_FUNCTION.id,
        trigger="http",
        metadata=None,
        caller_worker_id=None,
        traceparent=None,
        baggage=None,
        worker=cast(Caller, None),  # the app calls nobody
    )

    async def serve() -> HttpResult | None:
        return (await serving.serve(_PAYLOAD, invocation))[1]

    return serve


def _by_hand(app: ASGIApp) -> Variant:
    """The least that serves the app at all: a dict, two functions, no task, no httpx."""

    async def serve() -> HttpResult | None:
        status, headers, body = 0, [], b""

        async def receive() -> Message:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Message) -> None:
            nonlocal status, headers, body
            if message["type"] == "http.response.start":
                status, headers = message["status"], message["headers"]
            else:
                body += message["body"]

        await app(_scope(), receive, send)
        return http_trigger.inline_result("GET", status, headers, body)

    return serve


def _scope() -> dict[str, Any]:
    path = _TARGET.path(_PAYLOAD)
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": _PAYLOAD.method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": wire_http.encode_query(_PAYLOAD.query_params).encode(),
        "root_path": "",
        "headers": wire_http.encode_headers(_PAYLOAD.headers),
        "server": ("localhost", 3111),
        "client": None,
        "state": {},
        "extensions": {},
    }


def _through_httpx(app: ASGIApp) -> Variant:
    client = httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://localhost:3111", headers={}
    )

    async def serve() -> HttpResult | None:
        response = await client.request(
            _PAYLOAD.method,
            _TARGET.path(_PAYLOAD),
            params=_PAYLOAD.query_params,
            headers=_PAYLOAD.headers,
        )
        return http_trigger.inline_result(
            "GET", response.status_code, response.headers.raw, response.content
        )

    return serve


SUITE = Suite(tuple(_ROWS), _measure)
