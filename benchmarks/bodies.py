"""Bodies that go by channel, beside uvicorn[standard]: rates, delays, peak memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks import peers
from benchmarks.figures import Figure, rates, suite_of
from benchmarks.load import Sample
from benchmarks.payloads import HttpCall
from benchmarks.processes import keep_to_last_core
from benchmarks.rows import Effort, Result, Row, Suite, Target, at_least, at_most
from iii_asgi import process

__all__ = ["MEMORY_SUITE", "SUITE"]

OUTSTANDING = (1, 8)
"""Calls in flight: connections, where the peer is a server."""

_APP = "benchmarks.apps:bodies_app"
_MiB = 2**20


def _download(name: str) -> HttpCall:
    return HttpCall("bodies::give", "/bodies/:name", f"/bodies/{name}", {"name": name})


def _upload(size: int) -> HttpCall:
    return HttpCall(
        "bodies::take",
        "/bodies",
        "/bodies",
        method="POST",
        body=bytes(size),
        content_type="application/octet-stream",
    )


_CALLS = {
    "1 MB answer": _download("megabyte"),
    "1 MB file": _download("file"),
    "10 MB upload": _upload(10 * 10**6),
    "stream of 1,000 chunks": _download("chunks"),
}
_BOUNDS = {
    "1 MB answer": 0.7,
    "1 MB file": 0.7,
    "10 MB upload": 0.5,
    "stream of 1,000 chunks": 0.5,
}
_NOTE = HttpCall(
    "notes::add",
    "/notes",
    "/notes",
    method="POST",
    body=b'{"title":"Shopping","text":"Milk, bread, eggs and a lamp for the hall"}',
)
BY_CHANNEL, INLINE = "JSON body by channel", "JSON body inline"
SLOW, UVICORN = "slow stream", "uvicorn[standard]"
_PEERS = {
    **{name: peers.bridge(_APP, call) for name, call in _CALLS.items()},
    **{f"{name} of {UVICORN}": peers.uvicorn(_APP, call) for name, call in _CALLS.items()},
    SLOW: peers.bridge(_APP, _download("slow")),
    f"{SLOW} of {UVICORN}": peers.uvicorn(_APP, _download("slow")),
    # Where the engine could read no JSON the body is null, and the bytes are on the channel.
    BY_CHANNEL: peers.bridge(_APP, _NOTE),
    INLINE: peers.bridge(_APP, replace(_NOTE, is_inline=True)),
}


def _figures() -> Iterator[tuple[Row, Figure]]:
    for name in _CALLS:
        for count in OUTSTANDING:
            row = Row(
                f"bodies: rate of {name} / {UVICORN}, {count} at once", at_least(_BOUNDS[name])
            )
            yield row, Figure((name, f"{name} of {UVICORN}"), count, rates)
    targets: dict[str, Target | None] = {SLOW: at_most(5), f"{SLOW} of {UVICORN}": None}
    for peer, target in targets.items():
        row = Row(f"bodies: delay of the first byte, {peer}", target, "ms")
        yield row, Figure((peer,), 1, lambda sample: sample.delay * 1e3)
    row = Row("bodies: small JSON by channel, later than inline by", at_most(2), "ms")
    yield row, Figure((BY_CHANNEL, INLINE), 1, _later)
    row = Row("bodies: small JSON by channel, CPU more than inline", None, "us")
    yield row, Figure((BY_CHANNEL, INLINE), 1, lambda ours, other: (ours.cpu - other.cpu) * 1e6)
    for name in _CALLS:
        for peer in (name, f"{name} of {UVICORN}"):
            row = Row(f"bodies: CPU of {peer}", None, "us")
            yield row, Figure((peer,), 1, lambda sample: sample.cpu * 1e6)


def _later(ours: Sample, other: Sample) -> float:
    return (1 / ours.rate - 1 / other.rate) * 1e3


SUITE = suite_of(_PEERS, dict(_figures()))

# -- peak memory -------------------------------------------------------------------------

_NO_PEAKS = "" if Path("/proc/self/clear_refs").exists() else "this system tells of no peaks"

_LONG_CALLS = {"download": _download("download"), "upload": _upload(200 * 10**6)}
_LONG_PEERS = {
    **{
        name: peers.bridge(_APP, call, warm_up=_download("chunks"))
        for name, call in _LONG_CALLS.items()
    },
    **{
        f"{name}, {UVICORN}": peers.uvicorn(_APP, call, warm_up=_download("chunks"))
        for name, call in _LONG_CALLS.items()
    },
}
_LONG_ROWS = {
    Row(
        f"bodies: peak memory of a 200 MB {peer}, above idle",
        at_most(32) if peer in _LONG_CALLS else None,
        "MiB",
    ): peer
    for peer in _LONG_PEERS
}


def _measure_memory(rows: Sequence[Row], effort: Effort) -> Iterator[Result]:
    for row in rows:
        peer = _LONG_PEERS[_LONG_ROWS[row]]
        if obstacle := peer.obstacle or _NO_PEAKS:
            yield Result(row, skipped=obstacle)
        else:
            yield Result(row, process.run(_peaks(peer, min(effort.rounds, 3))))


async def _peaks(peer: peers.Peer, rounds: int) -> list[float]:
    """Return how much more memory a program takes at most than before, in MiB."""
    keep_to_last_core()
    peaks = []
    for _ in range(rounds):
        async with peer.start() as running:
            idle = running.program.memory()
            running.program.forget_peak()
            await running.ask(120)
            peaks.append((running.program.peak_memory() - idle) / _MiB)
    return peaks


MEMORY_SUITE = Suite(tuple(_LONG_ROWS), _measure_memory)
