"""The rooms import in one direction only; read from the text of every import in them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "iii_asgi"

_COMMON = {"errors", "invocation", "marks", "settings", "version"}
_PURE = {"protocol", "catalogue", "exchange"}
_BRIDGE = _COMMON | _PURE | {"asgi", "worker", "serving", "process"}

# What a room may import from, itself apart. Neither worker nor engine stands in the other's.
MAY_IMPORT: dict[str, set[str]] = {
    "errors": set(),
    "version": set(),
    "settings": {"errors"},
    "marks": {"errors"},
    "invocation": {"errors"},
    "dependencies": {"invocation"},
    "protocol": _COMMON,
    "catalogue": _COMMON | {"protocol"},
    "exchange": _COMMON | {"protocol", "catalogue"},
    "asgi": _COMMON | _PURE,
    "worker": _COMMON | _PURE,
    "engine": _COMMON | _PURE,
    "serving": _COMMON | _PURE | {"asgi"},
    "process": _COMMON,
    "bridge": _BRIDGE,
    "attachment": _BRIDGE | {"bridge"},
    "testing": _BRIDGE | {"bridge", "attachment", "engine"},
    "cli": _BRIDGE | {"bridge", "attachment", "engine"},
    "__main__": {"cli"},
}

ASYNC_ROOMS = {
    "asgi",
    "worker",
    "engine",
    "serving",
    "process",
    "bridge",
    "attachment",
    "testing",
    "cli",
}

# The only ones that know how FastAPI and Starlette keep their routes.
LOOK_INSIDE = {
    "dependencies.py",
    *(
        f"catalogue/{name}.py"
        for name in ("bodies", "introspect", "layers", "openapi", "reading", "selection")
    ),
}

# The package itself offers names of all rooms, and imports each when it is first used.
MODULES = sorted(
    path.relative_to(PACKAGE).as_posix()
    for path in PACKAGE.rglob("*.py")
    if path != PACKAGE / "__init__.py"
)


def room_of(module: str) -> str:
    """Return the room of a module: its folder, or itself at the top."""
    return module.partition("/")[0].removesuffix(".py")


def imports_of(module: str) -> Iterator[str]:
    """Yield what a module imports: at its top, late in a function, or for its types alone."""
    for node in ast.walk(ast.parse((PACKAGE / module).read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.module is not None, f"{module}: imports are absolute here"
            assert node.level == 0, f"{module}: imports are absolute here"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def packages_of(module: str) -> set[str]:
    """Return the top-level packages that a module imports from."""
    return {name.partition(".")[0] for name in imports_of(module)}


def rooms_imported(module: str) -> set[str]:
    """Return the rooms that a module imports from, its own apart."""
    ours = (name.split(".")[1] for name in imports_of(module) if name.startswith("iii_asgi."))
    return set(ours) - {room_of(module)}


def test_every_room_has_its_place() -> None:
    """A new room is given its place here."""
    assert {room_of(module) for module in MODULES} <= MAY_IMPORT.keys()


def test_arrows_have_no_circle() -> None:
    """The table itself goes one way: what stands below never stands above."""
    below: dict[str, set[str]] = {}
    for room, rooms in MAY_IMPORT.items():
        assert rooms <= below.keys(), room
        below[room] = rooms
    assert "engine" not in MAY_IMPORT["worker"] | MAY_IMPORT["bridge"]
    assert "worker" not in MAY_IMPORT["engine"]


@pytest.mark.parametrize("module", MODULES)
def test_arrows_go_one_way(module: str) -> None:
    """A module imports only from rooms below its own."""
    assert rooms_imported(module) <= MAY_IMPORT[room_of(module)]


@pytest.mark.parametrize("module", MODULES)
def test_asyncio(module: str) -> None:
    """Rooms that translate run without an event loop, and do no I/O."""
    if room_of(module) not in ASYNC_ROOMS:
        io = {"anyio", "asyncio", "socket", "threading", "uvicorn", "websockets"}
        assert not io & packages_of(module)


@pytest.mark.parametrize("module", MODULES)
def test_websockets(module: str) -> None:
    """Sockets to the engine and its workers are the business of two rooms."""
    if "websockets" in packages_of(module):
        assert room_of(module) in ("worker", "engine")


@pytest.mark.parametrize("module", MODULES)
def test_who_looks_into_frameworks(module: str) -> None:
    """Only a few modules of the catalogue know FastAPI, or Starlette's routes."""
    names = [
        name for name in imports_of(module) if name.startswith(("fastapi", "starlette.routing"))
    ]
    assert not names or module in LOOK_INSIDE


@pytest.mark.parametrize("module", MODULES)
def test_who_is_a_transport(module: str) -> None:
    """One room implements httpx's transport; the others only call it."""
    tree = ast.parse((PACKAGE / module).read_text())
    names = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert "AsyncBaseTransport" not in names or room_of(module) == "asgi"
