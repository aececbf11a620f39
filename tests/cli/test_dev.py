"""``iii-asgi dev``: an engine of its own, and the app loaded anew."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.cli.helpers import Program, run, running
from tests.patience import WITHIN

FREE = ("--port", "0", "--http-port", "0")


@contextmanager
def developing(folder: Path, *arguments: str) -> Iterator[Program]:
    """Run `dev` on free ports until it is ready."""
    with running("dev", *FREE, *arguments, cwd=folder) as dev:
        dev.wait_for("Ready in")
        yield dev


def address(dev: Program, label: str) -> str:
    """Return where an engine listens."""
    return dev.wait_for(rf"{label} +(\w+://\S+)")


def edit(folder: Path, old: str, new: str) -> None:
    """Change the app's file."""
    path = folder / "main.py"
    path.write_text(path.read_text().replace(old, new))


def soon(url: str, status: int) -> httpx.Response:
    """Return the answer to a GET as soon as it has a status."""
    deadline = time.monotonic() + WITHIN
    while (answer := httpx.get(url)).status_code != status:
        assert time.monotonic() < deadline, answer.text
        time.sleep(0.05)
    return answer


HANGING = "import time\n\ntime.sleep(60)\n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_until_a_signal(folder: Path, number: signal.Signals) -> None:
    """It serves over HTTP and to callers, as it says, until a signal ends it with 0."""
    with developing(folder) as dev:
        curl = dev.wait_for(r"curl (\S+)")
        call = dev.wait_for(r"Try +iii-asgi (.*)")

        assert httpx.get(curl).json() == ["assam", "oolong"]
        assert json.loads(run(*call.split()).stdout) == ["assam", "oolong"]
        dev.wait_for(r"http  GET /teas   teas::list   200")
        assert re.search(r"Ready in \d\.\d s\. Watching \. \(Ctrl\+C stops\)", dev.text)
        assert dev.stop(number) == 0
        assert dev.text.count("Stopping: finishing what runs (again to stop at once)") == 1
        assert "offline" not in dev.text


def test_reload(folder: Path) -> None:
    """A changed file reloads the app; what has changed is told; the ports stay."""
    with developing(folder) as dev:
        http = address(dev, "HTTP")
        edit(folder, '"/teas/{tea_id}"', '"/leaves/{tea_id}"')
        line = dev.wait_for("reloaded in")

        assert re.search(r"reloaded in \d+\.\d s \(main\.py\)", line)
        assert "~ teas::read (GET /teas/{tea_id} → GET /leaves/{tea_id})" in line
        assert httpx.get(f"{http}/leaves/1").json() == {"id": 1}
        assert httpx.get(f"{http}/teas/1").status_code == 404
        assert dev.stop() == 0


