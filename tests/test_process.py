"""What concerns the process: its event loop, signals, threads and garbage."""

from __future__ import annotations

import asyncio
import gc
import inspect
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from iii_asgi import process
from tests.patience import WITHIN


async def loop_name() -> str:
    """Return where the class of the running loop comes from."""
    return type(asyncio.get_running_loop()).__module__.partition(".")[0]


def test_result() -> None:
    """A coroutine runs to its end, and its result is given."""

    async def answer() -> int:
        return 42

    assert process.run(answer()) == 42


def test_asyncio() -> None:
    """The loop is Python's own when that is asked for."""
    assert process.run(loop_name(), "asyncio") == "asyncio"


def test_uvloop() -> None:
    """It is uvloop when that is asked for, and by default when it is there."""
    pytest.importorskip("uvloop")
    assert process.run(loop_name(), "uvloop") == "uvloop"
    assert process.run(loop_name()) == "uvloop"


def test_no_uvloop(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without uvloop the default is Python's own; asking for it is an error, and only that."""
    monkeypatch.setitem(sys.modules, "uvloop", None)
    assert process.run(loop_name()) == "asyncio"

    main = loop_name()
    with pytest.raises(ModuleNotFoundError):
        process.run(main, "uvloop")
    assert inspect.getcoroutinestate(main) == inspect.CORO_CLOSED


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stop(number: signal.Signals, loop: process.LoopName) -> None:
    """The first signal sets the event; afterwards signals do what they did before."""
    pytest.importorskip(loop)

    async def main() -> None:
        with process.stop_signals() as stop:
            assert not stop.is_set()
            os.kill(os.getpid(), number)
            await asyncio.wait_for(stop.wait(), WITHIN)

    before = signal.getsignal(number)
    process.run(main(), loop)
    assert signal.getsignal(number) == before


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_stop_at_once(loop: process.LoopName) -> None:
    """A second one cancels what runs."""
    pytest.importorskip(loop)

    async def main() -> None:
        with process.stop_signals() as stop:
            os.kill(os.getpid(), signal.SIGTERM)
            await asyncio.wait_for(stop.wait(), WITHIN)
            os.kill(os.getpid(), signal.SIGINT)
            await asyncio.sleep(5)

    with pytest.raises(asyncio.CancelledError):
        process.run(main(), loop)


def test_other_thread() -> None:
    """In another thread, where no signal arrives, it waits for none."""
    seen: list[bool] = []

    async def main() -> None:
        with process.stop_signals() as stop:
            seen.append(stop.is_set())

    before = signal.getsignal(signal.SIGTERM)
    thread = threading.Thread(target=process.run, args=(main(),))
    thread.start()
    thread.join()

    assert seen == [False]
    assert signal.getsignal(signal.SIGTERM) is before


def ended(script: str) -> tuple[str, float]:
    """Run a script to its end, which is in order; return what it prints, and its seconds."""
    began = time.monotonic()
    script = f"import asyncio, atexit, threading, time\nfrom iii_asgi import process\n{script}"
    result = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, check=True, timeout=30
    )
    return result.stdout.decode(), time.monotonic() - began


CUT_OFF = """
async def main():
    task = asyncio.create_task(asyncio.to_thread(time.sleep, {seconds}))
    await asyncio.sleep(0.1)
    raise asyncio.CancelledError

atexit.register(print, "at exit")
process.run_until_stopped(main(), "{loop}")
print("after")
"""


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_threads_that_work_on(loop: str) -> None:
    """They hold up neither what comes after nor the end of the process; the streams are written."""
    pytest.importorskip(loop)
    said, seconds = ended(CUT_OFF.format(seconds=60, loop=loop))

    assert said == "after\n"
    assert seconds < 10


def test_threads_that_end_soon() -> None:
    """Where threads end in a moment, the process ends as any other."""
    said, _ = ended(CUT_OFF.format(seconds=0.2, loop="asyncio"))

    assert said == "after\nat exit\n"


def test_threads_of_others() -> None:
    """A thread that was there before is waited for, and so is what follows."""
    said, _ = ended(
        "def work():\n    time.sleep(2)\n    print('work done')\n"
        "threading.Thread(target=work).start()\n" + CUT_OFF.format(seconds=60, loop="asyncio")
    )

    assert said == "after\nwork done\n"


def test_freeze() -> None:
    """What is there already is spared by the garbage collector."""
    code = "from iii_asgi import process; import gc; process.freeze_garbage(); "
    code += "print(gc.get_freeze_count() > 1000, gc.isenabled())"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)

    assert result.stdout == b"True True\n"
    assert gc.get_freeze_count() == 0
