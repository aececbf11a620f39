"""The worker on prebuilt frames, beside its peers: rates, and CPU time an invocation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from benchmarks import peers
from benchmarks.figures import Figure, rates, suite_of
from benchmarks.payloads import USER_CALL, HttpCall
from benchmarks.rows import Row, Target, at_least, at_most

__all__ = ["SUITE"]

OUTSTANDING = (1, 16, 64)
"""Calls in flight: connections, where the peer is a server."""

_RAW_CALL = HttpCall("raw::app", "/:p1/:p2", "/users/42", {"p1": "users", "p2": "42"}, {"q": "1"})
_STARLETTE_CALL = replace(USER_CALL, function_id="users::show")

_FASTAPI, _STARLETTE, _RAW = (
    f"benchmarks.apps:{one}_app" for one in ("fastapi", "starlette", "raw")
)
_RAW_FLAGS = ("--http", "app", "--service", "raw")

OURS, NO_RESEND = "FastAPI", "FastAPI, --no-resend"
RAW, SDK = "raw app", "iii-sdk without tracing"
_PEERS = {
    OURS: peers.bridge(_FASTAPI),
    NO_RESEND: peers.bridge(_FASTAPI, USER_CALL, "--no-resend"),
    "Starlette": peers.bridge(_STARLETTE, _STARLETTE_CALL),
    RAW: peers.bridge(_RAW, _RAW_CALL, *_RAW_FLAGS),
    "raw app, --no-resend": peers.bridge(_RAW, _RAW_CALL, *_RAW_FLAGS, "--no-resend"),
    SDK: peers.sdk("--no-tracing"),
    "iii-sdk": peers.sdk(),
    "uvicorn[standard]": peers.uvicorn(_FASTAPI),
}


def _figures() -> Iterator[tuple[Row, Figure]]:
    bounds: dict[str, dict[int, Target]] = {
        SDK: dict.fromkeys(OUTSTANDING, at_least(0.85)),
        "iii-sdk": dict.fromkeys((16, 64), at_least(2)),
        "uvicorn[standard]": dict.fromkeys((16, 64), at_least(0.9)),
        NO_RESEND: {},
    }
    for other, targets in bounds.items():
        for count in OUTSTANDING:
            row = Row(f"worker: rate of {OURS} / {other}, {count} at once", targets.get(count))
            yield row, Figure((OURS, other), count, rates)
    row = Row(f"worker: CPU of {RAW} / {SDK}, 16 at once")
    yield row, Figure((RAW, SDK), 16, lambda ours, other: ours.cpu / other.cpu)
    for peer in _PEERS:
        target = at_most(45) if peer == RAW else None
        row = Row(f"worker: CPU of {peer}, 16 at once", target, "us")
        yield row, Figure((peer,), 16, lambda sample: sample.cpu * 1e6)


SUITE = suite_of(_PEERS, dict(_figures()))
