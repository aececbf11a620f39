"""Tests of function ids. What they say is what users' callers rely on."""

from __future__ import annotations

import random
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iii_asgi.catalogue.model import FunctionNamer, Route
from iii_asgi.catalogue.naming import RESERVED_SERVICES, name_functions
from iii_asgi.catalogue.operations import group, operations_of
from iii_asgi.catalogue.templates import parse
from iii_asgi.errors import CatalogueError
from iii_asgi.marks import Mark
from tests.catalogue.helpers import endpoint, route


def named(
    *routes: Route, service: str = "shop", namer: FunctionNamer | None = None
) -> tuple[dict[str, str], list[str]]:
    """Return ``METHOD path`` → id for the operations of some routes, and the warnings."""
    operations, _ = operations_of(routes)
    groups = group(operations)
    ids, warnings = name_functions(groups, service=service, namer=namer)
    names = {one.label: id for id, members in zip(ids, groups, strict=True) for one in members}
    return names, warnings


def name(*given: Any, service: str = "shop", **changes: Any) -> str:
    """Return the id of one route."""
    names, _ = named(route(*given, **changes), service=service)
    (only,) = names.values()
    return only


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/users/{id}", "users"),
        ("/api/v1/users/{id}", "users"),
        ("/users/{id}/posts", "users"),
        ("/users/{id}/posts/{post}", "posts"),
        ("/users/{id}/{other}", "users"),
        ("/api/v1/login", "login"),
        ("/auth/login", "auth"),
        ("/API/V2/Blog-Posts/", "blog_posts"),
        ("/api/2.0/mlflow/runs", "mlflow"),
        ("/v1beta1/files/v{n}.json", "files"),
        ("/x/api/{id}", "x"),
        ("/магазин/{id}", "shop"),
        ("/", "shop"),
        ("/{a}/{b}", "shop"),
        ("/api/v1", "shop"),
    ],
)
def test_service_of_a_path(path: str, expected: str) -> None:
    """The service is the last noun before a parameter, else the first noun, else the app's."""
    assert name(path, "call") == f"{expected}::call"


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        (("Blog Posts", "other"), "blog_posts"),
        (("магазин", "other"), "users"),
        ((), "users"),
    ],
)
def test_service_of_a_tag(tags: tuple[str, ...], expected: str) -> None:
    """The first tag is the service, unless nothing of it is left."""
    assert name("/users/{id}", "call", tags=tags) == f"{expected}::call"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (endpoint("createUser"), "users::create"),
        (endpoint("read_users"), "users::list"),
        (partial(endpoint("create_user")), "users::create"),
        (lambda: None, "users::fallback"),
        (object(), "users::fallback"),
    ],
)
def test_action(given: Any, expected: str) -> None:
    """The action is the endpoint's name, or the route's where the endpoint has none."""
    route_name = "partial" if isinstance(given, partial) else "fallback"

    assert name("/users", endpoint=given, name=route_name) == expected


def test_a_partial_of_a_named_route() -> None:
    """A partial has the name of its route, when somebody gave it one."""
    given = partial(endpoint("create_user"))

    assert name("/users", endpoint=given, name="make") == "users::make"


@pytest.mark.parametrize("methods", [("GET",), ("GET", "HEAD")])
def test_one_method(methods: tuple[str, ...]) -> None:
    """A route of one method (HEAD comes with GET) has a plain name."""
    assert list(named(route("/users", "call", *methods))[0].values()) == ["users::call"]


