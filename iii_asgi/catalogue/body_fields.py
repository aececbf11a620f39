"""The body of an operation, and which of its fields are arguments."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from iii_asgi.catalogue.arguments import Argument, Body, BodyKind
from iii_asgi.catalogue.mediatypes import kind_of
from iii_asgi.catalogue.openapi import Operation
from iii_asgi.catalogue.schemas import Components, Json, plain

__all__ = ["body_of"]


def body_of(operation: Operation) -> Body | None:
    """Return the body that an operation takes, None without one.

    Raises:
        SchemaError: its schema refers to what is not there.
    """
    body = operation.body
    content = body.get("content")
    if not isinstance(content, Mapping) or not content:
        return None
    media_type, kind = _kind_of(content)
    described = content[media_type]
    schema = plain(described.get("schema") if isinstance(described, Mapping) else None)
    whole = Body(
        kind=kind,
        media_type=media_type,
        required=body.get("required") is True,
        schema=schema,
        description=body.get("description"),
        is_flat=False,
    )
    objects = list(_objects_of(schema, operation.components))
    if kind == "bytes" or not objects:
        return whole
    fields = tuple(_fields(objects, kind, operation.components))
    return replace(whole, fields=fields, extra=_extra(objects), is_flat=True)


def _kind_of(content: Iterable[str]) -> tuple[str, BodyKind]:
    """Return the media type to send, of those that an operation takes: JSON rather than forms."""
    kinds = {name: kind_of(name) for name in content}
    for wanted in ("json", "multipart", "urlencoded"):
        for name, kind in kinds.items():
            if kind == wanted:
                return name, kind
    return next(iter(kinds.items()))


def _objects_of(schema: Any, components: Components) -> Iterator[Json]:
    """Yield the objects that a body can be; ``{}`` where it can be anything."""
    for one in components.variants(schema):
        parts = one.get("allOf")
        if isinstance(parts, list):
            yield _merged([one, *(components.resolve(part) for part in parts)])
        elif "object" in _listed(one.get("type", "object")) and not one.keys() & _NO_OBJECT:
            yield one


# Where there is no type, these say that it is something else.
_NO_OBJECT = frozenset({"const", "enum", "not"})


def _listed(types: Any) -> list[Any]:
    return types if isinstance(types, list) else [types]


def _merged(parts: Sequence[Json]) -> Json:
    """Return the object that fits all of these schemas."""
    properties: Json = {}
    required: list[str] = []
    for part in parts:
        properties |= part.get("properties") or {}
        required += part.get("required") or ()
    extra = [part["additionalProperties"] for part in parts if "additionalProperties" in part]
    merged: Json = {"type": "object", "properties": properties, "required": required}
    return {**merged, "additionalProperties": extra[0]} if extra else merged


def _extra(objects: Sequence[Json]) -> bool | Json:
    """Return what fields of other names a body takes.

    A model that says nothing ignores them: a name that it does not know is a mistake of the
    caller. What has no list of fields at all is a free-form object.
    """
    for one in objects:
        extra: bool | Json = one.get("additionalProperties", "properties" not in one)
        if extra is not False:
            return extra
    return False


def _fields(objects: Sequence[Json], kind: BodyKind, components: Components) -> Iterator[Argument]:
    """Yield the fields of a body; of a union, those of all its members."""
    schemas: dict[str, list[Any]] = {}
    for one in objects:
        for name, schema in (one.get("properties") or {}).items():
            known = schemas.setdefault(name, [])
            if schema not in known:
                known.append(schema)
    required = set.intersection(*(set(one.get("required") or ()) for one in objects))
    for name, some in schemas.items():
        schema = plain(some[0] if len(some) == 1 else {"anyOf": some})
        yield Argument(
            name=name,
            place="field",
            wire_name=name,
            required=name in required,
            is_json=kind != "json" and components.is_json_text(schema),
            is_file=kind == "multipart" and _is_file(schema, components),
            schema=schema,
        )


def _is_file(schema: Any, components: Components) -> bool:
    for one in components.variants(schema):
        items = one.get("items")
        if items and _is_file(items, components):
            return True
        if one.get("format") == "binary":
            return True
        if one.get("contentMediaType") == "application/octet-stream":
            return "contentEncoding" not in one
    return False
