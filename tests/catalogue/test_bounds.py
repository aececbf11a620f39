"""Whether values keep the bounds of JSON Schema."""

from __future__ import annotations

from typing import Any

import pytest

from iii_asgi.catalogue.bounds import is_bounded
from iii_asgi.catalogue.pieces import Piece

INTEGER = {"type": "integer"}


@pytest.mark.parametrize(
    ("keyword", "bound", "schema", "expected"),
    [
        ("minimum", 1, {**INTEGER, "minimum": 1}, True),
        ("minimum", 1, {**INTEGER, "exclusiveMinimum": 1}, True),
        ("minimum", 1, {**INTEGER, "minimum": 0}, False),
        ("exclusiveMinimum", 1, {**INTEGER, "minimum": 1}, False),
        ("exclusiveMinimum", 1, {**INTEGER, "minimum": 2}, True),
        ("maximum", 1, {**INTEGER, "exclusiveMaximum": 1}, True),
        ("exclusiveMaximum", 1, {**INTEGER, "maximum": 1}, False),
        ("maximum", 1, INTEGER, False),
        ("maximum", 1, {"enum": [0, 1, "text", None]}, True),
        ("exclusiveMaximum", 1, {"enum": [0, 1]}, False),
        ("multipleOf", 2, {**INTEGER, "multipleOf": 4}, True),
        ("multipleOf", 4, {**INTEGER, "multipleOf": 2}, False),
        ("multipleOf", 1, INTEGER, True),
        ("multipleOf", 1, {"type": "number"}, False),
        ("multipleOf", 2, {"enum": [2, 4]}, True),
        ("minLength", 0, {"type": "string"}, True),
        ("minLength", 2, {"type": "string", "minLength": 3}, True),
        ("maxLength", 2, {"enum": ["ab", "a"]}, True),
        ("maxLength", 2, {"enum": ["abc"]}, False),
        ("maxItems", 2, {"type": "array", "maxItems": 3}, False),
        ("minProperties", 1, {"type": "object", "minProperties": 1}, True),
        ("pattern", "^a", {"type": "string"}, None),
    ],
)
def test_bounds(keyword: str, bound: Any, schema: Any, expected: bool | None) -> None:
    """A bound is kept where a tighter one is; what is no bound is not judged."""
    assert is_bounded(keyword, bound, Piece.of([schema], {})) is expected
