"""How much of the engine's re-serialised JSON a FastAPI route could notice.

The engine hands over a JSON body with its keys sorted and its numbers rewritten (2.50 is
2.5). A route that validates a closed schema without numbers gets the same from it; any
other one needs the client's own bytes, which cost a channel.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

from fastapi import params

from iii_asgi.catalogue.model import BodyRule

__all__ = ["body_rule"]

_Schema: TypeAlias = Mapping[str, Any]


def body_rule(route: Any) -> BodyRule:
    """Return the rule of an APIRoute (or of what stands for it in an included router)."""
    if _sees_request(route.dependant):
        return "channel"
    field = route.body_field
    if field is None:
        return "inline"  # it never reads a body
    if isinstance(field.field_info, params.Form):  # a File is one, too
        return "channel"
    try:
        # "inline_if_same_length" will be for closed schemas with numbers and dates.
        return "inline" if _is_closed(field._type_adapter.core_schema) else "channel"
    except Exception:
        # Pydantic 1, a model that is not complete yet, a core schema of a later version.
        return "channel"


def _sees_request(dependant: Any) -> bool:
    """Whether anything in a dependant's tree gets the request, and so could read its body."""
    gets_request = dependant.request_param_name or dependant.http_connection_param_name
    # FastAPI's own security schemes look at headers, cookies and the query only.
    if gets_request and not type(dependant.call).__module__.startswith("fastapi.security."):
        return True
    return any(_sees_request(one) for one in dependant.dependencies)


def _is_closed(schema: _Schema) -> bool:
    """Whether a Pydantic core schema takes nothing that the engine changes.

    What is not in the tables is open: numbers, Any, dict, dates (they take numbers), and
    validators that see the input itself (before, wrap, plain).
    """
    kind = schema["type"]
    if kind not in _PARTS or not _CHECKS.get(kind, _no_check)(schema):
        return False
    return all(map(_is_closed, _PARTS[kind](schema)))


def _no_check(schema: _Schema) -> bool:
    return True


def _leaf(schema: _Schema) -> Iterable[_Schema]:
    return ()


def _inner(schema: _Schema) -> Iterable[_Schema]:
    return (schema["schema"],)


def _items(schema: _Schema) -> Iterable[_Schema]:
    return (schema["items_schema"],)  # without one it is a list of Any: KeyError, not closed


def _choices(schema: _Schema) -> Iterable[_Schema]:
    # A choice can come with its label.
    return (one[0] if isinstance(one, tuple) else one for one in schema["choices"])


_PARTS: dict[str, Callable[[_Schema], Iterable[_Schema]]] = {
    "bool": _leaf,
    "default": _inner,
    "definition-ref": _leaf,
    "definitions": lambda schema: (schema["schema"], *schema["definitions"]),
    "enum": _leaf,
    "function-after": _inner,
    "list": _items,
    "literal": _leaf,
    "model": _inner,
    "model-field": _inner,
    "model-fields": lambda schema: schema["fields"].values(),
    "none": _leaf,
    "nullable": _inner,
    "set": _items,
    "str": _leaf,
    "tagged-union": lambda schema: schema["choices"].values(),
    "tuple": lambda schema: schema["items_schema"],
    "union": _choices,
    "uuid": _leaf,
}


def _is_closed_model(schema: _Schema) -> bool:
    config = schema.get("config") or {}
    return not (
        # An __init__ of the user's own sees the input; SQLModel's does nothing with it.
        (schema.get("custom_init") and schema["cls"].__init__.__module__ != "sqlmodel.main")
        or config.get("extra_fields_behavior") == "allow"
        or config.get("coerce_numbers_to_str")
    )


_CHECKS: dict[str, Callable[[_Schema], bool]] = {
    "enum": lambda schema: all(isinstance(one.value, str) for one in schema["members"]),
    "literal": lambda schema: all(
        isinstance(one, str | bool) or one is None for one in schema["expected"]
    ),
    "model": _is_closed_model,
    "model-fields": lambda schema: schema.get("extra_behavior") != "allow",
    "str": lambda schema: not schema.get("coerce_numbers_to_str"),
    # A discriminator that is a function sees the input.
    "tagged-union": lambda schema: not callable(schema["discriminator"]),
}
