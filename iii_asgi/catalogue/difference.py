"""Where one JSON Schema takes less than another, and what each of them says there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import msgspec

from iii_asgi.catalogue.pieces import Piece

__all__ = ["NONE", "Difference", "differing"]

NONE = "none"


@dataclass(frozen=True, slots=True)
class Difference:
    """Where a value fits the one schema and not, or perhaps not, the other.

    Attributes:
        place: ``item.prices[]``; empty for the value itself.
        wide: what the schema says that should take more.
        narrow: what the other one says.
        reason: why it cannot be judged; empty where it was.
    """

    place: str
    wide: str
    narrow: str
    reason: str = ""

    def below(self, step: str) -> Difference:
        """Return what differs, seen from further out."""
        return replace(self, place=step + self.place)


def _said(keyword: str, value: Any) -> str:
    text = msgspec.json.encode(value).decode()
    return f"{keyword} {text}" if len(text) <= 40 else f"another {keyword}"


def differing(keyword: str, value: Any, narrow: Piece, reason: str = "") -> Difference:
    """Return what to say of a keyword that the narrow side does not keep."""
    others = [_said(keyword, one) for one in narrow.all(keyword)]
    other = others[0] if others else f"no {keyword}"
    return Difference("", _said(keyword, value), other, reason)
