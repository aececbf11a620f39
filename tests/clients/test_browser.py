"""A browser on the example shop's page: forms, an upload, live orders, a download."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.middleware import gzip

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

BROWSER = shutil.which("chromium") or shutil.which("google-chrome")

pytestmark = pytest.mark.skipif(BROWSER is None, reason="there is no Chromium")

# As root there is no sandbox; and nobody is to be asked who is not this test's.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

# A picture of one pixel.
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360"
    "f8cfc0f01f0005050102cf7a1a1c0000000049454e44ae426082"
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A Chromium without a window."""
    with playwright.sync_playwright() as tools:
        browser = tools.chromium.launch(executable_path=BROWSER, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Any, shop: str) -> Iterator[Any]:
    """The shop's page."""
    context = browser.new_context(accept_downloads=True)
    page = context.new_page()
    page.set_default_timeout(10_000)
    page.goto(shop)
    yield page
    context.close()


def test_search(page: Any) -> None:
    """A form of GET: the page shows what was found, with its style."""
    page.get_by_label("Search").fill("dice & more")
    page.get_by_role("button", name="Find").click()
    assert page.locator("tbody tr").count() == 0
    page.get_by_label("Search").fill("dice")
    page.get_by_role("button", name="Find").click()

    assert page.locator("tbody tr td").first.inner_text() == "Dice"
    assert page.evaluate("getComputedStyle(document.body).maxWidth") == "640px"


def test_form(page: Any, shop: str) -> None:
    """A form of POST: the product is added, and the browser is sent back to the page."""
    page.get_by_label("Name").fill("Añadido & <ü>")
    page.get_by_label("Category").select_option("games")
    page.get_by_label("Price").fill("1234")
    page.get_by_role("button", name="Add").click()

    row = page.locator("tbody tr", has_text="Añadido & <ü>")
    assert row.locator("td").nth(1).inner_text() == "12.34"
    assert page.url.rstrip("/") == shop


def test_upload(page: Any, tmp_path: Path) -> None:
    """A file is uploaded, and the browser shows the picture that it gets back."""
    (tmp_path / "dice.png").write_bytes(PNG)
    page.locator("#image select").select_option(label="Dice")
    page.locator("#image input[type=file]").set_input_files(tmp_path / "dice.png")
    page.get_by_role("button", name="Upload").click()

    image = page.get_by_alt_text(f"{len(PNG)} bytes")
    image.wait_for()
    page.wait_for_function("document.querySelector('#image img').naturalWidth === 1")


def test_refused_upload(page: Any, tmp_path: Path) -> None:
    """What the app says of a file that it does not take is shown."""
    (tmp_path / "dice.txt").write_text("no picture")
    page.locator("#image input[type=file]").set_input_files(tmp_path / "dice.txt")
    page.get_by_role("button", name="Upload").click()

    page.get_by_text("The image must be JPEG, PNG or WebP").wait_for()


@pytest.mark.skipif(
    not hasattr(gzip, "DEFAULT_EXCLUDED_CONTENT_TYPES"),
    reason="this version of Starlette keeps events back to compress them",
)
def test_events(page: Any, shop: str) -> None:
    """Orders appear on the page while it is open."""
    before = page.locator("#orders li").count()
    with httpx.Client(base_url=shop) as client:
        form = {"username": "ada", "password": "lovelace"}
        token = client.post("/auth/token", data=form).json()["access_token"]
        client.headers["authorization"] = f"Bearer {token}"
        line = {"product_id": 3, "quantity": 2}
        order = {"lines": [line], "payment": {"method": "invoice"}}
        placed = client.post("/orders", json=order).json()

    page.locator("#orders li", has_text=f"Order {placed['id']}: 7.00").wait_for()
    assert page.locator("#orders li").count() > before


def test_download(page: Any, tmp_path: Path) -> None:
    """A link gives a file, with the name that the app chose."""
    with page.expect_download() as download:
        page.get_by_role("link", name="Inventory as CSV").click()
    download.value.save_as(tmp_path / "saved.csv")

    assert download.value.suggested_filename == "inventory.csv"
    assert (tmp_path / "saved.csv").read_text().startswith("id,name,category,price_cents,stock")


def test_leaving(page: Any, shop: str) -> None:
    """Pages that are left while their events are open do not use up the server."""
    for _ in range(8):
        page.goto(shop)
        page.locator("tbody tr").first.wait_for()

    assert page.locator("h1").inner_text() == "Shop"
