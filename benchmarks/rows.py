"""What is printed: rows with a target, measured as ratios of the same round."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

__all__ = [
    "Effort",
    "Result",
    "Row",
    "Suite",
    "Target",
    "at_least",
    "at_most",
    "print_table",
    "rotated",
]


@dataclass(frozen=True)
class Target:
    """A bound that a measured value is to keep."""

    sign: Literal["<=", ">="]
    bound: float

    def __str__(self) -> str:
        return f"{self.sign} {self.bound:g}"

    def is_met(self, value: float) -> bool:
        """Whether `value` keeps the bound."""
        return value <= self.bound if self.sign == "<=" else value >= self.bound


def at_most(bound: float) -> Target:
    """Return the target that a value is `bound` or less."""
    return Target("<=", bound)


def at_least(bound: float) -> Target:
    """Return the target that a value is `bound` or more."""
    return Target(">=", bound)


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes:
        name: also what rows are selected by.
        target: None where the figure is for information.
        unit: ``x`` for a ratio.
    """

    name: str
    target: Target | None = None
    unit: str = "x"


@dataclass(frozen=True)
class Result:
    """What a row came to: one sample a round, or the reason why there is none.

    Attributes:
        skipped: that reason.
        doubt: why the figure may say something else than it seems to.
    """

    row: Row
    samples: Sequence[float] = ()
    skipped: str = ""
    doubt: str = ""

    @property
    def value(self) -> float:
        """The median of the rounds."""
        return statistics.median(self.samples)

    @property
    def middle(self) -> tuple[float, float]:
        """Between these is the middle half of the samples."""
        if len(self.samples) < 4:
            return min(self.samples), max(self.samples)
        low, _, high = statistics.quantiles(self.samples, n=4, method="inclusive")
        return low, high

    @property
    def verdict(self) -> str:
        """``ok`` or ``short`` of the target; empty without one."""
        if self.skipped or self.row.target is None:
            return ""
        return "ok" if self.row.target.is_met(self.value) else "short"


@dataclass(frozen=True)
class Effort:
    """How long a run takes: `rounds` of all variants, each loaded for `seconds` a round."""

    rounds: int
    seconds: float


@dataclass(frozen=True)
class Suite:
    """Rows that are measured together, and the function that does so."""

    rows: Sequence[Row]
    measure: Callable[[Sequence[Row], Effort], Iterator[Result]]


def rotated(names: Sequence[str], round_number: int) -> list[str]:
    """Return the variants in an order that no two rounds begin alike, as drift would help one."""
    start = round_number % len(names)
    return [*names[start:], *names[:start]]


_LINE = "{:<62}  {:>9}  {:>17}  {:>9}  {}"


def print_table(results: Iterator[Result]) -> list[Result]:
    """Print each result as soon as it is there, under one heading; return them."""
    print(_LINE.format("row", "measured", "middle half", "target", ""), flush=True)
    done = []
    for result in results:
        print(_line(result), flush=True)
        done.append(result)
    return done


def _line(result: Result) -> str:
    row = result.row
    target = str(row.target or "")
    if result.skipped:
        return _LINE.format(row.name, "-", "", target, f"skipped: {result.skipped}")
    low, high = result.middle
    spread = f"{low:.2f} to {high:.2f}"
    value = f"{result.value:.2f} {row.unit}"
    remarks = "  ".join(filter(None, (result.verdict, result.doubt)))
    return _LINE.format(row.name, value, spread, target, remarks).rstrip()
