"""Paths as the engine has them: ``/users/:user_id``, and which ones a template needs.

The engine knows literal segments and parameters of exactly one segment. It compares
literals with the raw request path, byte by byte.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple, TypeAlias
from urllib.parse import quote, unquote

from iii_asgi.catalogue.templates import CONVERTORS, Segment, parse

__all__ = ["Pattern", "Shape", "patterns_of", "shape_of", "spell"]

# The segments that are not empty, each a literal or (None) a parameter. Two paths of one
# shape must have the same parameter names, or the engine's router panics.
Shape: TypeAlias = tuple[str | None, ...]


class _Part(NamedTuple):
    """One segment: a literal, or (None) a parameter, whose name is to be chosen if ""."""

    literal: str | None
    name: str = ""
    convertor: str = ""


# RFC 3986 pchar: what clients send as it is.
_RAW = "-._~!$&'()*+,;=:@"

# The engine has no wildcard: a parameter that spans segments is registered per depth.
_DEPTHS = 8

# Parameters that take less than any text; other convertors are taken to take all of it.
_NARROW = {name: re.compile(CONVERTORS[name]).fullmatch for name in ("int", "float", "uuid")}


@dataclass(frozen=True, slots=True)
class Pattern:
    """One path that a template needs on the engine.

    Attributes:
        shape: its segments.
        names: of its parameters, in order; not yet unique.
        convertors: of its segments; "" for literals and for whatever takes any text.
        slash: whether it ends in one.
        redirects: the app answers it by redirecting to the other slash form.
    """

    shape: Shape
    names: tuple[str, ...]
    convertors: tuple[str, ...]
    slash: bool
    redirects: bool = False

    def can_match(self, shape: Shape) -> bool:
        """Whether a path of a shape that meets this one can be one of the template."""
        return all(
            literal is None or convertor not in _NARROW or _NARROW[convertor](unquote(literal))
            for literal, convertor in zip(shape, self.convertors, strict=True)
        )


def shape_of(api_path: str) -> Shape:
    """Return the shape of a path in the engine's spelling: ``/a/:x/`` is ``("a", None)``."""
    return tuple(None if part[0] == ":" else part for part in api_path.split("/") if part)


def spell(shape: Shape, names: tuple[str, ...], *, slash: bool) -> str:
    """Return the engine's spelling of a shape whose parameters have these names."""
    rest = iter(names)
    parts = [f":{next(rest)}" if part is None else part for part in shape]
    return "/" + "/".join(parts) + ("/" if slash and parts else "")


def patterns_of(path: str, prefix: str = "") -> Iterator[Pattern]:
    """Yield the patterns that together reach everything a template matches.

    None for a template with ``//`` in it: neither front end of the engine matches that.

    Args:
        path: a template of the app.
        prefix: literal segments before it on the engine.
    """
    template = parse(path)
    head = [_Part(quote(part, safe=_RAW)) for part in prefix.split("/") if part]
    segments = template.segments
    if not all(segment.text for segment in segments):
        return
    open_ended = bool(segments) and segments[-1].spans and not template.slash
    choices = [_parts_of(one, last=one is segments[-1] and open_ended) for one in segments]
    longest = len(head) + sum(not one.spans for one in segments) + _DEPTHS
    for choice in product(*choices):
        parts = head + [part for some in choice for part in some]
        if len(parts) > longest:
            continue
        if not open_ended:
            yield _pattern(parts, slash=template.slash)
        elif choice[-1]:
            yield _pattern(parts, slash=False)
            yield _pattern(parts, slash=True)
        else:
            yield _pattern(parts, slash=True)
        # The router redirects /items to /items/ (and a mount's /files to /files/).
        if parts and ((open_ended and not choice[-1]) or (not open_ended and template.slash)):
            yield _pattern(parts, slash=False, redirects=True)


def _pattern(parts: list[_Part], *, slash: bool, redirects: bool = False) -> Pattern:
    shape = tuple(part.literal for part in parts)
    names = tuple(part.name for part in parts if part.literal is None)
    convertors = tuple(part.convertor for part in parts)
    return Pattern(shape, names, convertors, slash=slash or not shape, redirects=redirects)


def _parts_of(segment: Segment, *, last: bool) -> list[list[_Part]]:
    """Return what a segment can be on the engine: a list of alternatives."""
    if segment.spans:
        # An empty value means "//", unless it is the end of the path.
        shortest = 0 if last and segment.is_one_parameter else 1
        return [[_Part(None)] * depth for depth in range(shortest, _DEPTHS + 1)]
    if segment.is_one_parameter:
        parameter = segment.parameters[0]
        return [[_Part(None, parameter.name, parameter.convertor)]]
    if segment.parameters:
        # Text around a parameter: the engine has whole segments only.
        return [[_Part(None, segment.parameters[0].name)]]
    if segment.text[:1] in (":", "*") or "{" in segment.text or "}" in segment.text:
        # The engine would read a parameter or panic; a parameter matches it as well.
        return [[_Part(None)]]
    return [[_Part(quote(segment.text, safe=_RAW))]]
