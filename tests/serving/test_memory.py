"""Bodies of any size pass through a worker whose memory does not grow with them."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from iii_asgi.engine import Engine
from tests.engine.helpers import open_http
from tests.patience import WITHIN
from tests.serving.large_app import PIECE

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the peak of a process"),
]

MIB = 1024 * 1024
PIECES = 200 * MIB // len(PIECE)
LIMIT = 32 * MIB  # above what the process takes after small bodies
STALL = 0.3  # seconds in which a client takes nothing
ROOT = Path(__file__).parents[2]


@pytest.fixture
async def worker(engine: Engine) -> AsyncIterator[Process]:
    """The app in a process of its own, which has served small bodies."""
    command = [sys.executable, "-m", "tests.serving.large_app", engine.url]
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stderr=DEVNULL)
    try:
        async with asyncio.timeout(WITHIN):
            while await download(engine, 10) == 0:  # noqa: ASYNC110 - it is not there yet
                await asyncio.sleep(0.05)
        await upload(engine, 10)
        yield process
    finally:
        process.terminate()
        await process.wait()


async def download(engine: Engine, pieces: int) -> int:
    """Return how many bytes come; 0 where nobody has them."""
    reader, writer = await open_http(engine)
    writer.write(f"GET /download?pieces={pieces} HTTP/1.0\r\n\r\n".encode())
    head = await reader.readuntil(b"\r\n\r\n")
    await asyncio.sleep(STALL)
    size = 0
    while data := await reader.read(MIB):
        size += len(data)
    writer.close()
    return size if b" 200 " in head else 0


async def upload(engine: Engine, pieces: int) -> int:
    """Send so many pieces; return how many bytes have come."""
    reader, writer = await open_http(engine)
    size = pieces * len(PIECE)
    head = f"POST /upload HTTP/1.0\r\nContent-Length: {size}\r\n\r\n"
    writer.write(head.encode())
    for _ in range(pieces):
        writer.write(PIECE)
        await writer.drain()
    answer = await reader.read()
    writer.close()
    return int(answer.rpartition(b"\r\n")[2])


def resident(process: Process, *, peak: bool = False) -> int:
    """Return the bytes of memory that a process has, or had at most since `forget_peak`."""
    name = "VmHWM" if peak else "VmRSS"
    lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith(name))


def forget_peak(process: Process) -> None:
    """Begin to measure the peak anew."""
    Path(f"/proc/{process.pid}/clear_refs").write_text("5")


@pytest.mark.parametrize("way", [download, upload])
async def test_large(
    way: Callable[[Engine, int], Awaitable[int]], engine: Engine, worker: Process
) -> None:
    """200 MB down or up take less than 32 MiB of memory."""
    forget_peak(worker)
    before = resident(worker)
    assert await way(engine, PIECES) == PIECES * len(PIECE)

    assert resident(worker, peak=True) - before < LIMIT
