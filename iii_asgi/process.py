"""What concerns the process as a whole: its event loop, signals, threads and garbage."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Coroutine, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any, Literal, TypeAlias, TypeVar

__all__ = [
    "STOPPED_AT_START",
    "STOPPING",
    "LoopName",
    "freeze_garbage",
    "run",
    "run_until_stopped",
    "stop_signals",
]

LoopName: TypeAlias = Literal["auto", "asyncio", "uvloop"]
_T = TypeVar("_T")

STOPPING = "Stopping: finishing what runs (again to stop at once)"
"""What to say at the first signal."""
STOPPED_AT_START = "Stopped while the app was starting"
"""What to say when that signal comes before there is anything to finish."""
_PATIENCE = 0.5
"""Seconds in which threads that have nothing to do end, beside a busy machine."""


def run(main: Coroutine[Any, Any, _T], loop: LoopName = "auto") -> _T:
    """Run a coroutine to its end on a new event loop.

    Args:
        main: what to run.
        loop: ``auto`` takes uvloop when it is installed.

    Raises:
        ModuleNotFoundError: ``uvloop`` was asked for and is not installed.
    """
    try:
        factory = _factory(loop)
    except ModuleNotFoundError:
        main.close()
        raise
    with asyncio.Runner(loop_factory=factory) as runner:
        try:
            return runner.run(main)
        finally:
            # A loop that is closed waits for the threads of its executor, with no end. Python
            # waits for them anyway, at its own end.
            runner.get_loop().set_default_executor(ThreadPoolExecutor())


def run_until_stopped(main: Coroutine[Any, Any, None], loop: LoopName = "auto") -> None:
    """Run what serves until a signal (see `run`); a second signal may cancel it.

    A sync route whose time is over cannot be cancelled: its thread works on. The process ends
    without it then, with exit code 0, as soon as the main thread is done.
    """
    before = _threads()
    with suppress(asyncio.CancelledError):
        run(main, loop)
    if left := _threads() - before:
        _abandon(left, before - {threading.main_thread()})


def _threads() -> set[threading.Thread]:
    """Return the threads that Python waits for when it ends."""
    return {one for one in threading.enumerate() if not one.daemon}


def _abandon(threads: Iterable[threading.Thread], others: Iterable[threading.Thread]) -> None:
    """Let Python end though `threads` work on; it still waits for `others`."""
    main_is_done = threading.Event()

    def leave() -> None:
        main_is_done.wait()
        for one in others:
            one.join()
        deadline = time.monotonic() + _PATIENCE
        for one in threads:
            one.join(max(0.0, deadline - time.monotonic()))
        if any(one.is_alive() for one in threads):
            _exit()

    # What is registered here is called before Python waits for threads, and `atexit` after.
    threading._register_atexit(main_is_done.set)  # type: ignore[attr-defined]
    threading.Thread(target=leave, name="leave", daemon=True).start()


def _exit() -> None:
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        with suppress(Exception):  # closed, or none at all
            stream.flush()
    os._exit(0)


def _factory(loop: LoopName) -> Callable[[], asyncio.AbstractEventLoop] | None:
    if loop == "asyncio":
        return None
    try:
        import uvloop
    except ModuleNotFoundError:
        if loop == "uvloop":
            raise
        return None
    return uvloop.new_event_loop


@contextmanager
def stop_signals() -> Iterator[asyncio.Event]:
    """Give an event that the first SIGTERM or SIGINT sets; a second one cancels the task.

    Without effect outside of the main thread, where no signals arrive.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    task = asyncio.current_task()

    def on_signal() -> None:
        if stop.is_set() and task is not None:
            task.cancel()
        stop.set()

    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    signals = (signal.SIGTERM, signal.SIGINT)
    before = {one: signal.getsignal(one) for one in signals}
    for one in signals:
        # Not loop.add_signal_handler: Windows has none.
        signal.signal(one, lambda *_: loop.call_soon_threadsafe(on_signal))
    try:
        yield stop
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


def freeze_garbage() -> None:
    """Spare the collector what start-up has made: it stays until the process ends.

    With FastAPI loaded a full collection is a pause of 14 ms; afterwards it is none. There is
    none here either: start-up leaves next to nothing to collect, and the engine is waiting.
    """
    gc.freeze()
