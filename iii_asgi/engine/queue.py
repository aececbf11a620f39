"""Queues, in memory: topics that functions subscribe to, and calls that are made later.

``durable:subscriber`` triggers subscribe to a topic, ``iii::durable::publish`` publishes there.
A call with the action ``enqueue`` goes into a named queue.
"""

from __future__ import annotations

import logging
from typing import TypeAlias

import msgspec
from msgspec import Raw

from iii_asgi.engine.calls import ENQUEUE
from iii_asgi.engine.firing import fire
from iii_asgi.engine.handlers import offer
from iii_asgi.engine.hub import Hub
from iii_asgi.engine.invocations import Trace
from iii_asgi.engine.jobs import Job, Jobs, Policy
from iii_asgi.engine.trigger import Trigger, TriggerType, config_of
from iii_asgi.engine.wire import DEFAULT_NAMESPACE, Outcome, failure

__all__ = ["PUBLISH", "Queue"]

PUBLISH = "iii::durable::publish"
_USUAL_QUEUE = "default"

_Destination: TypeAlias = tuple[str, str, str]
"""Topic, namespace and function: what has a queue of its own."""

logger = logging.getLogger("iii_asgi.engine")


class _Message(msgspec.Struct):
    topic: str
    data: Raw


class _Enqueued(msgspec.Struct):
    queue: str
    function_id: str
    data: Raw
    namespace: str = DEFAULT_NAMESPACE
    traceparent: str | None = None
    baggage: str | None = None


class Queue:
    """Keeps the queues of an engine.

    Like a real one, it passes no trigger's metadata on. What lies in a queue waits for a
    subscriber that is away, as long as this engine lives; what is published to a topic while
    nobody subscribes is lost.
    """

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._subscribers: dict[str, _Destination] = {}
        self._topics: dict[_Destination, Jobs] = {}
        self._named: dict[str, Jobs] = {}
        hub.triggers.provide(
            TriggerType(
                "durable:subscriber", DEFAULT_NAMESPACE, "A message of a topic", source=self
            )
        )
        offer(hub.registry, PUBLISH, _Message, "Publish a message", self._publish)
        offer(hub.registry, ENQUEUE, _Enqueued, "Make a call later", self._enqueue)

    def add(self, trigger: Trigger) -> None:
        """Subscribe a function.

        Raises:
            TriggerError: it asks for what this engine does not do.
        """
        config = config_of(trigger)
        topic = config.get("topic")
        self.remove(trigger)
        if not isinstance(topic, str) or not topic:
            logger.warning("trigger %s never fires: it names no topic", trigger.id)
            return
        key = self._subscribers[trigger.id] = topic, trigger.namespace, trigger.function_id
        policy, jobs = Policy.read(config.get("queue_config")), self._topics.get(key)
        if jobs is None or (jobs.is_idle and jobs.policy != policy):
            jobs = self._topics[key] = Jobs(topic, self._do, policy)
        jobs.is_open.set()

    def remove(self, trigger: Trigger) -> None:
        """End a subscription."""
        key = self._subscribers.pop(trigger.id, None)
        if key is not None and key not in self._subscribers.values():
            self._topics[key].is_open.clear()

    def stop(self) -> None:
        """Do nothing any more."""
        for jobs in (*self._topics.values(), *self._named.values()):
            jobs.stop()

    async def _publish(self, given: _Message) -> Outcome:
        if not given.topic:
            return failure("topic_not_set", "topic is empty: give a name")
        keys = {key for key in self._subscribers.values() if key[0] == given.topic}
        if not keys:
            logger.warning("a message of the topic %r is lost: nobody subscribes", given.topic)
        for key in keys:
            _, namespace, function_id = key
            self._topics[key].put(Job(function_id, namespace, given.data))
        return Outcome()

    async def _enqueue(self, given: _Enqueued) -> Outcome:
        name = given.queue
        if name not in self._named:
            if name != _USUAL_QUEUE:
                logger.warning("the queue %r must be configured on a real engine", name)
            self._named[name] = Jobs(name, self._do, Policy())
            self._named[name].is_open.set()
        trace = Trace.read(given.traceparent, given.baggage)
        self._named[name].put(Job(given.function_id, given.namespace, given.data, trace))
        return Outcome()

    async def _do(self, job: Job) -> Outcome:
        return await fire(self._hub, job.function_id, job.namespace, job.data, trace=job.trace)
