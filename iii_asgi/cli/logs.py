"""Logging for the commands that run on: one handler, for a terminal or for a file.

Only the loggers of this package are configured, as a web server does it: the app's own
logging is the app's.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import time
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, TextIO

from iii_asgi.cli.frames import skip_ours, skip_to_users
from iii_asgi.errors import SettingsError

__all__ = ["LogPlan", "configure", "has_terminal"]

_PLAIN = "%(asctime)s  %(levelname)-7s  %(message)s"

_WIDEST = 40
"""A column grows with what it holds, so that the next lines are aligned, but no wider."""

_RESET, _DIM, _BOLD = "\x1b[0m", "\x1b[2m", "\x1b[1m"
_RED, _GREEN, _YELLOW, _CYAN = "\x1b[31m", "\x1b[32m", "\x1b[33m", "\x1b[36m"


@dataclass(frozen=True, slots=True)
class LogPlan:
    """How to log.

    Attributes:
        level: ``critical``, ``error``, ``warning``, ``info`` or ``debug``.
        config: a file for `logging.config`; then nothing else is configured.
        styled: write for a terminal, with colours and columns.
    """

    level: str = "info"
    config: Path | None = None
    styled: bool = False


def has_terminal(use_colors: bool | None, stream: TextIO) -> bool:
    """Whether to write for a terminal: what was asked for, else what `stream` is."""
    if use_colors is not None:
        return use_colors
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return stream.isatty() and not plain


def configure(plan: LogPlan) -> None:
    """Set the package's loggers up.

    Raises:
        SettingsError: the configuration file cannot be used.
    """
    if plan.config is not None:
        _apply(plan.config)
        return
    logger = logging.getLogger("iii_asgi")
    logger.setLevel(plan.level.upper())
    logger.propagate = False
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(TerminalFormatter() if plan.styled else PlainFormatter(_PLAIN))
    if plan.styled:
        handler.addFilter(_AfterTheFirstConnection())
    logger.handlers = [handler]


def _apply(path: Path) -> None:
    # Here, for it takes 6 ms.
    from configparser import Error as FileError
    from logging.config import dictConfig, fileConfig

    # Python before 3.11.4 lets the errors of configparser through.
    wrong = (OSError, ValueError, KeyError, RuntimeError, TypeError, ImportError, FileError)
    try:
        if path.suffix not in (".json", ".yaml", ".yml"):
            fileConfig(path, disable_existing_loggers=False)
            return
        read = json.loads if path.suffix == ".json" else _yaml().safe_load
        # Their default is True: a file that does not name our loggers would silence them.
        dictConfig({"disable_existing_loggers": False, **read(path.read_text("utf-8"))})
    except wrong as error:
        raise SettingsError("log_config", f"{path} cannot be used: {error}") from error


def _yaml() -> Any:
    try:
        return import_module("yaml")
    except ModuleNotFoundError:
        raise SettingsError("log_config", "YAML needs PyYAML: pip install pyyaml") from None


class _AfterTheFirstConnection(logging.Filter):
    """Keeps the first "Connected to" away from a terminal, where a whole block says it."""

    def __init__(self) -> None:
        super().__init__()
        self._came = False

    def filter(self, record: logging.LogRecord) -> bool:
        if self._came or not str(record.msg).startswith("Connected to"):
            return True
        self._came = True
        return False


class PlainFormatter(logging.Formatter):
    """Whole lines for files and collectors. Tracebacks begin where this package ends."""

    def formatException(self, ei: Any) -> str:
        return super().formatException((ei[0], ei[1], skip_ours(ei[2]) or ei[2]))


class TerminalFormatter(PlainFormatter):
    """Time, then the message; invocations in columns that grow with what they hold.

    Tracebacks begin with the user's first frame: what is above is the framework, each time.
    """

    _LEVELS = {  # noqa: RUF012  # a constant
        logging.DEBUG: f"{_DIM}debug{_RESET}  ",
        logging.WARNING: f"{_YELLOW}warning{_RESET}  ",
        logging.ERROR: f"{_RED}error{_RESET}  ",
        logging.CRITICAL: f"{_RED}{_BOLD}critical{_RESET}  ",
    }

    def __init__(self) -> None:
        super().__init__()
        self._widths = [18, 18, 3]

    def formatException(self, ei: Any) -> str:
        return super().formatException((ei[0], ei[1], skip_to_users(ei[2]) or ei[2]))

    def formatMessage(self, record: logging.LogRecord) -> str:
        clock = time.strftime("%H:%M:%S", time.localtime(record.created))
        if record.name == "iii_asgi.access" and len(record.args or ()) == 5:
            text = self._access(*record.args)  # type: ignore[misc]  # five, as just seen
        else:
            text = self._LEVELS.get(record.levelno, "") + record.message
        return f"{_DIM}{clock}{_RESET}  {text}"

    def _access(
        self, kind: str, subject: str, function_id: str, outcome: int | str, elapsed: float
    ) -> str:
        colour = _colour(outcome)
        if kind == "call":
            subject, function_id = function_id, ""
            outcome = "ok" if colour == _GREEN else outcome
        columns = (subject, function_id, str(outcome))
        self._widths = [
            max(before, min(len(text), _WIDEST))
            for before, text in zip(self._widths, columns, strict=True)
        ]
        subject, function_id, result = map(str.ljust, columns, self._widths)
        return (
            f"{_DIM}{kind}{_RESET}  {subject}   {_CYAN}{function_id}{_RESET}   "
            f"{colour}{result}{_RESET}  {_DIM}{elapsed:8.1f} ms{_RESET}"
        )


def _colour(outcome: int | str) -> str:
    if not isinstance(outcome, int):
        return _RED
    if outcome < 300:
        return _GREEN
    return _CYAN if outcome < 400 else _YELLOW if outcome < 500 else _RED
