"""Blocks and lines, on a terminal and in the log."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator

import pytest
from rich.text import Text

from iii_asgi.cli.logs import LogPlan
from iii_asgi.cli.screen import Screen

logger = logging.getLogger("iii_asgi")


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    """Take back what a screen configures."""
    handlers, level, propagate = list(logger.handlers), logger.level, logger.propagate
    yield
    logger.handlers, logger.propagate = handlers, propagate
    logger.setLevel(level)


def test_block_on_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """A block has a blank line around it; long lines stay whole, so they can be pasted."""
    Screen(LogPlan(styled=True)).block(Text("first\n" + "x" * 300, "bold"))

    shown = re.sub(r"\x1b\[\d+m", "", capsys.readouterr().err)
    assert shown == "\nfirst\n" + "x" * 300 + "\n\n"


def test_line_on_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """A line begins with the time; what comes below stands beneath its text."""
    Screen(LogPlan(styled=True)).line(Text("first\nsecond"))

    first, second = re.sub(r"\x1b\[\d+m", "", capsys.readouterr().err).splitlines()
    assert re.fullmatch(r"\d\d:\d\d:\d\d  first", first)
    assert second == " " * 10 + "second"


def test_in_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a terminal each line is a log line; blank ones are left out, warnings warn."""
    screen = Screen(LogPlan())
    screen.block(Text("first\n\n  Warning  second"))
    screen.line(Text("third"), logging.ERROR)

    lines = [line.split("  ", 1)[1] for line in capsys.readouterr().err.splitlines()]
    assert lines == ["INFO     first", "WARNING    Warning  second", "ERROR    third"]


def test_seconds() -> None:
    """A screen knows how long its command has run."""
    assert 0 <= Screen(LogPlan()).seconds < 5
