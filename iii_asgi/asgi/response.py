"""What an app has answered, as an `httpx.Response`."""

from __future__ import annotations

import httpx

from iii_asgi.asgi.stream import ResponseStream

__all__ = ["ASGIResponse"]


class ASGIResponse(httpx.Response):
    """A response that makes its `headers` when somebody asks for them.

    That takes httpx as long as many an app takes to answer, and who passes the answer on
    needs the lines only.

    Args:
        status: 200 to 999.
        lines: the headers as the app gave them.
        stream: the body.

    Attributes:
        lines: see above.
    """

    def __init__(
        self, status: int, lines: list[tuple[bytes, bytes]], stream: ResponseStream
    ) -> None:
        super().__init__(status, stream=stream)
        self.lines = lines
        self._headers: httpx.Headers | None = None

    @property
    def headers(self) -> httpx.Headers:
        """The headers, which may be changed."""
        if self._headers is None:
            self._headers = httpx.Headers(self.lines)
        return self._headers

    @headers.setter
    def headers(self, headers: httpx.Headers) -> None:
        self._headers = headers
