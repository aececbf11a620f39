"""What a function's arguments are, and where in an HTTP request each of them goes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

__all__ = ["RESERVED", "WHOLE_BODY", "Argument", "Arguments", "Body", "BodyKind", "Place"]

Place: TypeAlias = Literal["path", "query", "header", "cookie", "field"]
BodyKind: TypeAlias = Literal["json", "urlencoded", "multipart", "bytes"]

WHOLE_BODY = "$body"
"""The argument that is all of the body."""
RESERVED = frozenset({"$http", WHOLE_BODY, "$headers", "$cookies", "$response"})
"""Names with a meaning of their own; an argument of the app never has one of them."""


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a direct call.

    Attributes:
        name: what callers write.
        place: where it goes; ``field`` is a field of the body.
        wire_name: what it is called there. Differs from `name` only where two places have
            a parameter of one name (`iii_asgi.catalogue.parameters`).
        required: the app says so. Only a missing path parameter is refused by us.
        style: of OpenAPI's parameters: ``form``, ``deepObject`` …; empty for the place's own.
        explode: a list repeats the name, rather than being joined.
        is_json: the value travels as JSON text.
        is_file: the value is a file, or a list of them.
        schema: as the app's OpenAPI has it.
        description: the app's, of this parameter.
    """

    name: str
    place: Place
    wire_name: str
    required: bool = False
    style: str = ""
    explode: bool = True
    is_json: bool = False
    is_file: bool = False
    schema: Mapping[str, Any] = field(default_factory=dict)
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Body:
    """The body of a function's request.

    Attributes:
        kind: how it is written; ``bytes`` is anything that is neither JSON nor a form.
        media_type: its content-type.
        required: the app says so.
        fields: the arguments that are its fields.
        extra: it takes fields of any other name; a schema of theirs, or just True.
        is_flat: its fields are arguments. If not, it is one argument, ``$body``: it is no
            object, or a field has the name of an argument that goes elsewhere.
        schema: as the app's OpenAPI has it.
        description: the app's.
    """

    kind: BodyKind
    media_type: str
    required: bool = False
    fields: tuple[Argument, ...] = ()
    extra: bool | Mapping[str, Any] = False
    is_flat: bool = True
    schema: Mapping[str, Any] = field(default_factory=dict)
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Arguments:
    """The parameter map of a function.

    Attributes:
        outside: the arguments that go into path, query, headers and cookies.
        body: None where the request has none.
        rest: where arguments of other names go, since nothing says which there are: an
            endpoint that reads the request by itself. None: they are refused.
        credentials: names of headers and cookies that carry credentials, as (place, name,
            what it is). Callers give them in ``$headers`` and ``$cookies``.
        streams: the answer is a stream, so callers will want ``$response``.
    """

    outside: tuple[Argument, ...] = ()
    body: Body | None = None
    rest: Literal["query", "body"] | None = None
    credentials: tuple[tuple[Literal["header", "cookie"], str, str], ...] = ()
    streams: bool = False
