"""The rooms import in one direction only; read from their imports."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "iii_asgi"

_COMMON = {"errors", "invocation", "marks", "settings", "version"}
_PURE = {"protocol", "catalogue", "exchange"}
ALLOWED: dict[str, set[str]] = {
    **dict.fromkeys(_PURE, _COMMON | _PURE),
    "asgi": _COMMON | _PURE,
    "worker": _COMMON | _PURE,
    "engine": _COMMON | _PURE,
    "serving": _COMMON | _PURE | {"asgi"},
}


def imports_of(path: Path) -> set[str]:
    """Return the modules that a file imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def rooms_of(path: Path) -> set[str]:
    """Return the rooms of ours that a file imports from."""
    names = (name.split(".") for name in imports_of(path) if name.startswith("iii_asgi."))
    return {parts[1] for parts in names} - {"__version__"}


@pytest.mark.parametrize("room", sorted(ALLOWED))
def test_arrows_go_one_way(room: str) -> None:
    """A room imports only from those below it."""
    for path in (PACKAGE / room).glob("*.py"):
        assert rooms_of(path) <= ALLOWED[room] | {room}, path.name


@pytest.mark.parametrize("room", sorted(_PURE))
def test_pure_rooms_do_no_io(room: str) -> None:
    """protocol, catalogue and exchange run without an event loop."""
    for path in (PACKAGE / room).glob("*.py"):
        assert "asyncio" not in imports_of(path), path.name
