"""An HTTP client as the engine sees it: the body that it sends, the answer that it waits for.

It is behind a socket (`http_streams`), or an ASGI app is called in its stead (`asgi`).
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol

from iii_asgi.engine.answers import Answer, Control, Headers

__all__ = ["Body", "BrokenBodyError", "Reply"]


class BrokenBodyError(Exception):
    """The body is not framed as it says, or ended before its end."""


class Body(Protocol):
    """The body of a request, read as it comes."""

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to be read."""
        ...

    async def read(self) -> bytes | None:
        """Return the next piece; None at the end.

        Raises:
            BrokenBodyError: it broke off, or is not framed as it says.
        """
        ...


class Reply(Protocol):
    """The answer to a request: one of these is called, once."""

    async def bare(self, status: int, headers: Headers) -> None:
        """Send an empty answer with exactly these headers, and the date."""
        ...

    async def whole(self, answer: Answer) -> None:
        """Send a whole answer."""
        ...

    async def stream(self, control: Control, pieces: AsyncIterator[bytes]) -> None:
        """Send an answer piece by piece, as far as the client wants it."""
        ...
