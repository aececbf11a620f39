"""The worker on prebuilt frames, beside its peers: rates, and CPU time an invocation."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from itertools import product
from statistics import median
from typing import TypeAlias

from benchmarks import peers
from benchmarks.load import Sample
from benchmarks.payloads import USER_CALL, HttpCall
from benchmarks.processes import keep_to_last_core
from benchmarks.rows import Effort, Result, Row, Suite, Target, at_least, at_most, rotated
from iii_asgi import process

__all__ = ["SUITE"]

OUTSTANDING = (1, 16, 64)
"""Calls in flight: connections, where the peer is a server."""

_BUSY = 0.8  # share of its core at which the load generator may be what is measured

_TURNS = 3  # of each peer under each load in a round

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

Key: TypeAlias = tuple[str, int]
Samples: TypeAlias = dict[Key, list[Sample]]


@dataclass(frozen=True)
class _Figure:
    """How a row is worked out: of which peers, under which load."""

    uses: Sequence[str]
    outstanding: int
    of_round: Callable[..., float]


def _rates(ours: Sample, other: Sample) -> float:
    return ours.rate / other.rate


def _figures() -> Iterator[tuple[Row, _Figure]]:
    bounds: dict[str, dict[int, Target]] = {
        SDK: dict.fromkeys(OUTSTANDING, at_least(0.85)),
        "iii-sdk": dict.fromkeys((16, 64), at_least(2)),
        "uvicorn[standard]": dict.fromkeys((16, 64), at_least(0.9)),
        NO_RESEND: {},
    }
    for other, targets in bounds.items():
        for count in OUTSTANDING:
            row = Row(f"worker: rate of {OURS} / {other}, {count} at once", targets.get(count))
            yield row, _Figure((OURS, other), count, _rates)
    row = Row(f"worker: CPU of {RAW} / {SDK}, 16 at once")
    yield row, _Figure((RAW, SDK), 16, lambda ours, other: ours.cpu / other.cpu)
    for peer in _PEERS:
        target = at_most(45) if peer == RAW else None
        row = Row(f"worker: CPU of {peer}, 16 at once", target, "us")
        yield row, _Figure((peer,), 16, lambda sample: sample.cpu * 1e6)


_ROWS = dict(_figures())


def _measure(rows: Sequence[Row], effort: Effort) -> Iterator[Result]:
    figures = {row: _ROWS[row] for row in rows}
    wanted = {(peer, one.outstanding) for one in figures.values() for peer in one.uses}
    obstacles = {peer: _PEERS[peer].obstacle for peer, _ in wanted}
    possible = [key for key in wanted if not obstacles[key[0]]]
    samples = process.run(_samples(possible, effort)) if possible else {}
    for row, figure in figures.items():
        if reasons := [obstacles[peer] for peer in figure.uses if obstacles[peer]]:
            yield Result(row, skipped=reasons[0])
            continue
        columns = [samples[peer, figure.outstanding] for peer in figure.uses]
        of_rounds = [figure.of_round(*of_round) for of_round in zip(*columns, strict=True)]
        yield Result(row, of_rounds, doubt=_doubt(columns))


def _doubt(columns: Sequence[Sequence[Sample]]) -> str:
    busiest = max(median(sample.generator for sample in column) for column in columns)
    return f"(load generator {busiest:.0%} busy)" if busiest > _BUSY else ""


async def _samples(wanted: Sequence[Key], effort: Effort) -> Samples:
    """Load every peer in every round, in short turns, one directly after the other.

    The nearer in time, the more alike is what else the machine does.
    """
    keep_to_last_core()
    samples: Samples = defaultdict(list)
    names = sorted({peer for peer, _ in wanted})
    for number in range(effort.rounds):
        async with AsyncExitStack() as stack:
            running = {
                name: await stack.enter_async_context(_PEERS[name].start()) for name in names
            }
            for outstanding, turn in product(OUTSTANDING, range(_TURNS)):
                for name in rotated(names, number + turn):
                    if (name, outstanding) in wanted:
                        sample = await running[name].load(outstanding, effort.seconds / _TURNS)
                        samples[name, outstanding].append(sample)
    return samples


SUITE = Suite(tuple(_ROWS), _measure)
