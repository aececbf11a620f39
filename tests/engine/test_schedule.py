"""Cron expressions: what the engine takes, and when it is due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iii_asgi.engine.schedule import Schedule

NOON = datetime(2026, 11, 24, 12, 0, 0, tzinfo=UTC)  # a Tuesday


def due(expression: str, after: datetime = NOON, count: int = 1) -> list[str]:
    """Return the next times of an expression."""
    times = []
    for _ in range(count):
        moment = Schedule(expression).after(after)
        assert moment is not None
        times.append(f"{moment:%Y-%m-%d %H:%M:%S}")
        after = moment
    return times


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("* * * * * *", ["2026-11-24 12:00:01", "2026-11-24 12:00:02"]),
        ("*/20 * * * * *", ["2026-11-24 12:00:20", "2026-11-24 12:00:40"]),
        ("5/30 * * * * *", ["2026-11-24 12:00:05", "2026-11-24 12:00:35"]),
        ("0 0 3 * * *", ["2026-11-25 03:00:00", "2026-11-26 03:00:00"]),
        ("0 30 9-17/4 * * *", ["2026-11-24 13:30:00", "2026-11-24 17:30:00"]),
        ("0 0 0 1, 15 * *", ["2026-12-01 00:00:00", "2026-12-15 00:00:00"]),
        ("0 0 0 ? jan-March/2 ?", ["2027-01-01 00:00:00", "2027-01-02 00:00:00"]),
        ("0 0 0 29 2 *", ["2028-02-29 00:00:00", "2032-02-29 00:00:00"]),
        ("0 0 0 1 1 * 2030-2040", ["2030-01-01 00:00:00", "2031-01-01 00:00:00"]),
        ("@daily", ["2026-11-25 00:00:00"]),
        ("@hourly", ["2026-11-24 13:00:00"]),
        ("@monthly", ["2026-12-01 00:00:00"]),
        ("@yearly", ["2027-01-01 00:00:00"]),
    ],
)
def test_due(expression: str, expected: list[str]) -> None:
    """Steps, ranges, lists, names, years and the short forms give the times one expects."""
    assert due(expression, count=len(expected)) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("0 0 0 * * 1", "2026-11-29"),
        ("0 0 0 * * SUN", "2026-11-29"),
        ("@weekly", "2026-11-29"),
        ("0 0 0 * * 3", "2026-12-01"),
        ("0 0 0 * * Tues", "2026-12-01"),
        ("0 0 0 * * mon-friday", "2026-11-25"),
        ("0 0 0 13 * Fri", "2027-08-13"),
    ],
)
def test_days_of_the_week(expression: str, expected: str) -> None:
    """Sunday is 1, and a day must fit the day of the month, too: not as crontab has it."""
    assert due(expression) == [f"{expected} 00:00:00"]


def test_fractions_of_a_second() -> None:
    """What is due at a second that has begun is due at the next one."""
    assert due("* * * * * *", NOON - timedelta(seconds=0.5)) == ["2026-11-24 12:00:00"]
    assert due("0 0 12 * * *", NOON + timedelta(seconds=0.1)) == ["2026-11-25 12:00:00"]


@pytest.mark.parametrize("expression", ["0 0 0 31 2 *", "0 0 0 * * * 2020"])
def test_never(expression: str) -> None:
    """Some expressions are never due."""
    assert Schedule(expression).after(NOON) is None


@pytest.mark.parametrize(
    ("expression", "problem"),
    [
        ("0 3 * * *", "has six fields, seconds first"),
        ("* * * * * * * *", "has 8"),
        ("@reboot", "has six fields"),
        ("@Daily", "has six fields"),
        ("70 * * * * *", "seconds: '70' is no number from 0 to 59"),
        ("0 0 24 * * *", "hours: '24'"),
        ("0 0 0 0 * *", "days of the month: '0'"),
        ("0 0 0 * * 0", "days of the week: '0' is no number from 1 to 7 or a name"),
        ("0 0 0 * * 8", "days of the week: '8'"),
        ("0 0 0 mon * *", "days of the month: 'mon'"),
        ("0 0 0 L * *", "days of the month: 'l'"),
        ("0 0 0 10-5 * *", "'10-5' is no range"),
        ("0 0 0 * * mon-6", "'mon-6' is no range"),
        ("*/0 * * * * *", "no step from 1 to 59"),
        ("*/70 * * * * *", "no step from 1 to 59"),
        ("1/2/3 * * * * *", "no step"),
        ("0 0 0 * * Sun/2", "a step goes with a number, a range or *"),
        ("? * * * * *", "seconds: '?'"),
        ("0 0 0 1 1 * 1960", "years: '1960'"),
        ("0 0 0 1,,2 * *", "days of the month: ''"),
    ],
)
def test_refused(expression: str, problem: str) -> None:
    """What the engine refuses is refused, and the message names the field."""
    with pytest.raises(ValueError, match=r"\w") as error:
        Schedule(expression)
    assert problem in str(error.value)


def fields(least: int, most: int) -> st.SearchStrategy[str]:
    """Make fields that mean the same everywhere."""
    number = st.integers(least, most)
    # To croniter 1-1 is all round the clock.
    pairs = st.sets(number, min_size=2, max_size=2).map(sorted)
    ranges = pairs.map(lambda pair: f"{pair[0]}-{pair[1]}")
    lists = st.lists(number, min_size=1, max_size=4).map(lambda some: ",".join(map(str, some)))
    steps = st.integers(1, most).map(lambda step: f"*/{step}")
    return st.one_of(st.just("*"), lists, ranges, steps)


@given(
    st.tuples(fields(0, 59), fields(0, 59), fields(0, 23), fields(1, 31), fields(1, 12)),
    st.datetimes(datetime(2001, 1, 1), datetime(2090, 1, 1)),
)
def test_as_another_library(parts: tuple[str, ...], moment: datetime) -> None:
    """Whatever does not touch on days of the week is due when croniter says so."""
    croniter = pytest.importorskip("croniter")
    expression, moment = " ".join((*parts, "*")), moment.replace(tzinfo=UTC)
    mine = Schedule(expression).after(moment)
    try:
        other = croniter.croniter(expression, moment, second_at_beginning=True)
        theirs = other.get_next(datetime)
    except croniter.CroniterBadDateError:
        theirs = None
    assert theirs is None or mine == theirs