def test_other_workers_stay(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Over a reload, other workers stay connected to the engine."""
    other = tmp_path_factory.mktemp("other")
    (other / "main.py").write_text((folder / "main.py").read_text().replace("teas", "cups"))
    with developing(folder) as dev:
        url = address(dev, "Workers")
        with running("serve", "--url", url, cwd=other) as serve:
            serve.wait_for("Ready in")
            edit(folder, '"oolong"', '"sencha"')
            dev.wait_for("reloaded in")

            assert run("call", "cups::list", "--url", url).returncode == 0
            assert run("call", "teas::list", "--url", url).stdout == '["assam","sencha"]\n'
            assert serve.stop() == 0
            assert serve.text.count("Connected to") == 1


def test_import_error_on_reload(folder: Path) -> None:
    """An app that breaks is offline, the engine is not; mended, it comes back."""
    with developing(folder) as dev:
        http = address(dev, "HTTP")
        edit(folder, "from fastapi", "import nothing_like_it\nfrom fastapi")
        dev.wait_for("functions offline, still watching")

        assert "main.py:2, in <module>" in dev.text
        assert "ModuleNotFoundError: No module named 'nothing_like_it'" in dev.text
        assert "Traceback" not in dev.text
        assert httpx.get(f"{http}/teas").status_code == 404

        edit(folder, "import nothing_like_it\n", "")
        dev.wait_for("reloaded in")
        assert httpx.get(f"{http}/teas").status_code == 200


def test_start_that_hangs(folder: Path) -> None:
    """A first start that hangs is told, and the next change starts the app again."""
    source = (folder / "main.py").read_text()
    (folder / "main.py").write_text(HANGING)
    with running("dev", "main.py", *FREE, cwd=folder) as dev:
        dev.wait_for(r"still starting \(main\.py\)")
        (folder / "main.py").write_text(source)
        dev.wait_for("Ready in")

        assert httpx.get(f"{address(dev, 'HTTP')}/teas").status_code == 200


def test_reload_that_hangs(folder: Path) -> None:
    """A reload that hangs is told, and the next change reloads the app, told or not."""
    source = (folder / "main.py").read_text()
    with developing(folder) as dev:
        (folder / "main.py").write_text(HANGING)
        dev.wait_for(r"still starting \(main\.py\)")
        (folder / "main.py").write_text(HANGING + "# more")
        time.sleep(1.0)
        assert dev.text.count("still starting (main.py)") == 1
        (folder / "main.py").write_text(source.replace("oolong", "sencha"))
        dev.wait_for("reloaded in")

        assert httpx.get(f"{address(dev, 'HTTP')}/teas").json() == ["assam", "sencha"]
        assert "offline" not in dev.text


def test_process_that_dies(folder: Path) -> None:
    """An app whose process dies is told, and comes back with the next change."""
    edit(folder, "app = ", "import os\n\napp = ")
    with (folder / "main.py").open("a") as file:
        file.write("\n@app.get('/die')\ndef die():\n    os._exit(7)\n")
    with developing(folder) as dev:
        http = address(dev, "HTTP")
        assert httpx.get(f"{http}/die", timeout=10).status_code >= 500
        dev.wait_for(r"has ended \(exit code 7\)")
        dev.wait_for("functions offline, still watching")
        edit(folder, "os._exit(7)", "return 1")

        assert soon(f"{http}/die", 200).json() == 1


@pytest.mark.parametrize("arguments", [(), ("--no-reload",)])
def test_app_that_does_not_start(folder: Path, arguments: Sequence[str]) -> None:
    """An app that cannot even start first ends it, with exit code 3."""
    (folder / "main.py").write_text("import nothing_like_it\n")

    done = run("dev", *FREE, *arguments, cwd=folder)

    assert done.returncode == 3
    assert "No module named 'nothing_like_it'" in done.stderr
    assert "Traceback" not in done.stderr


def test_no_app(tmp_path: Path) -> None:
    """Without an app it ends with exit code 3 and the lines to paste."""
    done = run("dev", *FREE, cwd=tmp_path)

    assert done.returncode == 3
    assert "iii-asgi dev MODULE:NAME" in done.stderr


def test_without_reload(folder: Path) -> None:
    """--no-reload watches nothing; the end of the app's process is then the end."""
    edit(folder, "app = ", "import os\n\napp = ")
    with (folder / "main.py").open("a") as file:
        file.write("\n@app.get('/die')\ndef die():\n    os._exit(7)\n")
    with developing(folder, "--no-reload") as dev:
        http = address(dev, "HTTP")
        edit(folder, '"oolong"', '"sencha"')
        time.sleep(0.5)

        assert re.search(r"Ready in \d\.\d s \(Ctrl\+C stops\)", dev.text)
        assert "Watching" not in dev.text
        assert httpx.get(f"{http}/teas").json() == ["assam", "oolong"]
        httpx.get(f"{http}/die", timeout=10)
        assert dev.process.wait(10) == 3


def test_port_in_use(folder: Path) -> None:
    """A port that is taken is named, with the option that chooses another."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run("dev", "--port", "0", "--http-port", str(port), cwd=folder)

    assert done.returncode == 1
    assert str(port) in done.stderr
    assert "--http-port" in done.stderr


def test_included_files(folder: Path) -> None:
    """--reload-include watches other files as well."""
    (folder / "menu.txt").write_text("")
    with developing(folder, "--reload-include", "*.txt", "--reload-exclude", "*_gen.py") as dev:
        (folder / "teas_gen.py").write_text("")
        (folder / "menu.txt").write_text("more")

        assert "(menu.txt)" in dev.wait_for("reloaded in")


def test_parent_that_is_killed(folder: Path) -> None:
    """The app's process does not outlive its parent."""
    edit(folder, "app = ", "import os\n\napp = ")
    with (folder / "main.py").open("a") as file:
        file.write("\n@app.get('/pid')\ndef pid():\n    return os.getpid()\n")
    with developing(folder) as dev:
        child = httpx.get(f"{address(dev, 'HTTP')}/pid").json()
        dev.stop(signal.SIGKILL)
        deadline = time.monotonic() + WITHIN
        while is_alive(child) and time.monotonic() < deadline:
            time.sleep(0.05)

    assert not is_alive(child)


def is_alive(pid: int) -> bool:
    """Whether a process runs."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")
    return not (state.exists() and ") Z " in state.read_text())


def test_a_second_signal(folder: Path) -> None:
    """A second signal does not wait for what runs."""
    edit(folder, "app = ", "import asyncio\n\napp = ")
    with (folder / "main.py").open("a") as file:
        file.write("\n@app.get('/slow')\nasync def slow():\n    await asyncio.sleep(30)\n")
    with developing(folder, "--timeout-graceful-shutdown", "20") as dev:
        url = address(dev, "Workers")
        with running("call", "slow::slow", "--url", url):
            time.sleep(1.0)
            dev.process.send_signal(signal.SIGTERM)
            time.sleep(0.3)
            began = time.monotonic()

            assert dev.stop(signal.SIGTERM) == 0
            assert time.monotonic() - began < 8


WSGI = """
def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"assam"]
"""


def test_wsgi(folder: Path) -> None:
    """A WSGI app is served, and loaded anew, like any other."""
    (folder / "main.py").write_text(WSGI)
    with developing(folder, "--http", "app") as dev:
        http = address(dev, "HTTP")
        before = httpx.get(f"{http}/tea").text
        edit(folder, "assam", "oolong")
        dev.wait_for("reloaded in")

        assert (before, httpx.get(f"{http}/tea").text) == ("assam", "oolong")
