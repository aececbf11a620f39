"""A request that may have to be received twice: by an engine, and by the app all the same."""

from __future__ import annotations

from starlette.types import Message, Receive

__all__ = ["Replayed"]


class Replayed:
    """A `receive` whose messages can be received once more.

    Attributes:
        is_cut: the client went before the end of the body.
    """

    def __init__(self, receive: Receive) -> None:
        self.is_cut = False
        self._receive = receive
        self._messages: list[Message] = []

    async def __call__(self) -> Message:
        """Receive the next message."""
        message = await self._receive()
        if message["type"] == "http.request":
            self._messages.append(message)
        elif not self._messages or self._messages[-1].get("more_body", False):
            self.is_cut = True
        return message

    def again(self) -> Receive:
        """Return a `receive` that begins with those that were received."""
        messages = iter(self._messages)

        async def receive() -> Message:
            message = next(messages, None)
            return await self._receive() if message is None else message

        return receive
