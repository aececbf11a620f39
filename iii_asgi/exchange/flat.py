"""Flat arguments: the parameter map of one function, compiled for its calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from iii_asgi.catalogue.arguments import WHOLE_BODY, Argument, Arguments
from iii_asgi.errors import InvocationError
from iii_asgi.exchange.call_headers import header_lines
from iii_asgi.exchange.content import (
    Content,
    json_content,
    object_content,
    untyped_content,
    whole_content,
)
from iii_asgi.exchange.texts import expanded, several
from iii_asgi.exchange.wire_http import HeaderLines

__all__ = ["FlatMap", "Parts"]


@dataclass(slots=True)
class Parts:
    """What the arguments of one call become, those of the path apart."""

    query: dict[str, str | list[str]] = field(default_factory=dict)
    headers: HeaderLines = field(default_factory=list)
    cookies: list[tuple[str, str]] = field(default_factory=list)
    fields: dict[str, Any] = field(default_factory=dict)
    content: Content | None = None


_Put: TypeAlias = Callable[[Parts, Any], None]


class FlatMap:
    """The arguments of one function, by name, and what each becomes."""

    __slots__ = ("_arguments", "_fields", "_names", "_put", "_sends_empty", "_takes_extra")

    def __init__(self, arguments: Arguments) -> None:
        body = arguments.body
        self._arguments = arguments
        self._fields = frozenset(one.name for one in body.fields) if body else frozenset()
        known = (*arguments.outside, *(body.fields if body else ()))
        self._put = {one.name: _putter(one) for one in known if one.place != "path"}
        self._names: dict[tuple[int | str, ...], str] = {
            (one.place, one.wire_name): one.name for one in arguments.outside
        }
        self._takes_extra = body.extra is not False if body else arguments.rest == "body"
        # A body that must be there is there, though nothing in it is given.
        self._sends_empty = body.required and body.is_flat if body else arguments.rest == "body"

    def read(self, arguments: Mapping[str, Any]) -> Parts:
        """Return what arguments become; those of the path and the reserved ones are taken
        out of them before, ``$body`` apart.

        Raises:
            InvocationError: they do not fit; the message names which.
        """
        parts = Parts()
        put = self._put
        unknown: dict[str, Any] = {}
        for name, value in arguments.items():
            known = put.get(name)
            if known is not None:
                known(parts, value)
            elif name != WHOLE_BODY:
                unknown[name] = value
        if unknown:
            self._put_unknown(parts, unknown)
        if WHOLE_BODY in arguments:
            if parts.fields:
                raise InvocationError(
                    "BAD_REQUEST", f"{WHOLE_BODY} is all of the body: {_listed(parts.fields)} too?"
                )
            parts.content = self.whole(arguments[WHOLE_BODY])
        elif parts.fields or self._sends_empty:
            body = self._arguments.body
            parts.content = (
                object_content(body, parts.fields) if body else json_content(parts.fields)
            )
        return parts

    def whole(self, value: Any) -> Content:
        """Return the body that is this value.

        Raises:
            InvocationError: there is no body, or it cannot be this.
        """
        body = self._arguments.body
        if body is not None:
            return whole_content(body, value)
        if self._arguments.rest != "body":
            raise InvocationError(
                "BAD_REQUEST", "this function takes named arguments: send a JSON object"
            )
        return untyped_content(value)

    def _put_unknown(self, parts: Parts, unknown: dict[str, Any]) -> None:
        if self._takes_extra:
            parts.fields.update(unknown)
        elif self._arguments.rest == "query":
            for name, value in unknown.items():
                parts.query.update(expanded(Argument(name, "query", name), value))
        else:
            raise InvocationError("BAD_REQUEST", self._refusal(unknown))

    def _refusal(self, unknown: Mapping[str, Any]) -> str:
        body = self._arguments.body
        names = [one.name for one in self._arguments.outside]
        names += [one.name for one in body.fields] if body else ()
        names += [WHOLE_BODY] if body and not body.is_flat else ()
        return (
            f"unknown argument{'s' * (len(unknown) > 1)} {_listed(unknown)}: "
            f"this function takes {_listed(names) or 'no arguments'}"
        )

    def name_at(self, location: Sequence[Any]) -> str:
        """Return what callers call the place that a validation error's ``loc`` names."""
        path = [part if isinstance(part, int) else str(part) for part in location]
        if path[:1] == ["body"]:
            path = self._of_body(path[1:])
        elif name := self._names.get(tuple(path[:2])):
            path[:2] = [name]
        return ".".join(map(str, path))

    def _of_body(self, path: list[int | str]) -> list[int | str]:
        body = self._arguments.body
        if not path or body is None or not body.is_flat or isinstance(path[0], int):
            return [WHOLE_BODY, *path]
        # In a union its member stands before the field.
        member = len(path) > 1 and path[0] not in self._fields and path[1] in self._fields
        return path[1:] if member else path


def _listed(names: Mapping[str, Any] | Sequence[str]) -> str:
    return ", ".join(names)


def _putter(argument: Argument) -> _Put:
    """Return what puts a value of an argument where it goes."""
    name = argument.wire_name
    # FastAPI's first header models read dashes where their OpenAPI says underscores.
    spellings = dict.fromkeys((name, name.replace("_", "-")))

    def to_query(parts: Parts, value: Any) -> None:
        if type(value) is str:  # the usual one
            parts.query[name] = value
        else:
            parts.query.update(expanded(argument, value))

    def to_header(parts: Parts, value: Any) -> None:
        texts = several(argument, value)
        for spelling in spellings:
            parts.headers += header_lines(f"argument {argument.name}", spelling, texts)

    def to_cookies(parts: Parts, value: Any) -> None:
        parts.cookies += [(name, text) for text in several(argument, value)]

    def to_field(parts: Parts, value: Any) -> None:
        parts.fields[name] = value

    return {
        "query": to_query,
        "header": to_header,
        "cookie": to_cookies,
        "field": to_field,
    }[argument.place]
