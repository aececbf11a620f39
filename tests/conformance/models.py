"""Random body types of an endpoint, with JSON text that fits them more or less."""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import uuid
from collections.abc import Callable
from typing import Annotated, Any, Literal, TypeAlias

from hypothesis import strategies as st
from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    RootModel,
    Strict,
    WrapValidator,
    create_model,
)
from typing_extensions import TypedDict

from tests.strategies import json_arrays, json_objects, json_texts, numbers, strings

__all__ = ["Body", "bodies"]

Body: TypeAlias = tuple[Any, st.SearchStrategy[str]]
"""A type, and JSON text for it."""


class Color(enum.Enum):
    """Text."""

    RED = "red"
    BLUE = "blue"


class Level(enum.IntEnum):
    """Numbers."""

    LOW = 1
    HIGH = 100


class Ratio(enum.Enum):
    """More numbers."""

    HALF = 0.5
    WHOLE = 1


class Lenient(enum.Enum):
    """Shows what is no member."""

    RED = "red"

    @classmethod
    def _missing_(cls, value: object) -> Any:
        raise ValueError(repr(value))


def _seen(value: Any) -> Any:
    """Return what a validator sees."""
    return repr(value)


def _unchanged(value: Any) -> Any:
    return value


def _tail(value: Any, handler: Callable[[Any], Any]) -> Any:
    return f"{handler(str(value))} of {value!r}"


_truths = st.sampled_from(["true", "false", "1", "0", "1.0", "-0", "1e0", '"yes"'])
_moments = st.sampled_from(
    ['"2024-05-01"', '"2024-05-01T10:00:00.25Z"', '"10:30:00"', '"PT1.5S"', '"P1D"']
)
_colors = st.sampled_from(['"red"', '"\\u0072ed"', '"blue"', '"green"'])
_levels = st.sampled_from(["1", "1.0", "100", "1e2", "100.0", "0.5", "5e-1", "true", '"1"'])
_quoted = numbers.map(lambda number: f'"{number}"')

_closed: list[Body] = [
    (str, strings()),
    (bool, _truths),
    (int, numbers),
    (int, _quoted),
    (float, numbers),
    (datetime.date, _moments | numbers),
    (datetime.time, _moments | numbers),
    (datetime.datetime, _moments | numbers),
    (datetime.timedelta, _moments | numbers),
    (uuid.UUID, st.uuids().map(lambda value: f'"{value}"')),
    (Color, _colors),
    (Level, _levels),
    (Ratio, _levels),
    (Literal["red", True, None], _colors | _truths),
    (Literal[1, "red"], _levels | _colors),
    (Annotated[str, AfterValidator(_seen)], strings()),
    (Annotated[float, AfterValidator(_seen)], numbers),
    (Annotated[int, Strict()], numbers),
    (Annotated[float, Strict()], numbers),
    (Annotated[int, Field(ge=1, multiple_of=2)], numbers),
]

_loose = json_objects([("b", strings()), ("a", _truths)]) | json_texts

_open: list[Body] = [
    (Any, _loose),
    (list, json_arrays([_loose])),
    (decimal.Decimal, numbers | _quoted),
    (Lenient, _colors | _loose),
    (Annotated[str, BeforeValidator(_seen)], _loose),
    (Annotated[Any, WrapValidator(_tail)], _loose),
]


# Made of types that are only known here, which a type checker takes for a mistake.
_LIST: Any = list
_TUPLE: Any = tuple
_DICT: Any = dict
_ROOT: Any = RootModel
_TYPED: Any = TypedDict


def _optional(body: Body) -> Body:
    return body[0] | None, body[1] | st.just("null")


def _list(body: Body) -> Body:
    items = st.integers(0, 3).flatmap(lambda count: json_arrays([body[1]] * count))
    return _LIST[body[0]], items


def _pair(one: Body, other: Body) -> Body:
    return _TUPLE[one[0], other[0]], json_arrays([one[1], other[1]])


def _either(one: Body, other: Body) -> Body:
    return one[0] | other[0], one[1] | other[1]


def _mapping(body: Body) -> Body:
    keys = st.lists(st.sampled_from("abcd"), max_size=4, unique=True)
    texts = keys.flatmap(lambda names: json_objects([(name, body[1]) for name in names]))
    return _DICT[str, body[0]], texts


@st.composite
def _members(draw: st.DrawFn, parts: dict[str, Body]) -> str:
    """Draw an object that mostly has these members, sometimes more, or one twice."""
    names = list(parts)
    names += draw(st.lists(st.sampled_from([*names, "z", "y"]), max_size=2))
    members = [(name, parts[name][1] if name in parts else json_texts) for name in names]
    return draw(json_objects(members))


@st.composite
def _model(draw: st.DrawFn, children: st.SearchStrategy[Body], closed: bool) -> Body:
    parts = {name: draw(children) for name in draw(st.permutations("cab"))[: draw(_few)]}
    fields: dict[str, Any] = {}
    for name, (annotation, _) in parts.items():
        alias = draw(st.sampled_from([None, name]))
        # By its alias a field has another name than in the JSON.
        fields[f"f_{name}" if alias else name] = (annotation, Field(alias=alias))
    coerces = not closed and draw(st.booleans())
    config = ConfigDict(
        extra=draw(st.sampled_from(["ignore", "forbid"])) if closed or coerces else "allow",
        coerce_numbers_to_str=coerces,
        strict=not draw(st.integers(0, 3)),
    )
    model = create_model("Model", __config__=config, **fields)
    return model, _members(parts)


@st.composite
def _plain_class(draw: st.DrawFn, children: st.SearchStrategy[Body]) -> Body:
    parts = {name: draw(children) for name in draw(st.permutations("cab"))[: draw(_few)]}
    types = {name: annotation for name, (annotation, _) in parts.items()}
    if draw(st.booleans()):
        return dataclasses.make_dataclass("Data", types.items()), _members(parts)
    total = draw(st.booleans())
    return _TYPED("Typed", types, total=total), _members(parts)


@st.composite
def _root(draw: st.DrawFn, children: st.SearchStrategy[Body]) -> Body:
    annotation, texts = draw(children)
    return _ROOT[annotation], texts


_few = st.integers(1, 3)


def _nested(children: st.SearchStrategy[Body]) -> st.SearchStrategy[Body]:
    return st.one_of(
        _model(children, closed=True),
        _plain_class(children),
        _root(children),
        children.map(_optional),
        children.map(_list),
        st.builds(_pair, children, children),
        st.builds(_either, children, children),
    )


_closed_types = st.recursive(st.sampled_from(_closed), _nested, max_leaves=5)
_open_types = st.one_of(
    st.sampled_from(_open),
    _closed_types.map(_mapping),
    _model(_closed_types, closed=False),
)
bodies: st.SearchStrategy[Body] = st.one_of(
    _model(_closed_types, closed=True),
    _model(st.sampled_from(_closed) | _open_types, closed=True),
    _model(_open_types.map(_list) | _open_types.map(_optional), closed=True),
)
"""Models of whatever can be in one."""
