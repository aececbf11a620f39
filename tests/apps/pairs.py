"""One app twice: behind uvicorn, which is the truth, and through iii as a whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from tests.servers import Place, behind_iii, behind_uvicorn

__all__ = ["Pair", "pair_of"]

# Lines that belong to whoever serves, that the engine writes itself, or that differ each time.
_NOT_THE_APPS = frozenset({"connection", "content-length", "date", "server", "transfer-encoding"})
_OF_THE_ENGINE = ("vary", "access-control-")
_TIMEOUT = 40.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What a client sees of an answer."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


@dataclass(frozen=True, slots=True)
class Pair:
    """A client for each of both.

    Attributes:
        truth: asks the app behind uvicorn.
        ours: asks the app through iii.
        prefix: of its paths on the engine.
    """

    truth: httpx.Client
    ours: httpx.Client
    prefix: str = ""

    def ask(self, method: str, path: str, **options: Any) -> tuple[Answer, Answer]:
        """Send a request to both. Their addresses look alike afterwards."""
        truth = self.truth.request(method, path, **options)
        ours = self.ours.request(method, self.prefix + path, **options)
        return self._seen(truth, self.truth), self._seen(ours, self.ours)

    def _seen(self, answer: httpx.Response, client: httpx.Client) -> Answer:
        address = str(client.base_url).rstrip("/")
        headers = [
            (name.decode().lower(), value.decode("latin-1").replace(address, "http://site"))
            for name, value in answer.headers.raw
        ]
        kept = [
            one
            for one in headers
            if one[0] not in _NOT_THE_APPS and not one[0].startswith(_OF_THE_ENGINE)
        ]
        body = answer.content.replace(address.encode(), b"http://site")
        return Answer(answer.status_code, sorted(kept), body)


@contextmanager
def pair_of(
    place: Place,
    app: str,
    *flags: str,
    truth: str | None = None,
    prefix: str = "",
    env: Mapping[str, str] | None = None,
) -> Iterator[Pair]:
    """Serve an app in both ways.

    Args:
        place: the engine.
        app: for ``iii-asgi serve --http app``.
        *flags: more for it.
        truth: for uvicorn, where that is not the same.
        prefix: of the paths on the engine; uvicorn gets it as a root path.
        env: of both.
    """
    # The order of the methods in an ``allow`` header is that of a set.
    env = {"PYTHONHASHSEED": "0", **(env or {})}
    ours, root = ["--http", "app", *flags], []
    if prefix:
        ours += ["--prefix", prefix]
        root = ["--root-path", prefix]
    with (
        behind_uvicorn(truth or app, *root, env=env) as url,
        behind_iii(place, app, *ours, env=env),
        httpx.Client(base_url=url, timeout=_TIMEOUT) as first,
        httpx.Client(base_url=place.http_url, timeout=_TIMEOUT) as second,
    ):
        yield Pair(first, second, prefix)
