"""Comparing pairs that may contain themselves, each of them once.

A pair that is met again within itself is taken to be right: it is, unless something else is wrong
with it. So whatever is found wrong is wrong; what is found right may rest on pairs around it.

What is found of a pair is the same whatever has been asked before. So the members of a circle are
told apart from what is within them: seen from another member, less is found of each. And steps
are counted as if nothing had been asked before, so that what is too large is so always.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from iii_asgi.catalogue.parts import UnjudgedError

__all__ = ["Pairs"]

_T = TypeVar("_T")
_NOTHING = 1 << 30  # deeper than any pair


@dataclass(slots=True)
class _Effort:
    """What a comparison has taken: its own steps, and the pairs that count for themselves."""

    steps: int = 0
    within: set[Hashable] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class _Settled(Generic[_T]):
    """What holds for good: what is wrong with a pair, and which are in a circle with it."""

    found: list[_T]
    circle: frozenset[Hashable]
    effort: _Effort


@dataclass(slots=True)
class _Held(Generic[_T]):
    """What holds until a pair further out has been compared: at which depth, and what it is."""

    found: list[_T]
    rests_on: int


class Pairs(Generic[_T]):
    """What has been found wrong with pairs, so far.

    Args:
        too_large: what to say where a comparison takes too many steps.
        most: the steps that one may take.
    """

    def __init__(self, too_large: str = "it is too large", most: int = 20_000) -> None:
        self._too_large = too_large
        self._most = most
        self._settled: dict[Hashable, _Settled[_T]] = {}
        self._open: dict[Hashable, int] = {}  # those that are being compared → how far within
        self._held: dict[Hashable, _Held[_T]] = {}
        self._circle: list[Hashable] = []  # all that rest on an open one, also if no longer held
        self._rests_on = _NOTHING  # the outermost that the comparison has met again
        self.begin()

    def begin(self) -> None:
        """Count the steps of another comparison."""
        self._steps = 0
        self._counted: set[Hashable] = set()
        self._effort = _Effort()

    def count(self, steps: int) -> None:
        """Count steps of the pair that is being compared.

        Raises:
            UnjudgedError: they are too many.
        """
        self._effort.steps += steps
        self._take(steps)

    def _take(self, steps: int) -> None:
        self._steps += steps
        if self._steps > self._most:
            raise UnjudgedError(self._too_large)

    def _take_again(self, pair: Hashable) -> None:
        """Count what a settled pair has taken, if it has not been counted in this comparison."""
        self._effort.within.add(pair)
        ahead = [pair]
        while ahead:
            if (one := ahead.pop()) not in self._counted:
                self._counted.add(one)
                effort = self._settled[one].effort
                self._take(effort.steps)
                ahead += effort.within

    def compare(self, pair: Hashable, ask: Callable[[], list[_T]]) -> list[_T]:
        """Return what is wrong with a pair.

        Args:
            pair: what tells it from others.
            ask: what compares it, if that has to be done; it may come back here. What it raises
                is raised, and nothing is kept of the pairs that are being compared.
        """
        if pair in self._open:
            self._rests_on = min(self._rests_on, self._open[pair])
            return []
        settled = self._settled.get(pair)
        if settled is not None and self._open.keys().isdisjoint(settled.circle):
            self._take_again(pair)
            return settled.found
        if (held := self._held.get(pair)) is not None:
            self._rests_on = min(self._rests_on, held.rests_on)
            return held.found
        around, self._rests_on = self._rests_on, _NOTHING
        found = self._ask(pair, ask)
        self._rests_on = min(around, self._rests_on)
        return found

    def _ask(self, pair: Hashable, ask: Callable[[], list[_T]]) -> list[_T]:
        depth, count = len(self._open), len(self._circle)
        around, self._effort = self._effort, _Effort()
        self._open[pair] = depth
        try:
            found = ask()
        except BaseException:
            self._open.clear()
            self._held.clear()
            self._circle.clear()
            self._rests_on = _NOTHING
            raise
        del self._open[pair]
        if self._rests_on < depth:
            self._hold(pair, found, count)
            around.steps += self._effort.steps
            around.within |= self._effort.within
        else:
            self._settle(pair, found, count)
            self._rests_on = _NOTHING
            self._counted.add(pair)
            around.within.add(pair)
        self._effort = around
        return found

    def _hold(self, pair: Hashable, found: list[_T], count: int) -> None:
        """Keep what is found of a pair that rests on one further out.

        Args:
            pair: the one that has been compared.
            found: what is wrong with it.
            count: how many have been in the circle before.
        """
        for one in self._circle[count:]:
            if (held := self._held.get(one)) is not None:
                held.rests_on = self._rests_on
                if found and not held.found:  # it has been right only if this one is
                    del self._held[one]
        self._held[pair] = _Held(found, self._rests_on)
        self._circle.append(pair)

    def _settle(self, pair: Hashable, found: list[_T], count: int) -> None:
        """Decide on a pair that rests on no other, and on those in a circle with it."""
        circle = self._circle[count:]
        del self._circle[count:]
        for one in circle:
            held = self._held.pop(one, None)
            if held is not None and not found and not held.found:
                self._settled[one] = _Settled([], frozenset(), _Effort(0, {pair}))
        self._settled[pair] = _Settled(found, frozenset(circle if found else ()), self._effort)
