"""The public names are what can be imported, and each says what it is."""

from __future__ import annotations

import inspect
import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from types import ModuleType
from typing import Any

import pytest

import iii_asgi
from iii_asgi.errors import MissingExtraError

MODULES = sorted(
    found.name
    for found in pkgutil.walk_packages(iii_asgi.__path__, "iii_asgi.")
    if not found.name.endswith("__main__")
)


def load(name: str) -> ModuleType:
    """Import a module; skip the test where that needs a package of the extra ``standard``."""
    try:
        return import_module(name)
    except MissingExtraError as error:
        pytest.skip(str(error))


def is_room(module: ModuleType) -> bool:
    """Whether a module is a folder that holds the modules of a room, and nothing else."""
    return hasattr(module, "__path__") and not hasattr(module, "__all__")


def test_all_is_what_can_be_imported() -> None:
    """`__all__` has every name that can be imported from the package, sorted, and no other."""
    assert iii_asgi.__all__ == sorted(iii_asgi.__all__)
    assert dir(iii_asgi) == iii_asgi.__all__
    public: dict[str, Any] = {}
    exec("from iii_asgi import *", public)
    assert set(public) - {"__builtins__"} == set(iii_asgi.__all__)
    assert set(iii_asgi._HOMES) | {"__version__"} == set(iii_asgi.__all__)


def test_other_names() -> None:
    """A name that is not public is an error that says so."""
    with pytest.raises(AttributeError, match="module 'iii_asgi' has no attribute 'nothing'"):
        getattr(iii_asgi, "nothing")  # noqa: B009  # the type checker knows that, too


@pytest.mark.parametrize("name", sorted(set(iii_asgi.__all__) - {"__version__"}))
def test_public_names_are_those_of_their_homes(name: str) -> None:
    """A name of the package is one of the module where it is made."""
    home = import_module(f"iii_asgi.{iii_asgi._HOMES[name]}")
    assert getattr(iii_asgi, name) is getattr(home, name)
    assert name in home.__all__


def test_no_module_hides_a_public_name() -> None:
    """Importing a module sets its name on the package, so no public name may be the same."""
    assert not {name.split(".")[1] for name in MODULES} & set(iii_asgi.__all__)


def test_import_is_light() -> None:
    """A route module can import iii_asgi without the rest coming along."""
    script = "import sys, iii_asgi; print(*sorted(n for n in sys.modules if 'iii_asgi' in n))"
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert result.stdout.split() == [b"iii_asgi", b"iii_asgi.version"]


@pytest.mark.parametrize("name", MODULES)
def test_every_module_names_what_it_offers(name: str) -> None:
    """Each module has a docstring and an `__all__` of names that exist."""
    module = load(name)
    assert module.__doc__
    if not is_room(module):
        assert len(set(module.__all__)) == len(module.__all__)
        for public in module.__all__:
            assert hasattr(module, public), public


def documented(name: str, value: Any) -> Iterator[tuple[str, str | None]]:
    """Yield (name, docstring) of a function or a class, and of the latter's public methods."""
    if inspect.isfunction(value) or isinstance(value, property):
        yield name, value.__doc__
    elif isinstance(value, classmethod | staticmethod):
        yield name, value.__func__.__doc__
    elif inspect.isclass(value) and value.__module__.startswith("iii_asgi"):
        yield name, value.__doc__
        for attribute, member in vars(value).items():
            if not attribute.startswith("_"):
                yield from documented(f"{name}.{attribute}", member)


@pytest.mark.parametrize("name", MODULES)
def test_every_public_name_has_a_docstring(name: str) -> None:
    """Whatever is offered says what it does."""
    module = load(name)
    for public in getattr(module, "__all__", ()):
        for where, text in documented(public, getattr(module, public)):
            assert text, where
