"""Paths: the engine's patterns (``/users/:id``) and the app's templates (``/users/{id}``)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any
from urllib.parse import quote

from iii_asgi.catalogue.model import PathParameter
from iii_asgi.errors import InvocationError
from iii_asgi.exchange.wire_http import as_text

__all__ = ["MissingParameterError", "Pattern", "Template", "quoted"]

# What a path segment may hold as it is (RFC 3986 pchar).
_SEGMENT = "-._~!$&'()*+,;=:@"
# What clients send all the same, and servers hand to the app as it came.
_SENT = _SEGMENT + '%"<>[\\]^`{|}'
# What nearly all of them hold; "%" since they come encoded.
_PLAIN = r"A-Za-z0-9_.~%\-"
_is_plain = re.compile(rf"[{_PLAIN}/]*").fullmatch
_is_word = re.compile(r"[A-Za-z0-9_\-]+").fullmatch
_separators = re.compile(r"[/?#]").search
_DOT_SEGMENTS = frozenset({".", ".."})


def quoted(path: str) -> str:
    """Return an already encoded path with whatever no client could send encoded as well."""
    return path if _is_plain(path) else quote(path, safe=_SENT + "/")


class MissingParameterError(Exception):
    """The engine matched a pattern, but one of its parameters has no value that is a segment."""


class Pattern:
    """A path as it is registered on the engine; `fill` and `match` give the actual one.

    The engine hands over the pattern and still-encoded values; the standalone front end
    hands over the actual path as well.
    """

    __slots__ = ("_format", "_is_plain", "_names", "_regular", "_values")

    def __init__(self, api_path: str) -> None:
        parts = api_path.split("/")
        self._names = [part[1:] for part in parts if part[:1] == ":"]
        # One value by itself or a tuple of several, as "%" takes them.
        self._values = itemgetter(*self._names) if self._names else None
        self._format = quoted(api_path)
        if self._names:
            self._format = "/".join(
                "%s" if part[:1] == ":" else quoted(part).replace("%", "%%") for part in parts
            )
        # What nearly every client sends passes in one look, and needs no quoting.
        self._is_plain = re.compile(_regular(parts, rf"[{_PLAIN}]+")).fullmatch
        self._regular = _regular(parts, "[^/?#]+")

    def match(self, path: str) -> str | None:
        """Return an actual path, quoted, when it has this shape; empty segments do not count."""
        if self._is_plain(path):
            return path
        return quoted(path) if re.fullmatch(self._regular, path) else None

    def fill(self, values: Mapping[str, str]) -> str:
        """Return the path with its parameters filled in, quoted.

        Raises:
            MissingParameterError: a parameter has no value.
            InvocationError: a value would become more than one segment.
        """
        if self._values is None:
            return self._format
        try:
            path: str = self._format % self._values(values)
        except KeyError:
            raise MissingParameterError from None
        if self._is_plain(path):
            return path
        return self._format % tuple([_segment(values[name]) for name in self._names])


def _regular(parts: Sequence[str], parameter: str) -> str:
    segments = [parameter if part[0] == ":" else re.escape(part) for part in parts if part]
    return "/+" + "/+".join(segments) + "/*"


def _segment(value: str) -> str:
    if not value:
        raise MissingParameterError
    if _separators(value):
        raise InvocationError(
            "BAD_REQUEST", "a path parameter is one segment: / ? # must be percent-encoded"
        )
    return quote(value, safe=_SENT)


class Template:
    """A path of the app, to be filled with the arguments of a direct call."""

    __slots__ = ("_literals", "_quoted", "parameters")

    def __init__(self, path: str, parameters: Sequence[PathParameter]) -> None:
        self.parameters = tuple(parameters)
        self._literals = tuple(_literals(path, self.parameters))
        self._quoted = tuple(quote(one, safe=_SEGMENT + "/") for one in self._literals)

    def covers(self, path: str) -> bool:
        """Whether a decoded path is one of this template (or, less its last slash, a mount's).

        One with dot segments never is: what it means depends on who reads it.
        """
        if _DOT_SEGMENTS.intersection(path.split("/")):
            return False
        regular = re.escape(self._literals[0])
        for parameter, literal in zip(self.parameters, self._literals[1:], strict=True):
            regular += (".*" if parameter.spans_segments else "[^/]+") + re.escape(literal)
        return any(re.fullmatch(regular, one, re.DOTALL) for one in (path, path + "/"))

    def fill(self, arguments: dict[str, Any]) -> str:
        """Return the path, percent-encoded; the parameters are taken out of `arguments`.

        Raises:
            InvocationError: a parameter is missing, is no plain value, or would change
                the shape of the path.
        """
        path = self._quoted[0]
        for parameter, literal in zip(self.parameters, self._quoted[1:], strict=True):
            if parameter.name not in arguments:
                raise InvocationError("BAD_REQUEST", self._missing(parameter.name))
            path += _encode(parameter, arguments.pop(parameter.name)) + literal
        return path

    def _missing(self, name: str) -> str:
        names = ", ".join(parameter.name for parameter in self.parameters)
        return f"argument {name} is missing (the path takes {names})"


def _literals(path: str, parameters: Sequence[PathParameter]) -> Iterator[str]:
    """Yield the text before, between and after the parameters."""
    for parameter in parameters:
        literal, path = re.split(rf"{{{parameter.name}(?::\w+)?}}", path, maxsplit=1)
        yield literal
    yield path


def _encode(parameter: PathParameter, value: Any) -> str:
    text = as_text(value)
    if text is None:
        raise InvocationError("BAD_REQUEST", f"argument {parameter.name} is text or a number")
    if _is_word(text):
        return text
    segments = text.split("/") if parameter.spans_segments else [text]
    if _DOT_SEGMENTS.intersection(segments) or not (text or parameter.spans_segments):
        raise InvocationError(
            "BAD_REQUEST", f"argument {parameter.name} must not be empty, '.' or '..'"
        )
    if "/" in text and not parameter.spans_segments:
        raise InvocationError("BAD_REQUEST", f"argument {parameter.name} must not contain '/'")
    return quote(text, safe="/" if parameter.spans_segments else "")
