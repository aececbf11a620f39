"""What the bridge takes before and beside its work: memory, start-up time."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

from benchmarks import peers
from benchmarks.apps import large_app
from benchmarks.payloads import HttpCall
from benchmarks.processes import ROOT, keep_to_last_core, python
from benchmarks.rows import Effort, Result, Row, Suite, at_most, rotated
from iii_asgi import process
from iii_asgi.catalogue.build import build_catalogue
from iii_asgi.settings import Settings

__all__ = ["SUITE"]

MEMORY = Row("footprint: memory of serve / uvicorn[standard], the shop", at_most(1.15))
FIRST_ANSWER = Row("footprint: time to first answer / uvicorn[standard]", at_most(1.2))
HELP = Row("footprint: iii-asgi --help", at_most(0.3), "s")
CATALOGUE = Row("footprint: catalogue of 500 routes", at_most(0.3), "s")
ROUTERS = Row("footprint: catalogue of 500 routes in routers", at_most(0.3), "s")
ROUTERS_BUILT = Row("footprint: the same once FastAPI has built them", None, "s")

Figures: TypeAlias = dict[str, list[float]]

_SHOP_CALL = HttpCall("products::list", "/products", "/products")
_PEERS = {
    "bridge": peers.bridge("main:app", _SHOP_CALL),
    "uvicorn": peers.uvicorn("main:app", _SHOP_CALL),
}


def _measure(rows: Sequence[Row], effort: Effort) -> Iterator[Result]:
    if MEMORY in rows or FIRST_ANSWER in rows:
        yield from _beside_uvicorn(rows, effort)
    if HELP in rows:
        yield Result(HELP, [_time(_help) for _ in range(effort.rounds)])
    if CATALOGUE in rows:
        yield Result(CATALOGUE, [_catalogue(in_routers=False) for _ in range(effort.rounds)])
    if ROUTERS in rows:
        yield Result(ROUTERS, [_catalogue(in_routers=True) for _ in range(effort.rounds)])
    if ROUTERS_BUILT in rows:
        times = [_catalogue(in_routers=True, built=True) for _ in range(effort.rounds)]
        yield Result(ROUTERS_BUILT, times)


def _catalogue(*, in_routers: bool, built: bool = False) -> float:
    """Return the seconds that the catalogue of a new app takes."""
    app = large_app(500, in_routers=in_routers)
    settings = Settings()
    if built:
        build_catalogue(app, settings=settings)
    return _time(lambda: build_catalogue(app, settings=settings))


def _beside_uvicorn(rows: Sequence[Row], effort: Effort) -> Iterator[Result]:
    obstacle = "; ".join(filter(None, (peer.obstacle for peer in _PEERS.values())))
    memory, times = ({}, {}) if obstacle else process.run(_start_often(effort))
    for row, figures in ((MEMORY, memory), (FIRST_ANSWER, times)):
        if row in rows and obstacle:
            yield Result(row, skipped=obstacle)
        elif row in rows:
            pairs = zip(figures["bridge"], figures["uvicorn"], strict=True)
            yield Result(row, [ours / theirs for ours, theirs in pairs])


async def _start_often(effort: Effort) -> tuple[Figures, Figures]:
    """Return bytes after some load, and seconds from the start to the first answer."""
    keep_to_last_core()
    memory: Figures = {name: [] for name in _PEERS}
    times: Figures = {name: [] for name in _PEERS}
    for number in range(effort.rounds):
        for name in rotated(list(_PEERS), number):
            started = time.perf_counter()
            async with _PEERS[name].start() as running:
                times[name].append(time.perf_counter() - started)
                await running.load(16, effort.seconds)
                memory[name].append(running.program.memory())
    return memory, times


def _help() -> None:
    command = python("-m", "iii_asgi", "--help")
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)


def _time(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


SUITE = Suite((MEMORY, FIRST_ANSWER, HELP, CATALOGUE, ROUTERS, ROUTERS_BUILT), _measure)
