"""What a worker has registered on the engine, what was refused, and asking for it again.

A function id has one owner in a namespace. When that is another worker, this one stands by:
it asks again and again, since nobody tells it when the id becomes free (protocol: messages).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Sequence

from iii_asgi.errors import ConnectionLostError, InvocationError
from iii_asgi.protocol import messages as m
from iii_asgi.worker.link import Link

__all__ = ["Registrations"]

logger = logging.getLogger("iii_asgi")

_FIRST_PAUSE = 0.001
_LONGEST_PAUSE = 1.0
_LONGEST_PAUSE_TRIGGERS = 30.0


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
        self._bindings: dict[str, m.RegisterTrigger | m.Observe] = {}
        self._asked: set[str] = set()
        self._asking: asyncio.Task[None] | None = None
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
        self._functions = {one.id: one for one in messages if isinstance(one, m.RegisterFunction)}
        self._bindings = {
            one.id: one for one in messages if isinstance(one, m.RegisterTrigger | m.Observe)
        }
        await link.send(*messages)
        await _round_trip(link)

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
        owner = str(message.owner_worker_id or "unknown")
        if self.standby.get(function_id) != owner:
            logger.warning("%s belongs to worker %s: standing by", function_id, owner)
        self.standby[function_id] = owner
        self._asked.discard(function_id)
        self._ask_again()

    def _take_refusal(self, binding_id: str, error: m.ErrorBody) -> None:
        binding = self._bindings.get(binding_id)
        if binding is None:
            return
        if self.refused.get(binding_id) != error.message:
            logger.warning("The engine refused trigger %s: %s", describe(binding), error.message)
        self.refused[binding_id] = error.message
        self._asked.discard(binding_id)
        self._ask_again()

    # -- standing by ---------------------------------------------------------------------

    def _ask_again(self) -> None:
        if self._asking is None or self._asking.done():
            self._asking = asyncio.get_running_loop().create_task(self._stand_by())

    async def _stand_by(self) -> None:
        pause = _FIRST_PAUSE
        while (link := self._link) and (self.standby or self.refused):
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE if self.standby else _LONGEST_PAUSE_TRIGGERS)
            self._asked = self.standby.keys() | self.refused.keys()
            known: dict[str, m.Message] = {**self._functions, **self._bindings}
            try:
                await link.send(*(known[one] for one in sorted(self._asked)))
                await _round_trip(link)
            except (ConnectionLostError, InvocationError):
                return
            self._settle(self._asked)

    def _settle(self, granted: Iterable[str]) -> None:
        """What was asked for and not refused again is ours."""
        for one in granted:
            if self.standby.pop(one, None) is not None:
                logger.info("%s is ours now", one)
            if self.refused.pop(one, None) is not None:
                logger.info("Trigger %s is accepted now", describe(self._bindings[one]))

    # -- the end -------------------------------------------------------------------------

    async def take_back(self, link: Link) -> None:
        """Unregister our functions, and wait until the engine has done so."""
        self.cancel()
        ours = self._functions.keys() - self.standby.keys()
        await link.send(*(m.UnregisterFunction(id=one) for one in ours))
        await _round_trip(link)

    def cancel(self) -> None:
        """Stop asking: the connection is gone, or we are leaving."""
        self._link = None
        if self._asking is not None:
            self._asking.cancel()


def describe(binding: m.RegisterTrigger | m.Observe) -> str:
    """Return a trigger in a few words, for people."""
    if isinstance(binding, m.Observe):
        return f"{binding.source.args} of {binding.target.function_id}"
    config = binding.config if isinstance(binding.config, dict) else {}
    where = " ".join(str(config[key]) for key in ("http_method", "api_path") if key in config)
    return f"{where or binding.trigger_type} of {binding.function_id}"


async def _round_trip(link: Link) -> None:
    """Return when the engine has read all that was sent before."""
    await link.call("engine::workers::list", {}, timeout=10)
