"""Rows that are worked out of samples: all peers under all loads, in turns."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from itertools import product
from statistics import median
from typing import TypeAlias

from benchmarks.load import Sample
from benchmarks.peers import Peer
from benchmarks.processes import keep_to_last_core
from benchmarks.rows import Effort, Result, Row, Suite, rotated
from iii_asgi import process

__all__ = ["Figure", "rates", "suite_of"]

_BUSY = 0.8  # share of its core at which the load generator may be what is measured

_TURNS = 3  # of each peer under each load in a round

_Samples: TypeAlias = dict[tuple[str, int], list[Sample]]


@dataclass(frozen=True)
class Figure:
    """How a row is worked out: of which peers, with how many calls in flight."""

    uses: Sequence[str]
    outstanding: int
    of_round: Callable[..., float]


def rates(ours: Sample, other: Sample) -> float:
    """Return how many times as many calls are answered."""
    return ours.rate / other.rate


def suite_of(peers: Mapping[str, Peer], figures: Mapping[Row, Figure]) -> Suite:
    """Return the suite of these rows."""

    def measure(rows: Sequence[Row], effort: Effort) -> Iterator[Result]:
        chosen = {row: figures[row] for row in rows}
        wanted = {(peer, one.outstanding) for one in chosen.values() for peer in one.uses}
        obstacles = {peer: peers[peer].obstacle for peer, _ in wanted}
        possible = [key for key in wanted if not obstacles[key[0]]]
        samples = process.run(_samples(peers, possible, effort)) if possible else {}
        for row, figure in chosen.items():
            if reasons := [obstacles[peer] for peer in figure.uses if obstacles[peer]]:
                yield Result(row, skipped=reasons[0])
                continue
            columns = [samples[peer, figure.outstanding] for peer in figure.uses]
            of_rounds = [figure.of_round(*of_round) for of_round in zip(*columns, strict=True)]
            yield Result(row, of_rounds, doubt=_doubt(columns))

    return Suite(tuple(figures), measure)


def _doubt(columns: Sequence[Sequence[Sample]]) -> str:
    busiest = max(median(sample.generator for sample in column) for column in columns)
    return f"(load generator {busiest:.0%} busy)" if busiest > _BUSY else ""


async def _samples(
    peers: Mapping[str, Peer], wanted: Sequence[tuple[str, int]], effort: Effort
) -> _Samples:
    """Load every peer in every round, in short turns, one directly after the other.

    The nearer in time, the more alike is what else the machine does.
    """
    keep_to_last_core()
    samples: _Samples = defaultdict(list)
    names = sorted({peer for peer, _ in wanted})
    loads = sorted({outstanding for _, outstanding in wanted})
    for number in range(effort.rounds):
        async with AsyncExitStack() as stack:
            running = {name: await stack.enter_async_context(peers[name].start()) for name in names}
            for outstanding, turn in product(loads, range(_TURNS)):
                for name in rotated(names, number + turn):
                    if (name, outstanding) in wanted:
                        sample = await running[name].load(outstanding, effort.seconds / _TURNS)
                        samples[name, outstanding].append(sample)
    return samples
