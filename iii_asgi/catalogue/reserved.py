"""Reserved arguments in the schema of a function: what any function takes, and what it asks for.

``$headers`` and ``$cookies`` are listed where a function reads credentials in them, and
``$response`` where its answer is a stream. They can be given to any function.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["credential_changes", "declared"]

_CREDENTIALS = ("$headers", "$cookies")
_RESERVED = (*_CREDENTIALS, "$response")


def declared(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return a schema of arguments without those that any function takes."""
    own = {name: one for name, one in _properties(schema).items() if name not in _RESERVED}
    return {**schema, "properties": own} if "properties" in schema else dict(schema)


def credential_changes(
    old: Mapping[str, Any], new: Mapping[str, Any]
) -> Iterator[tuple[str, bool]]:
    """Yield where a function asks for a credential, or no longer does; and whether that may
    break its callers: no schema says whether it is required.
    """
    before, after = _asked_for(old), _asked_for(new)
    for name in sorted(after - before):
        yield f"argument `{name}`: none → a credential: may break, it may be required", True
    for name in sorted(before - after):
        yield f"argument `{name}`: a credential → none", False


def _asked_for(schema: Mapping[str, Any]) -> set[str]:
    known = _properties(schema)
    return {f"{key}.{name}" for key in _CREDENTIALS for name in _properties(known.get(key))}


def _properties(schema: Any) -> Mapping[str, Any]:
    found = schema.get("properties") if isinstance(schema, Mapping) else None
    return found if isinstance(found, Mapping) else {}
