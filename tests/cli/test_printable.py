"""What other workers write cannot do anything to a terminal."""

from __future__ import annotations

import pytest
from rich.text import Text

from iii_asgi.cli.failures import fail
from iii_asgi.cli.printable import printable
from iii_asgi.errors import InvocationError

TITLE = "\x1b]0;owned\x07"


def test_controls() -> None:
    """Control characters are shown to be there; lines, colours and all letters stay."""
    text = Text.assemble(("a\x1b[31m", "bold"), "\n\tö\x9b2J\x7f 日本")

    shown = printable(text)
    assert shown.plain == "a\ufffd[31m\n\tö\ufffd2J\ufffd 日本"
    assert [(one.start, one.end) for one in shown.spans] == [(0, 6)]


def test_error_of_another_worker(capsys: pytest.CaptureFixture[str]) -> None:
    """The message of an error is another worker's text."""
    fail(InvocationError("ODD", f"no {TITLE} tea"))

    assert "\x1b]" not in (shown := capsys.readouterr().err)
    assert "no \ufffd]0;owned" in shown
