"""How a command fails."""

from __future__ import annotations

import pytest

from iii_asgi.cli.failures import described, fail, needs_standard
from iii_asgi.errors import (
    AppNotFoundError,
    ConnectionLostError,
    EngineRefusedError,
    Error,
    InvocationError,
    InvocationTimeoutError,
    LifespanError,
    MissingExtraError,
    PortInUseError,
    SettingsError,
)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (SettingsError("url", "bad"), 2),
        (AppNotFoundError("none"), 3),
        (LifespanError("failed"), 3),
        (EngineRefusedError("UNAUTHORIZED", "no"), 4),
        (InvocationError("NOT_FOUND", "none"), 1),
        (InvocationTimeoutError("teas::list", 1), 1),
        (ConnectionLostError("gone"), 1),
        (PortInUseError(3111, "--http-port"), 1),
        (MissingExtraError("watchfiles"), 1),
    ],
)
def test_exit_codes(error: Error, code: int) -> None:
    """Each kind of failure has its exit code."""
    assert error.exit_code == code


def test_engine_away() -> None:
    """Where no engine answers, the next line says how to start one."""
    text = described(ConnectionLostError("ws://engine refused"))

    assert text.startswith("ws://engine refused\nStart the engine with")
    assert "iii-asgi dev" in text


def test_failed_start_up() -> None:
    """Of a failed start-up the user's frame is shown, not the traceback in the message."""
    try:
        try:
            raise ValueError("no database")
        except ValueError as cause:
            raise LifespanError("the application's start-up failed: Traceback …") from cause
    except LifespanError as error:
        error.add_note("Try --lifespan off")
        text = described(error)

    lines = text.splitlines()
    assert lines[0] == "The application's start-up failed"
    assert 'raise ValueError("no database")' in lines[2]
    assert lines[-2:] == ["ValueError: no database", "Try --lifespan off"]


def test_start_up_that_failed_in_words() -> None:
    """Where the app gave only a message, that is shown."""
    assert described(LifespanError("the start-up failed: no key")).endswith("no key")


def test_error_of_a_call(capsys: pytest.CaptureFixture[str]) -> None:
    """The error of a call is its code and message, on stderr."""
    fail(InvocationError("NOT_FOUND", "Tea not found"))

    captured = capsys.readouterr()
    assert captured.err == "NOT_FOUND: Tea not found\n"
    assert captured.out == ""


def test_any_other_error(capsys: pytest.CaptureFixture[str]) -> None:
    """Any other error is marked as one, its further lines beneath the first."""
    fail(AppNotFoundError("No app\nDid you mean [b]\n  iii-asgi serve web:app"))

    assert capsys.readouterr().err.splitlines() == [
        "Error  No app",
        "       Did you mean [b]",
        "         iii-asgi serve web:app",
    ]


def test_missing_extra() -> None:
    """A package of the extra that is missing says how to install it."""
    with pytest.raises(MissingExtraError, match=r"iii-asgi\[standard\]"), needs_standard():
        raise ModuleNotFoundError("No module", name="watchfiles")


def test_missing_anything_else() -> None:
    """A module that is not of the extra is none of that."""
    with pytest.raises(ModuleNotFoundError), needs_standard():
        raise ModuleNotFoundError("No module", name="shop")
