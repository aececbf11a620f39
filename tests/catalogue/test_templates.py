"""Tests of templates."""

from __future__ import annotations

import pytest

from iii_asgi.catalogue.model import PathParameter
from iii_asgi.catalogue.templates import parse


def test_segments_and_parameters() -> None:
    """A template is taken apart into segments, each with its parameters."""
    template = parse("/users/{user_id:int}/v{n}.json")

    assert [segment.text for segment in template.segments] == [
        "users",
        "{user_id:int}",
        "v{n}.json",
    ]
    assert template.parameters == (PathParameter("user_id", "int"), PathParameter("n"))
    assert [segment.is_one_parameter for segment in template.segments] == [False, True, False]


@pytest.mark.parametrize(
    ("path", "count", "slash"),
    [("", 0, False), ("/", 0, True), ("/a", 1, False), ("/a/", 1, True), ("/a//b", 3, False)],
)
def test_slashes(path: str, count: int, slash: bool) -> None:
    """The last slash is no segment, but an empty segment in the middle is one."""
    template = parse(path)

    assert (len(template.segments), template.slash) == (count, slash)


@pytest.mark.parametrize("path", ["/{not a name}", "/{}", "/{1}", "/{a-b}"])
def test_braces_that_are_text(path: str) -> None:
    """Braces around anything but a name are literal, as Starlette has it."""
    assert parse(path).parameters == ()


def test_what_spans_segments() -> None:
    """Only a path parameter can hold slashes."""
    assert parse("/f/{rest:path}").segments[-1].spans
    assert not parse("/f/{rest}").segments[-1].spans


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        ("/a/{x}", "/a/{y}", True),
        ("/a/{x}", "/a/{x:str}", True),
        ("/a/{x}", "/a/{x:int}", False),
        ("/a/{x}", "/a/{x}/", False),
        ("/a/{x}", "/b/{x}", False),
    ],
)
def test_regular_forms(one: str, other: str, equal: bool) -> None:
    """Two templates have one regular form exactly when they match the same paths."""
    assert (parse(one).regular == parse(other).regular) is equal
