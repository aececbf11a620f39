"""The pages of the documentation, taken apart for `test_docs`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["DOCS", "PAGES", "ROOT", "Block", "Command", "anchors", "blocks", "links", "prose"]

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))

_FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(slots=True)
class Command:
    """What stands behind a ``$``, and the output below it."""

    line: str
    output: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block.

    Attributes:
        language: as the fence names it.
        text: within the fences.
        section: the number of headings before it.
    """

    language: str
    text: str
    section: int

    @property
    def commands(self) -> list[Command]:
        """The commands of a console block; a line that ends in a backslash goes on."""
        commands: list[Command] = []
        for line in self.text.replace("\\\n", "").splitlines():
            if line.startswith("$ "):
                commands.append(Command(re.sub(r"\s+#.*", "", line[2:])))
            elif commands:
                commands[-1].output.append(line)
        return commands


def blocks(page: Path) -> Iterator[Block]:
    """Yield the fenced blocks of a page."""
    text = page.read_text()
    for match in _FENCE.finditer(text):
        before = _FENCE.sub("", text[: match.start()])
        section = len(re.findall(r"^#+ ", before, re.MULTILINE))
        yield Block(match[1], match[2], section)


def prose(page: Path) -> str:
    """Return a page without its fenced blocks."""
    return _FENCE.sub("", page.read_text())


def links(page: Path) -> list[str]:
    """Return the targets of a page's links that are no URL."""
    found = re.findall(r"\]\(([^)\s]+)\)", prose(page))
    return [one for one in found if "://" not in one]


def anchors(page: Path) -> set[str]:
    """Return the ids that the headings of a page get."""
    headings = re.findall(r"^#+ (.*)$", prose(page), re.MULTILINE)
    words = (re.sub(r"[^\w\s-]", "", one).strip().lower() for one in headings)
    return {re.sub(r"[-\s]+", "-", one) for one in words}
