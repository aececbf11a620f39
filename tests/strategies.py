"""Random input that several tests draw."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from hypothesis import strategies as st

__all__ = ["json_arrays", "json_objects", "json_texts", "json_values", "numbers", "strings"]

json_values: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda children: st.lists(children) | st.dictionaries(st.text(), children),
    max_leaves=20,
)
"""Whatever JSON can carry."""


# -- JSON text, in whatever way a client may spell it --------------------------------------

numbers: st.SearchStrategy[str] = (
    st.from_regex(r"-?(0|[1-9][0-9]{0,4})(\.[0-9]{1,3})?", fullmatch=True)
    | st.from_regex(r"-?(0|[1-9][0-9]{0,20})(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?", fullmatch=True)
    | st.floats(allow_nan=False, allow_infinity=False).map(repr)
    | st.integers().map(str)
    | st.sampled_from(["-0", "-0.0", "0.0", "1.0", "2.50", "1e2", "10.0", "1E+2", "1e-3", "1e22"])
)
"""Numbers: short and long, with exponents, beyond 64 bits, negative zeros."""

_spaces = st.sampled_from(["", "", "", "", " ", "\n", "\t  "])


_short_texts = st.text(max_size=8)


@st.composite
def strings(draw: st.DrawFn, texts: st.SearchStrategy[str] = _short_texts) -> str:
    """Draw a text as a JSON string, its characters as they are or escaped."""
    return f'"{"".join(_spelled(draw, char) for char in draw(texts))}"'


def _spelled(draw: st.DrawFn, char: str) -> str:
    if char >= " " and char not in '"\\' and draw(st.integers(0, 9)):
        return char
    short = json.dumps(char, ensure_ascii=False)[1:-1]
    if char < " " or char in '"\\':
        return draw(st.sampled_from([short, json.dumps(char)[1:-1]]))
    if char == "/":
        return "\\/"
    return draw(st.sampled_from([str.lower, str.upper]))(json.dumps(char)[1:-1]).replace(
        "\\U", "\\u"
    )


def json_arrays(items: Iterable[st.SearchStrategy[str]]) -> st.SearchStrategy[str]:
    """Return arrays of these items, with any spaces."""
    return _joined("[]", st.tuples(*items))


def json_objects(
    members: Iterable[tuple[str, st.SearchStrategy[str]]],
) -> st.SearchStrategy[str]:
    """Return objects of these members, in any order, with any spaces; a key may come twice."""
    pairs = [_member(key, value) for key, value in members]
    chosen = st.permutations(pairs) if pairs else st.just([])
    return chosen.flatmap(lambda some: _joined("{}", st.tuples(*some)))


@st.composite
def _member(draw: st.DrawFn, key: str, value: st.SearchStrategy[str]) -> str:
    return f"{draw(strings(st.just(key)))}{draw(_spaces)}:{draw(_spaces)}{draw(value)}"


@st.composite
def _joined(draw: st.DrawFn, brackets: str, parts: st.SearchStrategy[tuple[str, ...]]) -> str:
    inner = ",".join(f"{draw(_spaces)}{part}{draw(_spaces)}" for part in draw(parts))
    return f"{brackets[0]}{inner or draw(_spaces)}{brackets[1]}"


def _containers(children: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    few = st.integers(0, 4)
    keys = st.lists(st.sampled_from("abc") | st.text(max_size=4), max_size=4)
    return few.flatmap(lambda count: json_arrays([children] * count)) | keys.flatmap(
        lambda names: json_objects([(name, children) for name in names])
    )


json_texts: st.SearchStrategy[str] = st.recursive(
    st.sampled_from(["null", "true", "false"]) | numbers | strings(), _containers, max_leaves=12
)
"""Whatever JSON a client can send, spelled in any way."""
