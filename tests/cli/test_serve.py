"""``iii-asgi serve``: an app on an engine that runs somewhere."""

from __future__ import annotations

import json
import re
import signal
import time
from pathlib import Path

import pytest

from tests.cli.helpers import run, running

SLOW = """
import asyncio, sys
from fastapi import FastAPI

app = FastAPI()


@app.get("/slow", tags=["teas"])
async def slow() -> str:
    print("begun", file=sys.stderr, flush=True)
    await asyncio.sleep(0.6)
    return "done"
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_until_a_signal(folder: Path, engine_url: str, number: signal.Signals) -> None:
    """The app's functions are on the engine until a signal ends it with exit code 0."""
    with running("serve", "--url", engine_url, cwd=folder) as serve:
        serve.wait_for("Ready in")
        done = run("call", "teas::read", "tea_id=7", "--url", engine_url)
        serve.wait_for(r"call\s+teas::read\s+200|call .*teas::read")

        assert json.loads(done.stdout) == {"id": 7}
        assert serve.stop(number) == 0
    assert run("call", "teas::read", "tea_id=7", "--url", engine_url).returncode == 1


def test_what_it_says(folder: Path, engine_url: str) -> None:
    """Once all is registered it says which app is where, and what to try."""
    with running("serve", "--url", engine_url, "--name", "tea-1", cwd=folder) as serve:
        serve.wait_for("Ready in")

        assert 'main:app   FastAPI "Tea"   (found main.py)' in serve.text
        assert f"Engine     {engine_url}" in serve.text
        assert "Worker     tea-1" in serve.text
        command = serve.wait_for(r"Try +iii-asgi (.*)")
        assert run(*command.split()).stdout == '["assam","oolong"]\n'


def test_a_running_call_is_finished(folder: Path, engine_url: str) -> None:
    """At a stop, what runs is finished."""
    (folder / "main.py").write_text(SLOW)
    with running("serve", "--url", engine_url, "--log-level", "debug", cwd=folder) as serve:
        serve.wait_for("Ready in")
        with running("call", "teas::slow", "--url", engine_url) as call:
            serve.wait_for("begun")
            assert serve.stop() == 0
            assert call.process.wait(10) == 0


SYNC = """
import asyncio, sys, time
from concurrent.futures import ThreadPoolExecutor
from fastapi import FastAPI

app = FastAPI()
pool = ThreadPoolExecutor()


def sleep() -> None:
    print("begun", file=sys.stderr, flush=True)
    time.sleep(60)


@app.get("/route", tags=["slow"])
def route() -> None:
    sleep()


@app.get("/thread", tags=["slow"])
async def thread() -> None:
    await asyncio.to_thread(sleep)


@app.get("/own-pool", tags=["slow"])
async def own_pool() -> None:
    await asyncio.get_running_loop().run_in_executor(pool, sleep)
"""


@pytest.mark.parametrize("action", ["route", "thread", "own_pool"])
def test_a_thread_that_works_on(folder: Path, engine_url: str, action: str) -> None:
    """What runs in a thread cannot be cancelled; when its time is over the process ends."""
    (folder / "main.py").write_text(SYNC)
    grace = ("--timeout-graceful-shutdown", "1")
    with running("serve", "--url", engine_url, *grace, cwd=folder) as serve:
        serve.wait_for("Ready in")
        with running("call", f"slow::{action}", "--url", engine_url):
            serve.wait_for("begun")
            began = time.monotonic()

            assert serve.stop() == 0
            assert 1 < time.monotonic() - began < 10


def test_a_thread_and_a_second_signal(folder: Path, engine_url: str) -> None:
    """A second signal waits for no thread either."""
    (folder / "main.py").write_text(SYNC)
    grace = ("--timeout-graceful-shutdown", "50")
    with running("serve", "--url", engine_url, *grace, cwd=folder) as serve:
        serve.wait_for("Ready in")
        with running("call", "slow::route", "--url", engine_url):
            serve.wait_for("begun")
            serve.process.send_signal(signal.SIGTERM)
            serve.wait_for("Stopping")

            assert serve.stop() == 0


def test_no_engine(folder: Path) -> None:
    """Without an engine it says how to start one, tries on, and can be stopped."""
    with running("serve", "--url", "ws://127.0.0.1:9", cwd=folder) as serve:
        serve.wait_for("refused")
        serve.wait_for('Start the engine with "iii --config config.yaml"')

        assert serve.text.count("Start the engine") == 1
        assert serve.stop() == 0


