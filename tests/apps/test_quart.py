"""A Quart app."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.apps.pairs import Pair, pair_of
from tests.apps.requests_of import REQUESTS
from tests.servers import Place

pytest.importorskip("quart", reason="Quart is not installed: dependency group `apps`")


@pytest.fixture(scope="module", params=["", "/site"])
def pair(place: Place, request: pytest.FixtureRequest) -> Iterator[Pair]:
    """The site, at the root and under a prefix."""
    with pair_of(place, "tests.apps.sites.quart_site:app", prefix=request.param) as pair:
        yield pair


@pytest.mark.parametrize(("method", "path", "options"), REQUESTS)
def test_answers(pair: Pair, method: str, path: str, options: dict[str, Any]) -> None:
    """Each answer is the one that the app gives behind a web server."""
    truth, ours = pair.ask(method, path, **options)

    assert ours == truth
    assert (truth.status == 500) is path.startswith("/fail")


def test_session(pair: Pair) -> None:
    """A login sets a cookie, redirects, and the next page knows it; the start-up has run once."""
    with httpx.Client(base_url=pair.ours.base_url, follow_redirects=True) as browser:
        page = browser.post(f"{pair.prefix}/login", data={"name": "ada"})

        assert [one.status_code for one in page.history] == [302]
        assert page.json()["name"] == "ada"
        assert page.json()["started"] == ["yes"]
