"""Tests of the engine's spelling of paths."""

from __future__ import annotations

import pytest

from iii_asgi.catalogue.shapes import patterns_of, shape_of, spell


def spellings(path: str, prefix: str = "") -> list[str]:
    """Return the patterns of a template as the engine would get them."""
    return [
        spell(pattern.shape, tuple(name or "p" for name in pattern.names), slash=pattern.slash)
        for pattern in patterns_of(path, prefix)
    ]


@pytest.mark.parametrize(
    ("api_path", "shape"),
    [
        ("/", ()),
        ("/users/:id", ("users", None)),
        ("/users/:id/", ("users", None)),
        ("//users//:", ("users", None)),
        (":a/b", (None, "b")),
    ],
)
def test_shape_of(api_path: str, shape: tuple[str | None, ...]) -> None:
    """A shape has the segments that are not empty, every parameter alike."""
    assert shape_of(api_path) == shape


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/", ["/"]),
        ("", ["/"]),
        ("/users", ["/users"]),
        ("/users/{id:int}", ["/users/:id"]),
        ("/users/", ["/users/", "/users"]),
        ("/v{n}.json", ["/:n"]),
        ("/{a}-{b}/c", ["/:a/c"]),
    ],
)
def test_patterns_of_a_template(path: str, expected: list[str]) -> None:
    """A template is one pattern, and its other slash form where the router redirects to it."""
    assert spellings(path) == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/café", "/caf%C3%A9"),
        ("/a b", "/a%20b"),
        ("/50%", "/50%25"),
        ("/-._~!$&'()*+,;=:@", "/-._~!$&'()*+,;=:@"),
        ('/a"<>\\^`|', "/a%22%3C%3E%5C%5E%60%7C"),
    ],
)
def test_literals_are_as_clients_send_them(path: str, expected: str) -> None:
    """RFC 3986 pchar is raw in a literal, all else percent-encoded."""
    assert spellings(path) == [expected]


@pytest.mark.parametrize("path", ["/:x", "/*x", "/{a-b}", "/a{b", "/a}b"])
def test_literals_that_the_engine_would_choke_on(path: str) -> None:
    """A literal that its router would read as a parameter, or panic at, becomes one."""
    assert spellings(path) == ["/:p"]


def test_a_path_parameter_is_registered_per_depth() -> None:
    """What spans segments is there from none to eight of them, in both slash forms."""
    paths = spellings("/files/{rest:path}")

    assert paths[:4] == ["/files/", "/files", "/files/:p", "/files/:p/"]
    assert len(paths) == 18
    assert paths[-1] == "/files" + "/:p" * 8 + "/"


def test_a_path_parameter_in_the_middle_is_not_empty() -> None:
    """An empty value in the middle would be //, which the engine never matches."""
    paths = spellings("/files/{rest:path}/raw")

    assert paths[0] == "/files/:p/raw"
    assert len(paths) == 8


def test_two_path_parameters_share_the_depths() -> None:
    """All depths of a template together have at most eight segments more than it."""
    paths = spellings("/{a:path}/x/{b:path}")

    assert max(path.count(":p") for path in paths) == 8
    assert len(set(paths)) == len(paths)


def test_text_before_a_path_parameter() -> None:
    """The text and the first segment of the value are one parameter."""
    assert spellings("/files{rest:path}")[:3] == ["/:p", "/:p/", "/:p/:p"]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/", ["/shop/", "/shop"]),
        ("/items/{id}", ["/shop/items/:id"]),
        ("/{rest:path}", ["/shop/", "/shop", "/shop/:p"]),
    ],
)
def test_prefix(path: str, expected: list[str]) -> None:
    """Everything is below the prefix, which is a path of its own."""
    assert spellings(path, "/shop")[: len(expected)] == expected


def test_double_slash() -> None:
    """A template with // in it has no pattern."""
    assert spellings("/a//b") == []


@pytest.mark.parametrize(
    ("path", "shape", "can"),
    [
        ("/a/{x:int}", ("a", "7"), True),
        ("/a/{x:int}", ("a", "me"), False),
        ("/a/{x:float}", ("a", "1.5"), True),
        ("/a/{x:float}", ("a", "1."), False),
        ("/a/{x:uuid}", ("a", "0190163d-8694-739b-aea5-966c26f8ad91"), True),
        ("/a/{x:uuid}", ("a", "me"), False),
        ("/a/{x}", ("a", "me"), True),
        ("/a/{x:int}", ("a", None), True),
    ],
)
def test_can_match(path: str, shape: tuple[str | None, ...], can: bool) -> None:
    """A number or a UUID is not what a literal segment of another route says."""
    (pattern,) = patterns_of(path)

    assert pattern.can_match(shape) is can
