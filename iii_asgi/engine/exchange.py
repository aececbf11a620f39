"""One HTTP request and the function that answers it: the upload, and the race for the answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass

from msgspec import Raw

from iii_asgi.engine import serde
from iii_asgi.engine.answers import Answer, Control, error_answer, from_result
from iii_asgi.engine.client import Body
from iii_asgi.engine.front import Front, RefusedError
from iii_asgi.engine.hub import Hub
from iii_asgi.engine.invocations import Call
from iii_asgi.engine.request import Request
from iii_asgi.engine.routes import Route
from iii_asgi.engine.wire import Outcome
from iii_asgi.protocol.messages import ErrorBody

__all__ = ["Download", "Exchange"]


@dataclass(frozen=True, slots=True)
class Download:
    """An answer that comes through the response channel; `first` is None when it is empty."""

    control: Control
    first: bytes | None


class Exchange:
    """One request on its way to a function and back.

    `answer` gives a whole answer, or a download to be read with `chunks`. Call `close` when
    the response is complete, or `leave` when it never will be.
    """

    def __init__(self, hub: Hub, front: Front, request: Request, body: Body) -> None:
        self._hub = hub
        self._front = front
        self._request = request
        self._body = body
        self._upload = hub.channels.create()
        self._download = hub.channels.create()
        self._upload.writer_taken = self._download.reader_taken = True
        self._writing: asyncio.Future[None] | None = None
        self._outcome: asyncio.Future[Outcome] | None = None

    async def answer(self, route: Route) -> Answer | Download:
        """Call the route's function; return what comes first, its result or its stream.

        A null result leaves the word to the stream, so without one this waits for ever.
        """
        try:
            content, rest = await self._front.take_body(self._request, self._body, self._upload)
        except RefusedError as refused:
            return refused.answer
        if rest is not None:
            self._writing = asyncio.ensure_future(_run(rest))
        function = self._front.find(self._hub.registry, route)
        if isinstance(function, ErrorBody):
            return error_answer(function)
        data = self._front.payload(self._request, route, content, self._upload, self._download)
        self._outcome = await self._hub.invocations.begin(
            Call(
                function,
                Raw(serde.dumps(data)),
                metadata=route.metadata if self._front.knows_metadata else None,
                trace=self._front.trace(self._request, route),
            )
        )
        return await self._first(self._outcome)

    async def _first(self, outcome: asyncio.Future[Outcome]) -> Answer | Download:
        """Return what comes first: the result, or the first bytes or the end of the stream."""
        first: asyncio.Future[Answer | Download] = asyncio.get_running_loop().create_future()
        control = Control()

        def look() -> None:  # at each arrival, so that their order counts
            while not first.done() and (item := self._download.take()) is not None:
                if isinstance(item, bytes):
                    first.set_result(Download(control, item))
                else:
                    control.apply(item)
            if first.done():
                return
            if outcome.done() and (answer := _direct(outcome.result())):
                first.set_result(answer)
            elif self._download.ended:
                first.set_result(Download(control, None))

        self._download.notify(look)
        outcome.add_done_callback(lambda _: look())
        look()
        return await first

    async def chunks(self, download: Download, silence: float | None) -> AsyncIterator[bytes]:
        """Read a stream to its end, or until it has been silent for so many seconds."""
        self._forget_channels()
        item: bytes | str | None = download.first
        while item is not None:
            if isinstance(item, bytes):
                yield item
            try:
                async with asyncio.timeout(silence):
                    item = await self._download.get()
            except TimeoutError:
                return

    def close(self) -> None:
        """The response is complete."""
        self._download.abandon(after=self._front.unnoticed)
        self._forget_channels()

    def leave(self) -> None:
        """The client has left, or was told that no answer came in time.

        The worker is not told, and until it answers it finds both channels: its writes fail,
        sooner or later.
        """
        self._download.abandon(after=self._front.unnoticed)
        if self._outcome is None:
            self._forget_channels()
        else:
            self._outcome.add_done_callback(lambda _: self._forget_channels())

    async def finish(self) -> None:
        """Wait until the request's body has been read, where somebody still does."""
        if self._writing is not None and not self._body.is_done:
            await self._writing

    def _forget_channels(self) -> None:
        self._hub.channels.discard(self._upload)
        self._hub.channels.discard(self._download)


async def _run(work: Awaitable[None]) -> None:
    await work


def _direct(outcome: Outcome) -> Answer | None:
    if outcome.error is not None:
        return error_answer(outcome.error)
    return None if outcome.result is None else from_result(outcome.result)
