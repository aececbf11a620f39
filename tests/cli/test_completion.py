"""Function names that the shell completes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.helpers import environment, served

APP = """
from fastapi import FastAPI

app = FastAPI()


@app.get("/orders/{order_id}", tags=["orders"])
async def read(order_id: int) -> None: ...


@app.delete("/orders/{order_id}", tags=["orders"])
async def remove(order_id: int) -> None: ...
"""


@pytest.fixture(scope="module")
def url(engine_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An engine with functions on it."""
    with served(APP, engine_url, tmp_path_factory.mktemp("orders")) as url:
        yield url


def complete(shell: str, url: str, **variables: str) -> str:
    """Return what the program answers to a shell."""
    result = subprocess.run(
        [Path(sys.executable).with_name("iii-asgi")],
        env=environment(III_URL=url, _III_ASGI_COMPLETE=f"complete_{shell}", **variables),
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert (result.returncode, result.stderr) == (0, "")
    return result.stdout


def test_bash(url: str) -> None:
    """bash gets the ids that begin like the word, one a line."""
    found = complete("bash", url, COMP_WORDS="iii-asgi call orders::re", COMP_CWORD="2")
    assert found.split() == ["orders::read", "orders::remove"]


def test_bash_with_colons(url: str) -> None:
    """bash breaks words at colons; it gets the rest of the last one."""
    words = "iii-asgi\ncall\norders\n::\nrea"
    assert complete("bash", url, COMP_WORDS=words, COMP_CWORD="4").split() == ["read"]
    words = "iii-asgi\ncall\norders\n::"
    found = complete("bash", url, COMP_WORDS=words, COMP_CWORD="3")
    assert found.split() == ["::read", "::remove"]


def test_zsh(url: str) -> None:
    """zsh gets them in its own way."""
    found = complete("zsh", url, _TYPER_COMPLETE_ARGS="iii-asgi call orders::rem")
    assert "orders\\\\:\\\\:remove" in found
    assert "read" not in found


def test_arguments(url: str) -> None:
    """Arguments are no functions."""
    words = "iii-asgi call orders::read ord"
    assert not complete("bash", url, COMP_WORDS=words, COMP_CWORD="3").strip()


def test_no_engine() -> None:
    """Where no engine is, there is nothing, in silence."""
    words = "iii-asgi call orders"
    found = complete("bash", "ws://127.0.0.1:9", COMP_WORDS=words, COMP_CWORD="2")
    assert not found.strip()
