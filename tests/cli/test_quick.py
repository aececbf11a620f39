"""What shortens the start of a command."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import gc, sys
from iii_asgi.cli.quick import start_quickly
start_quickly()
import httpx
print(httpx.URL("http://x").host, "click" in sys.modules, gc.get_threshold()[0] > 2000)
"""


def test_quickly() -> None:
    """The app's httpx works, without its command line; the collector looks less often."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True, timeout=30
    )
    assert done.stdout.split() == ["x", "False", "True"]
