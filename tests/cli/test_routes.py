"""``iii-asgi routes``: what an app offers."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.helpers import run

FAILING = """
from contextlib import asynccontextmanager
from fastapi import FastAPI


@asynccontextmanager
async def lifespan(app):
    print("on stdout")
    connect()
    yield


def connect():
    raise RuntimeError("no database")


app = FastAPI(lifespan=lifespan)
"""


def test_table(folder: Path) -> None:
    """It shows which app, its functions by service, and the counts; piped, it is plain."""
    done = run("routes", cwd=folder)

    lines = [line.split() for line in done.stdout.splitlines()]
    assert lines[0] == ["main:app", "FastAPI", '"Tea"', "(found", "main.py)"]
    start = lines.index(["teas"])
    assert lines[start + 1 : start + 3] == [
        ["list", "GET", "/teas"],
        ["read", "GET", "/teas/{tea_id}", "tea_id"],
    ]
    assert "\x1b" not in done.stdout
    assert all(len(line) <= 80 for line in done.stdout.splitlines())
    assert done.stdout.splitlines()[-1].startswith("2 exposed, 4 internal;")
    assert done.returncode == 0
    assert done.stderr == ""


def test_json(folder: Path) -> None:
    """--json prints functions, skipped routes and warnings, and nothing else."""
    with (folder / "main.py").open("a") as file:
        file.write("\n@app.websocket('/ws')\nasync def ws(websocket): ...\nprint('hello')\n")

    done = run("routes", "--json", cwd=folder)

    shown = json.loads(done.stdout)
    assert set(shown) == {"functions", "skipped", "warnings"}
    assert next(one for one in shown["functions"] if one["id"] == "teas::list") == {
        "id": "teas::list",
        "service": "teas",
        "action": "list",
        "kind": "route",
        "methods": ["GET"],
        "path": "/teas",
        "triggers": [{"method": "GET", "api_path": "/teas"}],
        "events": [],
        "request_format": {"type": "object", "properties": {}, "additionalProperties": False},
        "response_format": {
            "type": "array",
            "items": {"type": "string"},
            "title": "Response List Teas Teas Get",
            "description": "Successful Response",
        },
        "description": "Which teas there are.",
        "tags": ["teas"],
        "metadata": None,
        "body": "inline",
    }
    assert [one["path"] for one in shown["skipped"]] == ["/ws"]
    assert done.stderr == "hello\n"


def test_internal_functions_in_json(folder: Path) -> None:
    """What the app does not document says so, as it does on the engine."""
    shown = json.loads(run("routes", "--json", cwd=folder).stdout)

    docs = next(one for one in shown["functions"] if one["path"] == "/docs")
    assert docs["metadata"] == {"internal": True}


def test_options(folder: Path) -> None:
    """The options that change what is offered are honoured."""
    off = json.loads(run("routes", "--json", "--http", "off", cwd=folder).stdout)
    under = json.loads(run("routes", "--json", "--prefix", "/drinks", cwd=folder).stdout)

    assert not any(one["triggers"] for one in off["functions"])
    paths = [t["api_path"] for one in under["functions"] for t in one["triggers"]]
    assert all(path.startswith("/drinks/") for path in paths)


def test_failing_lifespan(folder: Path) -> None:
    """A start-up that fails exits with 3, the user's line, and what to do without it."""
    (folder / "main.py").write_text(FAILING)

    done = run("routes", cwd=folder)

    assert done.returncode == 3
    assert done.stdout == ""
    assert 'main.py:14, in connect\n         raise RuntimeError("no database")' in done.stderr
    assert "--lifespan off" in done.stderr
    assert "Traceback" not in done.stderr


def test_without_lifespan(folder: Path) -> None:
    """--lifespan off shows the routes without starting the app."""
    (folder / "main.py").write_text(FAILING)

    done = run("routes", "--lifespan", "off", cwd=folder)

    assert done.returncode == 0
    assert "0 exposed" in done.stdout


def test_no_app(tmp_path: Path) -> None:
    """Without an app it exits with 3."""
    assert run("routes", cwd=tmp_path).returncode == 3


def test_filters(folder: Path) -> None:
    """Filters are given one by one, or in the environment with commas between them."""
    flags = run("routes", "--exclude", "/docs/*", "--exclude", "GET /teas", cwd=folder)
    variable = run("routes", cwd=folder, env={"III_ASGI_EXCLUDE": "/docs/*, GET /teas"})

    assert "excluded by --exclude 'GET /teas'" in flags.stdout
    assert "1 exposed, 2 internal, 3 skipped" in flags.stdout
    assert variable.stdout == flags.stdout


def test_what_is_no_filter(folder: Path) -> None:
    """A text that is no filter is wrong usage, and shows what filters look like."""
    done = run("routes", "--include", "teas", cwd=folder)

    assert done.returncode == 2
    assert "include: 'teas' is no filter: write a path (/users/*)" in " ".join(done.stderr.split())
