"""Jobs of one queue, in memory: each is tried until it succeeds, or too often."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from msgspec import Raw

from iii_asgi.engine.invocations import Trace
from iii_asgi.engine.wire import Outcome

__all__ = ["Job", "Jobs", "Policy"]

logger = logging.getLogger("iii_asgi.engine")


@dataclass(frozen=True, slots=True)
class Policy:
    """How a queue treats its jobs. The defaults are the engine's.

    Attributes:
        attempts: how often a job is tried, the first time included.
        backoff: seconds before the second attempt; each pause is twice the one before.
        concurrency: how many run at the same time.
        in_order: one after the other, and a failed one keeps the others waiting.
    """

    attempts: int = 3
    backoff: float = 1.0
    concurrency: int = 10
    in_order: bool = False

    @classmethod
    def read(cls, config: Any) -> Policy:
        """Return the policy that a subscriber's ``queue_config`` asks for."""
        given = config if isinstance(config, dict) else {}

        def number(key: str) -> int | None:
            value = given.get(key)
            return value if type(value) is int and value >= 0 else None

        retries, backoff = number("maxRetries"), number("backoffDelayMs")
        usual = cls()
        return cls(
            attempts=usual.attempts if retries is None else retries + 1,
            backoff=usual.backoff if backoff is None else backoff / 1000,
            concurrency=number("concurrency") or usual.concurrency,
            in_order=given.get("type") == "fifo",
        )


@dataclass(frozen=True, slots=True)
class Job:
    """A call that is to be made.

    Attributes:
        function_id, namespace: what is called.
        data: its arguments.
        trace: of whoever put it into the queue.
    """

    function_id: str
    namespace: str
    data: Raw
    trace: Trace = field(default_factory=Trace)


class Jobs:
    """A queue.

    Args:
        name: for messages.
        work: does a job.
        policy: how often, how many.

    Attributes:
        is_open: jobs wait while it is not set: nobody is there to do them.
        policy: as given.
    """

    def __init__(
        self, name: str, work: Callable[[Job], Awaitable[Outcome]], policy: Policy
    ) -> None:
        self.is_open = asyncio.Event()
        self._name = name
        self._work = work
        self.policy = policy
        self._turns = asyncio.Semaphore(1 if policy.in_order else policy.concurrency)
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def is_idle(self) -> bool:
        """Whether no job is left."""
        return not self._tasks

    def put(self, job: Job) -> None:
        """Take in a job."""
        task = asyncio.create_task(self._see_through(job))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def stop(self) -> None:
        """Do nothing any more; what waits is lost."""
        for task in self._tasks:
            task.cancel()

    async def _see_through(self, job: Job) -> None:
        if self.policy.in_order:
            async with self._turns:
                await self._attempt(job, asyncio.Semaphore())
        else:
            await self._attempt(job, self._turns)

    async def _attempt(self, job: Job, turns: asyncio.Semaphore) -> None:
        policy = self.policy
        for attempt in range(1, policy.attempts + 1):
            async with turns:
                await self.is_open.wait()
                error = (await self._work(job)).error
            if error is None:
                return
            is_last = attempt == policy.attempts
            logger.log(
                logging.ERROR if is_last else logging.WARNING,
                "queue %s: %s failed (%s: %s), attempt %d of %d%s",
                self._name,
                job.function_id,
                error.code,
                error.message,
                attempt,
                policy.attempts,
                ": given up" if is_last else "",
            )
            if not is_last:
                await asyncio.sleep(policy.backoff * 2 ** (attempt - 1))
