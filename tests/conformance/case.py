"""What is compared: a case, what a client and the app see of it, and what may differ."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal, TypeAlias

from tests.conformance.client import Answer, Connection, Request

__all__ = [
    "ECHO",
    "FRONTS",
    "PAUSE",
    "Case",
    "Front",
    "Loss",
    "Mode",
    "Seen",
    "View",
    "case",
    "difference",
    "seen_of",
    "visit",
]

Front: TypeAlias = Literal["builtin", "standalone"]
Mode: TypeAlias = Literal["app", "routes"]
FRONTS: tuple[Front, ...] = ("builtin", "standalone")

PAUSE = 0.06
"""Seconds between the pieces of a slow answer."""
ECHO = "x-echo"
"""The header of an answer whose body is the app's own view of the request, as JSON."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One exchange, from both of its ends.

    Attributes:
        lines: the headers of the answer, in order.
        length: its content-length: None, "true", or what else it says.
        body: of the answer; of an echo see `echo`.
        echo: what the app saw of the request.
        whole: the answer ended as it had announced.
        in_pieces: the body of a slow answer arrived while it was made.
        usable: the connection can be used for the next request.
    """

    status: int
    lines: tuple[tuple[str, str], ...]
    length: str | None = None
    body: bytes = b""
    echo: dict[str, Any] | None = None
    whole: bool = True
    in_pieces: bool = False
    usable: bool = True


View: TypeAlias = Callable[[Seen], Seen]


@dataclass(frozen=True, slots=True, eq=False)
class Loss:
    """Something that the engine loses or changes.

    Attributes:
        name: of its row in the documentation.
        fact: of the engine, behind it.
        specimen: the name of a case that shows it.
        view: an exchange as it looks when that is lost: equal on both sides.
        instead: what the engine answers, so that nothing reaches the app.
        fronts: where it is lost.
        modes: of triggers with which it is lost.
        loopback: whether the loopback, which has no HTTP server of its own, loses it, too.
    """

    name: str
    fact: str
    specimen: str
    view: View = lambda seen: seen
    instead: Mapping[Front, Seen] = field(default_factory=dict)
    fronts: tuple[Front, ...] = FRONTS
    modes: tuple[Mode, ...] = ("app", "routes")
    loopback: bool = True

    def holds(self, front: Front, mode: Mode, *, loopback: bool) -> bool:
        """Whether it is lost there."""
        return front in self.fronts and mode in self.modes and (self.loopback or not loopback)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Requests that are sent one after the other on one connection.

    Attributes:
        losses: by which the exchanges differ from those with a web server.
        slow: the app takes its time between the pieces of its answer.
    """

    name: str
    requests: tuple[Request, ...]
    losses: tuple[Loss, ...] = ()
    slow: bool = False


def case(
    name: str,
    target: str | bytes,
    method: str = "GET",
    lines: Iterable[str | bytes] = (),
    body: bytes | tuple[bytes, ...] = b"",
    *,
    losses: Iterable[Loss] = (),
    slow: bool = False,
    version: str = "1.1",
    then: Iterable[str] = (),
) -> Case:
    """Return a case of one request, and of GET requests after it.

    Args:
        then: targets of the GET requests.
    """
    first = Request(target=target, method=method, lines=tuple(lines), body=body, version=version)
    return Case(
        name=name,
        requests=(first, *(Request(target=one) for one in then)),
        losses=tuple(losses),
        slow=slow,
    )


_ALIVE = Request(target="/alive")


async def visit(port: int, one: Case, prefix: str = "") -> list[Seen]:
    """Run a case; it ends with one more request, which shows that the connection is usable."""
    seen: list[Seen] = []
    async with Connection(port) as connection:
        for request in (*one.requests, _ALIVE):
            answer, was_used = await connection.ask(request, prefix)
            if seen:
                seen[-1] = replace(seen[-1], usable=was_used)
            in_pieces = one.slow and answer.spread > PAUSE / 2
            seen.append(replace(seen_of(request, answer), in_pieces=in_pieces))
    alive = seen.pop()
    assert (alive.status, alive.body) == (200, b"alive")
    return seen


def seen_of(request: Request, answer: Answer) -> Seen:
    """Return what is compared of an answer."""
    echo = None
    if answer.get(ECHO) and answer.body:
        echo = json.loads(answer.body)
    length = None if answer.get(ECHO) else answer.get("content-length")
    if length == str(len(answer.body)) and request.method != "HEAD":
        length = "true"
    return Seen(
        status=answer.status,
        lines=tuple((name, value) for name, value in answer.lines if name != "content-length"),
        length=length,
        body=b"" if echo else _untimed(answer.body),
        echo=echo,
        whole=answer.whole,
    )


def _untimed(body: bytes) -> bytes:
    """Return a body without the time that gzip has put into it."""
    return body[:4] + bytes(4) + body[8:] if body.startswith(b"\x1f\x8b\x08") else body


def difference(expected: list[Seen], seen: list[Seen], losses: Iterable[Loss], front: Front) -> str:
    """Say what differs between both sides with these losses; nothing where they look alike."""
    losses = list(losses)
    for loss in losses:
        if front in loss.instead:
            expected = [loss.instead[front], *expected[1:]]
    seen = [_excused(one, other) for one, other in zip(seen, expected, strict=True)]
    for loss in losses:
        expected = [loss.view(one) for one in expected]
        seen = [loss.view(one) for one in seen]
    found = (_differing(one, other) for one, other in zip(expected, seen, strict=True))
    return "\n".join(line for lines in found for line in lines)


def _differing(expected: Seen, seen: Seen) -> Iterator[str]:
    for part in fields(Seen):
        one, other = getattr(expected, part.name), getattr(seen, part.name)
        if part.name == "echo" and one and other:
            yield from (
                f"  the app saw {key} {one.get(key)!r}, through iii {other.get(key)!r}"
                for key in one | other
                if one.get(key) != other.get(key)
            )
        elif one != other:
            yield f"  {part.name} is {one!r:.500}, through iii {other!r:.500}"


def _untraced(echo: dict[str, Any], sent: list[list[str]]) -> dict[str, Any]:
    """Return what the app saw without a trace that the client did not send."""
    names = {name for name, _ in sent}
    kept = [one for one in echo["headers"] if one[0] != "traceparent" or one[0] in names]
    return echo | {"headers": kept}


def _excused(seen: Seen, expected: Seen) -> Seen:
    """Leave out what is the server's business, or chance.

    That is how a body is framed, unless the app has said its length; whether to close the
    connection after an answer that went wrong; how much of an answer has arrived when it
    breaks off; and whether an engine traces, and gives a trace to who has none.
    """
    if seen.echo and expected.echo:
        seen = replace(seen, echo=_untraced(seen.echo, expected.echo["headers"]))
    if expected.length is None and seen.length in ("true", "0"):
        seen = replace(seen, length=None)
    if not expected.usable:
        seen = replace(seen, usable=False)
    if not expected.whole and not seen.whole:
        return expected if not seen.status else replace(seen, body=expected.body)
    return seen
