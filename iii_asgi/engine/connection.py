"""One worker's socket: frames in, messages dispatched, answers out."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

from msgspec import UNSET
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from iii_asgi.engine import calls, observers, registrations
from iii_asgi.engine.hub import Hub
from iii_asgi.engine.registry import Worker
from iii_asgi.engine.wire import DEFAULT_NAMESPACE, Outcome, RelayedResult, decode, is_uuid
from iii_asgi.errors import RemoteProtocolError
from iii_asgi.protocol import messages as m
from iii_asgi.protocol.session import Role, Session, State

__all__ = ["Connection"]

NAMESPACE_GRACE = 5.0
# Frames of the SDKs' tracing, which this engine does not keep.
_TELEMETRY = (b"OTLP", b"MTRC", b"LOGS")

logger = logging.getLogger("iii_asgi.engine")


class Connection:
    """A worker that is connected; it is the worker's `Link`."""

    def __init__(self, hub: Hub, socket: ServerConnection) -> None:
        self.session = Session(Role.ENGINE, decode=decode)
        address = socket.remote_address
        self.worker = Worker(link=self, ip_address=address[0] if address else None)
        self._hub = hub
        self._socket = socket
        self._held: deque[m.Message] = deque()
        self._is_resolved = False
        self._is_over = False
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Serve the worker until the connection is gone."""
        self._hub.registry.add(self.worker)
        try:
            await self.send(self._greeting())
            self._spawn(self._resolve_late())
            while not self._is_over:
                await self._receive(await self._socket.recv(decode=False))
        except ConnectionClosed:
            pass
        finally:
            await self._clean_up()

    def _greeting(self) -> m.WorkerRegistered:
        return m.WorkerRegistered(
            worker_id=self.worker.id,
            reattach_token=self.worker.token,
            features=[observers.FEATURE] if self._hub.has_observers else UNSET,
        )

    # -- as a link ---------------------------------------------------------------------

    async def send(self, message: m.Message) -> None:
        """Send a message that is neither a call nor an answer."""
        if self.session.state in (State.OPENING, State.OPEN):
            await self.send_text(self.session.send(message))

    async def send_text(self, text: bytes) -> None:
        """Send what the session made; waits while the worker is slow, drops when it is gone."""
        with suppress(ConnectionClosed):
            await self._socket.send(text, text=True)

    async def resolve(self, namespace: str) -> str:
        """Fix the namespace, if it is not yet, and do the registrations that were held."""
        if self.worker.namespace is None:
            self.worker.namespace = namespace
            while self._held:  # more can come in while these are done
                await registrations.apply(self._hub, self.worker, self._held.popleft())
            self._is_resolved = True
        return self.worker.namespace

    async def refuse(self, message: m.RegistrationRejected) -> None:
        """Tell a worker that it cannot be here, and close."""
        await self.send(message)
        await self._socket.close()

    async def retire(self) -> None:
        """Give up this connection: the same worker has come on another one."""
        await self._clean_up()
        self._socket.transport.abort()

    # -- receiving ---------------------------------------------------------------------

    async def _receive(self, frame: bytes) -> None:
        if not frame or frame.isspace() or frame.startswith(_TELEMETRY):
            return
        unknown = len(self.session.unknown_types)
        try:
            message = self.session.receive(frame)
        except RemoteProtocolError as error:
            logger.warning("a frame of worker %s is dropped: %s", self._name, error)
            return
        if message is not None:
            await self._dispatch(message)
        elif len(self.session.unknown_types) > unknown:
            logger.warning("worker %s sends an unknown message: %.80r", self._name, frame)

    async def _dispatch(self, message: m.Message) -> None:
        match message:
            case m.InvokeFunction():
                self._spawn(self._call(message))
            case RelayedResult():
                self._hub.invocations.settle(message)
            case m.Ping():
                await self.send(m.Pong())
            case m.TriggerRegistrationResult():
                await self._hub.triggers.refused(self.worker, message)
            case m.Reattach():
                await self._take_over(message)
            case _ if isinstance(message, registrations.KINDS):
                await self._register(message)

    async def _register(self, message: m.Message) -> None:
        if self._is_resolved:
            await registrations.apply(self._hub, self.worker, message)
        else:
            self._held.append(message)

    async def _resolve_late(self) -> None:
        """A worker that does not tell its namespace in time has the default one."""
        await asyncio.sleep(NAMESPACE_GRACE)
        if self.worker.namespace is None:
            logger.warning(
                "worker %s has not called engine::workers::register within %g s: its "
                "registrations go to the namespace %r",
                self._name,
                NAMESPACE_GRACE,
                DEFAULT_NAMESPACE,
            )
            await self.resolve(DEFAULT_NAMESPACE)

    async def _take_over(self, message: m.Reattach) -> None:
        old = self._hub.registry.workers.get(message.previous_worker_id)
        if old is None or old is self.worker:
            return
        if old.token != message.reattach_token:
            logger.warning("worker %s shows a wrong reattach token: ignored", self._name)
            return
        await old.link.retire()

    async def _call(self, message: m.InvokeFunction) -> None:
        if isinstance(message.invocation_id, str) and not is_uuid(message.invocation_id):
            outcome = calls.INVALID_ID
        else:
            try:
                outcome = await calls.call(self._hub, self.worker, message)
            except Exception:  # a bug here must not leave the caller without an answer
                logger.exception("calling %s failed", message.function_id)
                outcome = calls.BROKEN
        await self._answer(message, outcome)

    async def _answer(self, message: m.InvokeFunction, outcome: Outcome) -> None:
        """Answer a call, unless nobody waits: it was void, or the connection is gone."""
        invocation_id, error = message.invocation_id, outcome.error
        if not isinstance(invocation_id, str) or not self.session.owes(invocation_id):
            if error is not None:
                logger.warning("a void call failed: %s: %s", error.code, error.message)
            return
        parent, baggage = message.traceparent, message.baggage
        if error is not None:
            text = self.session.fail(
                invocation_id, error.code, error.message, traceparent=parent, baggage=baggage
            )
        else:
            result = UNSET if outcome.result is None else outcome.result
            text = self.session.answer(invocation_id, result, traceparent=parent, baggage=baggage)
        await self.send_text(text)

    # -- the end -----------------------------------------------------------------------

    async def _clean_up(self) -> None:
        """Take the worker out: once, however the connection ends."""
        if self._is_over:
            return
        self._is_over = True
        self._hub.registry.remove(self.worker)
        self._hub.invocations.stop(self.session.close())
        for task in self._tasks:
            task.cancel()
        await self._hub.triggers.forget(self.worker)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    @property
    def _name(self) -> str:
        return self.worker.name or self.worker.id
