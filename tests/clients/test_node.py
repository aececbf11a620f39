"""Node's fetch, and an EventSource of the kind that browsers have."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.clients.site import FILE
from tests.npm import why_no_packages

pytestmark = pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")

FOLDER = Path(__file__).with_name("node")


def node(script: str, url: str) -> Any:
    """Run a script, and return what it prints."""
    done = subprocess.run(
        ["node", script, url], cwd=FOLDER, capture_output=True, text=True, timeout=40, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_fetch(site: str) -> None:
    """fetch sees redirects, uploads, streams, cookies and files as they are."""
    seen = node("fetch.mjs", site)

    assert seen["redirects"] == {
        "followed": [True, "GET"],
        "kept": [True, 4],
        "manual": [301, "/told"],
    }
    expected = seen["uploads"]["expected"]
    assert seen["uploads"] == {
        "rows": [["text", "grüße"], ["file", "täg.bin", "image/png", 2_000_000, expected]],
        "bytes": expected,
        "streamed": [expected, None],
        "params": len("a=%C3%BC+%26"),
        "expected": expected,
    }
    assert seen["stream"]["text"] == "".join(f"line {number} ü\n" for number in range(5))
    assert seen["stream"]["first"] + 300 < seen["stream"]["last"]
    assert seen["leaving"] == 200
    assert seen["cookies"] == ["name=ada", "theme=dark"]
    assert seen["rest"] == {
        "head": str(len(FILE)),
        "part": [206, list(FILE[256:266])],
        "empty": [204, ""],
        "unchanged": 304,
        "large": 30_000,
        "many": list(range(40)),
    }


@pytest.fixture(scope="module")
def packages() -> None:
    """What the script of the next test imports."""
    if reason := why_no_packages(FOLDER):
        pytest.skip(reason)


@pytest.mark.usefixtures("packages")
def test_event_source(site: str) -> None:
    """An EventSource connects again at the end of a stream, and goes on where it was."""
    seen = node("events.mjs", f"{site}/events")

    assert seen["seen"] == [[str(number), f"{number}\nü"] for number in range(1, 8)]
    assert seen["opened"] == 3
