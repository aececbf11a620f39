"""Tests of the table of HTTP triggers."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iii_asgi.catalogue.model import BodyRule, strictest
from iii_asgi.catalogue.operations import METHODS
from iii_asgi.catalogue.triggers import Claim, TriggerTable, shape_of


def claim(function_id: str, path: str, *methods: str, body: BodyRule = "inline") -> Claim:
    """Return a claim, of GET without methods."""
    return Claim(function_id, methods or ("GET",), path, body)


def table(*claims: Claim, **given: Any) -> TriggerTable:
    """Return the table of some claims."""
    return TriggerTable(claims, namespace=given.pop("namespace", "default"), **given)


def calls(*claims: Claim, **given: Any) -> dict[str, str]:
    """Return ``METHOD api_path`` → function id."""
    return {
        f"{trigger.method} {trigger.api_path}": function_id
        for function_id, triggers in table(*claims, **given).triggers().items()
        for trigger in triggers
    }


def test_one_trigger_a_method() -> None:
    """Each method of a route is a trigger of its own."""
    assert calls(claim("a::b", "/a/{x}", "GET", "HEAD")) == {
        "GET /a/:x": "a::b",
        "HEAD /a/:x": "a::b",
    }


def test_routes_of_one_shape_share_a_trigger() -> None:
    """The first route in router order has the trigger, and names its parameters."""
    assert calls(claim("a::one", "/a/{x:int}"), claim("a::two", "/a/{y}")) == {
        "GET /a/:x": "a::one"
    }


def test_one_shape_has_one_set_of_names() -> None:
    """All methods and slash forms of a shape have the same names, or the engine panics."""
    assert list(
        calls(
            claim("a::get", "/a/{x}/{z}"),
            claim("a::delete", "/a/{y}/{z}", "DELETE"),
            claim("a::slash", "/a/{w}/{z}/", "PUT"),
        )
    ) == ["GET /a/:x/:z", "DELETE /a/:x/:z", "PUT /a/:x/:z", "PUT /a/:x/:z/"]


@pytest.mark.parametrize("taken", ["/a/:other", "a/:other/", "//a/:other"])
def test_names_that_are_on_the_engine_stand(taken: str) -> None:
    """A shape that another worker has registered keeps the names that it has."""
    assert list(calls(claim("a::b", "/a/{x}"), taken=["/b/:q", taken])) == ["GET /a/:other"]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/{x}/{x}", "/:x/:x_"),
        ("/:a/{p1}/{p2}", "/:p1_/:p1/:p2"),
        ("/{a}-{b}/{a}", "/:a/:a_"),
    ],
)
def test_names_in_a_path_differ(path: str, expected: str) -> None:
    """No two parameters of a path have one name, given or made up."""
    assert list(calls(claim("a::b", path))) == [f"GET {expected}"]


def test_the_other_slash_form_only_when_free() -> None:
    """/a is there for the redirect to /a/, unless a route answers it itself."""
    first = claim("a::slash", "/a/", "GET", "POST")

    assert calls(first, claim("a::plain", "/a")) == {
        "GET /a/": "a::slash",
        "POST /a/": "a::slash",
        "GET /a": "a::plain",
        "POST /a": "a::slash",
    }


def test_methods_of_a_more_general_route() -> None:
    """A method that a specific shape lacks goes to the general route that has it."""
    assert calls(
        claim("me::get", "/users/me"),
        claim("users::update", "/users/{id}", "PUT"),
        claim("any::delete", "/{a}/{b}", "DELETE"),
        claim("else::put", "/{a}/{b}", "PUT"),
    ) == {
        "GET /users/me": "me::get",
        "PUT /users/me": "users::update",
        "DELETE /users/me": "any::delete",
        "PUT /users/:id": "users::update",
        "DELETE /users/:id": "any::delete",
        "DELETE /:a/:b": "any::delete",
        "PUT /:a/:b": "else::put",
    }


@pytest.mark.parametrize("convertor", ["int", "float", "uuid"])
def test_no_methods_of_a_route_that_cannot_match(convertor: str) -> None:
    """A general route whose parameter is no such text adds nothing to a literal."""
    claims = (claim("a::me", "/a/me"), claim("a::put", f"/a/{{x:{convertor}}}", "PUT"))

    assert "PUT /a/me" not in calls(*claims)


def test_router_order_among_general_routes() -> None:
    """Of several general routes the first in router order has the method."""
    claims = (
        claim("broad::put", "/{a}/{b}", "PUT"),
        claim("near::put", "/users/{b}", "PUT"),
        claim("me::get", "/users/me"),
    )

    assert calls(*claims)["PUT /users/me"] == "broad::put"


def test_slash_forms_are_apart_when_methods_are_added() -> None:
    """A general route without the slash adds nothing to a specific one with it."""
    claims = (claim("a::get", "/a/b/"), claim("x::put", "/{x}/b", "PUT"))

    assert "PUT /a/b/" not in calls(*claims)
    assert calls(*claims)["PUT /a/b"] == "x::put"


def test_a_whole_app() -> None:
    """Eight depths in both slash forms, the root, six methods."""
    found = calls(claim("shop::app", "/{path:path}", *METHODS))

    assert len(found) == (8 * 2 + 1) * 6
    assert "DELETE /" in found
    assert "GET /:p1/:p2/" in found


def test_prefix() -> None:
    """The prefix stands before every path, the root too."""
    assert list(calls(claim("a::b", "/"), claim("a::c", "/c/{x}"), prefix="/shop")) == [
        "GET /shop/",
        "GET /shop",
        "GET /shop/c/:x",
    ]


def test_trigger_ids() -> None:
    """An id is a UUIDv5 of namespace, function, method and shape: no name is in it."""
    (one,) = table(claim("a::b", "/a/{x}")).triggers()["a::b"]
    (renamed,) = table(claim("a::b", "/a/{y}")).triggers()["a::b"]

    assert uuid.UUID(one.id).version == 5
    assert one.id == renamed.id == "312e5b62-9b7e-59ad-9c17-7e93a20c0426"


@pytest.mark.parametrize(
    ("changed", "given"),
    [
        (claim("a::c", "/a/{x}"), {}),
        (claim("a::b", "/a/{x}", "PUT"), {}),
        (claim("a::b", "/a/x"), {}),
        (claim("a::b", "/a/{x}/"), {}),
        (claim("a::b", "/a/{x}"), {"prefix": "/shop"}),
        (claim("a::b", "/a/{x}"), {"namespace": "blue"}),
    ],
)
def test_what_changes_a_trigger_id(changed: Claim, given: dict[str, Any]) -> None:
    """Another function, method, shape, slash form, prefix or namespace is another id."""
    (one,) = table(claim("a::b", "/a/{x}")).triggers()["a::b"]
    other = table(changed, **given).triggers()[changed.function_id][0]

    assert one.id != other.id


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        (("inline",), "inline"),
        (("inline", "inline_if_same_length"), "inline_if_same_length"),
        (("channel", "inline", "inline_if_same_length"), "channel"),
    ],
)
def test_strictest(rules: Sequence[BodyRule], expected: BodyRule) -> None:
    """A channel suits every body, inline the fewest."""
    assert strictest(rules) == expected


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (claim("b::b", "/a/{y}", "POST", body="channel"), "channel"),
        (claim("b::b", "/{y}/{x}", "POST", body="channel"), "channel"),
        (claim("b::b", "/{rest:path}", "POST", body="channel"), "channel"),
        (claim("b::b", "/{y}/b", "POST", body="channel"), "channel"),
        (claim("b::b", "/a/{y}/", "POST", body="channel"), "channel"),
        (claim("b::b", "/b/{y}/", "POST", body="channel"), "inline"),
        (claim("b::b", "/a/{y}", "PUT", body="channel"), "inline"),
        (claim("b::b", "/b/{y}", "POST", body="channel"), "inline"),
        (claim("b::b", "/a/x", "POST", body="channel"), "inline"),
    ],
)
def test_bodies(other: Claim, expected: BodyRule) -> None:
    """A function's body suits every route that may run when one of its triggers fires."""
    claims = (claim("a::b", "/a/{x}", "POST"), other)

    assert table(*claims).bodies()["a::b"] == expected


SEGMENTS = st.lists(
    st.sampled_from(["a", "b", "{x}", "{y}", "{n:int}", "v{z}", "{r:path}"]), max_size=4
)
CLAIMS = st.lists(
    st.builds(
        lambda index, parts, slash, methods: claim(
            f"f::{index}", "/" + "/".join(parts) + "/" * slash, *methods
        ),
        st.integers(0, 9),
        SEGMENTS,
        st.booleans(),
        st.sets(st.sampled_from(METHODS), min_size=1).map(sorted),
    ),
    max_size=5,
)


@given(CLAIMS)
def test_the_engine_takes_what_it_gets(claims: list[Claim]) -> None:
    """No (method, path) twice, no id twice, and one set of names a shape."""
    triggers = [one for some in table(*claims).triggers().values() for one in some]
    names: dict[object, set[str]] = {}
    for trigger in triggers:
        names.setdefault(shape_of(trigger.api_path), set()).add(trigger.api_path.rstrip("/"))

    assert len({one.id for one in triggers}) == len(triggers)
    assert len({(one.method, one.api_path) for one in triggers}) == len(triggers)
    assert all(len(spellings) == 1 for spellings in names.values())
