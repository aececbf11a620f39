"""``iii-asgi routes --write`` and ``--check``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.helpers import APP, run


@pytest.fixture
def written(folder: Path) -> Path:
    """A folder with an app, and with what callers rely on in ``contract.json``."""
    done = run("routes", "--write", "contract.json", cwd=folder)
    assert (done.stdout, done.returncode) == ("Wrote 2 functions to contract.json\n", 0)
    return folder


def change(folder: Path, old: str, new: str) -> None:
    """Change the app."""
    assert old in APP
    (folder / "main.py").write_text(APP.replace(old, new))


def test_what_is_written(written: Path) -> None:
    """The file has a version, and of each function what callers rely on, sorted."""
    text = (written / "contract.json").read_text()
    contract = json.loads(text)

    assert text.startswith('{\n  "version": 1,\n  "functions": [\n    {\n      "id": "teas::list",')
    assert text.endswith("}\n")
    assert [one["id"] for one in contract["functions"]] == ["teas::list", "teas::read"]
    assert list(contract["functions"][1]) == [
        "id",
        "http",
        "events",
        "request_format",
        "response_format",
    ]
    assert contract["functions"][1]["http"] == [{"method": "GET", "api_path": "/teas/:tea_id"}]


def test_the_same_in_every_process(written: Path) -> None:
    """Whatever a process hashes with, it writes the same bytes."""
    for seed in ("1", "2"):
        run("routes", "--write", f"{seed}.json", cwd=written, env={"PYTHONHASHSEED": seed})
        assert (written / f"{seed}.json").read_bytes() == (written / "contract.json").read_bytes()


def test_nothing_has_changed(written: Path) -> None:
    """An app that is as it was has one line, and exit code 0."""
    done = run("routes", "--check", "contract.json", cwd=written)

    assert done.stdout == "Nothing has changed since contract.json: 2 functions\n"
    assert (done.returncode, done.stderr) == (0, "")


def test_what_breaks_callers(written: Path) -> None:
    """A change that breaks callers exits with 1, and is shown with what was and what is."""
    change(written, "tea_id: int)", "tea_id: bool, cup: str)")

    done = run("routes", "--check", "contract.json", cwd=written)

    assert done.stdout.splitlines() == [
        "teas::read",
        "  breaks  argument `tea_id`: integer → boolean",
        "  breaks  argument `cup`: none → required",
        "",
        "2 changes break callers",
        "Is it meant to be so? Then run the same command with --write contract.json",
    ]
    assert done.returncode == 1


def test_a_function_that_is_gone(written: Path) -> None:
    """A function that is left out breaks its callers."""
    done = run("routes", "--check", "contract.json", "--exclude", "teas::list", cwd=written)

    assert done.stdout.startswith("teas::list\n  breaks  is gone\n")
    assert done.returncode == 1


def test_what_breaks_nobody(written: Path) -> None:
    """Other changes are listed, with how to keep them, and exit code 0."""
    change(written, "tea_id: int)", "tea_id: int, cup: str = '')")

    done = run("routes", "--check", "contract.json", cwd=written)

    assert done.stdout.splitlines() == [
        "teas::read",
        "  fine    argument `cup`: none → string, optional",
        "",
        "1 change, and nothing that breaks callers",
        "To keep it, run the same command with --write contract.json",
    ]
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "cannot be used: it is no JSON"),
        ("[]", 'cannot be used: it is no contract: "version" is missing'),
        ('{"version": 2}', "cannot be used: it has version 2, and this program 1"),
        ('{"version": 1}', '"functions" is no list of functions'),
        ('{"version": 1, "functions": [{"id": "a"}]}', '"functions" is no list of functions'),
        (None, "does not exist. Write it first: the same command with --write other.json"),
    ],
)
def test_what_is_no_contract(folder: Path, text: str | None, told: str) -> None:
    """A file that cannot be used is wrong usage, and the message says what to do."""
    if text is not None:
        (folder / "other.json").write_text(text)

    done = run("routes", "--check", "other.json", cwd=folder)

    assert told in done.stderr
    assert "--write other.json" in done.stderr
    assert (done.returncode, done.stdout) == (2, "")


def test_a_file_that_cannot_be_written(folder: Path) -> None:
    """A folder that does not exist is wrong usage."""
    done = run("routes", "--write", "nowhere/contract.json", cwd=folder)

    assert "write: nowhere/contract.json: No such file or directory" in done.stderr
    assert done.returncode == 2


def test_one_at_a_time(folder: Path) -> None:
    """Only one of --json, --write and --check can be given."""
    done = run("routes", "--json", "--check", "contract.json", cwd=folder)

    assert "give one of --json, --write and --check" in " ".join(done.stderr.split())
    assert done.returncode == 2
