"""Tests of filling the engine's patterns and the app's templates."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from starlette.routing import Match, Route

from iii_asgi.catalogue.model import PathParameter
from iii_asgi.errors import InvocationError
from iii_asgi.exchange.paths import MissingParameterError, Pattern, Template, quoted
from tests.exchange.helpers import function

TARGET_PATH = re.compile(r"/[!-~]*").fullmatch
"""What servers take for a path, more than a client may send: no spaces, and ASCII only."""

# -- the engine's patterns ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("api_path", "values", "expected"),
    [
        ("/", {}, "/"),
        ("/users", {}, "/users"),
        ("/users", {"of": "another"}, "/users"),
        ("/users/:id", {"id": "7"}, "/users/7"),
        ("/users/:id/", {"id": "7", "more": "x"}, "/users/7/"),
        ("/a/:x/b/:y", {"x": "1", "y": "2"}, "/a/1/b/2"),
        ("/caf%C3%A9/:x", {"x": "%E2%82%AC"}, "/caf%C3%A9/%E2%82%AC"),
        ("/100%25/:x", {"x": "%s"}, "/100%25/%s"),
        ("/:a-:b", {"a-:b": "x-y"}, "/x-y"),
        ("/f(1)/:x", {"x": "a@b:c"}, "/f(1)/a@b:c"),
        ("/:x", {"x": "é b\r\n"}, "/%C3%A9%20b%0D%0A"),
        ("/:x", {"x": ".."}, "/.."),
    ],
)
def test_fill(api_path: str, values: dict[str, str], expected: str) -> None:
    """The actual path has the values as the client sent them; what no client could is quoted."""
    assert Pattern(api_path).fill(values) == expected


@pytest.mark.parametrize("values", [{}, {"x": "1"}, {"x": "1", "y": ""}, {"x": "", "y": "1"}])
def test_fill_without_a_value(values: dict[str, str]) -> None:
    """A parameter needs a value: the engine matches none that is empty."""
    with pytest.raises(MissingParameterError):
        Pattern("/a/:x/:y").fill(values)


@pytest.mark.parametrize("value", ["a/b", "a?b=1", "a#b", "/", "../admin"])
def test_fill_with_several_segments(value: str) -> None:
    """A value that would change the shape of the path is refused."""
    with pytest.raises(InvocationError, match="one segment") as refused:
        Pattern("/users/:id").fill({"id": value})
    assert refused.value.code == "BAD_REQUEST"


@given(st.text(min_size=1))
def test_fill_with_any_value(value: str) -> None:
    """Whatever the value, the path has the pattern's shape and is one that a client can send."""
    pattern = Pattern("/users/:id/orders")
    try:
        path = pattern.fill({"id": value})
    except InvocationError:
        assert set(value) & set("/?#")
        return
    assert TARGET_PATH(path)
    assert len(path.split("/")) == 4
    assert pattern.match(path) == path


@pytest.mark.parametrize(
    ("api_path", "path", "expected"),
    [
        ("/", "/", "/"),
        ("/", "//", "//"),
        ("/users/:id", "/users/7", "/users/7"),
        ("/users/:id", "//users//7/", "//users//7/"),
        ("/users/:id/", "/users/7", "/users/7"),
        ("/users/:id", "/users/a@b c", "/users/a@b%20c"),
        ("/users/:id", "/users/\r\n", "/users/%0D%0A"),
        ("/f.x/:id", "/f.x/1", "/f.x/1"),
        ("/f.x/:id", "/f-x/1", None),
        ("/users/:id", "/users", None),
        ("/users/:id", "/users/7/orders", None),
        ("/users/:id", "/admin/7", None),
        ("/users/:id", "users/7", None),
        ("/users/:id", "/users/7?a=b", None),
        ("/users/:id", "/users/7#a", None),
        ("/users/:id", "/users/?", None),
        ("/users", "/users\n", None),
        ("/", "", None),
    ],
)
def test_match(api_path: str, path: str, expected: str | None) -> None:
    """An actual path has the shape of its pattern, empty segments apart, or is none of it."""
    assert Pattern(api_path).match(path) == expected


