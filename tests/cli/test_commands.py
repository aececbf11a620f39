"""The command line as a user meets it: help, usage, exit codes."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import fields
from enum import StrEnum
from pathlib import Path

import pytest
import typer
from typer.main import get_command
from typer.testing import CliRunner

from iii_asgi import __version__
from iii_asgi.cli.choices import (
    ErrorsChoice,
    HttpChoice,
    InterfaceChoice,
    LifespanChoice,
    LoopChoice,
)
from iii_asgi.cli.commands import app
from iii_asgi.errors import SettingsError
from iii_asgi.settings import Settings, variable_of
from tests.cli.helpers import environment, run

COMMANDS = ("serve", "dev", "engine", "routes", "call")
CHOICES: dict[str, type[StrEnum]] = {
    "http": HttpChoice,
    "interface": InterfaceChoice,
    "lifespan": LifespanChoice,
    "errors": ErrorsChoice,
    "loop": LoopChoice,
}
# What to do, not how: nobody sets these for all calls.
WITHOUT_VARIABLE = {"arguments", "check", "describe", "function", "help", "json", "list", "write"}


def help_of(*command: str) -> str:
    """Return a help text in one line, without boxes."""
    result = CliRunner().invoke(app, [*command, "--help"], env={"TERM": "dumb", "COLUMNS": "200"})
    assert result.exit_code == 0
    return re.sub(r"[\s│]+", " ", result.stdout)


def test_help_names_all_commands() -> None:
    """The help lists the commands, with a sentence for each, and the exit codes."""
    text = help_of()

    for command in COMMANDS:
        assert re.search(rf" {command} [A-Z]", text)
    assert "Exit codes: 0 ended well" in text


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command(command: str) -> None:
    """Every option stands in the help, with its environment variable."""
    text = help_of(command)
    context = typer.Context(get_command(app))

    for parameter in get_command(app).commands[command].params:  # type: ignore[attr-defined]
        assert parameter.name is not None
        assert parameter.get_help_record(context) is None or all(
            flag in text for flag in parameter.opts if flag.startswith("--")
        )
        if parameter.name not in WITHOUT_VARIABLE:
            assert f"[{variable_of(parameter.name)}]" in text


@pytest.mark.parametrize("command", COMMANDS)
def test_help_at_80_columns(command: str) -> None:
    """What is to be typed stands whole: flags, variables, choices."""
    shown = CliRunner().invoke(app, [command, "--help"], env={"TERM": "dumb", "COLUMNS": "80"})

    for parameter in get_command(app).commands[command].params:  # type: ignore[attr-defined]
        words = {*parameter.opts, *parameter.secondary_opts} - {parameter.name}
        words |= set(re.findall(r"III_\w+", parameter.help or ""))
        words.add("|".join(CHOICES.get(parameter.name, ())))
        assert all(word in shown.stdout for word in words), words
    assert "…" not in shown.stdout


def test_every_setting_is_an_option_of_serve() -> None:
    """What `Settings` has can be given on the command line."""
    text = help_of("serve")

    for field in fields(Settings):
        assert f"--{field.name.replace('_', '-')} " in text


def test_help_is_quick() -> None:
    """--help imports nothing of the web: no framework, no event loop, no engine."""
    heavy = "fastapi starlette httpx websockets msgspec asyncio uvicorn watchfiles"
    code = (
        "import sys; sys.argv[1:] = ['--help']\n"
        "from iii_asgi.cli import main\n"
        "try: main()\n"
        f"finally: print('loaded', [one for one in {heavy.split()} if one in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=30
    )

    assert done.stdout.splitlines()[-1] == "loaded []"


def test_version() -> None:
    """--version tells the version."""
    assert run("--version").stdout == f"iii-asgi {__version__}\n"


def test_without_a_command() -> None:
    """Without a command the help is shown."""
    result = CliRunner().invoke(app, [])

    assert "Usage:" in result.output
    assert "serve" in result.output


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["serve", "--nonsense"],
        ["serve", "--http", "nonsense"],
        ["serve", "--app-dir", "/nowhere/at/all"],
        ["engine", "--port", "high"],
        ["call"],
        ["call", "teas::list", "--list"],
        ["call", "teas::list", "--timeout", "0"],
        ["call", "teas::list", "--timeout", "-1"],
        ["call", "teas::list", "--timeout", "nan"],
    ],
)
def test_wrong_usage(arguments: list[str]) -> None:
    """What typer refuses exits with 2."""
    assert CliRunner().invoke(app, arguments).exit_code == 2


@pytest.mark.parametrize(
    ("arguments", "setting"),
    [
        (["serve", "--url", "http://engine"], "url"),
        (["serve", "--prefix", "a?b"], "prefix"),
        (["dev", "--timeout-graceful-shutdown", "-1"], "timeout_graceful_shutdown"),
        (["routes", "--namespace", " "], "namespace"),
        (["call", "teas::list", "oolong"], "'oolong'"),
        (["call", "teas::list", "--json", "{"], "--json"),
    ],
)
def test_wrong_settings(arguments: list[str], setting: str) -> None:
    """A value that cannot be used is an error that names its setting."""
    error = CliRunner().invoke(app, arguments).exception

    assert isinstance(error, SettingsError)
    assert error.setting == setting


def test_wrong_settings_of_the_environment() -> None:
    """A variable with a wrong value exits with 2 and one line, without a traceback."""
    done = run("routes", env={"III_ASGI_HTTP": "nonsense"})

    assert done.returncode == 2
    assert done.stderr == "Error  III_ASGI_HTTP: 'nonsense' is not one of routes, app, off\n"


def test_env_file(folder: Path) -> None:
    """--env-file is read before the variables of other options are looked for."""
    (folder / "vars").write_text("III_ASGI_APP=other:web\nIII_ASGI_SERVICE=drinks\n")
    (folder / "main.py").rename(folder / "other.py")
    source = (folder / "other.py").read_text().replace('tags=["teas"]', "").replace("/teas", "/")
    (folder / "other.py").write_text(source + "\nweb = app\n")

    done = run("routes", "--env-file", "vars", cwd=folder)

    assert done.stdout.startswith("other:web")
    assert "drinks::" in done.stdout


def test_environment_wins_over_env_file(folder: Path) -> None:
    """What is set in the environment stays."""
    (folder / "vars").write_text("III_ASGI_APP=nowhere:app\n")

    done = run("routes", "--env-file", "vars", cwd=folder, env={"III_ASGI_APP": "main:app"})

    assert done.returncode == 0


def test_completion() -> None:
    """The shell completes the commands."""
    script = Path(sys.executable).with_name("iii-asgi")
    asking = {"_III_ASGI_COMPLETE": "complete_bash", "COMP_WORDS": "iii-asgi s", "COMP_CWORD": "1"}

    done = subprocess.run(
        [script], env=environment(**asking), capture_output=True, text=True, check=False, timeout=30
    )

    assert done.stdout.split() == ["serve"]
