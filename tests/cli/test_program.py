"""Commands that are printed to be pasted."""

from __future__ import annotations

from pathlib import Path

import pytest

from iii_asgi.cli.failures import start_an_engine
from iii_asgi.cli.program import address, command_line
from iii_asgi.cli.target import Target
from iii_asgi.settings import Settings


def test_program_on_the_path() -> None:
    """What the shell finds is called by its name; words are quoted where they need it."""
    assert command_line("call", "f", "a=b c") == "iii-asgi call f 'a=b c'"


def test_program_that_is_not_on_the_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where the shell would not find the program its path is printed, in every command."""
    script = tmp_path / "bin" / "iii-asgi"
    script.parent.mkdir()
    script.touch()
    monkeypatch.setattr("sys.executable", str(script.with_name("python")))
    monkeypatch.setenv("PATH", "")
    monkeypatch.chdir(tmp_path)

    assert command_line("call", "--list") == "bin/iii-asgi call --list"
    assert Target("main:app").line("main:app", command="routes") == "bin/iii-asgi routes main:app"
    assert '"bin/iii-asgi dev"' in start_an_engine()


def test_address() -> None:
    """What is not the default is said, so that a command works as it is printed; no secret is."""
    settings = Settings(url="ws://other:1", namespace="shop", token="secret")

    assert address(settings) == ["--url=ws://other:1", "--namespace=shop"]
    assert address(Settings(name="tea")) == []