@given(st.text())
def test_quoted(path: str) -> None:
    """Quoting leaves a path that a client can send, and changes none that it could send."""
    once = quoted("/" + path)
    assert TARGET_PATH(once)
    assert not re.search("[?#]", once)
    assert quoted(once) == once
    assert unquote(once) == unquote("/" + path)


# -- the app's templates -----------------------------------------------------------------


def template(path: str) -> Template:
    """Return the template of a function on this path."""
    return Template(path, function(path).parameters)


@pytest.mark.parametrize(
    ("path", "arguments", "expected"),
    [
        ("/", {}, "/"),
        ("/users/{user_id}", {"user_id": 7}, "/users/7"),
        ("/users/{user_id:int}/", {"user_id": "7"}, "/users/7/"),
        ("/v{n}.json", {"n": 2.5}, "/v2.5.json"),
        ("/{a}-{b:str}", {"a": "x", "b": "y"}, "/x-y"),
        ("/flags/{on}", {"on": True}, "/flags/true"),
        ("/café/{x}", {"x": "ü"}, "/caf%C3%A9/%C3%BC"),
        ("/100%/{x}", {"x": "%2F"}, "/100%25/%252F"),
        ("/{x}", {"x": "a b?c#d:e"}, "/a%20b%3Fc%23d%3Ae"),
        ("/files/{rest:path}", {"rest": "a/b c.txt"}, "/files/a/b%20c.txt"),
        ("/files/{rest:path}", {"rest": ""}, "/files/"),
        ("/{x}/{y:path}/z", {"x": "1", "y": "2/3"}, "/1/2/3/z"),
    ],
)
def test_fill_template(path: str, arguments: dict[str, Any], expected: str) -> None:
    """Arguments stand in the path percent-encoded."""
    assert template(path).fill(arguments) == expected


@pytest.mark.parametrize(
    ("path", "arguments", "problem"),
    [
        ("/{id:int}", {"id": "x"}, "argument id is an integer without a sign"),
        ("/{id:int}", {"id": "7\n"}, "argument id is an integer without a sign"),
        ("/{id:int}", {"id": -7}, "argument id is an integer without a sign"),
        ("/{x:float}", {"x": "1e5"}, "argument x is a number without a sign"),
        ("/a/{id:uuid}", {"id": "count"}, "argument id is a UUID"),
        ("/{a}/{id:uuid}", {"a": "x", "id": "y"}, "argument id is a UUID"),
        ("/f/{rest:path}", {"rest": "a\n"}, "argument rest is text without line breaks"),
        ("/{a}-{b}", {"a": "x", "b": "y-z"}, "argument a cannot be told apart in the path: 'x'"),
        ("/{a:path}/v/{b:path}", {"a": "x", "b": "y/v/z"}, "argument a cannot be told apart"),
    ],
)
def test_what_the_router_would_not_read(path: str, arguments: dict[str, Any], problem: str) -> None:
    """A value that the app would get as another one, or not at all, is refused by name."""
    with pytest.raises(InvocationError, match=problem):
        template(path).fill(arguments)


def test_convertors_of_the_apps_own() -> None:
    """What an app's own convertor takes is the app's to say."""
    assert template("/{day:date}").fill({"day": "2024-02-29"}) == "/2024-02-29"


@pytest.mark.parametrize("name", ["me", "me\n", "7"])
def test_paths_of_another_route(name: str) -> None:
    """A value that makes the path that of an earlier route is refused, and that one named."""
    earlier = [("/users/me", "users::me"), ("/users/{id:int}", "users::me"), ("/{x:own}", "x::x")]
    users = Template("/users/{name}", [PathParameter("name")], earlier)
    assert users.fill({"name": "you"}) == "/users/you"
    with pytest.raises(InvocationError, match="is another function's path: call users::me"):
        users.fill({"name": name})


def test_names_that_begin_alike() -> None:
    """A parameter is found by its whole name, whatever braces stand before it."""
    parameters = [PathParameter("id"), PathParameter("id2")]
    filled = Template("/{not one}/{id}/{id2}", parameters).fill({"id": 1, "id2": 2})
    assert filled == "/%7Bnot%20one%7D/1/2"


