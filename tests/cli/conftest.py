"""Fixtures: a folder with an app, an engine that runs for all of a module's tests."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.helpers import APP, running


@pytest.fixture(autouse=True, scope="session")
def active_environment() -> Iterator[None]:
    """The shell finds ``iii-asgi``, as in a virtual environment that is active."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)
        yield


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a FastAPI app in ``main.py``."""
    (tmp_path / "main.py").write_text(APP)
    return tmp_path


@pytest.fixture(scope="module")
def engine_url() -> Iterator[str]:
    """Where workers connect to an engine that ``iii-asgi engine`` runs."""
    with running("engine", "--port", "0", "--http-port", "0") as engine:
        yield engine.wait_for(r"Workers +(ws://\S+)")


@pytest.fixture
def fresh_imports() -> Iterator[None]:
    """Forget what a test imports, and from where."""
    path, modules = list(sys.path), set(sys.modules)
    yield
    sys.path[:] = path
    for name in sys.modules.keys() - modules:
        del sys.modules[name]
