"""Which files are watched."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from iii_asgi.cli.watching import Watching
from tests.patience import WITHIN


def test_python_files(tmp_path: Path) -> None:
    """Python files are watched, and what was included."""
    watching = Watching((tmp_path,), include=("*.html", ".env"))

    assert watching.matches(tmp_path / "main.py")
    assert watching.matches(tmp_path / "pages" / "home.html")
    assert watching.matches(tmp_path / ".env")
    assert not watching.matches(tmp_path / "shop.db")


def test_excluded(tmp_path: Path) -> None:
    """An exclusion wins, be it a pattern or a folder."""
    watching = Watching((tmp_path,), exclude=("*_pb2.py", str(tmp_path / "made")))

    assert not watching.matches(tmp_path / "shop_pb2.py")
    assert not watching.matches(tmp_path / "made" / "deep" / "main.py")
    assert watching.matches(tmp_path / "main.py")


@pytest.mark.anyio
async def test_changes(tmp_path: Path) -> None:
    """A change of a watched file is reported; other files and caches are not."""
    (tmp_path / "__pycache__").mkdir()
    changes = Watching((tmp_path,)).changes()
    waiting = asyncio.ensure_future(anext(changes))
    await asyncio.sleep(0.3)  # until the watcher is there

    (tmp_path / "__pycache__" / "main.py").touch()
    (tmp_path / "notes.txt").touch()
    (tmp_path / "main.py").touch()

    found = await asyncio.wait_for(waiting, WITHIN)
    assert [Path(one).name for one in found] == ["main.py"]
    await changes.aclose()
