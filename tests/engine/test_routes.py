"""The path parameters of a route, as both front ends give them."""

from __future__ import annotations

import pytest

from iii_asgi.engine.routes import Route


def route(path: str) -> Route:
    """Return a route of that path."""
    return Route("GET", path, "f", "default", "t", "w")


@pytest.mark.parametrize(
    ("path", "parameters"),
    [
        ("/p/1/2", {"a": "1", "b": "2"}),
        ("/p/%2F/;x=1", {"a": "%2F", "b": ";x=1"}),
        ("/p//2", {}),
    ],
)
def test_parameters_stay_encoded(path: str, parameters: dict[str, str]) -> None:
    """Parameters come as the client wrote them; with an empty segment there are none."""
    assert route("/p/:a/:b").parameters(path) == parameters


def test_a_segment_that_begins_with_a_colon_is_one_parameter() -> None:
    """``:a-:b`` is one parameter with an odd name, and a name given twice has the last value."""
    assert route("/:a-:b").parameters("/1-2") == {"a-:b": "1-2"}
    assert route("/:a/:a").parameters("/1/2") == {"a": "2"}
