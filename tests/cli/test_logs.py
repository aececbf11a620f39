"""What log lines look like."""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from iii_asgi.cli.logs import LogPlan, configure, has_terminal
from iii_asgi.errors import SettingsError

logger = logging.getLogger("iii_asgi")
access = logging.getLogger("iii_asgi.access")


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    """Take back what a test configures."""
    handlers, level, propagate = list(logger.handlers), logger.level, logger.propagate
    yield
    logger.handlers, logger.propagate = handlers, propagate
    logger.setLevel(level)


def plain(text: str) -> str:
    """Return text without colours."""
    return re.sub(r"\x1b\[\d+m", "", text)


def log_access(*arguments: object) -> None:
    """Log an invocation, as the handler does."""
    access.info("%-4s  %s   %s   %s   %.1f ms", *arguments)


def test_access_lines_in_columns(capsys: pytest.CaptureFixture[str]) -> None:
    """On a terminal invocations are in columns, which a longer one makes wider."""
    configure(LogPlan(styled=True))
    log_access("http", "GET /teas/1", "teas::read", 200, 3.14)
    log_access("call", "", "teas::read", 200, 1.2)
    log_access("call", "", "a_very_long_service::its_action", "NOT_FOUND", 1.2)
    log_access("http", "GET /teas", "teas::list", 404, 12.0)

    lines = [line[10:] for line in plain(capsys.readouterr().err).splitlines()]

    assert lines[0] == "http  GET /teas/1          teas::read           200       3.1 ms"
    assert lines[1] == "call  teas::read                                ok        1.2 ms"
    assert lines[2].split() == [
        "call",
        "a_very_long_service::its_action",
        "NOT_FOUND",
        "1.2",
        "ms",
    ]
    assert len(lines[3]) == len(lines[2]) > len(lines[1])


@pytest.mark.parametrize(
    ("outcome", "colour"), [(200, 32), (302, 36), (404, 33), (500, 31), ("TIMEOUT", 31)]
)
def test_colours_of_outcomes(
    outcome: object, colour: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """Good is green, a redirect blue, the caller's fault yellow, ours red."""
    configure(LogPlan(styled=True))
    log_access("http", "GET /", "teas::list", outcome, 1.0)

    assert f"\x1b[{colour}m{outcome}" in capsys.readouterr().err


def test_levels_on_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """On a terminal a line is the time and the message; what is bad says so."""
    configure(LogPlan(styled=True))
    logger.info("fine")
    logger.warning("strange")
    logger.error("bad")
    logger.debug("never")

    lines = plain(capsys.readouterr().err).splitlines()

    assert [line[10:] for line in lines] == ["fine", "warning  strange", "error  bad"]
    assert re.match(r"\d\d:\d\d:\d\d  ", lines[0])


def test_first_connection_on_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """The first "Connected to" is left out, since a block says it; later ones are news."""
    configure(LogPlan(styled=True))
    logger.info("Connected to %s as %s", "ws://engine", "me")
    logger.info("Connected to %s as %s", "ws://engine", "me")

    assert capsys.readouterr().err.count("Connected to ws://engine as me") == 1


def test_plain_lines(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a terminal a line has date, level and message, and no colours."""
    configure(LogPlan())
    logger.warning("strange")
    log_access("http", "GET /", "teas::list", 200, 1.0)

    first, second = capsys.readouterr().err.splitlines()
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}  WARNING  strange", first)
    assert second.endswith("INFO     http  GET /   teas::list   200   1.0 ms")


def test_level(capsys: pytest.CaptureFixture[str]) -> None:
    """Only what is at least of the level is logged."""
    configure(LogPlan(level="warning"))
    logger.info("quiet")
    logger.warning("loud")

    text = capsys.readouterr().err
    assert "loud" in text
    assert "quiet" not in text


def test_the_root_logger_is_the_apps(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is done to loggers that are not ours."""
    before = list(logging.getLogger().handlers)
    configure(LogPlan())

    assert logging.getLogger().handlers == before
    assert not logger.propagate


@pytest.mark.parametrize("styled", [True, False])
def test_tracebacks_of_the_app(styled: bool, capsys: pytest.CaptureFixture[str]) -> None:
    """An exception of the app is logged with its traceback."""
    configure(LogPlan(styled=styled))
    try:
        raise ValueError("oops")
    except ValueError as error:
        logger.error("Exception in ASGI application", exc_info=error)

    text = capsys.readouterr().err
    assert "test_logs.py" in text
    assert text.rstrip().endswith("ValueError: oops")


def config(level: str) -> dict[str, object]:
    """Return a logging configuration that formats in a way of its own."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"mine": {"format": "mine %(message)s"}},
        "handlers": {"out": {"class": "logging.StreamHandler", "formatter": "mine"}},
        "loggers": {"iii_asgi": {"handlers": ["out"], "level": level, "propagate": False}},
    }


def test_json_configuration(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A JSON file configures logging, and nothing else does."""
    path = tmp_path / "logging.json"
    path.write_text(json.dumps(config("INFO")))
    configure(LogPlan(config=path))
    logger.info("hello")

    assert capsys.readouterr().err == "mine hello\n"


def test_yaml_configuration(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A YAML file does, too."""
    path = tmp_path / "logging.yaml"
    path.write_text(json.dumps(config("INFO")))  # JSON is YAML
    configure(LogPlan(config=path))
    logger.info("hello")

    assert capsys.readouterr().err == "mine hello\n"


def test_ini_configuration(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Any other file is read as the standard library's ini format."""
    path = tmp_path / "logging.ini"
    path.write_text(
        "[loggers]\nkeys=root,ours\n[handlers]\nkeys=out\n[formatters]\nkeys=mine\n"
        "[logger_root]\nlevel=WARNING\nhandlers=\n"
        "[logger_ours]\nqualname=iii_asgi\nlevel=INFO\nhandlers=out\npropagate=0\n"
        "[handler_out]\nclass=StreamHandler\nformatter=mine\nargs=()\n"
        "[formatter_mine]\nformat=ini %(message)s\n"
    )
    root = logging.getLogger()
    before = (list(root.handlers), root.level)
    try:
        configure(LogPlan(config=path))
    finally:
        root.handlers, level = before
        root.setLevel(level)
    logger.info("hello")

    assert capsys.readouterr().err == "ini hello\n"


@pytest.mark.parametrize(
    ("name", "text"), [("logging.json", "{"), ("logging.json", "{}"), ("logging.ini", "nothing")]
)
def test_unusable_configuration(tmp_path: Path, name: str, text: str) -> None:
    """A file that cannot be used is an error that names it."""
    (tmp_path / name).write_text(text)

    with pytest.raises(SettingsError, match=name):
        configure(LogPlan(config=tmp_path / name))


class Terminal(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        return True


def test_what_is_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream that is one, unless NO_COLOR or a dumb terminal says otherwise."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert has_terminal(None, Terminal())
    assert not has_terminal(None, io.StringIO())
    assert has_terminal(True, io.StringIO())
    assert not has_terminal(False, Terminal())

    monkeypatch.setenv("NO_COLOR", "1")
    assert not has_terminal(None, Terminal())
    assert has_terminal(True, Terminal())

    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("TERM", "dumb")
    assert not has_terminal(None, Terminal())
