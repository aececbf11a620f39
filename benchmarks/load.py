"""Keeping a program busy: so many calls outstanding, for so long."""

from __future__ import annotations

import asyncio
import re
import statistics
import time
from dataclasses import dataclass

from benchmarks.processes import Program

__all__ = ["Load", "Sample"]

WARM_UP = 0.1
"""Seconds of load before anything is counted."""
_PATIENCE = 5.0  # seconds without an answer after which something is broken
_STAMP = re.compile(rb"at (\d+)").search


@dataclass(frozen=True)
class Sample:
    """What a program did under one load.

    Attributes:
        rate: answers a second.
        cpu: seconds of its CPU time an answer.
        generator: share of a core that the load generator needed; near 1, it is what was
            measured.
        delay: seconds from the app's first byte to the client's, the median; of apps that
            tell the time (`Load.first_byte`).
    """

    rate: float
    cpu: float
    generator: float
    delay: float = 0.0


class Load:
    """Counts answers; the one that is told of each asks `more` whether to call again."""

    def __init__(self) -> None:
        self.answered = 0
        self.more = True
        self.ended = asyncio.Event()
        self._outstanding = 0
        self._delays: list[float] = []

    def called(self) -> None:
        """A call has left."""
        self._outstanding += 1

    def answer(self) -> bool:
        """An answer has come; return whether to call once more."""
        self.answered += 1
        self._outstanding -= 1
        if not self.more and not self._outstanding:
            self.ended.set()
        return self.more

    def first_byte(self, data: bytes) -> None:
        """Take the first data of an answer, in which an app may tell when it sent it."""
        if (stamp := _STAMP(data[:64])) is not None:
            self._delays.append((time.monotonic_ns() - int(stamp[1])) / 1e9)

    async def sample(self, program: Program, seconds: float) -> Sample:
        """Measure while the load is on, then wait for the outstanding answers."""
        await asyncio.sleep(WARM_UP)
        cpu, own, started, answered = self._now(program)
        async with asyncio.timeout(seconds + _PATIENCE):
            await asyncio.sleep(seconds)
            # Without an answer the machine was busy with something else: longer then.
            while self.answered == answered:  # noqa: ASYNC110  # an event would cost each answer
                await asyncio.sleep(seconds)
        cpu_end, own_end, ended, answered_end = self._now(program)
        self.more = False
        try:
            async with asyncio.timeout(_PATIENCE):
                await self.ended.wait()
        except TimeoutError:
            program.check()
            raise RuntimeError(f"{self._outstanding} calls were not answered") from None
        count, elapsed = answered_end - answered, ended - started
        delay = statistics.median(self._delays) if self._delays else 0.0
        return Sample(count / elapsed, (cpu_end - cpu) / count, (own_end - own) / elapsed, delay)

    def _now(self, program: Program) -> tuple[float, float, float, int]:
        return program.cpu_seconds(), time.process_time(), time.perf_counter(), self.answered
