"""Which http trigger a request meets on the standalone front end."""

from __future__ import annotations

import pytest

from iii_asgi.engine.route_list import RouteList
from iii_asgi.engine.routes import Route, RouteConflictError


def route(line: str, trigger_id: str = "t") -> Route:
    """Return the route of ``GET /users/:id``."""
    method, _, path = line.partition(" ")
    return Route(method, path, "f", "default", trigger_id, "w")


def table(*lines: str) -> RouteList:
    """Return a table of such routes."""
    routes = RouteList()
    for number, line in enumerate(lines):
        routes.add(route(line, trigger_id=str(number)))
    return routes


def met(routes: RouteList, line: str) -> str | None:
    """Return the registered path that ``GET /users/7`` meets."""
    method, _, path = line.partition(" ")
    found = routes.match(method, path)
    return None if found is None else found.path


@pytest.mark.parametrize("path", ["/p/7", "/p/7/", "//p//7", "/p//7//"])
def test_empty_segments_count_for_nothing(path: str) -> None:
    """However many slashes there are, also at the end."""
    assert met(table("GET /p/:a"), f"GET {path}") == "/p/:a"


@pytest.mark.parametrize("path", ["/p", "/P/7", "/%70/7", "/p/7/8", "/", ""])
def test_all_else_is_compared_as_it_is(path: str) -> None:
    """Byte by byte, and a parameter is one segment."""
    assert met(table("GET /p/:a"), f"GET {path}") is None


def test_the_fewest_parameters_win() -> None:
    """Where they stand does not count."""
    routes = table("GET /:a/:b", "GET /:a/me", "GET /users/me")

    assert met(routes, "GET /users/me") == "/users/me"
    assert met(routes, "GET /other/me") == "/:a/me"
    assert met(routes, "GET /other/x") == "/:a/:b"


def test_of_as_few_parameters_the_first_wins() -> None:
    """The real front end takes one at random."""
    assert met(table("GET /a/:x", "GET /:x/b"), "GET /a/b") == "/a/:x"
    assert met(table("GET /:x/b", "GET /a/:x"), "GET /a/b") == "/:x/b"


def test_both_slash_forms_match_both() -> None:
    """``/a`` and ``/a/`` are two routes that meet the same requests."""
    routes = table("GET /a", "GET /a/")

    assert met(routes, "GET /a") == met(routes, "GET /a/") == "/a"
    routes.remove(route("GET /a", trigger_id="0"))
    assert met(routes, "GET /a") == met(routes, "GET /a/") == "/a/"


def test_a_method_is_looked_for_on_more_general_paths() -> None:
    """A more specific path that lacks it is passed over."""
    routes = table("GET /users/me", "DELETE /users/:id", "PUT /:a/:b")

    assert met(routes, "DELETE /users/me") == "/users/:id"
    assert met(routes, "PUT /users/me") == "/:a/:b"
    assert met(routes, "POST /users/me") is None
    assert routes.allowed("/users/me") == ["DELETE", "GET", "PUT"]
    assert routes.allowed("/users") == []


def test_methods_are_compared_in_capitals() -> None:
    """A request in lower case is served, and there is no list of methods."""
    routes = table("PROPFIND /a")

    assert met(routes, "propfind /a") == "/a"


@pytest.mark.parametrize("path", ["/*x", "/a{b}c", "/:", "/:*rest"])
def test_there_is_no_other_syntax(path: str) -> None:
    """Nothing but a leading colon is special."""
    actual = "/x" if path.startswith("/:") else path

    assert met(table(f"GET {path}"), f"GET {actual}") == path


def test_names_may_differ_by_method() -> None:
    """Where the built-in front end would panic."""
    routes = table("GET /users/:id", "DELETE /users/:user_id")

    assert met(routes, "DELETE /users/7") == "/users/:user_id"


@pytest.mark.parametrize("line", ["GET /users/:id", "GET /users/:other"])
def test_another_trigger_of_that_shape_is_refused(line: str) -> None:
    """Also where it is the very same path; nothing has changed then."""
    routes = table("GET /users/:id")

    with pytest.raises(RouteConflictError, match="another trigger has registered"):
        routes.add(route(line, trigger_id="another"))
    assert met(routes, "GET /users/7") == "/users/:id"


def test_the_same_trigger_may_move() -> None:
    """The table is keyed by trigger ids, and an id is taken away whoever asks."""
    routes = table("GET /a")
    routes.add(route("GET /b", trigger_id="0"))

    assert met(routes, "GET /a") is None
    assert met(routes, "GET /b") == "/b"
    routes.remove(route("GET /b", trigger_id="0"))
    assert met(routes, "GET /b") is None
