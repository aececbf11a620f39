"""Under a path behind a proxy that ends TLS: as behind uvicorn with the same proxy."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
import pytest

from tests.clients.proxy import CLIENT
from tests.servers import behind_iii, behind_uvicorn, engine

APP = "tests.apps.sites.nested_site:app"
PATH = "/site"
PROXY_HEADERS = ("--proxy-headers", "--forwarded-allow-ips", "*")

PATHS = [
    "/",
    "/middle/client",
    "/middle/items/3",
    "/middle/items",
    "/middle/inner/at/caf%C3%A9",
    "/middle/inner/slash",
    "/middle/inner/deep/a/b",
    "/middle/inner/wsgi/a%20b?x=1",
    "/middle/static",
    "/middle/static/site.css",
    "/middle/docs",
    "/middle/openapi.json",
]


@dataclass(frozen=True, slots=True)
class Proxies:
    """Two proxies in front of the same app.

    Attributes:
        truth: in front of uvicorn.
        ours: in front of an engine.
    """

    truth: httpx.Client
    ours: httpx.Client


WAYS = {
    "the proxy keeps the path": ("", ("--prefix", PATH)),
    "the proxy strips the path": (PATH, ("--root-path", PATH)),
}


@pytest.fixture(scope="module", params=list(WAYS.values()), ids=list(WAYS))
def way(request: pytest.FixtureRequest) -> tuple[str, tuple[str, ...]]:
    """What the proxy strips, and how the app learns of it."""
    way: tuple[str, tuple[str, ...]] = request.param
    return way


@pytest.fixture(scope="module", params=["routes", "app"])
def proxies(way: tuple[str, tuple[str, ...]], request: pytest.FixtureRequest) -> Iterator[Proxies]:
    """The proxies, and what is behind them."""
    strip, flags = way
    with (
        behind_uvicorn(APP, "--root-path", PATH, *PROXY_HEADERS) as truth,
        engine() as place,
        behind_iii(place, APP, "--http", request.param, "--proxy-headers", *flags),
        proxy(truth, PATH) as first,
        proxy(place.http_url, strip) as second,
    ):
        yield Proxies(first, second)


@contextmanager
def proxy(upstream: str, strip: str) -> Iterator[httpx.Client]:
    """Run a proxy; give a client of it."""
    env = {"UPSTREAM": upstream, "STRIP": strip}
    with (
        behind_uvicorn("tests.clients.proxy:app", env=env) as url,
        httpx.Client(base_url=url + PATH, timeout=40) as client,
    ):
        yield client


def seen(client: httpx.Client, path: str) -> tuple[int, str | None, str]:
    """Return status, location and body of an answer, whatever the proxy's port."""
    answer = client.get(path)
    port = f":{client.base_url.port}"
    location = answer.headers.get("location")
    return (
        answer.status_code,
        location and location.replace(port, ""),
        answer.text.replace(port, ""),
    )


@pytest.mark.parametrize("path", PATHS)
def test_under_a_path(proxies: Proxies, path: str) -> None:
    """Paths, mounts, redirects, links and the OpenAPI page are as behind uvicorn."""
    assert seen(proxies.ours, path) == seen(proxies.truth, path)


def test_what_the_app_sees(proxies: Proxies) -> None:
    """The app knows its path, and the scheme and the client of the proxy."""
    told = proxies.ours.get("/middle/client").json()

    assert told["root_path"] == f"{PATH}/middle"
    assert told["url"].startswith("https://")
    assert told["client"] == CLIENT


def test_links_and_redirects(proxies: Proxies) -> None:
    """What the app makes of it leads back to the proxy."""
    item = proxies.ours.get("/middle/items/3").json()
    away = proxies.ours.get("/middle/inner/slash")
    page = proxies.ours.get("/middle/openapi.json").json()

    address = f"https://127.0.0.1:{proxies.ours.base_url.port}{PATH}"
    assert item["link"] == f"{address}/middle/items/7"
    assert away.headers["location"] == f"{address}/middle/inner/slash/"
    assert page["servers"] == [{"url": f"{PATH}/middle"}]
