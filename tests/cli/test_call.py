"""``iii-asgi call``: one call, its result or error."""

from __future__ import annotations

import io
import json
import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from iii_asgi.cli.call import arguments_of
from iii_asgi.errors import SettingsError
from tests.cli.helpers import environment, run, running, served

APP = """
import asyncio
from fastapi import Body, FastAPI, HTTPException

app = FastAPI()


@app.post("/echo", tags=["echo"])
async def say(body: dict = Body()) -> dict:
    '''Say it back.'''
    return body


@app.get("/fail", tags=["echo"])
async def fail() -> None:
    raise HTTPException(409, "not now")


@app.get("/slow", tags=["echo"])
async def slow() -> str:
    await asyncio.sleep(3)
    return "done"
"""


@pytest.fixture(scope="module")
def url(engine_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An engine with functions on it."""
    with served(APP, engine_url, tmp_path_factory.mktemp("echo")) as url:
        yield url


@pytest.mark.parametrize(
    ("pairs", "text", "payload"),
    [
        ([], None, {}),
        (["a=1", "b=x", "c=true", 'd={"e": [1]}', "f=a=b", "g="], None, ...),
        (["a=2"], '{"a": 1, "b": 1}', {"a": 2, "b": 1}),
        ([], "[1, 2]", [1, 2]),
        ([], "null", None),
    ],
)
def test_arguments(pairs: list[str], text: str | None, payload: Any) -> None:
    """Values are JSON where they can be; key=value wins over --json; nothing is {}."""
    if payload is ...:
        payload = {"a": 1, "b": "x", "c": True, "d": {"e": [1]}, "f": "a=b", "g": ""}

    assert arguments_of(pairs, text) == payload


def test_arguments_of_stdin(monkeypatch: pytest.MonkeyPatch) -> None:
    """A minus reads the JSON from stdin."""
    monkeypatch.setattr(sys, "stdin", io.StringIO('{"a": 1}'))

    assert arguments_of([], "-") == {"a": 1}


@pytest.mark.parametrize(
    ("pairs", "text"), [(["a"], None), (["=a"], None), ([], "{"), (["a=1"], "[1]")]
)
def test_wrong_arguments(pairs: list[str], text: str | None) -> None:
    """What is no argument is wrong usage."""
    with pytest.raises(SettingsError):
        arguments_of(pairs, text)


def test_result(url: str) -> None:
    """The result is printed as JSON, in one line where nobody looks."""
    done = run("call", "echo::say", "tea=oolong", "cups=2", "--url", url)

    assert done.returncode == 0
    assert json.loads(done.stdout) == {"tea": "oolong", "cups": 2}
    assert done.stdout.count("\n") == 1
    assert done.stderr == ""


def test_stdin(url: str) -> None:
    """--json - sends what comes on stdin."""
    done = run("call", "echo::say", "--json", "-", "--url", url, stdin='{"tea": "茶"}')

    assert done.stdout == '{"tea":"茶"}\n'


def test_error(url: str) -> None:
    """An error is its code and message on stderr, and exit code 1."""
    done = run("call", "echo::fail", "--url", url)

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "CONFLICT: not now\n"


def test_timeout(url: str) -> None:
    """--timeout gives up."""
    done = run("call", "echo::slow", "--timeout", "0.2", "--url", url)

    assert (done.returncode, done.stderr) == (1, "TIMEOUT: no answer within 0.2 s\n")


def test_unknown_function(url: str) -> None:
    """A function that is not there says which are like it, and how to see all."""
    done = run("call", "echo::sai", "--url", url)

    assert done.returncode == 1
    assert done.stderr.startswith("function_not_found: ")
    assert "\n       Did you mean echo::say?\n" in done.stderr
    assert done.stderr.endswith(f"Which there are: iii-asgi call --list --url={url}\n")


def test_list(url: str) -> None:
    """--list shows the functions on the engine: id, worker, description."""
    done = run("call", "--list", "--url", url)

    line = next(line for line in done.stdout.splitlines() if line.startswith("echo::say"))
    assert line.endswith("Say it back.")


def test_list_of_a_namespace(url: str) -> None:
    """--list with a namespace shows the functions in that one only; none are told to people."""
    done = run("call", "--list", "--namespace", "elsewhere", "--url", url)

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "No functions yet\n")


def test_namespace(folder: Path, url: str) -> None:
    """--namespace calls a function in that namespace, and the list then has a column for it."""
    with running("serve", "--namespace", "green", "--url", url, cwd=folder) as serve:
        serve.wait_for("Ready in")
        done = run("call", "teas::list", "--namespace", "green", "--url", url)
        listed = run("call", "--list", "--url", url)

    assert done.stdout == '["assam","oolong"]\n'
    assert " green " in listed.stdout
    assert " default " in listed.stdout


def test_no_engine() -> None:
    """Where no engine is, it says so and how to start one."""
    done = run("call", "echo::say", "--url", "ws://127.0.0.1:9")

    assert done.returncode == 1
    assert done.stderr.startswith("Error  ws://127.0.0.1:9 refused\n")
    assert "Start the engine" in done.stderr


def on_a_terminal(*arguments: str) -> str:
    """Return what a command shows on a terminal."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "iii_asgi", *arguments],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=environment(TERM="xterm", NO_COLOR=""),
    ) as process:
        os.close(theirs)
        shown = b""
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and select.select([ours], [], [], 20)[0]:
            try:
                if not (chunk := os.read(ours, 65536)):
                    break
            except OSError:  # the end, on Linux
                break
            shown += chunk
        process.wait(10)
    os.close(ours)
    return shown.decode()


def test_result_on_a_terminal(url: str) -> None:
    """On a terminal the result has lines and colours."""
    shown = on_a_terminal("call", "echo::say", "tea=oolong", "--url", url)

    assert "\x1b[" in shown
    assert shown.count("\n") == 3


def test_patience_on_a_terminal(url: str) -> None:
    """A call that takes more than a second says on a terminal what is waited for."""
    shown = on_a_terminal("call", "echo::slow", "--url", url)

    assert "Waiting for echo::slow" in shown
    assert "done" in shown
