"""Pairs of JSON Schemas, the second one changed a little, and values that fit a schema."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import strategies as st

__all__ = ["pairs", "values"]

_NAMES = ("a", "b", "c")
_EXTRA = "zz"
"""A name that no schema lists: what models ignore."""
_VALUES: tuple[Any, ...] = (None, True, False, 0, 1, 2.5, -3, "", "x", "long text", [], [1], {})
_SCALARS = st.sampled_from(_VALUES[:10])
_BOUNDS = st.integers(-2, 4)


def _leaves() -> st.SearchStrategy[Any]:
    return st.one_of(
        st.sampled_from(["null", "boolean", "integer", "number", "string"]).map(
            lambda kind: {"type": kind}
        ),
        st.sampled_from([["string", "null"], ["integer", "null"], ["number", "boolean"]]).map(
            lambda kinds: {"type": kinds}
        ),
        st.lists(_SCALARS, min_size=1, max_size=3).map(lambda some: {"enum": some}),
        _SCALARS.map(lambda value: {"const": value}),
        st.tuples(
            st.sampled_from(["minimum", "exclusiveMaximum", "maximum", "exclusiveMinimum"]), _BOUNDS
        ).map(lambda pair: {"type": "integer", pair[0]: pair[1]}),
        st.tuples(st.sampled_from(["minLength", "maxLength"]), st.integers(0, 3)).map(
            lambda pair: {"type": "string", pair[0]: pair[1]}
        ),
        st.sampled_from([True, {}, {"type": "string", "pattern": "^x"}, {"$ref": "#/$defs/Node"}]),
    )


@st.composite
def _objects(draw: st.DrawFn, inner: st.SearchStrategy[Any]) -> Any:
    properties = draw(st.dictionaries(st.sampled_from(_NAMES), inner, max_size=3))
    schema: dict[str, Any] = {"properties": properties}
    if draw(st.booleans()):
        schema["type"] = "object"
    if names := draw(st.lists(st.sampled_from(_NAMES), max_size=2, unique=True)):
        schema["required"] = names
    if draw(st.booleans()):
        schema["additionalProperties"] = draw(st.one_of(st.booleans(), inner))
    if not draw(st.integers(0, 4)):
        schema["patternProperties"] = {"^[ab]$": draw(inner)}
    if not draw(st.integers(0, 4)):
        schema["items"] = draw(inner)
    return schema


@st.composite
def _arrays(draw: st.DrawFn, inner: st.SearchStrategy[Any]) -> Any:
    schema: dict[str, Any] = {"type": "array"}
    if draw(st.booleans()):
        schema["items"] = draw(inner)
    if draw(st.booleans()):
        schema["prefixItems"] = draw(st.lists(inner, min_size=1, max_size=2))
    for key in ("minItems", "maxItems"):
        if draw(st.booleans()):
            schema[key] = draw(st.integers(0, 3))
    return schema


def _compounds(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    several = st.lists(inner, min_size=1, max_size=3)
    unions = st.tuples(st.sampled_from(["anyOf", "oneOf", "allOf"]), several)
    return st.one_of(
        _objects(inner),
        _arrays(inner),
        unions.map(lambda pair: {pair[0]: pair[1]}),
        inner.map(lambda one: {"not": one}),
    )


_SCHEMAS = st.recursive(_leaves(), _compounds, max_leaves=6)


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Any, Any]:
    """Return two schemas; the second one is the first with up to three changes."""
    tail = {"anyOf": [{"$ref": "#/$defs/Node"}, {"type": "null"}]}
    node = {"type": "object", "properties": {"a": draw(_leaves()), "b": tail}, "required": ["a"]}
    schema = draw(_SCHEMAS)
    first = {"allOf": [schema], "$defs": {"Node": node}}
    second = copy.deepcopy(first)
    for _ in range(draw(st.integers(1, 3))):
        _change(draw, second)
    return first, second


def _change(draw: st.DrawFn, schema: dict[str, Any]) -> None:
    """Change one place within a schema."""
    place: Any = draw(st.sampled_from(list(_places(schema))))
    kind = draw(
        st.sampled_from(["add", "drop", "require", "bound", "alternative", "open", "types"])
    )
    if kind == "add":
        place.setdefault("properties", {})[draw(st.sampled_from(_NAMES))] = draw(_leaves())
    elif kind == "drop" and (keys := sorted(set(place) - {"$defs", "allOf", "$ref"})):
        del place[draw(st.sampled_from(keys))]
    elif kind == "require":
        place["required"] = draw(st.lists(st.sampled_from(_NAMES), unique=True))
    elif kind == "bound":
        place[draw(st.sampled_from(["minimum", "maximum", "exclusiveMinimum"]))] = draw(_BOUNDS)
    elif kind == "alternative":
        keyword = "oneOf" if "oneOf" in place else "anyOf"
        place[keyword] = [*place.get(keyword, ()), draw(_leaves())]
    elif kind == "open":
        place["additionalProperties"] = draw(st.booleans())
    elif isinstance(place.get("type"), str):
        place["type"] = [place["type"], "null"]


def _places(schema: Any) -> Any:
    """Yield the schemas within a schema, itself last."""
    if not isinstance(schema, dict):
        return
    for key in ("additionalProperties", "items", "not"):
        yield from _places(schema.get(key))
    for key in ("anyOf", "oneOf", "allOf", "prefixItems"):
        for one in schema.get(key, ()):
            yield from _places(one)
    for key in ("properties", "$defs"):
        for one in schema.get(key, {}).values():
            yield from _places(one)
    yield schema


@st.composite
def values(draw: st.DrawFn, schema: Any) -> Any:
    """Return a value that has a good chance to fit a schema."""
    return _value(draw, schema, schema["$defs"], 4)


def _value(draw: st.DrawFn, schema: Any, definitions: Any, depth: int) -> Any:
    if not isinstance(schema, dict) or depth < 0:
        return draw(_SCALARS)
    if "$ref" in schema:
        return _value(draw, definitions["Node"], definitions, depth - 1)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return draw(st.sampled_from(schema["enum"]))
    inner = [one for key in ("anyOf", "oneOf", "allOf") for one in schema.get(key, ())]
    goes_in = draw(st.integers(0, 3)) > 0
    if inner and goes_in:
        return _value(draw, draw(st.sampled_from(inner)), definitions, depth)
    kinds = schema.get("type") or ("object" if "properties" in schema else "any")
    kind = draw(st.sampled_from(kinds)) if isinstance(kinds, list) else kinds
    if kind == "object":
        return _object(draw, schema, definitions, depth)
    if kind == "array":
        first = [_value(draw, one, definitions, depth - 1) for one in schema.get("prefixItems", ())]
        more = draw(st.integers(0, 2))
        rest = [_value(draw, schema.get("items"), definitions, depth - 1) for _ in range(more)]
        return [*first, *rest]
    simple: dict[str, st.SearchStrategy[Any]] = {
        "null": st.none(),
        "boolean": st.booleans(),
        "integer": _BOUNDS,
        "number": st.sampled_from([0, 1.5, -2, 3.0]),
        "string": st.sampled_from(["", "x", "xyz", "abcd"]),
    }
    return draw(simple[kind] if kind in simple else st.sampled_from(_VALUES))


def _object(draw: st.DrawFn, schema: Any, definitions: Any, depth: int) -> Any:
    made = {}
    required = schema.get("required", ())
    for name, one in schema.get("properties", {}).items():
        if name in required or draw(st.booleans()):
            made[name] = _value(draw, one, definitions, depth - 1)
    for name in required:
        if name not in made:
            made[name] = draw(_SCALARS)
    if draw(st.booleans()):
        made[_EXTRA] = _value(draw, schema.get("additionalProperties"), definitions, depth - 1)
    return made
