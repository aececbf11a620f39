"""The JSON Schemas that a function is registered with, for people, tools and agents.

iii's own console and command line read ``properties.*.type`` and nothing else, so each
property has a plain ``type`` beside whatever says it in full, and a description.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from iii_asgi.catalogue.arguments import WHOLE_BODY, Argument, Arguments
from iii_asgi.catalogue.mediatypes import is_json, is_text, media_type_of
from iii_asgi.catalogue.openapi import Operation
from iii_asgi.catalogue.schemas import Components, Json, is_null, variants_of

__all__ = ["request_format", "response_format"]

_NULL: Json = {"type": "null", "description": "nothing"}
_BASE64: Json = {"type": "string", "contentEncoding": "base64"}
_BYTES: Json = {
    "type": "object",
    "properties": {"content_type": {"type": "string"}, "base64": _BASE64},
    "required": ["content_type", "base64"],
}
_CHANNEL: Json = {
    "type": "object",
    "properties": {
        "channel_id": {"type": "string"},
        "access_key": {"type": "string"},
        "direction": {"type": "string"},
    },
    "required": ["channel_id", "access_key", "direction"],
}
_FILE: Json = {
    "type": "object",
    "properties": {
        "filename": {"type": "string"},
        "content_type": {"type": "string"},
        "base64": _BASE64,
        **_CHANNEL["properties"],
    },
    "anyOf": [{"required": ["base64"]}, {"required": _CHANNEL["required"]}],
}


def request_format(arguments: Arguments, components: Components) -> Json:
    """Return one flat JSON Schema of the arguments of a function.

    Raises:
        SchemaError: a schema refers to what is not there.
    """
    properties: Json = {}
    required: list[str] = []
    names: set[str] = set()
    for one in _arguments(arguments):
        properties[one.name], used = _property(one, components)
        names |= used
        if one.required:
            required.append(one.name)
    properties |= _reserved(arguments)
    schema: Json = {"type": "object", "properties": properties}
    if required:
        schema["required"] = required
    extra, used = _extra(arguments, components)
    schema["additionalProperties"] = extra
    return _with_definitions(schema, names | used, components)


def response_format(operation: Operation) -> Json | None:
    """Return the JSON Schema of what callers get of the first answer of 200 to 299.

    None where the app does not say what that is.

    Raises:
        SchemaError: a schema refers to what is not there.
    """
    content = operation.answer.get("content")
    if operation.status in ("204", "205"):
        return dict(_NULL)
    if not isinstance(content, Mapping) or not content:
        return None
    described = {"description": operation.answer.get("description") or "the answer"}
    media_types = {media_type_of(name): answer for name, answer in content.items()}
    for name, answer in media_types.items():
        if is_json(name):
            return _value(answer.get("schema", {}), described, operation.components)
    name = next(iter(media_types))
    if name == "text/event-stream" or "*" in name:
        return None
    return {"type": "string", **described} if is_text(name) else {**_BYTES, **described}


def _value(schema: Any, described: Json, components: Components) -> Json:
    """Return the schema of a value; a reference at the top is resolved, for simple tools."""
    inner = components.resolve(schema)
    converted, names = components.convert(inner)
    folded = _folded(converted, inner, components)
    return _with_definitions({**described, **folded}, names, components)


def _arguments(arguments: Arguments) -> Iterator[Argument]:
    yield from arguments.outside
    body = arguments.body
    if body is None:
        return
    if body.is_flat:
        yield from body.fields
    else:
        described = body.description or body.schema.get("title") or "the body"
        schema = body.schema
        if body.kind == "bytes":
            schema = {"anyOf": [{"type": "string"}, _BYTES, _CHANNEL]}
        yield Argument(WHOLE_BODY, "field", "", body.required, schema=schema, description=described)


def _property(argument: Argument, components: Components) -> tuple[Json, frozenset[str]]:
    if argument.is_file:
        return _file(argument, components), frozenset()
    converted, names = components.convert(argument.schema)
    schema = _folded(converted, argument.schema, components)
    schema["description"] = _description(argument, components)
    return schema, names


def _file(argument: Argument, components: Components) -> Json:
    described = _description(argument, components)
    hint = f"{described}: {{filename, content_type, base64}} or a channel to read"
    resolved = components.resolve(argument.schema)
    if any("items" in one for one in variants_of(resolved) if isinstance(one, Mapping)):
        return {"type": "array", "items": _FILE, "description": hint}
    return {**_FILE, "description": hint}


def _description(argument: Argument, components: Components) -> str:
    """Return what is said of an argument: by the parameter, the schema, or its name."""
    said = [
        argument.description,
        argument.schema.get("description"),
        components.resolve(argument.schema).get("description"),
        argument.schema.get("title"),
        argument.wire_name.replace("_", " "),
    ]
    return next(text for text in said if isinstance(text, str))


def _reserved(arguments: Arguments) -> Json:
    """Return the reserved arguments that callers of this function will want."""
    properties: Json = {}
    for place, key in (("header", "$headers"), ("cookie", "$cookies")):
        known = {
            name: {"type": "string", "description": said}
            for where, name, said in arguments.credentials
            if where == place
        }
        if known:
            said = f"{place}s of the request; credentials go here"
            properties[key] = {"type": "object", "description": said, "properties": known}
    if arguments.streams:
        said = "a channel to write: the answer goes there as it comes"
        properties["$response"] = {**_CHANNEL, "description": said}
    return properties


def _extra(arguments: Arguments, components: Components) -> tuple[Any, frozenset[str]]:
    if arguments.rest is not None:
        return True, frozenset()
    if arguments.body is None or arguments.body.extra is False:
        return False, frozenset()
    return components.convert(arguments.body.extra)


def _with_definitions(schema: Json, names: Iterable[str], components: Components) -> Json:
    definitions = components.definitions(names)
    return {**schema, "$defs": definitions} if definitions else schema


# -- plain types -------------------------------------------------------------------------


def _folded(converted: Any, raw: Any, components: Components) -> Json:
    """Return a schema with a plain type: ``anyOf [X, null]`` as ``[X, "null"]``."""
    if not isinstance(converted, dict):
        return {} if converted else {"not": {}}
    union = converted.get("anyOf")
    if isinstance(union, list) and len(union) == 2 and sum(map(is_null, union)) == 1:
        inner = next(one for one in union if not is_null(one))
        simple = inner.keys() & {"$ref", "anyOf", "oneOf", "allOf", "enum", "const"}
        if isinstance(inner.get("type"), str) and not simple:
            rest = {key: value for key, value in converted.items() if key != "anyOf"}
            return {**inner, **rest, "type": [inner["type"], "null"]}
    if "type" not in converted and (types := _types(raw, components)):
        return {**converted, "type": types[0] if len(types) == 1 else types}
    return dict(converted)


def _types(raw: Any, components: Components) -> list[str]:
    """Return the plain types that a raw schema takes; none where it may take any."""
    resolved = components.resolve(raw)
    kind = resolved.get("type")
    if kind is not None:
        return [kind] if isinstance(kind, str) else list(kind)
    for key in ("anyOf", "oneOf"):
        if isinstance(members := resolved.get(key), list):
            each = [_types(one, components) for one in members]
            return list(dict.fromkeys(one for some in each for one in some)) if all(each) else []
    if isinstance(values := resolved.get("enum", [resolved.get("const")]), list):
        return list(dict.fromkeys(filter(None, map(_type_of, values))))
    return []


def _type_of(value: Any) -> str | None:
    names = {str: "string", bool: "boolean", int: "integer", float: "number"}
    return names.get(type(value))
