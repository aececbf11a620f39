"""Cron expressions as the engine reads them, which is not as crontab does.

Six fields, seconds first, and a seventh for years if wanted; all in UTC. Days of the week are 1
(Sunday) to 7, and a day must fit both the day of the month and that of the week.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

__all__ = ["Schedule"]

_MONTHS = "january february march april may june july august september october november december"
_DAYS = "sunday monday tuesday wednesday thursday friday saturday"
_SHORTHANDS = {
    "@yearly": "0 0 0 1 1 *",
    "@monthly": "0 0 0 1 * *",
    "@weekly": "0 0 0 * * 1",
    "@daily": "0 0 0 * * *",
    "@hourly": "0 0 * * * *",
}


@dataclass(frozen=True, slots=True)
class _Field:
    """What one field can say.

    Attributes:
        names: name → number.
        any: whether ``?`` stands for ``*``.
    """

    label: str
    least: int
    most: int
    names: dict[str, int]
    any: bool = False


def _names(text: str, *more: tuple[str, int]) -> dict[str, int]:
    """Return full names and their first three letters → number, from 1 on."""
    numbered = list(enumerate(text.split(), start=1))
    return {one: number for number, name in numbered for one in (name, name[:3])} | dict(more)


_FIELDS = (
    _Field("seconds", 0, 59, {}),
    _Field("minutes", 0, 59, {}),
    _Field("hours", 0, 23, {}),
    _Field("days of the month", 1, 31, {}, any=True),
    _Field("months", 1, 12, _names(_MONTHS)),
    _Field("days of the week", 1, 7, _names(_DAYS, ("tues", 3), ("thurs", 5)), any=True),
    _Field("years", 1970, 2100, {}),
)


class Schedule:
    """When a cron expression is due.

    Args:
        expression: e.g. ``0 30 3 * * MON-FRI``, or ``@daily``.

    Raises:
        ValueError: the engine would refuse it; the text says why.
    """

    def __init__(self, expression: str) -> None:
        text = _SHORTHANDS.get(expression.strip(), expression)
        fields = re.sub(r"\s*([,-])\s*", r"\1", text).split()
        if not 6 <= len(fields) <= 7:
            raise ValueError(
                f"a cron expression has six fields, seconds first, or seven with years: "
                f"{expression!r} has {len(fields)}"
            )
        read = [_read(text, kind) for text, kind in zip(fields, _FIELDS, strict=False)]
        self._seconds, self._minutes, self._hours = map(sorted, read[:3])
        self._days, self._months, self._weekdays = read[3:6]
        self._years = read[6] if len(read) == 7 else set(range(1970, 2101))

    def after(self, moment: datetime) -> datetime | None:
        """Return the first time that is due after a moment, in UTC; None when there is none."""
        start = moment.astimezone(UTC).replace(microsecond=0) + timedelta(seconds=1)
        day, earliest = start.date(), start.time()
        while day.year <= 2100:
            if self._fits(day) and (due := self._first(earliest)) is not None:
                return datetime.combine(day, due, UTC)
            day, earliest = day + timedelta(days=1), time()
        return None

    def _fits(self, day: date) -> bool:
        return (
            day.month in self._months
            and day.day in self._days
            and day.isoweekday() % 7 + 1 in self._weekdays
            and day.year in self._years
        )

    def _first(self, earliest: time) -> time | None:
        for hour in self._hours:
            if hour < earliest.hour:
                continue
            for minute in self._minutes:
                if (hour, minute) < (earliest.hour, earliest.minute):
                    continue
                for second in self._seconds:
                    if (due := time(hour, minute, second)) >= earliest:
                        return due
        return None


def _read(text: str, field: _Field) -> set[int]:
    """Return the numbers that a field names."""
    numbers: set[int] = set()
    for part in text.lower().split(","):
        numbers.update(_part(part, field))
    return numbers


def _part(text: str, field: _Field) -> Iterator[int]:
    """Yield the numbers of ``*``, ``5``, ``1-5``, ``mon``, ``mon-fri``, and of ``…/2``."""
    base, slash, step = text.partition("/")
    if slash and not (step.isdecimal() and 1 <= int(step) <= field.most):
        raise ValueError(f"{field.label}: {text!r} has no step from 1 to {field.most}")
    first, dash, last = base.partition("-")
    if base == "*" or (base == "?" and field.any):
        bounds = field.least, field.most
    elif slash and not dash and not base.isdecimal():
        raise ValueError(f"{field.label}: a step goes with a number, a range or *, not {base!r}")
    else:
        start = _number(first, field)
        end = _number(last, field) if dash else field.most if slash else start
        if start > end or (dash and first.isdecimal() != last.isdecimal()):
            raise ValueError(f"{field.label}: {base!r} is no range")
        bounds = start, end
    yield from range(bounds[0], bounds[1] + 1, int(step or 1))


def _number(text: str, field: _Field) -> int:
    number = int(text) if text.isascii() and text.isdecimal() else field.names.get(text)
    if number is None or not field.least <= number <= field.most:
        named = " or a name" if field.names else ""
        raise ValueError(
            f"{field.label}: {text!r} is no number from {field.least} to {field.most}{named}"
        )
    return number
