"""Connecting to the engine: the socket, which failures are final, how long to wait.

Three parts that are tested one by one: `connect` opens a socket, `refusal` tells a failure
that no retry mends from one that passes, `delays` gives the pauses between tries.
"""

from __future__ import annotations

import asyncio
import random
import ssl
from collections.abc import Iterator
from functools import lru_cache
from urllib.parse import quote, urlsplit, urlunsplit

from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as websockets_connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, InvalidURI, WebSocketException

from iii_asgi.errors import EngineRefusedError, Error
from iii_asgi.protocol.messages import ChannelRef
from iii_asgi.worker.engine_socket import EngineSocket

__all__ = ["channel_url", "close", "connect", "delays", "is_expected", "reason", "refusal", "shown"]

MAX_MESSAGE = 64 * 1024 * 1024
"""The engine resets a connection that sends more (protocol: messages)."""

CLOSE_TIMEOUT = 2.0
"""Seconds that a peer has to read what is left, and to say goodbye."""

_FIRST_DELAY, _LONGEST_DELAY, _JITTER = 1.0, 30.0, 0.3
_NO_TLS = ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE")  # what OpenSSL makes of plain HTTP
_FINAL_STATUSES = {401: "UNAUTHORIZED", 403: "FORBIDDEN"}


async def connect(url: str, token: str | None = None) -> EngineSocket:
    """Open the worker's socket.

    Without compression: the engine offers none, and a proxy's would cost more than half of
    the throughput. Without a queue limit: reading must not pause, since the answers to our
    own calls come on the same socket.

    Raises:
        OSError, TimeoutError, websockets.exceptions.WebSocketException: see `refusal`.
    """
    socket = await websockets_connect(
        url,
        additional_headers={"Authorization": f"Bearer {token}"} if token else None,
        compression=None,
        max_size=MAX_MESSAGE,
        max_queue=None,
        open_timeout=10,
        close_timeout=1,
        create_connection=EngineSocket,
    )
    assert isinstance(socket, EngineSocket)
    return socket


async def close(socket: ClientConnection) -> None:
    """Say goodbye; a peer that reads nothing any more is left after two seconds.

    The library's own limit begins only when the peer has read what was written before.
    """
    try:
        async with asyncio.timeout(CLOSE_TIMEOUT):
            await socket.close()
    except TimeoutError:
        socket.transport.abort()


def refusal(error: BaseException) -> EngineRefusedError | None:
    """Return the final refusal that an error means, or None: try again.

    What is final is listed, and everything else is tried again, for ever: a worker that
    gives up on an error that nobody thought of is a dead worker.
    """
    if isinstance(error, EngineRefusedError):
        return error
    if isinstance(error, InvalidURI):
        return EngineRefusedError("INVALID_URL", str(error))
    if isinstance(error, InvalidStatus):
        code = _FINAL_STATUSES.get(error.response.status_code)
        if code is not None:
            return EngineRefusedError(code, "the engine refused this worker; check III_TOKEN")
    return None


def reason(error: BaseException) -> str:
    """Return a few words on why a connection failed or ended, for a log line."""
    if isinstance(error, ConnectionRefusedError):
        return "refused"
    if isinstance(error, InvalidStatus):
        return f"answered HTTP {error.response.status_code}, not a WebSocket"
    if isinstance(error, ConnectionClosed):
        return "closed the connection"
    if isinstance(error, TimeoutError):
        return "timed out"
    if isinstance(error, ssl.SSLCertVerificationError):
        return (
            f"has a certificate that cannot be verified ({error.verify_message}). "
            "SSL_CERT_FILE may name the file of the authority to trust"
        )
    if isinstance(error, ssl.SSLError) and error.reason in _NO_TLS:
        return "speaks no TLS: a URL with ws:// may be the right one"
    return f"failed ({type(error).__name__}: {error})"


def is_expected(error: BaseException) -> bool:
    """Whether connections end like this; if not, a log should have the traceback."""
    return isinstance(error, (OSError, EOFError, WebSocketException, Error))


def shown(url: str) -> str:
    """Return a URL for a log line: without its query, which may hold a secret."""
    return url.partition("?")[0]


def delays() -> Iterator[float]:
    """Yield the seconds to wait before each try: 1, 2, 4 … 30, each ± 30 %, for ever."""
    delay = _FIRST_DELAY
    while True:
        yield delay * random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311  # jitter, no secret
        delay = min(delay * 2, _LONGEST_DELAY)


def channel_url(engine_url: str, ref: ChannelRef) -> str:
    """Return the WebSocket URL of one end of a channel (protocol: endpoints).

    A query on the engine's URL (a token of a proxy, say) is kept, in front.
    """
    place, query = _channels_at(engine_url)
    channel = quote(ref.channel_id, safe="")
    return f"{place}{channel}?{query}key={quote(ref.access_key)}&dir={quote(ref.direction)}"


@lru_cache(8)
def _channels_at(engine_url: str) -> tuple[str, str]:
    """Return what comes before the name of a channel, and first in its query."""
    parts = urlsplit(engine_url)
    place = parts._replace(path=f"{parts.path.rstrip('/')}/ws/channels/", query="", fragment="")
    return urlunsplit(place), f"{parts.query}&" if parts.query else ""
