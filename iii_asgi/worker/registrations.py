"""What a worker has registered on the engine, what was refused, and asking for it again.

A function id has one owner in a namespace. When that is another worker, this one stands by:
it asks again and again, since nobody tells it when the id becomes free (protocol: messages).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from iii_asgi.errors import ConnectionLostError, InvocationError, InvocationTimeoutError
from iii_asgi.protocol import messages as m
from iii_asgi.worker.link import Link
from iii_asgi.worker.registration import Binding, Registration, describe, listed, target_of

__all__ = ["FUNCTIONS", "PER_REGISTRATION", "ROUND_TRIP_TIMEOUT", "Registrations"]

logger = logging.getLogger("iii_asgi")


ROUND_TRIP_TIMEOUT = 10.0
"""Seconds for an answer of the engine itself; then it is a hung one."""
PER_REGISTRATION = 0.03
"""Seconds more for each registration that it has to do before."""
QUEUE = "durable:subscriber"
"""The trigger type of a queue."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How often to ask again for what was refused, in seconds.

    Attributes:
        share: each pause is this share of the time waited so far. A takeover comes late by
            at most that, however long the owner stayed.
        first: no pause is shorter.
        longest: no pause is longer.
        grace: how long a refusal may take. Functions are the engine's own, and it refuses
            before it answers what comes later. Triggers may be another worker's.
    """

    share: float
    first: float
    longest: float
    grace: float

    def pause(self, waited: float) -> float:
        """Return the seconds until the next try, after so many of waiting."""
        return min(max(self.first, self.share * waited), self.longest)


FUNCTIONS = Patience(share=0.02, first=0.001, longest=1.0, grace=0.0)
TRIGGERS = Patience(share=1.0, first=1.0, longest=30.0, grace=1.0)


class Registrations:
    """The registrations of one connection.

    Attributes:
        standby: function id → id of the worker that owns it.
        refused: trigger id → why the engine refused it, in its words.
    """

    def __init__(self) -> None:
        self.standby: dict[str, str] = {}
        self.refused: dict[str, str] = {}
        self._functions: dict[str, m.RegisterFunction] = {}
        self._bindings: dict[str, Binding] = {}
        self._asked: set[str] = set()  # ids of which nothing was heard since
        self._asking: dict[Patience, asyncio.Task[None]] = {}
        self._told: dict[str, str] = {}
        self._link: Link | None = None

    async def send(self, link: Link, messages: Sequence[m.Message]) -> None:
        """Register everything over a fresh connection, and wait until the engine has read it.

        Refusals that come later (a trigger type may live in another process) are logged
        when they come.
        """
        self.cancel()
        self.standby.clear()
        self.refused.clear()
        self._link = link
        bindings = [one for one in messages if isinstance(one, Binding)]
        queues = {target_of(one) for one in bindings if _is_of_queue(one)}
        functions = [one for one in messages if isinstance(one, m.RegisterFunction)]
        # Functions of queues last, their triggers first: who takes over from another worker
        # has then little left to do until it subscribes (see `handover`).
        functions.sort(key=lambda one: one.id in queues)
        bindings.sort(key=_is_of_queue, reverse=True)
        self._functions = {one.id: one for one in functions}
        self._bindings = {one.id: one for one in bindings}
        await link.send(*self._functions.values())
        await _round_trip(link, len(self._functions))
        self._tell_standby()
        await self._bind(link, self.ours)

    async def _bind(self, link: Link, function_ids: Collection[str]) -> None:
        """Register the triggers of functions that are ours.

        Not before they are: the ids are the same in all processes of an app, so the engine
        would take the owner's triggers for ours, and drop them when we go.
        """
        wanted = set(function_ids)
        bindings = [one for one in self._bindings.values() if target_of(one) in wanted]
        if bindings:
            await link.send(*bindings)
            await _round_trip(link, len(bindings))

    def take(self, message: m.Message) -> None:
        """Take the engine's word on a registration."""
        if isinstance(message, m.RegistrationRejected):
            self._take_rejection(message)
        elif isinstance(message, m.TriggerRegistrationResult | m.ObserveResult) and message.error:
            self._take_refusal(message.id, message.error)

    def _take_rejection(self, message: m.RegistrationRejected) -> None:
        function_id = message.function_id
        if not isinstance(function_id, str) or function_id not in self._functions:
            logger.warning("The engine rejected a registration: %s", message.code)
            return
        self.standby[function_id] = str(message.owner_worker_id or "unknown")
        self._asked.discard(function_id)
        self._stand_by(FUNCTIONS)

    def _take_refusal(self, binding_id: str, error: m.ErrorBody) -> None:
        binding = self._bindings.get(binding_id)
        if binding is None:
            return
        if self.refused.get(binding_id) != error.message:
            logger.warning("The engine refused %s: %s", describe(binding), error.message)
        self.refused[binding_id] = error.message
        self._asked.discard(binding_id)
        self._stand_by(TRIGGERS)

    # -- standing by ---------------------------------------------------------------------

    def _stand_by(self, patience: Patience) -> None:
        asking = self._asking.get(patience)
        if self._link is not None and (asking is None or asking.done()):
            refused = self.standby if patience is FUNCTIONS else self.refused
            work = self._ask_again(self._link, refused, patience)
            self._asking[patience] = asyncio.get_running_loop().create_task(work)

    async def _ask_again(self, link: Link, refused: dict[str, str], patience: Patience) -> None:
        known: dict[str, Registration] = {**self._functions, **self._bindings}
        loop = asyncio.get_running_loop()
        since = loop.time()
        while refused:
            await asyncio.sleep(patience.pause(loop.time() - since))
            self._tell_standby()
            asked = [one for one in known if one in refused]
            self._asked.update(asked)
            try:
                await link.send(*(known[one] for one in asked))
                await _round_trip(link, len(asked))
            except InvocationError:  # a slow engine: later, then
                continue
            except ConnectionLostError:
                return
            await asyncio.sleep(patience.grace)
            granted = self._asked.intersection(asked)
            for one in granted:
                del refused[one]
            if granted:
                logger.info("Ours now: %s", listed(describe(known[one]) for one in granted))
            with contextlib.suppress(InvocationError, ConnectionLostError):
                await self._bind(link, granted)

    def _tell_standby(self) -> None:
        """Log for whom we stand by: a line an owner, once."""
        news = self.standby.items() - self._told.items()
        self._told = dict(self.standby)
        for owner in sorted({owner for _, owner in news}):
            functions = listed(one for one, its_owner in news if its_owner == owner)
            logger.warning("Standing by for worker %s, which owns %s", owner, functions)

    # -- the end -------------------------------------------------------------------------

    async def take_back(self, link: Link) -> None:
        """Unregister our functions, and wait until the engine has done so.

        Of the triggers, cron jobs go with them: the engine refuses one whose id it has, and
        the next owner's has the same.
        """
        self.cancel()
        ours = self.ours
        await link.send(
            *(
                m.UnregisterTrigger(id=one.id, trigger_type=one.trigger_type)
                for one in self._triggers_of("cron", ours)
            ),
            *(m.UnregisterFunction(id=one) for one in ours),
        )
        await _round_trip(link, len(ours))

    @property
    def ours(self) -> list[str]:
        """The ids of the functions that are ours, in the order in which they are asked for."""
        return [one for one in self._functions if one not in self.standby]

    @property
    def subscriptions(self) -> list[m.RegisterTrigger]:
        """Our subscriptions of queues."""
        return self._triggers_of(QUEUE, self.ours)

    def _triggers_of(self, kind: str, function_ids: Collection[str]) -> list[m.RegisterTrigger]:
        wanted = set(function_ids)
        return [
            one
            for one in self._bindings.values()
            if isinstance(one, m.RegisterTrigger)
            and one.trigger_type == kind
            and one.function_id in wanted
        ]

    def cancel(self) -> None:
        """Stop asking: the connection is gone, or we are leaving."""
        self._link = None
        for asking in self._asking.values():
            asking.cancel()
        self._asking.clear()


def _is_of_queue(binding: Binding) -> bool:
    return isinstance(binding, m.RegisterTrigger) and binding.trigger_type == QUEUE


async def _round_trip(link: Link, sent: int) -> None:
    """Return when the engine has read all that was sent before: so many registrations.

    Each takes an engine the longer the more there are, up to some 15 ms. An error is an
    answer, too.

    Raises:
        InvocationTimeoutError: it hangs.
    """
    try:
        timeout = ROUND_TRIP_TIMEOUT + sent * PER_REGISTRATION
        await link.call("engine::workers::list", {}, timeout=timeout)
    except InvocationTimeoutError:
        raise
    except InvocationError:
        pass