def test_no_app(tmp_path: Path) -> None:
    """Without an app it exits with 3 before it looks for an engine."""
    done = run("serve", cwd=tmp_path)

    assert done.returncode == 3
    assert done.stderr.startswith(f"Error  No app found in {tmp_path}")


def test_failing_import(tmp_path: Path) -> None:
    """An app that cannot be imported exits with 3, without a traceback of ours."""
    (tmp_path / "main.py").write_text("import nothing_like_this\n")

    done = run("serve", cwd=tmp_path)

    assert done.returncode == 3
    assert "main.py:1, in <module>" in done.stderr
    assert "Traceback" not in done.stderr


def test_name_in_use(folder: Path, engine_url: str) -> None:
    """A name that another worker has is refused for good: exit code 4."""
    with running("serve", "--url", engine_url, "--name", "tea-1", cwd=folder) as serve:
        serve.wait_for("Ready in")
        done = run("serve", "--url", engine_url, "--name", "tea-1", cwd=folder)

    assert done.returncode == 4
    assert "--name" in done.stderr


def test_standing_by(folder: Path, engine_url: str) -> None:
    """Functions that another worker owns are told; when it leaves, they are ours."""
    with running("serve", "--url", engine_url, cwd=folder) as first:
        first.wait_for("Ready in")
        with running("serve", "--url", engine_url, cwd=folder) as second:
            second.wait_for(r"Warning +\S+ and \d+ more: owned by worker .*, standing by")
            assert first.stop() == 0
            second.wait_for("Ours now: .*")

            assert run("call", "teas::list", "--url", engine_url).returncode == 0


def test_without_access_log(folder: Path, engine_url: str) -> None:
    """--no-access-log leaves the lines out."""
    with running("serve", "--url", engine_url, "--no-access-log", cwd=folder) as serve:
        serve.wait_for("Ready in")
        assert run("call", "teas::list", "--url", engine_url).returncode == 0
        assert serve.stop() == 0

        assert not re.search(r"teas::list +200", serve.text)


def test_log_configuration(folder: Path, engine_url: str) -> None:
    """With --log-config the same facts go where that says."""
    config = {
        "version": 1,
        "formatters": {"mine": {"format": "mine| %(message)s"}},
        "handlers": {"out": {"class": "logging.StreamHandler", "formatter": "mine"}},
        "root": {"handlers": ["out"], "level": "INFO"},
    }
    (folder / "logging.json").write_text(json.dumps(config))
    with running("serve", "--url", engine_url, "--log-config", "logging.json", cwd=folder) as serve:
        serve.wait_for(r"mine\| Ready in")

        assert all(line.startswith("mine| ") for line in serve.lines)


def test_named_by_the_environment(folder: Path, engine_url: str) -> None:
    """Every option can be given by its variable."""
    (folder / "main.py").rename(folder / "web.py")
    variables = {"III_ASGI_APP": "web", "III_URL": engine_url, "III_WORKER_NAME": "from-compose"}
    with running("serve", cwd=folder, env=variables) as serve:
        serve.wait_for("Ready in")

        assert "web:app" in serve.text
        assert "from-compose" in serve.text


WSGI = """
def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [environ["PATH_INFO"].encode()]
"""


def test_wsgi(tmp_path: Path, engine_url: str) -> None:
    """A WSGI app is known for what it is, and served."""
    (tmp_path / "main.py").write_text(WSGI)
    flags = ("--url", engine_url, "--http", "app")
    with running("serve", *flags, cwd=tmp_path) as serve:
        serve.wait_for("Ready in")
        asked = json.dumps({"$http": {"method": "GET", "path": "/tea"}})
        done = run("call", "application::app", "--json", asked, "--url", engine_url)

        assert "main:application   WSGI   (found main.py)" in serve.text
        assert json.loads(done.stdout)["body"] == "/tea"
        assert serve.stop() == 0


@pytest.mark.parametrize("command", ["serve", "routes"])
def test_wsgi_without_a2wsgi(tmp_path: Path, command: str) -> None:
    """Where what it needs is missing, it says which extra to install."""
    (tmp_path / "main.py").write_text(WSGI)
    missing = "raise ModuleNotFoundError('No module named a2wsgi', name='a2wsgi')"
    (tmp_path / "a2wsgi.py").write_text(missing)

    done = run(command, cwd=tmp_path)

    assert done.returncode == 1
    assert done.stderr == 'Error  a2wsgi is not installed: pip install "iii-asgi[wsgi]"\n'


def test_interface_that_is_none(folder: Path) -> None:
    """--interface takes the two that there are."""
    done = run("serve", "--interface", "asgi2", cwd=folder)

    assert done.returncode == 2
    assert "'auto', 'asgi', 'wsgi'" in done.stderr
