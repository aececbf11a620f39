"""The options on how a command runs: its event loop, what it logs, when it loads the app anew."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated

from iii_asgi.cli.choices import LevelChoice, LoopChoice
from iii_asgi.cli.options import option

__all__ = ["LogFlags", "LoopFlags", "ReloadFlags"]

_process = partial(option, panel="Process")
_logging = partial(option, panel="Logging")
_reload = partial(option, panel="Reload")


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopFlags:
    """What it runs on."""

    loop: Annotated[
        LoopChoice,
        _process("loop", "Event loop; auto: uvloop where it is installed.", default="auto"),
    ] = LoopChoice.AUTO


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFlags:
    """What is logged, and how."""

    log_level: Annotated[
        LevelChoice,
        _logging(
            "log_level",
            "Log from this level on: critical, error, warning, info or debug.",
            default="info",
            metavar="<level>",
        ),
    ] = LevelChoice.INFO
    log_config: Annotated[
        Path | None,
        _logging(
            "log_config",
            "Configure logging by this file (.json, .yaml, .ini), and nothing else.",
            exists=True,
            dir_okay=False,
        ),
    ] = None
    use_colors: Annotated[
        bool | None,
        _logging(
            "use_colors",
            "Write for a terminal, or plain log lines.",
            default="whether stderr is a terminal",
        ),
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReloadFlags:
    """When the app is loaded anew."""

    reload: Annotated[
        bool, _reload("reload", "Load the app anew when a file changes.", default="reload")
    ] = True
    reload_dir: Annotated[
        list[Path] | None,
        _reload(
            "reload_dir",
            "Watch this folder; can be given several times.",
            default="--app-dir",
            metavar="<dir>",
            exists=True,
            file_okay=False,
        ),
    ] = None
    reload_include: Annotated[
        list[str] | None,
        _reload("reload_include", "Watch files like this, too.", default="*.py", metavar="<glob>"),
    ] = None
    reload_exclude: Annotated[
        list[str] | None,
        _reload(
            "reload_exclude", "Do not watch files like this, or this folder.", metavar="<glob>"
        ),
    ] = None
