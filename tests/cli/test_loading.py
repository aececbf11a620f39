"""How the app is found."""

from __future__ import annotations

from pathlib import Path

import pytest

from iii_asgi.cli.loading import load
from iii_asgi.cli.target import Target
from iii_asgi.errors import AppNotFoundError, SettingsError

pytestmark = pytest.mark.usefixtures("fresh_imports")

FASTAPI = "from fastapi import FastAPI\n"


def write(folder: Path, **files: str) -> None:
    """Write Python files; ``_in_`` in a name is a slash, backwards."""
    for name, text in files.items():
        path = folder.joinpath(*reversed(name.split("_in_"))).with_suffix(".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def message(target: Target) -> str:
    """Return why nothing can be loaded."""
    with pytest.raises(AppNotFoundError) as caught:
        load(target)
    return str(caught.value)


def test_entrypoint_of_pyproject(tmp_path: Path) -> None:
    """Without a name, the entrypoint of pyproject.toml comes before any file."""
    write(tmp_path, main=FASTAPI + "app = FastAPI()", web=FASTAPI + "shop = FastAPI(title='web')")
    (tmp_path / "pyproject.toml").write_text('[tool.fastapi]\nentrypoint = "web:shop"\n')

    loaded = load(Target(app_dir=tmp_path))

    assert (loaded.name, loaded.app.title) == ("web:shop", "web")
    assert loaded.rule == "from [tool.fastapi] in pyproject.toml"


@pytest.mark.parametrize("text", ["not toml [", '[tool.fastapi]\nentrypoint = ["a"]\n'])
def test_unusable_pyproject(tmp_path: Path, text: str) -> None:
    """A pyproject.toml that cannot be used is named in the error."""
    (tmp_path / "pyproject.toml").write_text(text)

    with pytest.raises(SettingsError, match=r"pyproject\.toml"):
        load(Target(app_dir=tmp_path))


def test_usual_files_in_order(tmp_path: Path) -> None:
    """Without a name and an entrypoint, main.py comes before app.py."""
    write(tmp_path, app=FASTAPI + "app = FastAPI()", main=FASTAPI + "app = FastAPI()")

    loaded = load(Target(app_dir=tmp_path))

    assert (loaded.name, loaded.rule) == ("main:app", "found main.py")


def test_usual_file_in_a_package(tmp_path: Path) -> None:
    """A file in a package is imported as a part of it, so its relative imports work."""
    write(tmp_path, __init___in_app="", names_in_app="TITLE = 'inner'")
    write(
        tmp_path,
        main_in_app=FASTAPI + "from .names import TITLE\napi = FastAPI(title=TITLE)",
    )

    loaded = load(Target(app_dir=tmp_path))

    assert (loaded.name, loaded.app.title) == ("app.main:api", "inner")


@pytest.mark.parametrize("app", ["src/shop.py:web", "src/shop.py"])
def test_path_of_a_file(tmp_path: Path, app: str) -> None:
    """A path works from anywhere, and is shown as one would type it."""
    write(tmp_path, shop_in_src=FASTAPI + "web = FastAPI()")

    assert load(Target(app, app_dir=tmp_path)).name == "src/shop.py:web"


def test_path_of_a_package(tmp_path: Path) -> None:
    """A folder with an __init__.py is a path, too."""
    write(tmp_path, __init___in_shop_in_lib=FASTAPI + "app = FastAPI()")

    assert load(Target("lib/shop", app_dir=tmp_path)).name == "lib/shop:app"


def test_dotted_attribute(tmp_path: Path) -> None:
    """An attribute of an attribute can be named."""
    write(tmp_path, main=FASTAPI + "class Box:\n    inner = FastAPI()\n")

    assert load(Target("main:Box.inner", app_dir=tmp_path)).name == "main:Box.inner"


def test_factory(tmp_path: Path) -> None:
    """With --factory the function is called, and create_app is found by its name."""
    write(tmp_path, main=FASTAPI + "def create_app():\n    return FastAPI(title='made')")

    named = load(Target("main:create_app", factory=True, app_dir=tmp_path))
    found = load(Target(factory=True, app_dir=tmp_path))

    assert named.app.title == found.app.title == "made"
    assert found.name == "main:create_app"


def test_nothing_there(tmp_path: Path) -> None:
    """The error lists what looks like an app, with the lines to paste."""
    write(tmp_path, shop_in_src="from fastapi import FastAPI\nweb = FastAPI()")
    write(tmp_path, test_shop_in_tests="from fastapi import FastAPI\nnever = FastAPI()")

    text = message(Target(app_dir=tmp_path, command="dev"))

    assert f"iii-asgi dev src.shop:web --app-dir {tmp_path}" in text
    assert 'entrypoint = "src.shop:web"' in text
    assert "never" not in text


def test_nothing_like_an_app(tmp_path: Path) -> None:
    """Where nothing looks like an app the error says how to name one."""
    assert "Say where it is:" in message(Target(app_dir=tmp_path))


def test_no_such_module(tmp_path: Path) -> None:
    """A module that is not there is told from one that fails."""
    text = message(Target("nowhere.web:app", app_dir=tmp_path))

    assert text.startswith(f"There is no module 'nowhere' in {tmp_path}")


def test_no_such_file(tmp_path: Path) -> None:
    """A path that is not there is an error that shows it in full."""
    assert message(Target("nope.py", app_dir=tmp_path)).endswith(f"{tmp_path}/nope.py")


def test_no_such_attribute(tmp_path: Path) -> None:
    """Where the attribute is missing, the apps that are there are offered."""
    write(tmp_path, main=FASTAPI + "web = FastAPI()")

    text = message(Target("main:app", app_dir=tmp_path))

    assert "main has no attribute 'app'" in text
    assert f"iii-asgi serve main:web --app-dir {tmp_path}" in text


def test_factory_without_the_flag(tmp_path: Path) -> None:
    """A function in place of an app is probably a factory: the error says how to use it."""
    write(tmp_path, main=FASTAPI + "def create_app():\n    return FastAPI()")

    assert "main:create_app --factory" in message(Target("main:create_app", app_dir=tmp_path))
    assert "main:create_app --factory" in message(Target("main", app_dir=tmp_path))


def test_no_factory(tmp_path: Path) -> None:
    """With --factory the module must have a function that makes the app."""
    write(tmp_path, main=FASTAPI + "app = 1")

    assert "no function create_app or make_app" in message(
        Target("main", factory=True, app_dir=tmp_path)
    )
    assert "cannot be called" in message(Target("main:app", factory=True, app_dir=tmp_path))


def test_failing_factory(tmp_path: Path) -> None:
    """A factory that raises is shown with the user's own line."""
    write(tmp_path, main="def create_app():\n    raise ValueError('no key')")

    text = message(Target("main:create_app", factory=True, app_dir=tmp_path))

    assert "main:create_app() failed" in text
    assert "raise ValueError('no key')" in text


def test_failing_import(tmp_path: Path) -> None:
    """An import that fails shows the user's last line and the error, and no frame of ours."""
    write(tmp_path, main="import shelf", shelf="def fill():\n    1 / 0\n\nfill()\n")

    text = message(Target("main", app_dir=tmp_path))

    assert "The import of main failed" in text
    assert "shelf.py:2, in fill" in text
    assert "ZeroDivisionError: division by zero" in text
    assert "importlib" not in text
    assert "iii_asgi" not in text


def test_import_of_something_missing(tmp_path: Path) -> None:
    """A module that the app misses is the app's failure, shown where it is imported."""
    write(tmp_path, main="import not_there_at_all")

    assert "import not_there_at_all" in message(Target("main", app_dir=tmp_path))


def test_import_that_exits(tmp_path: Path) -> None:
    """A script that exits when it is imported does not end us silently."""
    write(tmp_path, main="import sys\nsys.exit(0)")

    assert "SystemExit: 0" in message(Target("main", app_dir=tmp_path))
