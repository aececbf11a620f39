"""Texts of other workers, which a terminal must not obey."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.text import Text

__all__ = ["printable"]

_CONTROLS = {
    code: "\N{REPLACEMENT CHARACTER}"
    for code in (*range(0x20), *range(0x7F, 0xA0))
    if chr(code) not in "\t\n"
}


def printable(text: Text) -> Text:
    """Return a text without control characters: some move the cursor, or paste commands."""
    text.plain = text.plain.translate(_CONTROLS)
    return text