@pytest.mark.parametrize("given", [{}, {"mark": Mark(id="users::call")}])
def test_several_methods(given: dict[str, Any]) -> None:
    """Where a route has several methods each function says its own, explicit ids too."""
    names, _ = named(route("/users", "call", "GET", "HEAD", "POST", **given))

    assert names == {"GET /users": "users::call_get", "POST /users": "users::call_post"}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"mark": Mark(id="a::b")}, "a::b"),
        ({"mark": Mark(id="b")}, "users::b"),
        ({"mark": Mark(service="A-1")}, "A-1::call"),
        ({"mark": Mark(action="b")}, "users::b"),
        ({"mark": Mark(service="a", action="b"), "operation_id": "c"}, "a::b"),
        ({"function_id": "a::b"}, "a::b"),
        ({"function_id": "b", "mark": Mark(service="a")}, "a::b"),
        ({"function_id": "c::d", "mark": Mark(id="a::b")}, "a::b"),
        ({"operation_id": "listUsers"}, "users::listUsers"),
        ({"operation_id": "a::b", "mark": Mark(action="c")}, "users::c"),
        ({"operation_id": "c", "function_id": "a::b"}, "a::b"),
    ],
)
def test_explicit_names(given: dict[str, Any], expected: str) -> None:
    """What is nearest to the endpoint wins; without :: it is an action."""
    assert name("/users", "call", **given) == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, "mine::one"),
        ({"operation_id": "c"}, "mine::one"),
        ({"mark": Mark(id="a::b")}, "a::b"),
        ({"mark": Mark(action="b")}, "users::b"),
    ],
)
def test_the_users_namer(given: dict[str, Any], expected: str) -> None:
    """The bridge's function_id comes after explicit ids and before an operation id."""
    names, _ = named(route("/users", "call", **given), namer=lambda _: "mine::one")

    assert list(names.values()) == [expected]


def test_a_namer_that_has_nothing_to_say() -> None:
    """None leaves the name to the rules."""
    names, _ = named(route("/users", "call"), namer=lambda _: None)

    assert list(names.values()) == ["users::call"]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/files/{path:path}", "files::app"),
        ("/api/v1/{tenant}/Static/{path:path}", "api_v1_static::app"),
        ("/{path:path}", "shop::app"),
    ],
)
def test_opaque_apps(path: str, expected: str) -> None:
    """An opaque app is named by where it is mounted, or as the app itself."""
    assert name(path, kind="app", endpoint=None, identity=None) == expected


def test_collision_with_more_parameters() -> None:
    """The route with the fewest parameters keeps the name; the other says what it takes more."""
    names, warnings = named(route("/users/{team}/{id}", "get"), route("/users/{id}", "get"))

    assert names == {
        "GET /users/{id}": "users::get",
        "GET /users/{team}/{id}": "users::get_by_team",
    }
    assert warnings == [
        "GET /users/{id} and GET /users/{team}/{id} would both be users::get; the second one is "
        "users::get_by_team. Name it with expose('...') or an operation_id."
    ]


def test_collision_with_equal_parameters() -> None:
    """Where parameters tell nothing, it is six digits of a hash of method and path."""
    names, warnings = named(route("/users/b", "get"), route("/users/a", "get"))

    assert names == {"GET /users/a": "users::get", "GET /users/b": "users::get_cfcfde"}
    assert len(warnings) == 1


def test_collision_of_collisions() -> None:
    """Two that would be told apart by the same parameter get a hash as well."""
    paths = ("/users/", "/users/a/{id}", "/users/b/{id}")
    names, _ = named(*(route(path, "get", tags=("users",)) for path in paths))

    assert names["GET /users/a/{id}"] == "users::get_by_id"
    assert names["GET /users/b/{id}"].startswith("users::get_by_id_")


def test_a_suffix_takes_nobodys_name() -> None:
    """A name made by a collision never takes one that a route has by itself."""
    paths = {"/users/": "get", "/users/a/{id}": "get", "/users/b": "get_by_id"}
    names, _ = named(*(route(path, name, tags=("users",)) for path, name in paths.items()))

    assert names["GET /users/b"] == "users::get_by_id"
    assert names["GET /users/a/{id}"].startswith("users::get_by_id_")


def test_an_explicit_name_is_kept() -> None:
    """What somebody wrote on an endpoint stays, even against a route with fewer parameters."""
    explicit = route("/users/{a}/{b}", "other", mark=Mark(id="users::get"))
    names, _ = named(route("/users/", "get"), explicit)

    assert names["GET /users/{a}/{b}"] == "users::get"
    assert names["GET /users/"] != "users::get"


def test_no_warning_for_pages_of_fastapi() -> None:
    """The pages that FastAPI adds to each app collide silently: nobody can name them."""
    pages = [endpoint("openapi"), endpoint("openapi")]
    for page in pages:
        page.__module__ = "fastapi.applications"
    names, warnings = named(
        route("/openapi.json", endpoint=pages[0]), route("/api/openapi.json", endpoint=pages[1])
    )

    assert len(set(names.values())) == 2
    assert warnings == []


