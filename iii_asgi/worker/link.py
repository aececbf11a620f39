"""One connection to the engine while it lasts: frames in, calls served, calls made.

The `Session` knows the protocol; this is the part that moves its text over a socket, runs
one task an invocation, and wakes whoever waits for an answer.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

from msgspec import UNSET

from iii_asgi.errors import (
    ConnectionLostError,
    InvocationError,
    InvocationTimeoutError,
    RemoteProtocolError,
)
from iii_asgi.invocation import current_invocation
from iii_asgi.protocol import messages as m
from iii_asgi.protocol.session import Role, Session, State
from iii_asgi.worker.connection import CLOSE_TIMEOUT, close
from iii_asgi.worker.engine_socket import EngineSocket
from iii_asgi.worker.resend import Resender

__all__ = ["Handler", "Link"]

logger = logging.getLogger("iii_asgi")

Handler: TypeAlias = Callable[[m.InvokeFunction], Awaitable[Any]]
"""Serves one invocation: returns its result, or raises `InvocationError` to answer with one."""

LONGEST = 60 * 1024 * 1024
"""A longer message is never sent: at 64 MiB the engine resets the connection."""

_INVOCATION = b'{"type":"invokefunction"'


class Link:
    """A connected socket, its session, and the invocations that came over it."""

    def __init__(
        self,
        socket: EngineSocket,
        handler: Handler,
        on_event: Callable[[m.Message], None],
        *,
        resend: bool,
    ) -> None:
        self._socket = socket
        self._handler = handler
        self._on_event = on_event
        self._session = Session(Role.WORKER)
        self._answers: dict[str, asyncio.Future[Any]] = {}
        self._resender = Resender(socket.write) if resend else None
        self._loop = asyncio.get_running_loop()
        self.greeting: asyncio.Future[m.WorkerRegistered] = self._loop.create_future()
        self.invocations: set[asyncio.Task[None]] = set()

    # -- receiving ---------------------------------------------------------------------

    async def receive(self) -> None:
        """Receive until the connection is gone.

        Raises:
            websockets.exceptions.ConnectionClosed: at the end.
            EngineRefusedError: what `on_event` makes of the engine's refusal.
        """
        self._socket.take = self._take_invocation
        while True:
            self._receive(await self._socket.recv(decode=False))

    def _take_invocation(self, frame: bytes) -> bool:
        """Take a frame that is an invocation; all others may wait for `receive`.

        The engine writes the type first. Before its greeting nothing may overtake that.
        """
        if not frame.startswith(_INVOCATION) or self._session.state is not State.OPEN:
            return False
        self._receive(frame)
        return True

    def _receive(self, frame: bytes) -> None:
        try:
            message = self._session.receive(frame)
        except RemoteProtocolError as error:
            logger.warning("The engine sent a frame that is not understood: %s", error)
            return
        if type(message) is m.InvokeFunction:
            self._start(message)
        elif message is not None:
            self._take(message)
        else:
            _warn_once(self._session.unknown_types)

    def _take(self, message: m.Message) -> None:
        if isinstance(message, m.InvocationResult):
            self._resolve(message)
        elif isinstance(message, m.Ping):
            self._socket.post(self._session.send(m.Pong()))
        elif isinstance(message, m.WorkerRegistered):
            if not self.greeting.done():
                self.greeting.set_result(message)
        else:
            self._on_event(message)

    def _resolve(self, message: m.InvocationResult) -> None:
        future = self._answers.pop(message.invocation_id, None)
        if future is None or future.done():
            return
        if message.error:
            future.set_exception(
                InvocationError(
                    message.error.code, message.error.message, function_id=message.function_id
                )
            )
        else:
            future.set_result(None if message.result is UNSET else message.result)

    # -- serving -----------------------------------------------------------------------

    def _start(self, message: m.InvokeFunction) -> None:
        task = self._loop.create_task(self._serve(message, self._loop.time()))
        self.invocations.add(task)
        task.add_done_callback(self.invocations.discard)

    async def _serve(self, message: m.InvokeFunction, received: float) -> None:
        """Serve one invocation and answer it exactly once, unless it is void."""
        try:
            result = await self._handler(message)
        except InvocationError as error:
            answer = self._failure(message, error.code, error.message)
        except asyncio.CancelledError:
            answer = self._failure(message, "invocation_stopped", "the worker is shutting down")
        except Exception:
            logger.exception("Serving %s failed", message.function_id)
            answer = self._failure(message, "INTERNAL_ERROR", "Internal Server Error")
        else:
            answer = self._success(message, result)
        if answer is not None:
            await self._socket.write(answer)
            if self._resender is not None:
                self._resender.add(answer, received=received, now=self._loop.time())

    def _success(self, message: m.InvokeFunction, result: Any) -> bytes | None:
        """Return the text of an answer; None where none is owed.

        That is a void call, or one whose connection is gone: the engine has failed it.
        """
        invocation_id = message.invocation_id
        if not isinstance(invocation_id, str) or not self._session.owes(invocation_id):
            return None
        try:
            return self._session.answer(invocation_id, result, limit=LONGEST)
        except Exception:  # no JSON type, not Unicode, too deep: it must be answered all the same
            logger.exception("The result of %s is no JSON value", message.function_id)
            return self._failure(message, "INTERNAL_ERROR", "Internal Server Error")

    def _failure(self, message: m.InvokeFunction, code: str, text: str) -> bytes | None:
        """Return the text of an error answer (see `_success`)."""
        invocation_id = message.invocation_id
        if not isinstance(invocation_id, str) or not self._session.owes(invocation_id):
            return None
        return self._session.fail(invocation_id, code, text)

    # -- calling -----------------------------------------------------------------------

    async def call(
        self,
        function_id: str,
        data: Any = None,
        *,
        timeout: float | None = None,
        action: Mapping[str, Any] | None = None,
        namespace: str | None = None,
    ) -> Any:
        """Call a function (see `iii_asgi.invocation.Caller.trigger`)."""
        self._check_open()
        void = action is not None and action.get("type") == "void"
        served = current_invocation.get()
        invocation_id, text = self._session.invoke(
            function_id,
            data,
            void=void,
            action=UNSET if action is None else action,
            namespace=namespace,
            traceparent=served.traceparent if served else None,
            baggage=served.baggage if served else None,
        )
        if len(text) > LONGEST:
            if invocation_id is not None:
                self._session.forget(invocation_id)
            raise InvocationError(
                "PAYLOAD_TOO_LARGE",
                f"the data has {len(text)} bytes; the engine takes {LONGEST}: use a channel",
                function_id=function_id,
            )
        if invocation_id is None:
            await self._socket.send_paced(text)
            return None
        future = self._answers[invocation_id] = self._loop.create_future()
        try:
            async with asyncio.timeout(timeout):
                await self._socket.send_paced(text)
                return await future
        except TimeoutError:
            raise InvocationTimeoutError(function_id, timeout or 0) from None
        finally:
            self._answers.pop(invocation_id, None)
            self._session.forget(invocation_id)

    async def send(self, *messages: m.Message) -> None:
        """Send messages that are no calls, in order.

        Raises:
            ConnectionLostError: the connection is gone.
        """
        self._check_open()
        for message in messages:
            await self._socket.write(self._session.send(message))

    def _check_open(self) -> None:
        if self._session.state in (State.CLOSED, State.REFUSED):
            raise ConnectionLostError("the connection to the engine is gone")

    # -- the end -----------------------------------------------------------------------

    async def drain(self) -> None:
        """Wait until no invocation runs any more."""
        while self.invocations:
            await asyncio.wait(set(self.invocations))

    async def finish(self) -> None:
        """Say goodbye: answer what still runs with an error, then close the socket.

        Early answers are sent once more before.
        """
        await asyncio.sleep(0)  # one that never began could not be told anything
        stopped = set(self.invocations)
        for task in stopped:
            task.cancel()
        if stopped:  # a long answer to an engine that reads nothing would take for ever
            await asyncio.wait(stopped, timeout=CLOSE_TIMEOUT)
        if self._resender is not None:
            await self._resender.flush()
        await close(self._socket)

    def close(self) -> None:
        """The connection is gone: fail our calls, and let go of those we serve.

        Their results would be for nobody. Cancelling the serving is a disconnect for the
        app, which runs on to its end.
        """
        self._session.close()
        if self._resender is not None:
            self._resender.cancel()
        lost = ConnectionLostError("the engine went away during the call")
        for future in (self.greeting, *self._answers.values()):
            if not future.done():
                future.set_exception(lost)
                future.exception()  # whoever waited may be gone as well
        for task in self.invocations:
            task.cancel()


_warned_types: set[str] = set()


def _warn_once(kinds: set[str]) -> None:
    for kind in kinds - _warned_types:
        _warned_types.add(kind)
        logger.warning("Messages of type %r are unknown to this version and are ignored", kind)
