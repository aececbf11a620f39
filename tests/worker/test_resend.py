"""Answers that may have come too soon, sent once more."""

from __future__ import annotations

import asyncio

import pytest

from iii_asgi.worker import resend
from iii_asgi.worker.resend import BATCH, DELAY, LARGEST, TOO_SOON, Resender

pytestmark = pytest.mark.anyio


class Sent(list[tuple[float, bytes]]):
    """What was sent, and when."""

    async def __call__(self, text: bytes) -> None:
        self.append((asyncio.get_running_loop().time(), text))

    @property
    def texts(self) -> list[bytes]:
        return [text for _, text in self]


def now() -> float:
    """Return the time of the loop."""
    return asyncio.get_running_loop().time()


async def test_early() -> None:
    """An answer within 5 ms of its call is sent once more, 20 ms later."""
    sent, started = Sent(), now()
    resender = Resender(sent)

    resender.add(b"a", received=started, now=started + TOO_SOON / 2)
    await resender.flush()

    assert sent.texts == [b"a"]
    assert sent[0][0] - started >= DELAY


async def test_late() -> None:
    """A later one is not: the engine has filed the call by then."""
    sent = Sent()
    resender = Resender(sent)

    resender.add(b"a", received=now(), now=now() + 2 * TOO_SOON)
    await resender.flush()

    assert not sent


async def test_large() -> None:
    """A large one is not: keeping it would cost too much, and it takes its time anyway."""
    sent = Sent()
    resender = Resender(sent)

    resender.add(b"x" * (LARGEST + 1), received=now(), now=now())
    await resender.flush()

    assert not sent


async def test_batches() -> None:
    """Many go in few batches, in order, each once."""
    sent = Sent()
    resender = Resender(sent)
    texts = [b"%d" % number for number in range(100)]

    for text in texts:
        resender.add(text, received=now(), now=now())
    await resender.flush()

    assert sent.texts == texts
    assert sent[-1][0] - sent[0][0] < 100 * BATCH  # one by one it would be that at least


async def test_again() -> None:
    """It starts again after a quiet time, and the second answer has its own 20 ms."""
    sent = Sent()
    resender = Resender(sent)
    resender.add(b"a", received=now(), now=now())
    await asyncio.sleep(DELAY / 2)
    started = now()
    resender.add(b"b", received=started, now=started)
    await resender.flush()
    resender.add(b"c", received=now(), now=now())
    await resender.flush()

    assert sent.texts == [b"a", b"b", b"c"]
    assert sent[1][0] - started >= DELAY


async def test_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """Under a load that is too much the oldest go without, and memory stays bounded."""
    monkeypatch.setattr(resend, "MOST", 2)
    sent = Sent()
    resender = Resender(sent)

    for text in (b"a", b"b", b"c"):
        resender.add(text, received=now(), now=now())
    await resender.flush()

    assert sent.texts == [b"b", b"c"]


async def test_cancel() -> None:
    """When the connection is gone nothing more is sent, and nothing was kept is no fault."""
    sent = Sent()
    resender = Resender(sent)
    resender.cancel()
    resender.add(b"a", received=now(), now=now())
    resender.cancel()
    await resender.flush()

    assert not sent
