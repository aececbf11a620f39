"""``iii-asgi engine``: the embedded engine alone."""

from __future__ import annotations

import json
import signal
import socket
import uuid
from typing import Any

import httpx
import pytest
from websockets.sync.client import ClientConnection, connect

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


@pytest.mark.parametrize(
    ("flags", "body"),
    [
        ((), b""),
        (("--http-front", "builtin"), b""),
        (
            ("--http-front", "standalone"),
            b'{"error":{"code":"METHOD_NOT_ALLOWED","message":"Method Not Allowed"}}',
        ),
    ],
)
def test_http_front(flags: tuple[str, ...], body: bytes) -> None:
    """HTTP is that of the front end that was asked for: their pages for a 405 differ."""
    with running("engine", "--port", "0", "--http-port", "0", *flags) as engine:
        workers = engine.wait_for(r"Workers +(ws://\S+)")
        url = engine.wait_for(r"HTTP +(http://\S+)")
        engine.wait_for("Ready in")
        with connect(workers) as socket:
            bind(socket, "/known")
            assert httpx.post(f"{url}/known").content == body


def test_unknown_http_front() -> None:
    """Another one there is not: wrong usage."""
    done = run("engine", "--http-front", "nginx")

    assert done.returncode == 2
    assert "standalone" in done.stderr


def bind(socket: ClientConnection, path: str) -> None:
    """Register an http trigger for GET."""
    messages: list[dict[str, Any]] = [
        {
            "type": "invokefunction",
            "function_id": "engine::workers::register",
            "data": {"name": "binder", "runtime": "test", "pid": 1},
            "invocation_id": str(uuid.uuid4()),
        },
        {
            "type": "registertrigger",
            "id": "t",
            "trigger_type": "http",
            "function_id": "f",
            "config": {"api_path": path},
        },
        {"type": "ping"},
    ]
    for message in messages:
        socket.send(json.dumps(message))
    while json.loads(socket.recv(timeout=5))["type"] != "pong":
        pass


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