@pytest.mark.parametrize("given", [{"mark": Mark(id="a::b")}, {"function_id": "a::b"}])
def test_one_explicit_id_on_two_endpoints(given: dict[str, Any]) -> None:
    """An explicit id on two endpoints is an error that names both."""
    with pytest.raises(CatalogueError, match=r"'a::b' is given to both GET /a and GET /b"):
        named(route("/a", "one", **given), route("/b", "two", **given))


def test_one_explicit_id_on_two_paths_of_an_endpoint() -> None:
    """An endpoint on paths with other parameters is two functions: the second gets a suffix."""
    call = endpoint("call")
    mark = Mark(id="a::b")
    names, _ = named(
        route("/a", endpoint=call, mark=mark), route("/a/{x}", endpoint=call, mark=mark)
    )

    assert list(names.values()) == ["a::b", "a::b_by_x"]


@pytest.mark.parametrize(
    "given", [{"mark": Mark(id="engine::x")}, {"operation_id": "engine::x"}, {"function_id": "a::"}]
)
def test_ids_that_cannot_be_used(given: dict[str, Any]) -> None:
    """An id of the engine's own, or half an id, is an error."""
    with pytest.raises(CatalogueError, match="GET /a"):
        name("/a", **given)


@pytest.mark.parametrize("service", sorted(RESERVED_SERVICES))
def test_reserved_services(service: str) -> None:
    """A derived service that is one of iii's own workers gets the app's in front."""
    names, warnings = named(
        route(f"/{service}", "get"), route(f"/{service}/{{id}}", "delete", "DELETE")
    )

    assert list(names.values()) == [f"shop_{service}::get", f"shop_{service}::delete"]
    assert len(warnings) == 1
    assert repr(service) in warnings[0]


def test_a_reserved_service_that_was_asked_for() -> None:
    """An explicit one stays, with a warning."""
    names, warnings = named(route("/a", mark=Mark(id="state::get")))

    assert list(names.values()) == ["state::get"]
    assert len(warnings) == 1


def test_a_mirrored_route_is_named_by_its_shortest_path() -> None:
    """One function on several paths has the same name, whichever was registered first."""
    call = endpoint("get")
    routes = [route(path, endpoint=call) for path in ("/long/mirror/users", "/users")]

    assert (
        set(named(*routes)[0].values()) == set(named(*routes[::-1])[0].values()) == {"users::get"}
    )


PATHS = st.lists(
    st.sampled_from(["api", "v1", "users", "user", "items", "{id}", "{team}", "{x:path}", "me"]),
    max_size=4,
).map(lambda parts: "/" + "/".join(dict.fromkeys(parts)))
NAMES = st.sampled_from(["get", "get_user", "get_by_id", "read_users", "create", "get_by_team"])
METHODS = st.sampled_from([("GET",), ("POST",), ("GET", "POST"), ("DELETE", "GET", "HEAD")])
TAGS = st.sampled_from([(), ("users",), ("Items",), ("state",)])
ROUTES = st.builds(
    lambda path, name, methods, tags: route(path, name, *methods, tags=tags),
    PATHS,
    NAMES,
    METHODS,
    TAGS,
)
DISTINCT = st.lists(ROUTES, max_size=12, unique_by=lambda one: parse(one.path).regular)


def test_documentation_pages() -> None:
    """Pages that every app has carry the app's own service, so that two apps share an engine."""
    shop = name("/docs", service="shop", internal=True)
    blog = name("/docs", service="blog", internal=True)

    assert shop.partition("::")[0] == "shop"
    assert blog.partition("::")[0] == "blog"


@given(DISTINCT, st.randoms())
def test_the_order_of_registration_does_not_matter(
    routes: list[Route], chance: random.Random
) -> None:
    """The same routes have the same ids, all different, in whatever order they came."""
    shuffled = routes.copy()
    chance.shuffle(shuffled)
    names, _ = named(*routes)

    assert names == named(*shuffled)[0]
    assert len(set(names.values())) == len(names)


@given(DISTINCT.filter(bool))
def test_a_new_route_renames_no_other(routes: list[Route]) -> None:
    """A new route takes names only from those that it collides with."""
    old, _ = named(*routes[:-1])
    new, _ = named(*routes)
    added = {id for label, id in new.items() if label not in old}

    if added.isdisjoint(old.values()):
        assert old.items() <= new.items()
