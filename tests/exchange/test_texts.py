"""Tests of values as text."""

from __future__ import annotations

from typing import Any

import pytest

from iii_asgi.catalogue.arguments import Argument
from iii_asgi.errors import InvocationError
from iii_asgi.exchange.texts import expanded, several


def argument(**given: Any) -> Argument:
    """Return a query argument ``a``."""
    return Argument("a", "query", "a", **given)


@pytest.mark.parametrize(
    ("given", "value", "expected"),
    [
        ({}, None, {}),
        ({}, "x y", {"a": "x y"}),
        ({}, "", {"a": ""}),
        ({}, 1, {"a": "1"}),
        ({}, 2.5, {"a": "2.5"}),
        ({}, 10**30, {"a": "1" + "0" * 30}),
        ({}, True, {"a": "true"}),
        ({}, False, {"a": "false"}),
        ({}, ["x", 1, None, True], {"a": ["x", "1", "true"]}),
        ({}, [], {"a": []}),
        ({"explode": False}, ["x", 1], {"a": "x,1"}),
        ({"explode": False, "style": "form"}, ["x", 1], {"a": "x,1"}),
        ({"explode": False, "style": "spaceDelimited"}, ["x", "y"], {"a": "x y"}),
        ({"explode": False, "style": "pipeDelimited"}, ["x", "y"], {"a": "x|y"}),
        (
            {"style": "deepObject"},
            {"x": 1, "y": ["p", "q"], "z": None},
            {"a[x]": "1", "a[y]": ["p", "q"]},
        ),
        ({"style": "deepObject"}, None, {}),
        ({"is_json": True}, {"x": [1, None]}, {"a": '{"x":[1,null]}'}),
        ({"is_json": True}, [1], {"a": "[1]"}),
        ({"is_json": True}, "{}", {"a": "{}"}),
        ({"is_json": True}, None, {}),
    ],
)
def test_expanded(given: Any, value: Any, expected: Any) -> None:
    """Null is absent, a list repeats its name or is joined, an object is as its style says."""
    assert expanded(argument(**given), value) == expected


@pytest.mark.parametrize("value", [{}, [[1]], [{}], {"x": 1}])
def test_no_text(value: Any) -> None:
    """What has no text is refused by name."""
    with pytest.raises(InvocationError, match="argument a is text, a number or a list of them"):
        expanded(argument(), value)


@pytest.mark.parametrize(
    ("value", "texts"), [(None, []), ("x", ["x"]), (["x", 2], ["x", "2"]), (3, ["3"])]
)
def test_several(value: Any, texts: list[str]) -> None:
    """A header or a cookie is said once for each text."""
    assert several(argument(), value) == texts
