"""A worker's life: connect, register, serve, come back after every loss, leave in order."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import platform
import sys
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Literal, TypeAlias

from iii_asgi.errors import ConnectionLostError, EngineRefusedError, InvocationError
from iii_asgi.protocol import messages as m
from iii_asgi.protocol.session import WORKER_NAME_TAKEN
from iii_asgi.worker.connection import (
    close,
    connect,
    delays,
    is_expected,
    reason,
    refusal,
    shown,
)
from iii_asgi.worker.handover import hand_over
from iii_asgi.worker.link import Handler, Link
from iii_asgi.worker.registrations import Registrations

__all__ = ["ConnectionState", "Offer", "Worker"]

logger = logging.getLogger("iii_asgi")

ConnectionState: TypeAlias = Literal[
    "connecting", "connected", "reconnecting", "disconnected", "failed"
]

Call: TypeAlias = Callable[..., Awaitable[Any]]
Offer: TypeAlias = Callable[[m.WorkerRegistered, Call], Awaitable[Sequence[m.Message]]]
"""Given the engine's greeting and a way to call it, return what to register there."""

GREETING_TIMEOUT = 10.0
"""Seconds that the engine has to greet; then it is no iii engine, or a hung one."""


class Worker:
    """Serves a handler on the engine, over one connection at a time.

    Start `run` as a task and wait for `registered`; call `retire` and `disconnect` to leave
    in order.
    """

    def __init__(
        self,
        handler: Handler,
        offer: Offer,
        *,
        url: str,
        token: str | None = None,
        name: str,
        namespace: str = "default",
        version: str = "",
        framework: str = "",
        resend: bool = True,
    ) -> None:
        self._handler = handler
        self._offer = offer
        self._url = url
        self._token = token
        self._name = name
        self._namespace = namespace
        self._version = version
        self._framework = framework
        self._resend = resend
        self._link: Link | None = None
        self._previous: m.WorkerRegistered | None = None
        self._own_ids: deque[str] = deque(maxlen=16)
        self._refused = False
        self._stopping = asyncio.Event()
        self._callbacks: list[Callable[[ConnectionState], None]] = []
        self.state: ConnectionState = "disconnected"
        self.registered = asyncio.Event()
        self.registrations = Registrations()

    # -- what others see -----------------------------------------------------------------

    def on_connection_state_change(
        self, callback: Callable[[ConnectionState], None]
    ) -> Callable[[], None]:
        """Call `callback` with each new state; return a function that ends that."""
        self._callbacks.append(callback)
        return lambda: self._callbacks.remove(callback)

    @property
    def worker_id(self) -> str | None:
        """The id that the engine gave to the newest connection."""
        return self._own_ids[-1] if self._own_ids else None

    async def trigger(
        self,
        function_id: str,
        data: Any = None,
        *,
        timeout: float | None = None,
        action: Mapping[str, Any] | None = None,
        namespace: str | None = None,
    ) -> Any:
        """Call a function on the engine (see `iii_asgi.invocation.Caller.trigger`)."""
        if self._link is None:
            raise ConnectionLostError(f"not connected to {shown(self._url)}")
        return await self._link.call(
            function_id, data, timeout=timeout, action=action, namespace=namespace
        )

    # -- the loop ------------------------------------------------------------------------

    async def run(self) -> None:
        """Stay connected until `disconnect`; return then.

        Raises:
            EngineRefusedError: the engine refused for good.
        """
        self._set_state("connecting")
        try:
            await self._stay_connected()
        finally:
            self._set_state("failed" if self._refused else "disconnected")

    async def _stay_connected(self) -> None:
        pauses = delays()
        while not self._stopping.is_set():
            try:
                await self._connection()
            except Exception as failure:
                if final := refusal(failure):
                    self._refused = True
                    raise final from failure
                if self.registered.is_set():
                    pauses = delays()
                if not self._stopping.is_set():
                    await self._pause(next(pauses), failure)

    async def _connection(self) -> None:
        """Connect, register and serve.

        Raises:
            Exception: what ended the connection, at the end always; `refusal` tells
                whether it is final.
        """
        socket = await connect(self._url, self._token)
        link = Link(socket, self._handler, self._on_event, resend=self._resend)
        receiving = asyncio.create_task(link.receive())
        receiving.add_done_callback(lambda _: link.close())
        try:
            await self._introduce(link)
            await receiving
        except ConnectionLostError:
            await receiving  # it knows why
        finally:
            self._link = None
            self.registrations.cancel()
            receiving.cancel()
            await asyncio.gather(receiving, return_exceptions=True)
            await close(socket)

    async def _introduce(self, link: Link) -> None:
        async with asyncio.timeout(GREETING_TIMEOUT):
            greeting = await link.greeting
        if self._previous is not None and self._previous.reattach_token:
            await link.send(
                m.Reattach(
                    previous_worker_id=self._previous.worker_id,
                    reattach_token=self._previous.reattach_token,
                )
            )
        self._own_ids.append(greeting.worker_id)
        self._link = link
        await link.call("engine::workers::register", self._metadata(), action={"type": "void"})
        await self.registrations.send(link, await self._offer(greeting, link.call))
        # Not before: until then the engine may hold on to the one before it.
        self._previous = greeting
        self._set_state("connected")
        self.registered.set()

    def _metadata(self) -> dict[str, Any]:
        metadata: dict[str, Any] = {
            "runtime": "python",
            "version": self._version,
            "name": self._name,
            "os": f"{platform.system()} {platform.release()} ({platform.machine()})".lower(),
            "pid": os.getpid(),
            "telemetry": {
                "language": f"python {sys.version_info.major}.{sys.version_info.minor}",
                "framework": self._framework,
            },
        }
        if self._namespace != "default":
            metadata["namespace"] = self._namespace
        if isolation := os.environ.get("III_ISOLATION"):
            metadata["isolation"] = isolation
        return metadata

    def _on_event(self, message: m.Message) -> None:
        if isinstance(message, m.RegistrationRejected) and message.code == WORKER_NAME_TAKEN:
            if message.owner_worker_id in self._own_ids:
                raise ConnectionLostError("the engine has not noticed yet that we were away")
            raise EngineRefusedError(
                message.code,
                f"another worker is connected under the name {self._name!r}; "
                "stop it, or choose another name (--name, III_WORKER_NAME)",
            )
        self.registrations.take(message)

    async def _pause(self, seconds: float, failure: Exception) -> None:
        self.registered.clear()
        self._set_state("reconnecting")
        logger.warning(
            "%s %s. Next try in %.1f s",
            shown(self._url),
            reason(failure),
            seconds,
            exc_info=None if is_expected(failure) else failure,
        )
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            pass

    def _set_state(self, state: ConnectionState) -> None:
        if state == self.state:
            return
        self.state = state
        if state == "connected":
            logger.info("Connected to %s as %s", shown(self._url), self._name)
        for callback in tuple(self._callbacks):
            try:
                callback(state)
            except Exception:  # theirs; the connection goes on
                logger.exception("A callback failed on connection state %r", state)

    # -- leaving -------------------------------------------------------------------------

    async def retire(self, timeout: float) -> None:
        """Take no more calls, and let those that run finish.

        Functions are taken back first, and a round trip makes sure that the engine has
        done so; another worker that stands by can then own them. The triggers stay until
        the connection ends, so the routes outlive the handover.

        Args:
            timeout: seconds for all that; what runs then is left to `disconnect`.
        """
        self._stopping.set()
        link = self._link
        if link is None:
            return
        # Where that fails the connection is gone, and our functions with it.
        with contextlib.suppress(InvocationError, ConnectionLostError, TimeoutError):
            async with asyncio.timeout(timeout):
                await self.registrations.take_back(link)
                await link.drain()
                await hand_over(link, self.registrations)

    async def disconnect(self) -> None:
        """Answer what still runs with an error, and close the connection; `run` then returns."""
        self._stopping.set()
        if self._link is not None:
            await self._link.finish()
