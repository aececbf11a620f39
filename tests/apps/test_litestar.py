"""A Litestar app."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.apps.pairs import Pair, pair_of
from tests.apps.requests_of import REQUESTS
from tests.servers import Place

pytest.importorskip("litestar", reason="Litestar is not installed: dependency group `apps`")


@pytest.fixture(scope="module", params=["", "/site"])
def pair(place: Place, request: pytest.FixtureRequest) -> Iterator[Pair]:
    """The site, at the root and under a prefix."""
    with pair_of(place, "tests.apps.sites.litestar_site:app", prefix=request.param) as pair:
        yield pair


@pytest.mark.parametrize(
    ("method", "path", "options"),
    [
        *REQUESTS,
        ("POST", "/teas", {"json": {"name": "oolong", "grams": 2.50}}),
        ("POST", "/teas", {"content": b'{"name": "x", "grams": 1.2345678901234567e2}'}),
        ("POST", "/teas", {"json": {"name": 1}}),
        ("POST", "/teas", {"content": b"{"}),
        ("GET", "/events", {}),
        ("GET", "/away", {}),
        ("GET", "/static/site.css", {}),
        ("HEAD", "/static/site.css", {}),
        ("GET", "/static/none.css", {}),
        ("GET", "/schema/openapi.json", {}),
        ("GET", "/schema", {}),
    ],
)
def test_answers(pair: Pair, method: str, path: str, options: dict[str, Any]) -> None:
    """Each answer is the one that the app gives behind a web server."""
    truth, ours = pair.ask(method, path, **options)

    assert ours == truth
    assert (truth.status == 500) is path.startswith("/fail")
