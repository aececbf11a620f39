"""Which JSON the engine can read."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iii_asgi.exchange.readable import DEEPEST, is_readable


def nested(levels: int, opening: str, closing: str, core: str = "1") -> bytes:
    """Return JSON text of so many levels."""
    return (opening * levels + core + closing * levels).encode()


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_depth(opening: str, closing: str) -> None:
    """What is nested too deep for the engine is not readable; one level less is."""
    assert is_readable(nested(DEEPEST, opening, closing))
    assert not is_readable(nested(DEEPEST + 1, opening, closing))


def test_depth_of_both() -> None:
    """Arrays and objects in turn count as what they are."""
    half = DEEPEST // 2

    assert is_readable(nested(half, '[{"a":', "}]"))
    assert not is_readable(nested(half + 1, '[{"a":', "}]"))


@pytest.mark.parametrize("text", ["9" * 400, "1e400", "-1E+400", "[1e400]", "x", "", "[" * 5000])
def test_not_readable(text: str) -> None:
    """Numbers beyond a double, and what is no JSON, are not readable."""
    assert not is_readable(text.encode())


@pytest.mark.parametrize("value", ["9" * 400, "1e400", "[" * 500, '"[' * 500, {"a\\": "{" * 200}])
def test_strings_may_look_like_it(value: Any) -> None:
    """Within a string it is only text."""
    assert is_readable(json.dumps(value).encode())


@pytest.mark.parametrize("text", ["1e100", "1.7976931348623157e308", "1e-400", "9" * 305])
def test_large_numbers(text: str) -> None:
    """What a double can hold is readable, however it is written."""
    assert is_readable(text.encode())


def test_wide_is_not_deep() -> None:
    """A long list of objects is readable."""
    assert is_readable(json.dumps([{"a": [1]}] * 1000).encode())


@given(st.recursive(st.text() | st.integers(-(10**9), 10**9) | st.none(), st.lists, max_leaves=50))
def test_what_people_send(value: Any) -> None:
    """Ordinary JSON is readable."""
    assert is_readable(json.dumps(value).encode())
