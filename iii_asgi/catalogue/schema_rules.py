"""How much of the engine's re-serialised JSON a Pydantic schema could notice.

The engine sorts keys and rewrites numbers. A schema that takes fields by their names notices
the first nowhere: it is *closed*. Free-form objects show their order, and validators that see
the input itself could do anything with it. Where a closed schema takes numbers, they have to
be the client's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import Enum
from typing import Any, TypeAlias

from iii_asgi.catalogue.model import BodyRule, strictest

__all__ = ["schema_rule"]

_Schema: TypeAlias = Mapping[str, Any]


def schema_rule(schema: _Schema) -> BodyRule:
    """Return the rule of a Pydantic core schema.

    What is not in the tables is open: Any, dict, Decimal, and validators that see the input
    itself (before, wrap, plain).

    Raises:
        Exception: whatever comes of a schema that is built in an unknown way.
    """
    return strictest(map(_own_rule, _within(schema)))


def _within(schema: _Schema) -> Iterator[_Schema]:
    """Yield a schema and all that it is made of."""
    yield schema
    for part in _PARTS.get(schema["type"], _nothing)(schema):
        yield from _within(part)


def _own_rule(schema: _Schema) -> BodyRule:
    """Return the rule of a schema without regard to its parts."""
    kind = schema["type"]
    if kind in _RULES:
        return _RULES[kind](schema)
    if kind in _NUMBERS:
        return "inline_if_same_length"
    return "inline" if kind in _PARTS or kind in _TEXTS else "channel"


# Dates and durations take numbers: of seconds.
_NUMBERS = frozenset({"date", "datetime", "float", "int", "time", "timedelta"})
# What takes text only, and true and false.
_TEXTS = frozenset({"bool", "definition-ref", "json", "multi-host-url", "none", "url", "uuid"})


def _nothing(schema: _Schema) -> Iterable[_Schema]:
    return ()


def _inner(schema: _Schema) -> Iterable[_Schema]:
    return (schema["schema"],)


def _items(schema: _Schema) -> Iterable[_Schema]:
    return (schema["items_schema"],)  # without one it is a list of Any: KeyError, not closed


def _fields(schema: _Schema) -> Iterable[_Schema]:
    fields = schema["fields"]
    return fields.values() if isinstance(fields, Mapping) else fields


def _choices(schema: _Schema) -> Iterable[_Schema]:
    # A choice can come with its label.
    return (one[0] if isinstance(one, tuple) else one for one in schema["choices"])


_PARTS: dict[str, Callable[[_Schema], Iterable[_Schema]]] = {
    "dataclass": _inner,
    "dataclass-args": _fields,
    "dataclass-field": _inner,
    "default": _inner,
    "definitions": lambda schema: (schema["schema"], *schema["definitions"]),
    "frozenset": _items,
    "function-after": _inner,
    "list": _items,
    "model": _inner,
    "model-field": _inner,
    "model-fields": _fields,
    "nullable": _inner,
    "set": _items,
    "tagged-union": lambda schema: schema["choices"].values(),
    "tuple": lambda schema: schema["items_schema"],
    "typed-dict": _fields,
    "typed-dict-field": _inner,
    "union": _choices,
}


def _fields_rule(schema: _Schema) -> BodyRule:
    """Extra fields are kept in the order in which they come."""
    config = schema.get("config") or {}
    is_open = (
        schema.get("extra_behavior") == "allow"
        or config.get("extra_fields_behavior") == "allow"
        or config.get("coerce_numbers_to_str")
    )
    return "channel" if is_open else "inline"


def _model_rule(schema: _Schema) -> BodyRule:
    # An __init__ of the user's own sees the input; SQLModel's does nothing with it.
    if schema.get("custom_init") and schema["cls"].__init__.__module__ != "sqlmodel.main":
        return "channel"
    return _fields_rule(schema)


def _enum_rule(schema: _Schema) -> BodyRule:
    kind = schema["cls"]
    if kind._missing_.__func__ is not Enum.__dict__["_missing_"].__func__:
        return "channel"  # it sees the input
    return _values_rule(one.value for one in schema["members"])


def _values_rule(values: Iterable[Any]) -> BodyRule:
    """Return the rule of what takes only these values."""
    kinds = set(map(type, values))
    if kinds <= {str, bool, type(None)}:
        return "inline"
    return "inline_if_same_length" if kinds <= {str, bool, type(None), int, float} else "channel"


_RULES: dict[str, Callable[[_Schema], BodyRule]] = {
    "dataclass": _fields_rule,
    "dataclass-args": _fields_rule,
    "enum": _enum_rule,
    "literal": lambda schema: _values_rule(schema["expected"]),
    "model": _model_rule,
    "model-fields": _fields_rule,
    "str": lambda schema: "channel" if schema.get("coerce_numbers_to_str") else "inline",
    # A discriminator that is a function sees the input.
    "tagged-union": lambda schema: "channel" if callable(schema["discriminator"]) else "inline",
    "typed-dict": _fields_rule,
}
