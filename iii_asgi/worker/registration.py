"""What a worker asks the engine to register, and how people are told of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from iii_asgi.protocol import messages as m

__all__ = ["Binding", "Registration", "describe", "listed", "target_of"]

Binding: TypeAlias = m.RegisterTrigger | m.Observe
"""What calls a function."""
Registration: TypeAlias = m.RegisterFunction | Binding


def target_of(binding: Binding) -> str:
    """Return the id of the function that a trigger calls."""
    return binding.target.function_id if isinstance(binding, m.Observe) else binding.function_id


def describe(binding: Registration) -> str:
    """Return a registration in a few words, for people."""
    if isinstance(binding, m.RegisterFunction):
        return binding.id
    if isinstance(binding, m.Observe):
        return f"trigger {binding.source.args} of {target_of(binding)}"
    config = binding.config if isinstance(binding.config, dict) else {}
    where = " ".join(str(config[key]) for key in ("http_method", "api_path") if key in config)
    return f"trigger {where or binding.trigger_type} of {binding.function_id}"


def listed(names: Iterable[str]) -> str:
    """Return names for a log line: all of a few, the first of many."""
    ordered = sorted(names)
    more = f" and {len(ordered) - 3} more" if len(ordered) > 4 else ""
    return ", ".join(ordered[: 3 if more else None]) + more
