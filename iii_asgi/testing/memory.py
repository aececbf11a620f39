"""A worker and an engine in one process: their messages as text, their channels in memory."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

import msgspec
from msgspec import UNSET, Raw

from iii_asgi.engine import calls, wire
from iii_asgi.engine.channels import Channel, ChannelClosedError, Channels
from iii_asgi.engine.hub import Hub
from iii_asgi.engine.registry import Worker
from iii_asgi.errors import ConnectionLostError, InvocationError, InvocationTimeoutError
from iii_asgi.invocation import current_invocation
from iii_asgi.protocol import messages as m
from iii_asgi.protocol.session import Role, Session
from iii_asgi.worker.channel_socket import FRAME_SIZE

__all__ = ["MemoryChannels", "MemoryLink"]

logger = logging.getLogger("iii_asgi.testing")


class MemoryLink:
    """The connection of the one worker, without a socket; what is sent is JSON text.

    It is the engine's `Link` to the worker, and the worker's `Caller`. Nothing in it
    belongs to an event loop, so each request may come in a loop of its own.

    Args:
        hub: the engine's state.
        handler: serves an invocation: returns its result, or raises `InvocationError`.
        namespace: of the worker.
        before_call: awaited before each call of the worker's own.
    """

    def __init__(
        self,
        hub: Hub,
        handler: Callable[[m.InvokeFunction], Awaitable[Any]],
        namespace: str,
        before_call: Callable[[], Awaitable[None]],
    ) -> None:
        self.session = Session(Role.ENGINE, decode=wire.decode)
        self.worker = Worker(link=self, ip_address=None, namespace=namespace)
        self._hub = hub
        self._handler = handler
        self._before_call = before_call
        self._other = Session(Role.WORKER)
        self._serving: set[asyncio.Task[None]] = set()
        hub.registry.add(self.worker)

    # -- engine → worker ---------------------------------------------------------------

    async def send_text(self, text: bytes) -> None:
        """Take a call; it is served in a task with a copy of this one's context variables."""
        message = self._other.receive(text)
        assert isinstance(message, m.InvokeFunction), "the engine sends calls only"
        task = asyncio.get_running_loop().create_task(self._serve(message))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    async def send(self, message: m.Message) -> None:
        """Take a refusal of something that was registered: there is nobody to act on it."""
        logger.warning("the engine would refuse it: %s", message)

    async def resolve(self, namespace: str) -> str:
        """Return the namespace, which was fixed from the start."""
        return self.worker.namespace or namespace

    async def refuse(self, message: m.RegistrationRejected) -> None:
        """Not called: no other worker is here."""
        raise NotImplementedError

    async def retire(self) -> None:
        """Not called: the worker never reconnects."""
        raise NotImplementedError

    # -- worker → engine ---------------------------------------------------------------

    async def _serve(self, message: m.InvokeFunction) -> None:
        text = await self._answer(message)
        if text is not None:
            answer = self.session.receive(text)
            if isinstance(answer, wire.RelayedResult):
                self._hub.invocations.settle(answer)

    async def _answer(self, message: m.InvokeFunction) -> bytes | None:
        """Serve a call and return the text of its answer; None where none is owed."""
        try:
            result, failure = await self._handler(message), None
        except InvocationError as error:
            result, failure = None, (error.code, error.message)
        except Exception:
            logger.exception("serving %s failed", message.function_id)
            result, failure = None, ("INTERNAL_ERROR", "Internal Server Error")
        invocation_id = message.invocation_id
        if not isinstance(invocation_id, str) or not self._other.owes(invocation_id):
            return None
        if failure is not None:
            return self._other.fail(invocation_id, *failure)
        return self._other.answer(invocation_id, result)

    async def trigger(
        self,
        function_id: str,
        data: Any = None,
        *,
        timeout: float | None = None,
        action: Mapping[str, Any] | None = None,
        namespace: str | None = None,
    ) -> Any:
        """Call a function of the same app (see `Caller.trigger`)."""
        await self._before_call()
        served = current_invocation.get()
        call = m.InvokeFunction(
            function_id=function_id,
            data=Raw(m.encode(data)),
            invocation_id=wire.new_id(),
            action=UNSET if action is None else action,
            namespace=namespace or self.worker.namespace,
            traceparent=served.traceparent if served else UNSET,
            baggage=served.baggage if served else UNSET,
        )
        try:
            async with asyncio.timeout(timeout):
                outcome = await calls.call(self._hub, self.worker, call)
        except TimeoutError:
            raise InvocationTimeoutError(function_id, timeout or 0) from None
        if outcome.error is not None:
            raise InvocationError(
                outcome.error.code, outcome.error.message, function_id=function_id
            )
        return None if outcome.result is None else msgspec.json.decode(outcome.result)


class MemoryChannels:
    """Opens the ends of an engine's channels without a socket (see `ChannelOpener`)."""

    def __init__(self, channels: Channels) -> None:
        self._channels = channels

    async def reader(self, ref: m.ChannelRef) -> _Reader:
        """Take a reading end; ConnectionLostError when there is none to take."""
        channel = self._find(ref)
        if channel.reader_taken:
            raise ConnectionLostError(f"the end of channel {ref.channel_id} was taken before")
        channel.reader_taken = True
        return _Reader(channel)

    async def writer(self, ref: m.ChannelRef) -> _Writer:
        """Take a writing end; ConnectionLostError when there is none to take."""
        channel = self._find(ref)
        if channel.writer_taken:
            raise ConnectionLostError(f"the end of channel {ref.channel_id} was taken before")
        channel.writer_taken = True
        return _Writer(channel)

    def _find(self, ref: m.ChannelRef) -> Channel:
        channel = self._channels.find(ref.channel_id, ref.access_key)
        if channel is None:
            raise ConnectionLostError(f"channel {ref.channel_id} is gone")
        return channel


class _Reader:
    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while (item := await self._channel.get()) is not None:
            if isinstance(item, bytes) and item:
                yield item

    async def aclose(self) -> None:
        self._channel.abandon()


class _Writer:
    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._closed = asyncio.Event()

    async def send_text(self, frame: bytes) -> None:
        await self._put(frame.decode())

    async def send(self, data: bytes) -> None:
        # In frames as over a socket.
        for start in range(0, len(data) or 1, FRAME_SIZE):
            await self._put(data[start : start + FRAME_SIZE])

    async def _put(self, item: bytes | str) -> None:
        try:
            await self._channel.put(item)
        except ChannelClosedError:
            self._closed.set()  # as the engine closes the socket at a write to nobody
            raise ConnectionLostError("the reader of the channel has left") from None

    async def wait_closed(self) -> None:
        await self._closed.wait()

    def close(self) -> None:
        self._channel.close()
