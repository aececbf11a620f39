"""``iii-asgi engine``: the embedded engine alone."""

from __future__ import annotations

import signal
import socket

import httpx
import pytest

from tests.cli.helpers import run, running


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_until_a_signal(number: signal.Signals) -> None:
    """It says where it listens, serves there, and a signal ends it with exit code 0."""
    with running("engine", "--port", "0", "--http-port", "0") as engine:
        url = engine.wait_for(r"HTTP +(http://\S+)")
        engine.wait_for("Ready in")

        assert httpx.get(f"{url}/nothing").json()["error"]["code"] == "NOT_FOUND"
        assert "not for production" in engine.text
        assert engine.stop(number) == 0


@pytest.mark.parametrize(("flag", "other"), [("--port", "--http-port"), ("--http-port", "--port")])
def test_port_in_use(flag: str, other: str) -> None:
    """A port that is taken is named, with the option that chooses another."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run("engine", flag, str(port), other, "0")

    assert done.returncode == 1
    assert str(port) in done.stderr
    assert flag in done.stderr
    assert "Traceback" not in done.stderr


def test_wrong_host() -> None:
    """An address that is none of this machine is blamed on --host: wrong usage."""
    done = run("engine", "--host", "192.0.2.1", "--port", "0", "--http-port", "0")

    assert done.returncode == 2
    assert done.stderr.startswith("Error  --host: cannot listen on 192.0.2.1: ")
    assert done.stderr.count("\n") == 1


def test_colours() -> None:
    """--use-colors writes for a terminal, even where there is none."""
    with running("engine", "--port", "0", "--http-port", "0", "--use-colors") as engine:
        engine.wait_for("Ready in")

        assert "\x1b[1miii-asgi\x1b[0m" in engine.text
        assert "INFO" not in engine.text
