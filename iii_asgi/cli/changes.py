"""What a reload has changed: the functions of two catalogues, compared."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from iii_asgi.catalogue.model import Catalogue, Function
from iii_asgi.cli.startup import methods_of

__all__ = ["changes"]

_MOST = 6


def changes(before: Catalogue, after: Catalogue) -> Text:
    """Return ``+ added   ~ changed (how)   - removed``; empty when all is as before."""
    parts = list(_changes(before, after))
    if len(parts) > _MOST:
        parts[_MOST:] = [Text(f"… {len(parts) - _MOST} more", "dim")]
    return Text("   ").join(parts)


def _changes(before: Catalogue, after: Catalogue) -> Iterator[Text]:
    for function in after.functions:
        old = before.get(function.id)
        if old is None:
            yield Text(f"+ {function.id}", "green")
        elif how := _difference(old, function):
            yield Text(f"~ {function.id} ({how})", "yellow")
    for function in before.functions:
        if after.get(function.id) is None:
            yield Text(f"- {function.id}", "red")


def _difference(old: Function, new: Function) -> str:
    where, was = (f"{methods_of(one)} {one.path or '/'}" for one in (new, old))
    if where != was:
        return f"{was} → {where}"
    if old.triggers != new.triggers:
        return "HTTP triggers"
    if old.events != new.events:
        return "triggers"
    if old.request_format != new.request_format:
        return "arguments"
    if old.response_format != new.response_format:
        return "answer"
    if old.description != new.description:
        return "description"
    return "options" if old != new else ""