def test_fill_takes_its_arguments() -> None:
    """What is left of the arguments goes elsewhere."""
    arguments = {"user_id": 7, "q": "x"}
    template("/users/{user_id}").fill(arguments)
    assert arguments == {"q": "x"}


def test_fill_names_what_is_missing() -> None:
    """A missing argument is named, with all that the path takes."""
    with pytest.raises(InvocationError, match=r"argument b is missing \(the path takes a, b\)"):
        template("/{a}/{b}").fill({"a": 1, "c": 2})


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (None, "is text or a number"),
        ([1], "is text or a number"),
        ({}, "is text or a number"),
        ("", "must not be empty"),
        (".", "must not be empty, '.' or '..'"),
        ("..", "must not be empty, '.' or '..'"),
        ("a/b", "must not contain '/'"),
        ("/", "must not contain '/'"),
    ],
)
def test_fill_with_an_unusable_value(value: Any, problem: str) -> None:
    """A value that is no segment is refused, and the argument named."""
    with pytest.raises(InvocationError, match=f"argument user_id {re.escape(problem)}") as refused:
        template("/users/{user_id}").fill({"user_id": value})
    assert refused.value.code == "BAD_REQUEST"


@pytest.mark.parametrize("value", ["..", "a/../b", "./a", "a/."])
def test_dot_segments_in_a_path_value(value: str) -> None:
    """A value that spans segments must not climb either."""
    with pytest.raises(InvocationError, match="must not be empty"):
        template("/files/{rest:path}").fill({"rest": value})


@given(a=st.text(), b=st.text() | st.integers() | st.floats() | st.booleans())
def test_arguments_never_change_the_shape(a: str, b: Any) -> None:
    """Whatever the arguments, the path is one of the template, and its values are they."""
    try:
        path = template("/x/{a}/y/{b}").fill({"a": a, "b": b})
    except InvocationError:
        return
    assert TARGET_PATH(path)
    segments = path.split("/")
    assert [segments[i] for i in (0, 1, 3)] == ["", "x", "y"]
    assert len(segments) == 5
    assert unquote(segments[2]) == a
    assert unquote(segments[4]) == (str(b).lower() if isinstance(b, bool) else str(b))


@given(st.text(st.characters(codec="utf-8", exclude_characters="\n"), min_size=1))
def test_the_router_finds_the_route(value: str) -> None:
    """The app's router reads from the path the value that the caller gave."""
    assume("/" not in value and value not in (".", ".."))
    path = unquote(template("/users/{user_id}").fill({"user_id": value}))
    route = Route("/users/{user_id}", lambda request: None)
    match, found = route.matches({"type": "http", "path": path, "method": "GET", "headers": []})
    assert match is Match.FULL
    assert found["path_params"] == {"user_id": value}


@pytest.mark.parametrize(
    ("path", "decoded", "expected"),
    [
        ("/{path:path}", "/", True),
        ("/{path:path}", "/a/b\n", True),
        ("/{path:path}", "a", False),
        ("/static/{path:path}", "/static", True),
        ("/static/{path:path}", "/static/", True),
        ("/static/{path:path}", "/static/a.css", True),
        ("/static/{path:path}", "/staticx", False),
        ("/static/{path:path}", "/static/../admin", False),
        ("/static/{path:path}", "/static/.", False),
        ("/s.x/{path:path}", "/s-x/a", False),
        ("/t/{tenant}/files/{path:path}", "/t/one/files/a/b", True),
        ("/t/{tenant}/files/{path:path}", "/t/one/files", True),
        ("/t/{tenant}/files/{path:path}", "/t/one/two/files/a", False),
        ("/t/{tenant}/files/{path:path}", "/t//files/a", False),
        ("/t/{tenant}/files/{path:path}", "/t/one/admin", False),
    ],
)
def test_covers(path: str, decoded: str, expected: bool) -> None:
    """A mounted app is called below its mount only."""
    assert template(path).covers(decoded) is expected
