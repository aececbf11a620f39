"""The measured programs: started, kept on a core of their own, watched, stopped."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

__all__ = ["ROOT", "Program", "free_port", "keep_to_last_core", "program", "python"]

ROOT = Path(__file__).parent.parent
SHOP = ROOT / "examples" / "fastapi_app"


def python(*arguments: str) -> list[str]:
    """Return a command of this interpreter."""
    return [sys.executable, *arguments]


def free_port() -> int:
    """Return a port that nobody listens on, a moment ago at least."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def keep_to_last_core() -> None:
    """Keep the load generator off the core of the measured programs, where that can be done."""
    if hasattr(os, "sched_setaffinity") and len(cores := sorted(os.sched_getaffinity(0))) > 1:
        os.sched_setaffinity(0, cores[1:])


class Program:
    """A running program."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        import psutil  # not needed by the measurements that start no program

        self._watch = psutil.Process(process.pid)

    def cpu_seconds(self) -> float:
        """Return the CPU time that it has had, all threads, user and system."""
        # Linux counts in nanoseconds here; what psutil reads are steps of 10 ms.
        threads = Path(f"/proc/{self._process.pid}/task").glob("*/schedstat")
        if nanoseconds := [int(one.read_text().split()[0]) for one in threads]:
            return sum(nanoseconds) / 1e9
        times = self._watch.cpu_times()
        return float(times.user + times.system)

    def memory(self) -> int:
        """Return its resident set in bytes."""
        return int(self._watch.memory_info().rss)

    def forget_peak(self) -> None:
        """Let `peak_memory` begin anew (Linux)."""
        Path(f"/proc/{self._process.pid}/clear_refs").write_text("5")

    def peak_memory(self) -> int:
        """Return the largest resident set in bytes (Linux)."""
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) * 1024

    def check(self) -> None:
        """Raise when it has ended."""
        if self._process.returncode is not None:
            raise RuntimeError("a measured program has ended")

    async def stop(self) -> None:
        """Ask it to end; after five seconds end it."""
        if self._process.returncode is not None:
            return
        self._process.terminate()
        try:
            async with asyncio.timeout(5):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()


@asynccontextmanager
async def program(command: Sequence[str]) -> AsyncIterator[Program]:
    """Start a program on the first core, and stop it at the end."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder, "output")
        with output.open("wb") as sink:  # noqa: ASYNC230  # nothing else runs yet
            process = await asyncio.create_subprocess_exec(
                *command,
                cwd=ROOT,
                env={**os.environ, "PYTHONPATH": str(SHOP)},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
            )
        _keep_to_first_core(process.pid)
        running = Program(process)
        try:
            yield running
        except Exception as error:
            said = output.read_text()  # noqa: ASYNC240  # all is over
            error.add_note(f"{' '.join(command)} said:\n{said}")
            raise
        finally:
            await running.stop()


def _keep_to_first_core(pid: int) -> None:
    if hasattr(os, "sched_setaffinity"):
        with suppress(ProcessLookupError, OSError):
            # The whole machine's cores, not ours: we have left the first one.
            os.sched_setaffinity(pid, {_FIRST_CORE})


_FIRST_CORE = min(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 0
