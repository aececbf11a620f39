"""How options are written and grouped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, get_args

import pytest
import typer
from typer.testing import CliRunner

from iii_asgi.cli import choices
from iii_asgi.cli.options import given, grouped, option, setting
from iii_asgi.process import LoopName
from iii_asgi.settings import ErrorMode, HttpMode, LifespanMode


@dataclass(frozen=True, slots=True, kw_only=True)
class Flags:
    """One option that is a setting, and one that is not."""

    service: Annotated[str | None, setting("service", "Its service.", panel="App")] = None
    http: Annotated[
        choices.HttpChoice | None, setting("http", "Triggers.", panel="HTTP", default="routes")
    ] = None
    loop: Annotated[str, option("loop", "Its loop.", panel="App")] = "auto"


@pytest.fixture
def app() -> typer.Typer:
    """A program with one command that prints what it gets."""
    program = typer.Typer(rich_markup_mode="rich")

    @program.command()
    @grouped
    def show(flags: Flags, name: str, loud: bool = False) -> None:
        """Show what was given."""
        typer.echo(f"{name} {loud} {flags.loop} {given(flags)}")

    return program


def test_a_group_is_its_options(app: typer.Typer) -> None:
    """A command with a group takes its options beside its own, and gets them back as one."""
    result = CliRunner().invoke(app, ["tea", "--service", "shop", "--http", "app", "--loud"])

    assert result.stdout == ("tea True auto {'service': 'shop', 'http': 'app', 'loop': 'auto'}\n")


def test_not_given(app: typer.Typer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A setting that was not given is None, whatever the environment says: Settings reads it."""
    monkeypatch.setenv("III_ASGI_SERVICE", "elsewhere")
    monkeypatch.setenv("III_ASGI_LOOP", "uvloop")

    result = CliRunner().invoke(app, ["tea"])

    assert result.stdout == "tea False uvloop {'loop': 'uvloop'}\n"


def test_help(app: typer.Typer) -> None:
    """The help of an option names its variable and its default."""
    shown = CliRunner().invoke(app, ["--help"], env={"COLUMNS": "120", "TERM": "dumb"}).stdout
    text = " ".join(shown.replace("│", " ").split())

    assert "Its service. [III_ASGI_SERVICE]" in text
    assert "Triggers. [III_ASGI_HTTP] [default: routes]" in text
    assert "Show what was given." in text


@pytest.mark.parametrize(
    ("choice", "literal"),
    [
        (choices.HttpChoice, HttpMode),
        (choices.LifespanChoice, LifespanMode),
        (choices.ErrorsChoice, ErrorMode),
        (choices.LoopChoice, LoopName),
    ],
)
def test_choices(choice: type[choices.HttpChoice], literal: object) -> None:
    """The choices on the command line are those of the settings."""
    assert tuple(one.value for one in choice) == get_args(literal)
