"""A request that may have to be received twice: by an engine, and by the app all the same."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

from starlette.types import Message, Receive

__all__ = ["Replayed"]

_TURNS = 8  # of the loop: what is there already may come by way of a queue or a checkpoint


class Replayed:
    """A `receive` whose messages can be received once more.

    Attributes:
        is_cut: the client went before the end of the body.
    """

    def __init__(self, receive: Receive) -> None:
        self.is_cut = False
        self._receive = receive
        self._come: list[Message] = []
        self._coming: asyncio.Future[Message] | None = None  # begun, and nobody waits for it
        self._once = self.again()

    async def __call__(self) -> Message:
        """Receive the next message."""
        return await self._once()

    def again(self) -> Receive:
        """Return a `receive` that begins with those that were received."""
        given = 0

        async def receive() -> Message:
            nonlocal given
            if given == len(self._come):
                await self._take()
            given += 1
            return self._come[given - 1]

        return receive

    async def contradicts(self, length: int) -> bool:
        """Whether the body is of another length, as far as is known without waiting for it.

        Nothing is read beyond that length: a body need not end.
        """
        size, has_more = 0, True
        while has_more and size <= length:
            if not await self._take_at_once() or self._come[-1]["type"] != "http.request":
                return False
            size += len(self._come[-1].get("body", b""))
            has_more = self._come[-1].get("more_body", False)
        return size != length

    def held_to(self, length: int) -> Receive:
        """Return a `receive` of the body as a server has it that believes this length.

        For what is missing it waits until the client goes: that is at once.
        """
        left = length

        async def receive() -> Message:
            nonlocal left
            if self.is_cut:
                return {"type": "http.disconnect"}
            message = await self()
            if message["type"] != "http.request":
                return message
            body, has_more = message.get("body", b"")[:left], message.get("more_body", False)
            left -= len(body)
            self.is_cut = left > 0 and not has_more
            return {**message, "body": body, "more_body": left > 0}

        return receive

    def close(self) -> None:
        """Nothing will be received any more."""
        if self._coming is not None and not self._coming.cancel() and not self._coming.cancelled():
            self._coming.exception()  # else asyncio complains that nobody has looked

    async def _take_at_once(self) -> bool:
        """Take the next message if it is there already."""
        self._coming = asyncio.ensure_future(self._receive())
        for _ in range(_TURNS):
            await asyncio.sleep(0)
            if self._coming.done():
                break
        if not self._coming.done() or self._coming.cancelled() or self._coming.exception():
            return False
        await self._take()
        return True

    async def _take(self) -> None:
        coming: Awaitable[Message] = self._coming or self._receive()
        self._coming = None
        message = await coming
        if message["type"] != "http.request" and (
            not self._come or self._come[-1].get("more_body", False)
        ):
            self.is_cut = True
        self._come.append(message)
