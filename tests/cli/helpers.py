"""Running the command line as a user does: in a process of its own, reading what it says."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.patience import WITHIN

__all__ = ["APP", "Program", "environment", "run", "running", "served"]


APP = '''
from fastapi import FastAPI

app = FastAPI(title="Tea")


@app.get("/teas", tags=["teas"])
def list_teas() -> list[str]:
    """Which teas there are."""
    return ["assam", "oolong"]


@app.get("/teas/{tea_id}", tags=["teas"])
def read_tea(tea_id: int) -> dict[str, int]:
    return {"id": tea_id}
'''


class Program:
    """A command that runs.

    Attributes:
        lines: what it has written to stderr so far.
    """

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.lines: list[str] = []
        self._changed = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        with suppress(ValueError):  # closed at the end
            for line in self.process.stderr:
                with self._changed:
                    self.lines.append(line.rstrip())
                    self._changed.notify_all()

    @property
    def text(self) -> str:
        """All that it has written to stderr so far."""
        return "\n".join(self.lines)

    def wait_for(self, pattern: str, *, times: int = 1) -> str:
        """Wait until `times` lines match; return the first group, or the line, of the last."""
        deadline = time.monotonic() + WITHIN
        with self._changed:
            while True:
                found = [match for line in self.lines if (match := re.search(pattern, line))]
                if len(found) >= times:
                    last = found[times - 1]
                    return str(last[1]) if last.re.groups else last.string
                if not self._changed.wait(max(0.0, deadline - time.monotonic())):
                    raise AssertionError(f"no {pattern!r} in:\n{self.text}")

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal; return the exit code."""
        self.process.send_signal(number)
        code = self.process.wait(WITHIN)
        self._reader.join(WITHIN)
        return code


def environment(**variables: str) -> dict[str, str]:
    """Return the environment of a user who has set `variables`, and nothing else of ours."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("III_")}
    return {**kept, "COLUMNS": "100", **variables}


def _command(arguments: Sequence[str], module: str = "iii_asgi") -> list[str]:
    return [sys.executable, "-m", module, *arguments]


def run(
    *arguments: str,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    stdin: str | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        _command(arguments),
        cwd=cwd,
        env=environment(**(env or {})),
        input=stdin,
        capture_output=True,
        text=True,
        timeout=WITHIN,
        check=False,
    )


@contextmanager
def running(
    *arguments: str,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    module: str = "iii_asgi",
) -> Iterator[Program]:
    """Run a command, of ours or of another module, while the context lasts."""
    with subprocess.Popen(
        _command(arguments, module),
        cwd=cwd,
        env=environment(**(env or {})),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        program = Program(process)
        try:
            yield program
        finally:
            process.terminate()
            try:
                process.wait(WITHIN)
            except subprocess.TimeoutExpired:
                process.kill()


@contextmanager
def served(source: str, engine_url: str, folder: Path) -> Iterator[str]:
    """Serve an app, given as text, on an engine; give the engine's URL."""
    (folder / "main.py").write_text(source)
    with running("serve", "--url", engine_url, cwd=folder) as serve:
        serve.wait_for("Ready in")
        yield engine_url
