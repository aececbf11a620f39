"""Comparing pairs that may contain themselves, each of them once.

A pair that is met again within itself is taken to be right: it is, unless something else is wrong
with it. So whatever is found wrong is wrong; what is found right may rest on pairs around it.

What is found of a pair is the same whatever has been asked before. So the members of a circle are
told apart from what is within them: seen from another member, less is found of each.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

__all__ = ["Pairs"]

_T = TypeVar("_T")
_NOTHING = 1 << 30  # deeper than any pair


@dataclass(slots=True)
class _Held(Generic[_T]):
    """What holds until a pair further out has been compared: at which depth, and what it is."""

    found: list[_T]
    rests_on: int


class Pairs(Generic[_T]):
    """What has been found wrong with pairs, so far."""

    def __init__(self) -> None:
        # What is wrong with a pair, and the pairs that are in a circle with it.
        self._settled: dict[Hashable, tuple[list[_T], frozenset[Hashable]]] = {}
        self._open: dict[Hashable, int] = {}  # those that are being compared → how far within
        self._held: dict[Hashable, _Held[_T]] = {}
        self._circle: list[Hashable] = []  # all that rest on an open one, also if no longer held
        self._rests_on = _NOTHING  # the outermost that the comparison has met again

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
        if (settled := self._settled.get(pair)) and self._open.keys().isdisjoint(settled[1]):
            return settled[0]
        if (held := self._held.get(pair)) is not None:
            self._rests_on = min(self._rests_on, held.rests_on)
            return held.found
        around, self._rests_on = self._rests_on, _NOTHING
        found = self._ask(pair, ask)
        self._rests_on = min(around, self._rests_on)
        return found

    def _ask(self, pair: Hashable, ask: Callable[[], list[_T]]) -> list[_T]:
        depth, count = len(self._open), len(self._circle)
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
        else:
            self._settle(pair, found, count)
            self._rests_on = _NOTHING
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
                self._settled[one] = [], frozenset()
        self._settled[pair] = found, frozenset(circle if found else ())
