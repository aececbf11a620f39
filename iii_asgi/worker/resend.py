"""Answers that may have come too soon, sent once more.

The engine sends an invocation before it files it, so an answer that overtakes the filing is
dropped, and the caller waits for its timeout. The same answer a little later always arrives,
and the engine ignores a second answer to a call that is gone (protocol: what the engine
loses).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

__all__ = ["Resender"]

TOO_SOON = 0.005
"""Seconds within which an answer counts as early."""
DELAY = 0.020
"""Seconds after which it is sent once more, at the earliest."""
BATCH = 0.005
"""Seconds between one batch and the next."""
LARGEST = 64 * 1024
"""Bytes up to which an answer is kept for that."""
MOST = 4096
"""Answers that are kept at most; under such a load the oldest go without."""


class Resender:
    """Keeps early answers of one connection and sends each once more, in batches."""

    def __init__(self, send: Callable[[bytes], Awaitable[None]]) -> None:
        self._send = send
        self._waiting: deque[tuple[float, bytes]] = deque(maxlen=MOST)
        self._timer: asyncio.Task[None] | None = None

    def add(self, text: bytes, *, received: float, now: float) -> None:
        """Take note of an answer just sent, to a call that came at `received` (loop time)."""
        if now - received > TOO_SOON or len(text) > LARGEST:
            return
        self._waiting.append((now + DELAY, text))
        if self._timer is None:
            self._timer = asyncio.get_running_loop().create_task(self._run())

    async def flush(self) -> None:
        """Wait until every kept answer has been sent once more."""
        if self._timer is not None:
            await asyncio.wait([self._timer])

    def cancel(self) -> None:
        """The connection is gone: so are the calls."""
        self._waiting.clear()
        if self._timer is not None:
            self._timer.cancel()

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while self._waiting:
                await asyncio.sleep(max(self._waiting[0][0] - loop.time(), BATCH))
                now = loop.time()
                while self._waiting and self._waiting[0][0] <= now:
                    await self._send(self._waiting.popleft()[1])
        finally:
            self._timer = None
