"""How the app is found: an argument, else ``pyproject.toml``, else the usual file names."""

from __future__ import annotations

import importlib
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from iii_asgi.cli import picking
from iii_asgi.cli.frames import explain
from iii_asgi.cli.target import Target
from iii_asgi.errors import AppNotFoundError, SettingsError

__all__ = ["LoadedApp", "load"]

# The same, in the same order, as fastapi-cli.
_USUAL_FILES = ("main.py", "app.py", "api.py", "app/main.py", "app/app.py", "app/api.py")


@dataclass(frozen=True, slots=True)
class LoadedApp:
    """The app, what one would type for it (``main:app``), and which rule chose it."""

    app: Any
    name: str
    rule: str


@dataclass(frozen=True, slots=True)
class _Choice:
    """A module and where it is.

    Attributes:
        module: its dotted name.
        attribute: empty: look for the app.
        path: the folder to import from.
        spelling: how one names the module on the command line.
        rule: which rule chose it; empty when the user did.
    """

    module: str
    attribute: str
    path: Path
    spelling: str
    rule: str


def load(target: Target) -> LoadedApp:
    """Import the app.

    Raises:
        AppNotFoundError: there is none, or its import failed; the message is for people.
        SettingsError: ``pyproject.toml`` cannot be used.
    """
    choice = _choose(target)
    if (folder := str(choice.path)) not in sys.path:
        sys.path.insert(0, folder)
    module = _import(choice)
    if choice.attribute:
        app = _attribute(module, choice, target)
        name = choice.attribute
    else:
        name, app = picking.pick(module, choice.spelling, target)
    name = f"{choice.spelling}:{name}"
    return LoadedApp(picking.checked(app, name, target), name, choice.rule)


def _choose(target: Target) -> _Choice:
    folder = target.app_dir.resolve()
    if target.app:
        return _parse(target.app, folder, "")
    if entrypoint := _entrypoint(folder):
        return _parse(entrypoint, folder, "from [tool.fastapi] in pyproject.toml")
    for name in _USUAL_FILES:
        if (folder / name).is_file():
            return _from_file(name, folder, "", f"found {name}")
    raise AppNotFoundError(picking.nothing_found(folder, target, _USUAL_FILES))


def _parse(text: str, folder: Path, rule: str) -> _Choice:
    """Take ``module:attribute`` or ``path/to/file.py:attribute`` apart."""
    place, attribute = text, ""
    # Not the colon of a Windows drive.
    if ":" in text[2:]:
        place, _, attribute = text.rpartition(":")
    if place.endswith(".py") or os.sep in place or "/" in place:
        return _from_file(place, folder, attribute, rule)
    return _Choice(place, attribute, folder, place, rule)


def _from_file(place: str, base: Path, attribute: str, rule: str) -> _Choice:
    """Return the module that a file, or a folder with ``__init__.py``, is."""
    path = base / place
    if path.is_dir():
        path = path / "__init__.py"
    if not path.is_file():
        raise AppNotFoundError(f"There is no file {path}")
    path = path.resolve()
    module = path.parent if path.stem == "__init__" else path.with_suffix("")
    names, folder = [module.name], module.parent
    while (folder / "__init__.py").is_file():
        names.insert(0, folder.name)
        folder = folder.parent
    dotted = ".".join(names)
    # From elsewhere the dotted name would not be found.
    return _Choice(dotted, attribute, folder, dotted if folder == base else place, rule)


def _entrypoint(folder: Path) -> str | None:
    path = folder / "pyproject.toml"
    if not path.is_file():
        return None
    import tomllib  # seldom needed

    try:
        tools = tomllib.loads(path.read_text("utf-8")).get("tool", {})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(str(path), f"cannot be read: {error}") from error
    entrypoint = tools.get("fastapi", {}).get("entrypoint")
    if entrypoint is not None and not isinstance(entrypoint, str):
        raise SettingsError(str(path), "[tool.fastapi] entrypoint must be a string")
    return entrypoint


def _import(choice: _Choice) -> ModuleType:
    try:
        return importlib.import_module(choice.module)
    except ModuleNotFoundError as error:
        if error.name and f"{choice.module}.".startswith(f"{error.name}."):
            raise AppNotFoundError(
                f"There is no module {error.name!r} in {choice.path}\n"
                "Give another APP, or say where it is with --app-dir"
            ) from None
        raise _import_failed(choice, error) from error
    except (Exception, SystemExit) as error:
        raise _import_failed(choice, error) from error


def _import_failed(choice: _Choice, error: BaseException) -> AppNotFoundError:
    return AppNotFoundError(f"The import of {choice.module} failed\n{explain(error)}")


def _attribute(module: ModuleType, choice: _Choice, target: Target) -> Any:
    found: Any = module
    for name in choice.attribute.split("."):
        try:
            found = getattr(found, name)
        except AttributeError:
            raise AppNotFoundError(
                f"{choice.spelling} has no attribute {choice.attribute!r}"
                + picking.offers(module, choice.spelling, target)
            ) from None
    return found
