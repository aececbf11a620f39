"""Tests of what media types are."""

from __future__ import annotations

import pytest

from iii_asgi.catalogue.mediatypes import is_json, is_text, kind_of, media_type_of


def test_media_type_of() -> None:
    """A content-type is compared in lower case and without its parameters."""
    assert media_type_of("Text/HTML ; charset=utf-8") == "text/html"


@pytest.mark.parametrize(
    ("media_type", "json", "text"),
    [
        ("application/json", True, True),
        ("application/problem+json", True, True),
        ("text/csv", False, True),
        ("image/svg+xml", False, True),
        ("application/jsonl", False, True),
        ("application/octet-stream", False, False),
        ("image/png", False, False),
    ],
)
def test_json_and_text(media_type: str, json: bool, text: bool) -> None:
    """JSON is text, and so is more than what begins with it."""
    assert (is_json(media_type), is_text(media_type)) == (json, text)


@pytest.mark.parametrize(
    ("content_type", "kind"),
    [
        ("application/json; charset=utf-8", "json"),
        ("application/vnd.api+json", "json"),
        ("multipart/form-data", "multipart"),
        ("application/x-www-form-urlencoded", "urlencoded"),
        ("text/plain", "bytes"),
        ("*/*", "bytes"),
    ],
)
def test_kind_of(content_type: str, kind: str) -> None:
    """A body is JSON, one of two forms, or bytes."""
    assert kind_of(content_type) == kind
