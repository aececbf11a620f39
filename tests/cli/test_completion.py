"""Function names that the shell completes."""

from __future__ import annotations

import os
import pty
import select
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.helpers import environment, served

APP = """
from fastapi import FastAPI

app = FastAPI()


@app.get("/orders/{order_id}", tags=["orders"])
async def read(order_id: int) -> None: ...


@app.delete("/orders/{order_id}", tags=["orders"])
async def remove(order_id: int) -> None: ...
"""


@pytest.fixture(scope="module")
def url(engine_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An engine with functions on it."""
    with served(APP, engine_url, tmp_path_factory.mktemp("orders")) as url:
        yield url


def complete(shell: str, url: str, **variables: str) -> str:
    """Return what the program answers to a shell."""
    result = subprocess.run(
        [Path(sys.executable).with_name("iii-asgi")],
        env=environment(III_URL=url, _III_ASGI_COMPLETE=f"complete_{shell}", **variables),
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert (result.returncode, result.stderr) == (0, "")
    return result.stdout


def test_bash(url: str) -> None:
    """bash gets the ids that begin like the word, one a line."""
    found = complete("bash", url, COMP_WORDS="iii-asgi call orders::re", COMP_CWORD="2")
    assert found.split() == ["orders::read", "orders::remove"]


@pytest.mark.parametrize(
    ("words", "rest"),
    [
        ("orders :: rea", ["read"]),
        ("orders ::", ["read", "remove"]),
        ("orders :", [":read", ":remove"]),
        ("--namespace = default orders :: rea", ["read"]),
        ("--namespace default orders", ["orders::read", "orders::remove"]),
    ],
)
def test_bash_with_colons(url: str, words: str, rest: list[str]) -> None:
    """bash breaks words at colons and equals signs; it gets the rest of the last one."""
    typed = ["iii-asgi", "call", *words.split()]
    found = complete("bash", url, COMP_WORDS="\n".join(typed), COMP_CWORD=f"{len(typed) - 1}")
    assert found.split() == rest


def test_bash_with_the_url(url: str) -> None:
    """The engine is the one that the line names."""
    scheme, _, rest = url.partition(":")
    host, _, port = rest.partition(":")
    typed = ["iii-asgi", "call", "--url", scheme, ":", host, ":", port, "orders", "::", "rem"]
    variables = {"COMP_WORDS": "\n".join(typed), "COMP_CWORD": f"{len(typed) - 1}"}
    assert complete("bash", "ws://127.0.0.1:9", **variables).split() == ["remove"]


@pytest.mark.skipif(not shutil.which("bash"), reason="bash is not installed")
def test_in_bash(url: str) -> None:
    """Whoever presses Tab in bash gets the whole id, however much of it is typed."""
    for typed in ("ord\ta", "orders::\ta", f"--url={url} orders::rea"):
        shown = in_bash(f"iii-asgi call {typed}\t", url)
        assert "orders::read " in shown.replace("\x07", ""), shown


def in_bash(line: str, url: str) -> str:
    """Return what bash shows when a line is typed."""
    ours, theirs = pty.openpty()
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    with subprocess.Popen(
        ["bash", "--norc", "--noprofile", "-i"],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=environment(III_URL=url, PS1="$ ", TERM="dumb", PATH=path),
        start_new_session=True,
    ) as bash:
        os.close(theirs)
        os.write(ours, b'eval "$(_III_ASGI_COMPLETE=source_bash iii-asgi)"; echo do""ne\n')
        read_until(ours, "done")
        os.write(ours, line.encode())
        shown = read_until(ours, "read ")
        bash.kill()
    os.close(ours)
    return shown


def read_until(terminal: int, text: str) -> str:
    """Read from a terminal until a text is there, or for ten seconds."""
    shown = b""
    while text.encode() not in shown and select.select([terminal], [], [], 10)[0]:
        shown += os.read(terminal, 65536)
    return shown.decode()


def test_zsh(url: str) -> None:
    """zsh gets them in its own way."""
    found = complete("zsh", url, _TYPER_COMPLETE_ARGS="iii-asgi call orders::rem")
    assert "orders\\\\:\\\\:remove" in found
    assert "read" not in found


def test_arguments(url: str) -> None:
    """Arguments are no functions."""
    words = "iii-asgi call orders::read ord"
    assert not complete("bash", url, COMP_WORDS=words, COMP_CWORD="3").strip()


def test_no_engine() -> None:
    """Where no engine is, there is nothing, in silence."""
    words = "iii-asgi call orders"
    found = complete("bash", "ws://127.0.0.1:9", COMP_WORDS=words, COMP_CWORD="2")
    assert not found.strip()
