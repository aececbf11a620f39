"""Path templates as the app's router has them: ``/users/{user_id:int}/v{n}.json``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

from iii_asgi.catalogue.model import PathParameter

__all__ = ["CONVERTORS", "REST", "Segment", "Template", "parse"]

CONVERTORS: Mapping[str, str] = {
    "str": "[^/]+",
    "path": ".*",
    "int": "[0-9]+",
    "float": r"[0-9]+(?:\.[0-9]+)?",
    "uuid": "[0-9a-fA-F]{8}(?:-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}",
}
"""What Starlette's own convertors take. An app can have others, of which nothing is known."""

# What an opaque app matches below its mount.
REST = "/{path:path}"

# What Starlette takes for a parameter; braces around anything else are literal text.
_PARAMETER = re.compile(r"{([a-zA-Z_][a-zA-Z0-9_]*)(?::([a-zA-Z_][a-zA-Z0-9_]*))?}")


@dataclass(frozen=True, slots=True)
class Segment:
    """The text between two slashes of a template."""

    text: str
    parameters: tuple[PathParameter, ...]

    @property
    def spans(self) -> bool:
        """Whether a value may hold slashes, so that this becomes several segments."""
        return any(parameter.spans_segments for parameter in self.parameters)

    @property
    def is_one_parameter(self) -> bool:
        """Whether it is a parameter and nothing else."""
        return _PARAMETER.fullmatch(self.text) is not None

    @property
    def pattern(self) -> str:
        """The regular expression that matches it; see `Template.pattern`."""
        parts = _PARAMETER.split(self.text)
        texts = [re.escape(literal) for literal in parts[::3]]
        values = [f"({CONVERTORS[convertor or 'str']})" for convertor in parts[2::3]]
        return texts[0] + "".join(map(str.__add__, values, texts[1:]))


@dataclass(frozen=True)
class Template:
    """A template, taken apart.

    Attributes:
        segments: without the last slash; an empty one stands for ``//``.
        slash: whether the template ends in one.
    """

    segments: tuple[Segment, ...]
    slash: bool

    @cached_property
    def parameters(self) -> tuple[PathParameter, ...]:
        """All parameters, in order."""
        return tuple(one for segment in self.segments for one in segment.parameters)

    @cached_property
    def spans(self) -> bool:
        """Whether any value may hold slashes."""
        return any(segment.spans for segment in self.segments)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of all parameters, in order."""
        return tuple(parameter.name for parameter in self.parameters)

    @cached_property
    def regular(self) -> str:
        """The template with its names taken out: equal ones match the same paths."""
        texts = [_PARAMETER.sub(r"{:\2}", segment.text) for segment in self.segments]
        return "/".join(texts).replace("{:str}", "{:}") + "/" * self.slash

    @cached_property
    def pattern(self) -> re.Pattern[str] | None:
        """What the router matches a decoded path with, by `match`, a group for each parameter.

        None where a convertor is not Starlette's own.
        """
        if any(one.convertor not in CONVERTORS for one in self.parameters):
            return None
        text = "".join(f"/{segment.pattern}" for segment in self.segments)
        # Like the router's, this takes a line break at the end for none.
        return re.compile(f"{text}{'/' * self.slash}$")


@lru_cache(maxsize=4096)
def parse(path: str) -> Template:
    """Take a template apart."""
    text = path.removeprefix("/")
    parts = text.split("/") if text else []
    slash = path.endswith("/")
    if slash and parts:
        parts.pop()
    return Template(segments=tuple(_segment(part) for part in parts), slash=slash)


def _segment(text: str) -> Segment:
    found = _PARAMETER.finditer(text) if "{" in text else ()
    return Segment(text, tuple(PathParameter(m[1], m[2] or "str") for m in found))
