"""Schemas of older drafts."""

from __future__ import annotations

from typing import Any

import pytest

from iii_asgi.cli.dialects import modern


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"minimum": 3, "exclusiveMinimum": True}, {"exclusiveMinimum": 3}),
        ({"maximum": 3, "exclusiveMaximum": False}, {"maximum": 3}),
        ({"exclusiveMaximum": True}, {}),
        ({"items": [{}, {}]}, {"prefixItems": [{}, {}], "items": True}),
        ({"items": [{}], "additionalItems": False}, {"prefixItems": [{}], "items": False}),
        ({"$ref": "#/definitions/A"}, {"$ref": "#/$defs/A"}),
        ({"const": {"$ref": "#/definitions/A"}}, {"const": {"$ref": "#/definitions/A"}}),
        ({"type": "object", "unevaluatedProperties": False}, {"type": "object"}),
        (7, 7),
    ],
)
def test_modern(old: Any, new: Any) -> None:
    """It is said in today's words, wherever it stands."""
    said = modern({"properties": {"a": old}, "definitions": {"A": {"items": old}}})

    assert said == {"properties": {"a": new}, "$defs": {"A": {"items": new}}}


def test_definitions() -> None:
    """Definitions of both names are known; those that are none are not."""
    assert modern({"definitions": {"A": {}}, "$defs": {"B": 7}})["$defs"] == {"A": {}, "B": 7}
    assert modern({"definitions": 7, "$defs": None})["$defs"] == {}


def test_no_schema() -> None:
    """What is no schema is left as it is."""
    assert modern([7]) == [7]
