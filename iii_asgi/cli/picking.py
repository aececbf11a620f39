"""Which object of a module is the app, and what to say when none is."""

from __future__ import annotations

import inspect
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from iii_asgi.cli.frames import explain
from iii_asgi.cli.interface import adapted, is_asgi, is_known_wsgi
from iii_asgi.errors import AppNotFoundError

if TYPE_CHECKING:
    from iii_asgi.cli.target import Target

__all__ = ["checked", "nothing_found", "offers", "pick"]

_NAMES = ("app", "api", "application")
_FACTORIES = ("create_app", "make_app")
_MOST_CANDIDATES = 5
_MOST_FILES = 2000
_MAKERS = "FastAPI|Starlette|Litestar|Quart|Flask|get_asgi_application|get_wsgi_application"
_APP_LINE = re.compile(rf"^(\w+)\s*(?::[^=\n]+)?=\s*(?:\w+\.)?(?:{_MAKERS})\(", re.MULTILINE)
_OTHER_FOLDERS = {"node_modules", "site-packages", "venv", "env", "tests", "__pycache__"}


def pick(module: ModuleType, spelling: str, target: Target) -> tuple[str, Any]:
    """Return the app of a module that was named without an attribute, and its name.

    The names ``app``, ``api`` and ``application`` come first, a FastAPI or Starlette app before
    any other; then whatever FastAPI or Starlette app the module has, then any ASGI or WSGI app.

    Raises:
        AppNotFoundError: there is none.
    """
    if target.factory:
        candidates = [(name, getattr(module, name, None)) for name in _FACTORIES]
        candidates = [(name, one) for name, one in candidates if callable(one)]
    else:
        candidates = list(_apps(module))
    if candidates:
        return candidates[0]
    what = "no function create_app or make_app" if target.factory else "no app"
    raise AppNotFoundError(f"{spelling} has {what}{offers(module, spelling, target)}")


def checked(app: Any, name: str, target: Target) -> Any:
    """Return the ASGI app that an object is, or makes with ``--factory`` (see `adapted`).

    Raises:
        AppNotFoundError: it is none.
        MissingExtraError: it is a WSGI app, and a2wsgi is not installed.
    """
    return adapted(_made(app, name) if target.factory else app, name, target)


def _made(factory: Any, name: str) -> Any:
    if not callable(factory):
        raise AppNotFoundError(f"{name} cannot be called: leave out --factory")
    try:
        return factory()
    except Exception as error:
        raise AppNotFoundError(f"{name}() failed\n{explain(error)}") from error


def _apps(module: ModuleType) -> Iterator[tuple[str, Any]]:
    """Yield the apps of a module, the best first."""
    from starlette.applications import Starlette  # FastAPI is one, too

    def is_known(thing: tuple[str, Any]) -> bool:
        return isinstance(thing[1], Starlette)

    members = list(vars(module).items())
    things = [one for one in members if is_asgi(one[1])]
    things += [one for one in members if is_known_wsgi(one[1])]
    named = [one for name in _NAMES for one in things if one[0] == name]
    yield from sorted(named, key=is_known, reverse=True)
    yield from filter(is_known, things)
    yield from (one for one in things if not inspect.isroutine(one[1]))


# -- what to say when there is none ------------------------------------------------------


def nothing_found(folder: Path, target: Target, looked_for: Sequence[str]) -> str:
    """Return the message for a folder without any of the usual files."""
    candidates = list(islice(_candidates(folder), _MOST_CANDIDATES))
    lines = [
        f"No app found in {folder}",
        "Looked for [tool.fastapi] entrypoint in pyproject.toml, " + ", ".join(looked_for),
    ]
    if not candidates:
        return "\n".join([*lines, f"Say where it is:  {target.line('MODULE:NAME')}"])
    lines.append("Did you mean")
    lines += [f"  {target.line(one)}" for one in candidates]
    lines += ["or, once and for all, in pyproject.toml", "  [tool.fastapi]"]
    return "\n".join([*lines, f'  entrypoint = "{candidates[0]}"'])


def offers(module: ModuleType, spelling: str, target: Target) -> str:
    """Return the lines to paste for what a module does have, or else how to name it."""
    apps = dict.fromkeys(name for name, _ in _apps(module))
    lines = [target.line(f"{spelling}:{name}") for name in apps]
    lines += [
        target.line(f"{spelling}:{name}", factory=True)
        for name in _FACTORIES
        if inspect.isfunction(getattr(module, name, None))
    ]
    if lines:
        return "\n  ".join(["\nDid you mean", *lines])
    name = f"{spelling}:NAME"
    text = f"\nSay which:  {target.line(name)}"
    if not target.factory:
        text += f"\nor, of a function that makes it:  {target.line(name, factory=True)}"
    return text


def _candidates(folder: Path) -> Iterator[str]:
    """Yield ``module:name`` for what looks like an app in the files of a folder."""
    for path in islice(_python_files(folder), _MOST_FILES):
        try:
            text = path.read_text("utf-8")
        except (OSError, UnicodeDecodeError):
            continue
        parts = path.relative_to(folder).with_suffix("").parts
        module = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        yield from (f"{module}:{match[1]}" for match in _APP_LINE.finditer(text) if module)


def _python_files(folder: Path) -> Iterator[Path]:
    """Yield the files of a folder, down to three levels, in order."""
    for place, folders, files in os.walk(folder):
        depth = len(Path(place).relative_to(folder).parts)
        folders[:] = [] if depth == 3 else sorted(_searched(folders))
        yield from (Path(place, name) for name in sorted(files) if name.endswith(".py"))


def _searched(folders: Iterable[str]) -> Iterator[str]:
    return (one for one in folders if one not in _OTHER_FOLDERS and not one.startswith("."))
