"""Comparing pairs that may contain themselves, each of them once.

A pair that is met again within itself is taken to be right: it is, unless something else is wrong
with it. So whatever is found wrong is wrong; what is found right may rest on pairs around it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

__all__ = ["Pairs"]

_T = TypeVar("_T")
_NOTHING = 1 << 30  # deeper than any pair


class Pairs(Generic[_T]):
    """What has been found wrong with pairs, so far."""

    def __init__(self) -> None:
        self._found: dict[Hashable, list[_T]] = {}
        self._open: dict[Hashable, int] = {}  # those that are being compared → how far within
        self._resting: dict[Hashable, int] = {}  # right, if that one at this depth is, and others
        self._rests_on = _NOTHING  # the outermost that the comparison has met again

    def compare(self, pair: Hashable, ask: Callable[[], list[_T]]) -> list[_T]:
        """Return what is wrong with a pair.

        Args:
            pair: what tells it from others.
            ask: what compares it, if that has to be done; it may come back here.
        """
        if pair in self._open:
            self._rests_on = min(self._rests_on, self._open[pair])
            return []
        if pair in self._found:
            self._rests_on = min(self._rests_on, self._resting.get(pair, _NOTHING))
            return self._found[pair]
        depth, count = len(self._open), len(self._resting)
        around, self._rests_on = self._rests_on, _NOTHING
        self._open[pair] = depth
        found = self._found[pair] = ask()
        del self._open[pair]
        self._settle(pair, depth, count)
        self._rests_on = min(around, self._resting.get(pair, _NOTHING))
        return found

    def _settle(self, pair: Hashable, depth: int, count: int) -> None:
        """Decide on what has been found right within a pair.

        Args:
            pair: the one that has been compared.
            depth: of it.
            count: how many have been resting before.
        """
        within = list(self._resting)[count:]
        if self._found[pair]:
            for one in within:
                del self._found[one], self._resting[one]
        elif self._rests_on >= depth:
            for one in within:
                del self._resting[one]
        else:
            self._resting[pair] = self._rests_on
            for one in within:
                self._resting[one] = min(self._resting[one], self._rests_on)
