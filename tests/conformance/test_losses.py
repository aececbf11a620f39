"""The table of losses: each one is named, shown by a case, and documented."""

from __future__ import annotations

import re

import pytest

from tests.conformance.case import FRONTS, Loss
from tests.conformance.cases import CASES
from tests.conformance.losses import ALWAYS, LOSSES
from tests.docs_pages import DOCS

PAGE = DOCS / "reference" / "losses.md"
FRONT_NAMES = {"builtin": "built-in", "standalone": "standalone"}


def documented() -> dict[str, str]:
    """Return the losses of the page: name → where."""
    text = PAGE.read_text().partition("## Not compared")[0]
    rows = re.findall(r"^\| ([^|]+) \| ([^|]+) \|", text, re.MULTILINE)
    return {name: where for name, where in rows if name != "What"}


def where(loss: Loss) -> str:
    """Return where something is lost, as the page says it."""
    front = "both" if loss.fronts == FRONTS else FRONT_NAMES[loss.fronts[0]]
    return front if len(loss.modes) > 1 else f"{front}, `{loss.modes[0]}`"


def test_page() -> None:
    """The page has a row for each loss, with where it is one, and no other rows."""
    assert documented() == {loss.name: where(loss) for loss in LOSSES}


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss.name)
def test_specimen(loss: Loss) -> None:
    """Each loss has a case that shows it."""
    named = {one.name: (*ALWAYS, *one.losses) for one in CASES}
    assert loss in named[loss.specimen]
