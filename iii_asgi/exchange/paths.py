"""Paths: the engine's patterns (``/users/:id``) and the app's templates (``/users/{id}``)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any
from urllib.parse import quote

from iii_asgi.catalogue.model import PathParameter
from iii_asgi.catalogue.templates import CONVERTORS, parse
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
_KINDS = {
    "int": "an integer without a sign",
    "float": "a number without a sign",
    "uuid": "a UUID",
    "path": "text without line breaks",
}


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
    """A path of the app, to be filled with the arguments of a direct call.

    Args:
        path: as the app's router has it.
        parameters: of the path, in order.
        earlier: (path, function id) of routes that the router tries before.
    """

    __slots__ = ("_earlier", "_literals", "_own", "_quoted", "parameters")

    def __init__(
        self,
        path: str,
        parameters: Sequence[PathParameter],
        earlier: Sequence[tuple[str, str]] = (),
    ) -> None:
        self.parameters = tuple(parameters)
        self._literals = tuple(_literals(path, self.parameters))
        self._quoted = tuple(quote(one, safe=_SEGMENT + "/") for one in self._literals)
        template = parse(path)
        # One whole segment of any text is always read as it was written.
        is_plain = all(one.is_one_parameter or not one.parameters for one in template.segments)
        is_plain = is_plain and all(one.convertor == "str" for one in self.parameters)
        self._own = None if is_plain else template.pattern
        found = ((parse(one).pattern, function_id) for one, function_id in earlier)
        self._earlier = [(pattern, one) for pattern, one in found if pattern is not None]

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
                the shape of the path; or the router would read the path in another way.
        """
        path = self._quoted[0]
        texts = []
        for parameter, literal in zip(self.parameters, self._quoted[1:], strict=True):
            if parameter.name not in arguments:
                raise InvocationError("BAD_REQUEST", self._missing(parameter.name))
            text = _text(parameter, arguments.pop(parameter.name))
            texts.append(text)
            path += _encode(parameter, text) + literal
        if self._own is not None or self._earlier:
            self._check(texts)
        return path

    def _check(self, texts: Sequence[str]) -> None:
        """See to it that the router runs this route, with these values.

        Raises:
            InvocationError: it would run another one, or with others.
        """
        pairs = zip(texts, self._literals[1:], strict=True)
        path = self._literals[0] + "".join(text + literal for text, literal in pairs)
        if self._own is not None:
            match = self._own.match(path)
            read = match.groups() if match else (None,) * len(texts)
            if read != tuple(texts):
                raise InvocationError("BAD_REQUEST", self._misread(texts, read))
        for pattern, function_id in self._earlier:
            if pattern.match(path):
                raise InvocationError(
                    "BAD_REQUEST", f"{path} is another function's path: call {function_id}"
                )

    def _misread(self, texts: Sequence[str], read: Sequence[str | None]) -> str:
        """Return which value the app would not get, and why."""
        pairs = list(zip(self.parameters, texts, strict=True))
        for parameter, text in pairs:
            if not re.fullmatch(CONVERTORS[parameter.convertor], text):
                return f"argument {parameter.name} is {_KINDS.get(parameter.convertor, 'text')}"
        wrong = ((one, text) for (one, text), got in zip(pairs, read, strict=True) if got != text)
        parameter, text = next(wrong)
        return f"argument {parameter.name} cannot be told apart in the path: {text!r}"

    def _missing(self, name: str) -> str:
        names = ", ".join(parameter.name for parameter in self.parameters)
        return f"argument {name} is missing (the path takes {names})"


def _literals(path: str, parameters: Sequence[PathParameter]) -> Iterator[str]:
    """Yield the text before, between and after the parameters."""
    for parameter in parameters:
        literal, path = re.split(rf"{{{parameter.name}(?::\w+)?}}", path, maxsplit=1)
        yield literal
    yield path


def _text(parameter: PathParameter, value: Any) -> str:
    text = as_text(value)
    if text is None:
        raise InvocationError("BAD_REQUEST", f"argument {parameter.name} is text or a number")
    return text


def _encode(parameter: PathParameter, text: str) -> str:
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
