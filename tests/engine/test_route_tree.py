"""Which http trigger a request meets on the built-in front end."""

from __future__ import annotations

import pytest

from iii_asgi.engine.route_tree import RouteTree, _Site
from iii_asgi.engine.routes import Route, RouteError


def route(line: str, trigger_id: str = "t", worker_id: str = "w") -> Route:
    """Return the route of ``GET /users/:id``."""
    method, _, path = line.partition(" ")
    return Route(method, path, "f", "default", trigger_id, worker_id)


def table(*lines: str) -> RouteTree:
    """Return a table of such routes."""
    routes = RouteTree()
    for number, line in enumerate(lines):
        routes.add(route(line, trigger_id=str(number)))
    return routes


def met(routes: RouteTree, path: str) -> str | None:
    """Return the registered path that a request path meets, with whatever method."""
    methods = routes.allowed(path)
    route = routes.match(methods[0], path) if methods else None
    return None if route is None else route.path


def places(site: _Site) -> int:
    """Return how many places there are from one on."""
    further = [*site.literals.values(), *([site.parameter] if site.parameter else [])]
    return 1 + sum(map(places, further))


@pytest.mark.parametrize(
    ("path", "pattern"),
    [
        ("/users/me", "/users/me"),
        ("/users/7", "/users/:id"),
        ("/users/%41", "/users/:id"),
        ("/users", None),
        ("/users/", None),
        ("/users/7/", None),
        ("/USERS/7", "/:a/:b"),
        ("/%75sers/7", "/:a/:b"),
        ("/x//y", "/x/:c/y"),
        ("//x", "/:a/:b"),
        ("/nope/a/b", None),
        ("*", None),
    ],
)
def test_literals_go_before_parameters(path: str, pattern: str | None) -> None:
    """Literals match byte by byte and win; a parameter is one segment, empty only in between."""
    routes = table("GET /users/:id", "GET /users/me", "GET /:a/:b", "GET /x/:c/y")

    assert met(routes, path) == pattern


def test_a_literal_that_leads_nowhere_is_left_again() -> None:
    """The search goes back to a parameter when the literal branch has no match."""
    routes = table("GET /a/:x/c", "GET /a/b/d")

    assert met(routes, "/a/b/c") == "/a/:x/c"
    assert met(routes, "/a/b/e") is None


def test_a_path_needs_no_leading_slash_to_be_registered() -> None:
    """``users`` is ``/users``."""
    assert met(table("GET users/:id"), "/users/7") == "users/:id"


def test_trailing_slashes_are_paths_of_their_own() -> None:
    """``/a/`` and ``/a`` are two routes."""
    routes = table("GET /a/", "GET /a")

    assert met(routes, "/a/") == "/a/"
    assert met(routes, "/a") == "/a"


def test_allow_names_the_methods_of_the_path() -> None:
    """GET brings HEAD into ``allow``, once."""
    routes = table("GET /a", "HEAD /a", "DELETE /a")

    assert routes.allowed("/a") == ["GET", "HEAD", "DELETE"]
    assert routes.allowed("/b") == []


def test_a_method_is_not_looked_for_on_a_more_general_path() -> None:
    """Only the best-matching path is asked."""
    routes = table("GET /users/me", "DELETE /users/:id")

    assert routes.match("DELETE", "/users/me") is None
    assert routes.match("delete", "/users/7") is None
    found = routes.match("DELETE", "/users/7")
    assert found is not None
    assert found.path == "/users/:id"


def test_the_same_method_and_path_is_replaced() -> None:
    """A later trigger takes the route over, and the first can no longer remove it."""
    routes = table("GET /a")
    routes.add(route("GET /a", trigger_id="later"))
    routes.remove(route("GET /a", trigger_id="0"))

    assert met(routes, "/a") == "/a"
    routes.remove(route("GET /a", trigger_id="later"))
    assert met(routes, "/a") is None


def test_leading_slashes_do_not_make_another_route() -> None:
    """``//a`` takes the place of ``/a``, as on the engine, and is then found under its own path."""
    routes = table("GET /a", "GET //a")

    assert met(routes, "/a") is None
    assert met(routes, "//a") == "//a"


def test_one_shape_has_one_set_of_names_in_a_method() -> None:
    """The second spelling of a shape is refused, and nothing has changed."""
    routes = table("GET /users/:id")

    with pytest.raises(RouteError, match="has the shape of /users/:id"):
        routes.add(route("GET /users/:user_id"))
    assert met(routes, "/users/7") == "/users/:id"


def test_one_shape_has_one_set_of_names_over_all_methods() -> None:
    """Where the real engine panics, the refusal says so."""
    with pytest.raises(RouteError, match=r"real engine's HTTP router panics.*same names"):
        table("GET /users/:id", "DELETE /users/:user_id")


def test_names_are_free_again_when_their_route_is_gone() -> None:
    """Only routes that stand count."""
    routes = table("GET /users/:id")
    routes.remove(route("GET /users/:id", trigger_id="0"))
    routes.add(route("DELETE /users/:user_id"))

    assert met(routes, "/users/7") == "/users/:user_id"


def test_refused_and_removed_routes_leave_nothing_behind() -> None:
    """The tree has places for the routes that stand, however many came and went."""
    routes = table("GET /users/:id")
    before = places(routes._root)
    for number in range(3):
        with pytest.raises(RouteError):
            routes.add(route(f"GET /refused/{number}/*"))
        with pytest.raises(RouteError):
            routes.add(route("GET /users/:user_id"))
        passing = route(f"GET /users/:id/orders/{number}", trigger_id="passing")
        routes.add(passing)
        routes.remove(passing)

    assert places(routes._root) == before
    assert met(routes, "/users/7") == "/users/:id"


def test_names_may_differ_in_longer_paths() -> None:
    """``/users/:id`` and ``/users/:user/posts`` are two shapes."""
    routes = table("GET /users/:id", "GET /users/:user/posts")

    assert met(routes, "/users/7/posts") == "/users/:user/posts"


@pytest.mark.parametrize("path", ["/*", "/a/*rest", "/{x}", "/a{b}c", "/}", "/:"])
def test_what_panics_the_real_router_is_refused(path: str) -> None:
    """Segments of the router's own syntax are refused with the reason."""
    with pytest.raises(RouteError, match="real engine's HTTP router panics"):
        table(f"GET {path}")


def test_a_catch_all_parameter_is_refused() -> None:
    """``:*rest`` would match, but the function could not know what."""
    with pytest.raises(RouteError, match="one route a depth"):
        table("GET /a/:*rest")


def test_more_parameters_than_the_alphabet_are_refused() -> None:
    """The real router names parameters a to z."""
    table("GET /" + "/".join(f":p{n}" for n in range(26)))

    with pytest.raises(RouteError, match="more than 26"):
        table("GET /" + "/".join(f":p{n}" for n in range(27)))


@pytest.mark.parametrize("method", ["TRACE", "PROPFIND", "FETCH"])
def test_other_methods_are_refused(method: str) -> None:
    """The engine takes them and never serves them; here the worker is told."""
    with pytest.raises(RouteError, match="cannot be served"):
        table(f"{method} /a")
