"""Apps in apps: WSGI in Starlette in FastAPI in Starlette, files and a frontend."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.apps.pairs import Pair, pair_of
from tests.servers import Place

REQUESTS: list[tuple[str, str, dict[str, Any]]] = [
    ("GET", "/", {}),
    ("GET", "/middle/items/3", {}),
    ("GET", "/middle/items/no", {}),
    ("GET", "/middle/v12.json", {}),
    ("POST", "/middle/items", {"json": {"b": 2.50, "a": 1}}),
    ("POST", "/middle/items/", {"content": b'{"b": 2.50, "a": 12345678901234567890123}'}),
    ("GET", "/middle/inner/at/caf%C3%A9%20!", {}),
    ("POST", "/middle/inner/at/x", {"content": b"ignored"}),
    ("PUT", "/middle/inner/at/x", {}),
    ("GET", "/middle/inner/deep/a/b/c.txt", {}),
    ("GET", "/middle/inner/deep/", {}),
    ("GET", "/middle/inner/slash", {}),
    ("GET", "/middle/inner/slash/", {}),
    ("GET", "/middle/inner/slow", {}),
    ("GET", "/middle/inner/wsgi/a%20b/c?x=1", {}),
    ("GET", "/middle/inner/wsgi", {}),
    ("DELETE", "/middle/inner/wsgi/x", {}),
    ("POST", "/middle/inner/wsgi/x", {"content": bytes(range(256)) * 1000}),
    ("GET", "/middle/static/site.css", {}),
    ("GET", "/middle/static/", {}),
    ("GET", "/middle/static", {}),
    ("HEAD", "/middle/static/site.css", {}),
    ("GET", "/middle/static/site.css", {"headers": {"range": "bytes=3-8"}}),
    ("GET", "/middle/site.css", {}),
    ("GET", "/middle/", {}),
    ("GET", "/middle", {}),
    ("GET", "/middle/some/page", {"headers": {"accept": "text/html"}}),
    ("GET", "/middle/docs", {}),
    ("GET", "/middle/openapi.json", {}),
    ("GET", "/nowhere", {}),
]


@pytest.fixture(scope="module", params=["", "/site"])
def pair(place: Place, request: pytest.FixtureRequest) -> Iterator[Pair]:
    """The site, at the root and under a prefix."""
    with pair_of(place, "tests.apps.sites.nested_site:app", prefix=request.param) as pair:
        yield pair


@pytest.mark.parametrize(("method", "path", "options"), REQUESTS)
def test_answers(pair: Pair, method: str, path: str, options: dict[str, Any]) -> None:
    """Each answer is the one that the app gives behind a web server: paths, links, redirects."""
    truth, ours = pair.ask(method, path, **options)

    assert ours == truth
    assert (truth.status == 500) is path.startswith("/fail")
