"""An event: a trigger that is not HTTP has fired, and calls its route as a direct call does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from iii_asgi.catalogue.model import EventTrigger

__all__ = ["arguments_of"]


def arguments_of(event: EventTrigger, payload: Any) -> Any:
    """Return the arguments of the direct call that an event is.

    Args:
        event: the trigger that has fired.
        payload: what it sent: a queue's message, the change of a state.

    Raises:
        Exception: whatever the user's function raises; TypeError when it returns something
            else than arguments.
    """
    given = event.arguments
    if given is None:
        return None if event.type == "cron" else payload
    if isinstance(given, Mapping):
        return given
    made = given(payload)
    if not isinstance(made, Mapping):
        raise TypeError(f"arguments are a mapping, not {made!r}")
    return msgspec.to_builtins(dict(made))
