"""One HTTP request and the function that answers it: the upload, and the race for the answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass

from starlette.types import Receive

from iii_asgi.engine.answers import Answer, Control, error_answer, from_result
from iii_asgi.engine.channels import ChannelClosedError
from iii_asgi.engine.hub import Hub
from iii_asgi.engine.invocations import Call
from iii_asgi.engine.request import Request
from iii_asgi.engine.routes import Route
from iii_asgi.engine.wire import Outcome
from iii_asgi.protocol.messages import ErrorBody

__all__ = ["Exchange", "Stream"]


@dataclass(frozen=True, slots=True)
class Stream:
    """An answer that comes through the response channel; `first` is None when it is empty."""

    control: Control
    first: bytes | None


class Exchange:
    """One request on its way to a function and back.

    `answer` gives a whole answer, or a stream to be read with `chunks`. Call `close` in the
    end, or `expire` when no answer came in time.
    """

    def __init__(self, hub: Hub, request: Request, receive: Receive) -> None:
        self._hub = hub
        self._request = request
        self._receive = receive
        self._upload = hub.channels.create()
        self._download = hub.channels.create()
        self._upload.writer_taken = self._download.reader_taken = True
        self._reader: asyncio.Task[None] | None = None

    async def answer(self, route: Route) -> Answer | Stream:
        """Call the route's function; return what comes first, its result or its stream.

        A null result leaves the word to the stream, so without one this waits for ever.
        """
        body = await self._take_body()
        function = self._hub.registry.get(route.namespace, route.function_id)
        if function is None:
            return error_answer(_not_found(route))
        news = asyncio.Event()
        self._download.notify(news.set)
        outcome = await self._hub.invocations.begin(
            Call(
                function,
                self._request.payload(route, body, self._upload, self._download),
                metadata=route.metadata,
                trace=self._request.trace,
            )
        )
        outcome.add_done_callback(lambda _: news.set())
        return await self._race(outcome, news)

    async def _race(self, outcome: asyncio.Future[Outcome], news: asyncio.Event) -> Answer | Stream:
        control = Control()
        while True:
            news.clear()
            while (item := self._download.take()) is not None:
                if isinstance(item, bytes):
                    return Stream(control, item)
                control.apply(item)
            if outcome.done() and (answer := _direct(outcome.result())):
                return answer
            if self._download.ended:
                return Stream(control, None)
            await news.wait()

    async def chunks(self, stream: Stream) -> AsyncIterator[bytes]:
        """Read a stream; it also ends when the client leaves."""
        self._forget_channels()
        if self._reader is None:
            self._reader = asyncio.create_task(self._watch())
        item: bytes | str | None = stream.first
        while item is not None:
            if isinstance(item, bytes):
                yield item
            item = await self._download.get()

    def close(self) -> None:
        """The response is complete, or nobody wants it any more."""
        self._stop_reading()
        self._download.abandon()
        self._forget_channels()

    def expire(self) -> None:
        """No answer in time: the worker is not told, and can still find both channels."""
        self._stop_reading()
        self._upload.close()
        self._download.abandon()

    def _forget_channels(self) -> None:
        self._hub.channels.discard(self._upload)
        self._hub.channels.discard(self._download)

    # -- the client --------------------------------------------------------------------

    async def _take_body(self) -> bytes:
        """Put the body into its channel; return it where the engine is to parse it."""
        if not self._request.has_body:
            self._upload.close()
            return b""
        if not self._request.is_json:  # the function is called before the body is complete
            self._reader = asyncio.create_task(self._pump())
            return b""
        body = b"".join([chunk async for chunk in self._body()])
        if body:
            await self._upload.put(body)
        self._upload.close()
        return body

    async def _body(self) -> AsyncIterator[bytes]:
        has_more = True
        while has_more:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                return
            if message.get("body"):
                yield message["body"]
            has_more = message.get("more_body", False)

    async def _pump(self) -> None:
        """Pass the body on as it comes, even where nobody reads it."""
        async for chunk in self._body():
            with suppress(ChannelClosedError):
                await self._upload.put(chunk)
        self._upload.close()
        await self._watch()

    async def _watch(self) -> None:
        """Wait until the client has left; then the worker's next write fails."""
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._download.abandon()

    def _stop_reading(self) -> None:
        if self._reader is not None:
            self._reader.cancel()


def _direct(outcome: Outcome) -> Answer | None:
    if outcome.error is not None:
        return error_answer(outcome.error)
    return None if outcome.result is None else from_result(outcome.result)


def _not_found(route: Route) -> ErrorBody:
    return ErrorBody(
        "function_not_found",
        f"Function {route.function_id} not found in namespace {route.namespace}",
    )
