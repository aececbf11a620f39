"""The triggers of the type ``cron``: each has a task that waits until it is due."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime

from msgspec import Raw

from iii_asgi.engine import serde
from iii_asgi.engine.firing import fire
from iii_asgi.engine.hub import Hub
from iii_asgi.engine.schedule import Schedule
from iii_asgi.engine.trigger import Trigger, TriggerError, TriggerType, config_of
from iii_asgi.engine.wire import DEFAULT_NAMESPACE

__all__ = ["Cron"]

_LONGEST_NAP = 30.0
"""Seconds. The clock can be set, and machines sleep: it is looked at again and again."""

logger = logging.getLogger("iii_asgi.engine")


class Cron:
    """Fires cron triggers. A job that still runs when it is due again leaves that time out."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._jobs: dict[str, asyncio.Task[None]] = {}
        hub.triggers.provide(
            TriggerType("cron", DEFAULT_NAMESPACE, "A time of a schedule", source=self)
        )

    def add(self, trigger: Trigger) -> None:
        """Schedule a trigger.

        Raises:
            TriggerError: its expression is none, or its id is scheduled already (a real
                engine replaces no job).
        """
        expression = config_of(trigger).get("expression")
        if not isinstance(expression, str) or not expression.strip():
            raise TriggerError("expression is required for a cron trigger, e.g. 0 0 3 * * *")
        if trigger.id in self._jobs:
            raise TriggerError(f"the cron job {trigger.id} is registered already")
        try:
            schedule = Schedule(expression)
        except ValueError as error:
            raise TriggerError(str(error)) from error
        self._jobs[trigger.id] = asyncio.create_task(self._run(trigger, schedule))

    def remove(self, trigger: Trigger) -> None:
        """Fire a trigger no more."""
        if (job := self._jobs.pop(trigger.id, None)) is not None:
            job.cancel()

    def stop(self) -> None:
        """Fire nothing any more."""
        for job in self._jobs.values():
            job.cancel()
        self._jobs.clear()

    async def _run(self, trigger: Trigger, schedule: Schedule) -> None:
        last = datetime.now(UTC)
        while due := schedule.after(max(last, datetime.now(UTC))):
            await _sleep_until(due)
            await self._fire(trigger, due)
            last = due
        logger.warning("the cron trigger %s is never due again", trigger.id)

    async def _fire(self, trigger: Trigger, due: datetime) -> None:
        event = {
            "trigger": "cron",
            "job_id": trigger.id,
            "scheduled_time": due.isoformat(),
            "actual_time": datetime.now(UTC).isoformat(),
        }
        outcome = await fire(
            self._hub,
            trigger.function_id,
            trigger.namespace,
            Raw(serde.dumps(event)),
            metadata=trigger.metadata,
        )
        if (error := outcome.error) is not None:
            logger.error(
                "the cron job %s failed: %s: %s", trigger.function_id, error.code, error.message
            )


async def _sleep_until(due: datetime) -> None:
    while (left := (due - datetime.now(UTC)).total_seconds()) > 0:  # noqa: ASYNC110  # a clock
        await asyncio.sleep(min(left, _LONGEST_NAP))
