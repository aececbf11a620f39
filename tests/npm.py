"""What tests need from npm, installed into their own folder."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

__all__ = ["why_no_packages"]

_INSTALL = ["npm", "install", "--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts"]


def why_no_packages(folder: Path) -> str | None:
    """Install what the ``package.json`` of a folder names, unless it is there.

    Returns:
        Why nothing can run there, if so. Where ``CI`` is set an installation must not fail.
    """
    if shutil.which("node") is None or shutil.which("npm") is None:
        return "node and npm are not installed"
    manifest = folder / "package.json"
    wanted = json.loads(manifest.read_text())["dependencies"]
    with manifest.open() as lock:  # several processes run tests, and one installs
        fcntl.flock(lock, fcntl.LOCK_EX)
        if all(_installed(folder, name) == version for name, version in wanted.items()):
            return None
        reason = _install(folder)
    if reason is not None and os.environ.get("CI") == "true":
        pytest.fail(reason)
    return reason


def _installed(folder: Path, name: str) -> str | None:
    package = folder / "node_modules" / name / "package.json"
    return json.loads(package.read_text())["version"] if package.is_file() else None


def _install(folder: Path) -> str | None:
    """Install; return what npm says when it fails."""
    try:
        done = subprocess.run(_INSTALL, cwd=folder, capture_output=True, text=True, timeout=50)
    except subprocess.TimeoutExpired:
        return "npm install failed: no end within 50 s"
    if done.returncode == 0:
        return None
    # Its last lines are advice; the first error has the code.
    errors = [line for line in done.stderr.splitlines() if line.startswith("npm err")]
    return f"npm install failed: {errors[0] if errors else done.returncode}"
