"""Tests of routes taken apart by method and put together by endpoint."""

from __future__ import annotations

import pytest

from iii_asgi.catalogue.model import Route
from iii_asgi.catalogue.operations import METHODS, group, operations_of
from tests.catalogue.helpers import endpoint, route


def methods_of(*routes: Route) -> list[tuple[str, ...]]:
    """Return the methods of the operations of routes."""
    operations, _ = operations_of(routes)
    return [operation.methods for operation in operations]


@pytest.mark.parametrize(
    ("methods", "expected"),
    [
        (("GET",), [("GET",)]),
        (("GET", "HEAD"), [("GET", "HEAD")]),
        (("HEAD",), [("HEAD",)]),
        (("GET", "POST"), [("GET",), ("POST",)]),
        (("DELETE", "GET", "HEAD", "PUT"), [("GET", "HEAD"), ("PUT",), ("DELETE",)]),
    ],
)
def test_one_operation_a_method(methods: tuple[str, ...], expected: list[tuple[str, ...]]) -> None:
    """Each method is an operation; HEAD goes with GET."""
    assert methods_of(route("/a", "call", *methods)) == expected


def test_an_opaque_app_is_one_operation() -> None:
    """All methods of an opaque app are one operation, GET first."""
    opaque = route("/a/{path:path}", "app", *METHODS, kind="app", endpoint=None, identity=None)

    assert methods_of(opaque) == [METHODS]


@pytest.mark.parametrize(
    ("methods", "reason"),
    [
        (("OPTIONS",), "OPTIONS: the engine answers it itself"),
        (("PROPFIND", "TRACE"), "PROPFIND, TRACE: the engine's HTTP has no such method"),
    ],
)
def test_methods_that_cannot_be_bound(methods: tuple[str, ...], reason: str) -> None:
    """A method that the engine cannot bind is skipped with its reason; the others stay."""
    operations, skipped = operations_of([route("/a", "call", "GET", *methods)])

    assert [(one.methods, one.alone) for one in operations] == [(("GET",), True)]
    assert [(one.path, one.methods, one.reason) for one in skipped] == [("/a", methods, reason)]


@pytest.mark.parametrize("later", ["/a/{x}", "/a/{y}", "/a/{y:str}"])
def test_a_route_that_never_runs(later: str) -> None:
    """A route whose requests an earlier one matches is skipped, for those methods."""
    operations, skipped = operations_of(
        [route("/a/{x}", "first"), route(later, "second", "GET", "POST")]
    )

    assert [one.methods for one in operations] == [("GET",), ("POST",)]
    assert [(one.methods, "/a/{x} (first)" in one.reason) for one in skipped] == [(("GET",), True)]


@pytest.mark.parametrize("later", ["/a/{x:int}", "/a/{x}/", "/b/{x}"])
def test_a_route_that_may_run(later: str) -> None:
    """A route that matches other requests, too, is not skipped."""
    _, skipped = operations_of([route("/a/{x}"), route(later)])

    assert skipped == []


def test_hosts_do_not_shadow_each_other() -> None:
    """The same path on two hosts is two routes."""
    _, skipped = operations_of([route("/a", host="one.test"), route("/a", host="two.test")])

    assert skipped == []


def test_a_route_that_was_registered_twice() -> None:
    """The same registration twice is one, without a word."""
    call = endpoint("call")
    operations, skipped = operations_of([route("/a", endpoint=call), route("/a", endpoint=call)])

    assert (len(operations), skipped) == (1, [])


def test_one_endpoint_on_two_paths_is_one_group() -> None:
    """One endpoint, method and set of parameters is one group, in router order."""
    call = endpoint("call")
    operations, _ = operations_of(
        [route(path, endpoint=call) for path in ("/api/{a}/{b}", "/ajax/{b}/{a}")]
    )

    (only,) = group(operations)
    assert [one.route.path for one in only] == ["/api/{a}/{b}", "/ajax/{b}/{a}"]


CALL = endpoint("call")


@pytest.mark.parametrize(
    "other",
    [
        route("/b/{a}", endpoint=CALL),
        route("/b", "call", "POST", endpoint=CALL),
        route("/b", endpoint=endpoint("call")),
        route("/b", endpoint=CALL, tags=("admin",)),
        route("/b", endpoint=CALL, operation_id="other"),
        route("/b", endpoint=CALL, function_id="other"),
    ],
)
def test_what_makes_another_group(other: Route) -> None:
    """Other parameters, methods, endpoints, tags or explicit ids are other functions."""
    operations, _ = operations_of([route("/a", endpoint=CALL), other])

    assert len(group(operations)) == 2


def test_opaque_apps_are_never_one_group() -> None:
    """Two opaque mounts are two functions, whatever is in them."""
    mounts = [
        route(path, kind="app", endpoint=None, identity=None)
        for path in ("/a/{path:path}", "/b/{path:path}")
    ]
    operations, _ = operations_of(mounts)

    assert len(group(operations)) == 2
