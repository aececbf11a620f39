"""The parameter map: of an operation in an OpenAPI document, the arguments of a direct call.

Names: an argument is called what the app calls it on the wire. Where two places have a
parameter of one name, the first of path, query, header and cookie has it, and the others are
``query.id``, ``header.id``, ``cookie.id``. A body with a field of such a name is one
argument, ``$body``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Literal, cast

from iii_asgi.catalogue.arguments import RESERVED, Argument, Arguments, Body, Place
from iii_asgi.catalogue.body_fields import body_of
from iii_asgi.catalogue.model import Function, PathParameter
from iii_asgi.catalogue.openapi import Operation
from iii_asgi.catalogue.schemas import Components, Json, plain

__all__ = ["arguments_of", "arguments_without_schema"]

_PLACES: tuple[Place, ...] = ("path", "query", "header", "cookie")
_QUERY_METHODS = frozenset({"GET", "HEAD", "DELETE"})
_STREAMS = frozenset({"text/event-stream", "application/jsonl", "application/x-ndjson"})

# What Starlette's convertors take.
_CONVERTED: Mapping[str, Json] = {
    "int": {"type": "integer", "minimum": 0},
    "float": {"type": "number", "minimum": 0},
    "uuid": {"type": "string", "format": "uuid"},
}


def arguments_of(operation: Operation, function: Function) -> Arguments:
    """Return the arguments of a function whose app describes it.

    Raises:
        SchemaError: the description contradicts itself.
    """
    outside = list(_outside(operation, function))
    outside += _query_keys(operation, {one.name for one in outside})
    body = body_of(operation)
    if body is not None:
        taken = RESERVED.union(one.name for one in outside)
        if any(one.name in taken for one in body.fields):
            body = replace(body, fields=(), extra=False, is_flat=False)
    return Arguments(
        outside=tuple(outside),
        body=body,
        rest=_rest_of(operation, function, outside, body),
        credentials=tuple(_credentials(operation)),
        streams=_streams(operation),
    )


def arguments_without_schema(function: Function) -> Arguments:
    """Return the arguments of a function that nothing but its path tells of."""
    return Arguments(
        outside=tuple(_path_argument(one, {}) for one in function.parameters),
        rest=_rest(function),
    )


def _rest(function: Function) -> Literal["query", "body"]:
    return "query" if function.method in _QUERY_METHODS else "body"


def _rest_of(
    operation: Operation, function: Function, outside: Sequence[Argument], body: Body | None
) -> Literal["query", "body"] | None:
    """Return where arguments go that an endpoint declares nothing of, and reads by itself."""
    rest = _rest(function)
    declared = any(one.place == "query" for one in outside) if rest == "query" else body
    return None if declared or not operation.takes_request else rest


# -- path, query, headers, cookies -------------------------------------------------------


def _outside(operation: Operation, function: Function) -> Iterator[Argument]:
    """Yield the arguments outside of the body; those of the path as the route has them."""
    found: dict[tuple[str, str], Json] = {}
    for parameter in operation.parameters:
        found[parameter.get("in", ""), str(parameter.get("name"))] = parameter
    taken = set(RESERVED)
    for one in function.parameters:
        taken.add(one.name)
        yield _path_argument(one, found.get(("path", one.name), {}))
    for place in _PLACES[1:]:
        for (where, wire_name), parameter in found.items():
            if where == place:
                name = wire_name if wire_name not in taken else f"{place}.{wire_name}"
                taken.add(name)
                yield _argument(name, place, wire_name, parameter, operation.components)


def _path_argument(parameter: PathParameter, described: Json) -> Argument:
    own = _CONVERTED.get(parameter.convertor, {"type": "string"})
    return Argument(
        name=parameter.name,
        place="path",
        wire_name=parameter.name,
        required=True,
        schema=plain(described.get("schema", own)),
        description=described.get("description"),
    )


def _argument(
    name: str, place: Place, wire_name: str, parameter: Json, components: Components
) -> Argument:
    content = parameter.get("content")
    schema = parameter.get("schema")
    if isinstance(content, Mapping) and content:
        schema = next(iter(content.values())).get("schema")
    schema = plain(schema)
    style = parameter.get("style", "")
    return Argument(
        name=name,
        place=place,
        wire_name=wire_name,
        required=parameter.get("required") is True,
        style=style,
        # By OpenAPI a list repeats its name in the form style alone.
        explode=parameter.get("explode", style in ("", "form")) is True,
        is_json=bool(content) or components.is_json_text(schema),
        schema=schema,
        description=parameter.get("description"),
    )


def _query_keys(operation: Operation, taken: set[str]) -> Iterator[Argument]:
    """Yield the API keys that go in the query: no parameter of the operation tells of them."""
    for scheme in operation.security:
        name = scheme.get("name")
        if scheme.get("in") == "query" and isinstance(name, str) and name not in taken:
            described = scheme.get("description") or "API key"
            yield Argument(name, "query", name, schema={"type": "string"}, description=described)


def _credentials(
    operation: Operation,
) -> Iterator[tuple[Literal["header", "cookie"], str, str]]:
    for scheme in operation.security:
        place, name = scheme.get("in"), scheme.get("name")
        if scheme.get("type") == "apiKey" and place in ("header", "cookie"):
            described = str(scheme.get("description") or "API key")
            yield cast(Literal["header", "cookie"], place), str(name), described
        elif scheme.get("type") in ("oauth2", "openIdConnect"):
            yield "header", "authorization", "Bearer TOKEN"
        elif scheme.get("type") == "http":
            word = str(scheme.get("scheme", "")).capitalize()
            yield "header", "authorization", f"{word} CREDENTIALS"


def _streams(operation: Operation) -> bool:
    return not _STREAMS.isdisjoint(operation.answer.get("content") or {})
