"""Paths: the engine's patterns (``/users/:id``) and the app's templates (``/users/{id}``)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from iii_asgi.catalogue.model import PathParameter
from iii_asgi.errors import InvocationError

__all__ = ["MissingParameterError", "Pattern", "Template", "quoted"]

# What a path segment may hold as it is (RFC 3986 pchar); "%" since values come encoded.
_SEGMENT = "-._~!$&'()*+,;=:@%"
_plain = re.compile(r"[A-Za-z0-9_.~%\-]+\Z").match
_plain_path = re.compile(r"[A-Za-z0-9_.~%/\-]*\Z").match
_separators = re.compile(r"[/?#]").search
_PARAMETER = re.compile(r"{([A-Za-z_]\w*)(?::[A-Za-z_]\w*)?}")
_DOT_SEGMENTS = frozenset({".", ".."})


def quoted(path: str) -> str:
    """Return an already encoded path with whatever no client could send encoded as well."""
    return path if _plain_path(path) else quote(path, safe=_SEGMENT + "/")


class MissingParameterError(Exception):
    """The engine matched a pattern but gave no value for one of its parameters."""


class Pattern:
    """A path as it is registered on the engine; `fill` and `fits` give the actual one.

    The engine hands over the pattern and still-encoded values; the standalone front end
    hands over the actual path as well.
    """

    __slots__ = ("_parts", "_text")

    def __init__(self, api_path: str) -> None:
        self._text = api_path
        # A parameter is its name, a literal is None beside its text.
        self._parts = tuple(
            (part, part[1:] if part.startswith(":") else None) for part in api_path.split("/")
        )

    def fill(self, values: Mapping[str, str]) -> str:
        """Return the path with its parameters filled in.

        Raises:
            MissingParameterError: a parameter has no value.
            InvocationError: a value would become more than one segment.
        """
        if not values:
            if any(name is not None for _, name in self._parts):
                raise MissingParameterError
            return self._text
        return "/".join(
            literal if name is None else _segment(values.get(name), name)
            for literal, name in self._parts
        )

    def fits(self, path: str) -> bool:
        """Whether an actual path has this shape; empty segments do not count."""
        if _separators(path.replace("/", "")):
            return False
        actual = [part for part in path.split("/") if part]
        wanted = [part for part in self._parts if part[0]]
        return len(actual) == len(wanted) and all(
            name is not None or literal == part
            for part, (literal, name) in zip(actual, wanted, strict=True)
        )


def _segment(value: str | None, name: str) -> str:
    if not value:
        raise MissingParameterError(name)
    if _plain(value):
        return value
    if _separators(value):
        raise InvocationError(
            "BAD_REQUEST", f"path_params.{name} is one segment: / ? # must be percent-encoded"
        )
    return quote(value, safe=_SEGMENT)


class Template:
    """A path of the app, to be filled with the arguments of a direct call."""

    __slots__ = ("_literals", "parameters")

    def __init__(self, path: str, parameters: Sequence[PathParameter]) -> None:
        self.parameters = tuple(parameters)
        self._literals = [
            quote(literal, safe=_SEGMENT.replace("%", "") + "/")
            for literal in _PARAMETER.split(path)[::2]
        ]

    def fill(self, arguments: dict[str, Any]) -> str:
        """Return the path, percent-encoded; the parameters are taken out of `arguments`.

        Raises:
            InvocationError: a parameter is missing, is no plain value, or would change
                the shape of the path.
        """
        path = self._literals[0]
        for parameter, literal in zip(self.parameters, self._literals[1:], strict=True):
            if parameter.name not in arguments:
                raise InvocationError("BAD_REQUEST", self._missing(parameter.name))
            path += _encode(parameter, arguments.pop(parameter.name)) + literal
        return path

    def _missing(self, name: str) -> str:
        names = ", ".join(parameter.name for parameter in self.parameters)
        return f"argument {name} is missing (the path takes {names})"


def _encode(parameter: PathParameter, value: Any) -> str:
    if isinstance(value, bool):
        value = "true" if value else "false"
    elif not isinstance(value, str | int | float):
        raise InvocationError("BAD_REQUEST", f"argument {parameter.name} is text or a number")
    text = str(value)
    segments = text.split("/") if parameter.spans_segments else [text]
    if _DOT_SEGMENTS.intersection(segments) or not (text or parameter.spans_segments):
        raise InvocationError(
            "BAD_REQUEST", f"argument {parameter.name} must not be empty, '.' or '..'"
        )
    if "/" in text and not parameter.spans_segments:
        raise InvocationError("BAD_REQUEST", f"argument {parameter.name} must not contain '/'")
    return quote(text, safe="/" if parameter.spans_segments else "")
