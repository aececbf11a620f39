"""A Gradio demo, with Gradio's own client."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.servers import Place, behind_iii, behind_uvicorn

gradio_client = pytest.importorskip(
    "gradio_client", reason="Gradio is not installed: dependency group `apps`"
)

SITE = "tests.apps.sites.gradio_site:app"
OFFLINE = {"GRADIO_ANALYTICS_ENABLED": "False", "HF_HUB_OFFLINE": "1"}


@pytest.fixture(scope="module", params=["uvicorn", "app"])
def url(place: Place, request: pytest.FixtureRequest) -> Iterator[str]:
    """Where the demo is: behind uvicorn, and through iii."""
    if request.param == "uvicorn":
        with behind_uvicorn(SITE, env=OFFLINE) as url:
            yield url
    else:
        with behind_iii(place, SITE, "--http", "app", env=OFFLINE):
            yield place.http_url


@pytest.fixture
def client(url: str, tmp_path: Path) -> Iterator[Any]:
    """Gradio's client."""
    client = gradio_client.Client(
        url, verbose=False, download_files=str(tmp_path), analytics_enabled=False
    )
    yield client
    client.close()


def test_page(url: str) -> None:
    """The page is there, and what it loads."""
    with httpx.Client(base_url=url) as browser:
        page = browser.get("/")
        config = browser.get("/config").json()

    assert page.status_code == 200
    assert "gradio" in page.text
    assert {one["api_name"] for one in config["dependencies"]} == {"greet", "count", "size"}


def test_predict(client: Any) -> None:
    """A function is called, and gives its result."""
    assert client.predict("Ada", api_name="/greet") == "Hello Ada!"


def test_steps(client: Any) -> None:
    """A function that goes on in steps tells each of them."""
    job = client.submit(4, api_name="/count")

    assert job.result(timeout=20) == "3"
    assert job.outputs() == ["0", "1", "2", "3"]


def test_file(client: Any, tmp_path: Path) -> None:
    """A file is uploaded and read."""
    path = tmp_path / "large.bin"
    path.write_bytes(bytes(range(256)) * 8000)

    assert client.predict(gradio_client.handle_file(str(path)), api_name="/size") == 2_048_000
